"""How well what customers write is read: `python benchmarks/voice.py [--brief brief.yaml]`.

Per language and question, on sentences that no reader was tuned on: accuracy, macro-F1, the confusion of moods, and how
often somebody is called angry, urgent or asking to stop who is not. Beside: the commonest answer of the training part,
the lexicon alone (customers/voice/mood.yaml) and, with `--brief`, the brief's language model. Two sets, both fictional:
`first` (its part `test`) was written before the readers, by their author; `fresh` after their last change.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from kizuna.benchmarks.labelled import Labelled, read_labelled
from kizuna.customers.voice.listening import MOODS, TOPICS, URGENCIES, Heard, hear
from kizuna.customers.voice.mood import asks_to_stop, mood_of

CLASSES: dict[str, Sequence[str]] = {"topic": TOPICS, "mood": MOODS, "urgency": URGENCIES}
Answers = dict[str, list[str]]


def majority(train: Sequence[Labelled], sentences: Sequence[Labelled]) -> Answers:
    """The commonest label of the training part, whatever is written."""
    commonest = {q: Counter(getattr(s, q) for s in train).most_common(1)[0][0] for q in CLASSES}
    return {**{q: [commonest[q]] * len(sentences) for q in CLASSES}, "stop": ["no"] * len(sentences)}


def lexicon(sentences: Sequence[Labelled]) -> Answers:
    """The mood lexicon alone: it knows no topic and no urgency."""
    return {
        "mood": [mood_of(sentence.text) for sentence in sentences],
        "stop": ["yes" if asks_to_stop(sentence.text) else "no" for sentence in sentences],
    }


def library(sentences: Sequence[Labelled]) -> Answers:
    return as_answers([hear(sentence.text) for sentence in sentences])


def as_answers(heard: Sequence[Heard]) -> Answers:
    answers = {q: [str(getattr(one, q)) for one in heard] for q in CLASSES}
    return {**answers, "stop": ["yes" if one.asks_to_stop else "no" for one in heard]}


def accuracy(truth: Sequence[str], read: Sequence[str]) -> float:
    return sum(a == b for a, b in zip(truth, read, strict=True)) / len(truth)


def macro_f1(truth: Sequence[str], read: Sequence[str]) -> float:
    """The mean of each class's F1 over the classes that the truth holds."""
    scores = []
    for name in sorted(set(truth)):
        hits = sum(a == b == name for a, b in zip(truth, read, strict=True))
        told = sum(b == name for b in read) + sum(a == name for a in truth)
        scores.append(2 * hits / told)
    return sum(scores) / len(scores)


def rate(truth: Sequence[str], read: Sequence[str], name: str, *, among: bool) -> tuple[int, int]:
    """How many of those that are `name` (or, not `among`, are not) were read as `name`."""
    asked = [b for a, b in zip(truth, read, strict=True) if (a == name) == among]
    return sum(b == name for b in asked), len(asked)


def show(title: str, sentences: Sequence[Labelled], answers: Answers) -> None:
    """One reader's lines, per language."""
    for language in ("ja", "en"):
        mine = [place for place, sentence in enumerate(sentences) if sentence.language == language]
        cells = []
        for question in CLASSES:
            truth = [getattr(sentences[place], question) for place in mine]
            if question not in answers:
                cells.append(f"{question} —")
                continue
            read = [answers[question][place] for place in mine]
            cells.append(f"{question} {accuracy(truth, read):5.1%} F1 {macro_f1(truth, read):.2f}")
        moods = [sentences[place].mood for place in mine]
        stops = ["yes" if sentences[place].asks_to_stop else "no" for place in mine]
        for name, truth, key, value in (("angry", moods, "mood", "angry"), ("stop", stops, "stop", "yes")):
            read = [answers[key][place] for place in mine]
            hits, there = rate(truth, read, value, among=True)
            false, others = rate(truth, read, value, among=False)
            cells.append(f"{name}: found {hits}/{there}, false {false}/{others}")
        print(f"{title:10} {language} n={len(mine):3}  " + " | ".join(cells))


def confusion(sentences: Sequence[Labelled], read: Sequence[str], question: str) -> None:
    """Rows: what it is. Columns: what it was read as."""
    names = CLASSES[question]
    seen = Counter((getattr(s, question), r) for s, r in zip(sentences, read, strict=True))
    print(f"  {question:12}" + "".join(f"{name[:9]:>10}" for name in names))
    for name in names:
        print(f"  {name:12}" + "".join(f"{seen[name, other] or '·':>10}" for other in names))


def by_manner(sentences: Sequence[Labelled], answers: Answers) -> None:
    """How the mood of each way of writing is read."""
    manners: dict[str, list[bool]] = {}
    for sentence, read in zip(sentences, answers["mood"], strict=True):
        manners.setdefault(sentence.manner, []).append(sentence.mood == read)
    print("  mood by manner: " + ", ".join(f"{m} {sum(ok)}/{len(ok)}" for m, ok in sorted(manners.items())))


def model_reader(path: Path) -> Callable[[Sequence[Labelled]], Answers]:
    """The language model of a brief, asked as a campaign asks it."""
    from kizuna.agents.listening import model_reader as reader_of
    from kizuna.agents.workspace import open_workspace
    from kizuna.prompts.personal_data import Known

    def read(sentences: Sequence[Labelled]) -> Answers:
        reader = reader_of(open_workspace(path), 0)
        if reader is None:
            raise SystemExit("the brief has no model for the analysis that may see free text (`sees_free_text`)")
        heard = [reader.read(s.id, [s.text], [hear(s.text)], Known())[0] for s in sentences]
        if reader.why is not None:
            print(f"  the model stopped answering: {reader.why}")
        return as_answers(heard)

    return read


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--brief", type=Path, help="a brief whose reasoner is a language model")
    asked = arguments.parse_args()
    first = read_labelled()
    train = [sentence for sentence in first if sentence.part == "train"]
    for name, sentences in (("first", [s for s in first if s.part == "test"]), ("fresh", read_labelled("fresh"))):
        print(f"\n{name}: {len(sentences)} sentences, load {os.getloadavg()[0]:.1f}")
        show("majority", sentences, majority(train, sentences))
        show("lexicon", sentences, lexicon(sentences))
        before = time.process_time()
        answers = library(sentences)
        spent = time.process_time() - before
        show("library", sentences, answers)
        for question in ("mood", "topic"):
            confusion(sentences, answers[question], question)
        by_manner(sentences, answers)
        print(f"  {spent / len(sentences) * 1000:.2f} ms CPU a text")
        if asked.brief is not None:
            show("model", sentences, model_reader(asked.brief)(sentences))


if __name__ == "__main__":
    main()

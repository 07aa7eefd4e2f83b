"""Learn customers/voice/weights.yaml anew: `python benchmarks/voice_training.py`, the same file every time.

Multinomial logistic regression with an L2 penalty (Hastie, Tibshirani & Friedman 2009, 4.4), each class weighed by the
inverse of its share, on the parts `train` and `dev`. The part `test` is not read. `--dev` learns on `train` alone and
says how well `dev` is read; use that to try other cues.
"""

import sys
from pathlib import Path

import numpy as np
import yaml
from kizuna.benchmarks.labelled import Labelled, read_labelled
from kizuna.customers.voice import linear
from kizuna.customers.voice.figures import figure_names, figures_of
from scipy.optimize import minimize

WEIGHTS = Path(linear.__file__).parent / "weights.yaml"
QUESTIONS = ("topic", "mood", "urgency")
#: The penalty's weight against the sum of the errors; chosen by cross-validation among 0.3, 1 and 3.
PENALTY = 1.0
VERSION = 1


def learn(sentences: list[Labelled], question: str) -> dict[str, list[float]]:
    """Class -> weights, the level last."""
    rows = np.array([np.append(figures_of(sentence.text), 1.0) for sentence in sentences])
    labels = [getattr(sentence, question) for sentence in sentences]
    names = sorted(set(labels))
    truth = np.array([[label == name for name in names] for label in labels], dtype=np.float64)
    weight = (truth @ (len(labels) / (len(names) * truth.sum(axis=0))))[:, None]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(len(names), -1)
        scores = rows @ weights.T
        scores -= scores.max(axis=1, keepdims=True)
        log_shares = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        free = weights.copy()
        free[:, -1] = 0  # the level of a class is not penalised
        error = -(weight * truth * log_shares).sum() + PENALTY / 2 * (free**2).sum()
        slope = (weight * (np.exp(log_shares) - truth)).T @ rows + PENALTY * free
        return float(error), slope.ravel()

    start = np.zeros(len(names) * rows.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 2000})
    return {
        name: [round(float(value), 2) for value in row]
        for name, row in zip(names, found.x.reshape(len(names), -1), strict=True)
    }


def write(path: Path, learnt: dict[str, dict[str, list[float]]]) -> None:
    """As a short YAML file: one line per class."""
    head = "# Learnt by benchmarks/voice_training.py from benchmarks/voice_set/; not for changing by hand.\n"
    content = {"version": VERSION, "figures": list(figure_names()), **learnt}
    text = yaml.safe_dump(content, sort_keys=False, width=10_000, default_flow_style=None)
    path.write_text(head + text, encoding="utf-8")


def main() -> None:
    sentences = [sentence for sentence in [*read_labelled(), *read_labelled("more")] if sentence.part != "test"]
    if "--dev" in sys.argv:
        train = [sentence for sentence in sentences if sentence.part == "train"]
        rest = [sentence for sentence in sentences if sentence.part == "dev"]
        for question in QUESTIONS:
            rows = learn(train, question)
            classes = linear.Classes(tuple(rows), np.array(list(rows.values())))
            read = [classes.probabilities(figures_of(sentence.text)) for sentence in rest]
            right = [max(p, key=p.__getitem__) == getattr(s, question) for p, s in zip(read, rest, strict=True)]
            print(f"{question}: {np.mean(right):.1%} of {len(rest)} sentences")
        return
    write(WEIGHTS, {question: learn(sentences, question) for question in QUESTIONS})
    print(f"learnt from {len(sentences)} sentences: {WEIGHTS.name}")


if __name__ == "__main__":
    main()

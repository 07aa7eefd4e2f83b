"""What a text says, as typed fields: topic, mood, urgency, and whether it asks to be left alone. No network, no key.

Two readers side by side. The lexicon (mood.yaml) knows plain words for anger and for wishes to stop, and is believed
where it finds them; a linear model over cues (cues.yaml, weights.yaml) reads the rest. docs/voice.md says how often
they are wrong. What is read acts in one direction only, toward less selling and toward a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast, get_args

from ...domain.brief import Language
from .figures import figure_names, figures_of
from .linear import classes_of, library_version
from .mood import Mood, asks_to_stop, mood_of
from .plain import language_of

__all__ = ["MOODS", "TOPICS", "URGENCIES", "Heard", "Mood", "Topic", "Urgency", "hear", "listen"]

#: What a contact is about. `contact`: our own mails and calls. `praise`, `question`, `other`: about none of the others.
Topic = Literal[
    "price", "quality", "delivery", "usability", "bug", "billing", "staff", "assortment", "cancel", "contact",
    "praise", "question", "other",
]  # fmt: skip
#: `high`: something stands still, somebody is harmed, or it is over within a day or two. `low`: nothing is to be done.
Urgency = Literal["low", "normal", "high"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
MOODS: tuple[Mood, ...] = get_args(Mood)
URGENCIES: tuple[Urgency, ...] = get_args(Urgency)
#: Anger and urgency call a person: said only where they are at least this likely (chosen on the training part).
_LEAST_ANGRY = 0.5
_LEAST_URGENT = 0.5


@dataclass(frozen=True, slots=True)
class Heard:
    """One text as it was read. `read_by` names the library's version, or the model."""

    language: Language
    topic: Topic
    mood: Mood
    urgency: Urgency
    asks_to_stop: bool
    read_by: str


def listen(texts: Iterable[str]) -> list[Heard]:
    """Read each text, in order; the same text always reads the same."""
    return [hear(text) for text in texts]


def hear(text: str) -> Heard:
    """Read one text. An empty one is neutral, about nothing, and not urgent."""
    if not text.strip():
        return Heard(language_of(text), "other", "neutral", "low", False, library_version())
    figures = figures_of(text)
    found = dict(zip(figure_names(), figures.tolist(), strict=True))
    likely = {question: classes_of(question).probabilities(figures) for question in ("topic", "mood", "urgency")}
    return Heard(
        language=language_of(text),
        topic=_topic(likely["topic"], found),
        mood="angry" if mood_of(text) == "angry" else _mood(likely["mood"], found),
        urgency=cast(Urgency, _likeliest(likely["urgency"], "high", _LEAST_URGENT)),
        asks_to_stop=asks_to_stop(text),
        read_by=library_version(),
    )


def _topic(likely: dict[str, float], found: dict[str, float]) -> Topic:
    """The likeliest topic of which a cue was found; without any it is a question, or about nothing we know."""
    free = ("question", "other")
    return cast(Topic, max((t for t in likely if found[t] > 0 or t in free), key=likely.__getitem__))


def _mood(likely: dict[str, float], found: dict[str, float]) -> Mood:
    """The likeliest mood; anger only where there is more of it than of kind words."""
    least = _LEAST_ANGRY if found["fury"] > found["good"] else 1.1
    return cast(Mood, _likeliest(likely, "angry", least))


def _likeliest(likely: dict[str, float], costly: str, least: float) -> str:
    """The likeliest class; the `costly` one only from `least` on."""
    if likely[costly] >= least:
        return costly
    return max((name for name in likely if name != costly), key=likely.__getitem__)

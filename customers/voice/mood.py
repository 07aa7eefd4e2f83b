"""The mood of a customer's own words, and whether they ask to be left alone: a small lexicon that anybody can read.

It acts in one direction only, toward less selling and toward a person: it can stop messages, never cause one. It is
no judge of people: sarcasm and unusual words get past it, and its hit rate is published with its test.
"""

import re
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml

from .plain import LONGEST_TEXT, plain

Mood = Literal["happy", "neutral", "unhappy", "angry"]

_SHOUTS = re.compile(r"[!！]{2,}")


def mood_of(text: str) -> Mood:
    """The mood of a short text in Japanese or English; 'neutral' where no word tells."""
    words = _without(plain(text), "unless")
    if _count(words, "angry"):
        return "angry"
    unhappy, happy = _count(words, "unhappy"), _count(words, "happy")
    if unhappy and (_SHOUTS.search(words) or _is_shouted(text)):
        return "angry"
    if unhappy and unhappy >= happy:
        return "unhappy"
    return "happy" if happy else "neutral"


def asks_to_stop(text: str) -> bool:
    """Whether the words ask for no more messages (RFC 2369 has links for it; people also just write)."""
    return _count(_without(plain(text), "stop_unless"), "stop") > 0


def without_denied(words: str) -> str:
    """The plain text less what says that there is no anger or trouble ("no problem", 問題ありません)."""
    return _without(words, "unless")


def count_mood_words(words: str) -> list[int]:
    """How many patterns for angry, unhappy and happy words and for wishes to stop a plain text holds."""
    told = without_denied(words)
    stops = _count(_without(words, "stop_unless"), "stop")
    return [*(_count(told, section) for section in ("angry", "unhappy", "happy")), stops]


def _without(words: str, section: str) -> str:
    for pattern in _patterns(section):
        words = pattern.sub(" … ", words)
    return words


def _count(words: str, section: str) -> int:
    return sum(1 for pattern in _patterns(section) if pattern.search(words))


def _is_shouted(text: str) -> bool:
    letters = [char for char in text[:LONGEST_TEXT] if char.isascii() and char.isalpha()]
    return len(letters) >= 20 and sum(char.isupper() for char in letters) > 0.7 * len(letters)


@cache
def _patterns(section: str) -> tuple[re.Pattern[str], ...]:
    lexicon = yaml.safe_load(files(__package__).joinpath("mood.yaml").read_text(encoding="utf-8"))
    return tuple(re.compile(pattern) for language in lexicon.values() for pattern in language[section])

"""The labelled sentences of benchmarks/voice_set/, and which of them may be looked at.

All are fictional and written for this set. A sentence and its counterpart in the other language have one id, and the
id alone says by a fixed hash to which part both belong, so that no translation of a test sentence is ever trained on.
"""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "voice_set"
#: Shares of the hash: train, then dev, the rest is test.
_TRAIN, _DEV, _ALL = 11, 14, 20


@dataclass(frozen=True)
class Labelled:
    """One sentence with the labels of a reader."""

    id: str
    language: str
    topic: str
    mood: str
    urgency: str
    asks_to_stop: bool
    kind: str
    company: str
    manner: str
    text: str
    part: str


def read_labelled(name: str = "first") -> list[Labelled]:
    """The sentences of both languages: `first` is split into train, dev and test, `more` is train, `fresh` is test."""
    found = []
    for language in ("ja", "en"):
        file = FOLDER / (f"{language}.csv" if name == "first" else f"{language}_{name}.csv")
        with file.open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                stops = row.pop("asks_to_stop") == "yes"
                part = part_of(row["id"]) if name == "first" else "train" if name == "more" else "test"
                found.append(Labelled(language=language, asks_to_stop=stops, part=part, **row))
    return found


def part_of(ident: str) -> str:
    """'train', 'dev' or 'test', by the id's SHA-256 alone."""
    place = int(hashlib.sha256(ident.encode()).hexdigest(), 16) % _ALL
    return "train" if place < _TRAIN else "dev" if place < _DEV else "test"

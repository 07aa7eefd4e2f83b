"""Finds in a text what its facts carry: a reader sees where each figure comes from, or that it comes from nowhere."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .figures import figures, normal
from .grounding import grounds

_ADDRESS = re.compile(r"(?:https?://|mailto:)\S+|\S+@\S+")
_SHORTEST_NAME = 2


@dataclass(frozen=True)
class Mark:
    """A stretch of the text and the facts that carry it; a figure without any has no ground."""

    start: int
    end: int
    facts: tuple[str, ...]


def marks(text: str, facts: Mapping[str, object]) -> list[Mark]:
    """Figures and names in the text, in order, without overlaps; figures in addresses don't count."""
    found = [*_names(text, facts), *_figures(text, facts)]
    kept: list[Mark] = []
    for mark in sorted(found, key=lambda mark: (mark.start, -mark.end)):
        if not kept or mark.start >= kept[-1].end:
            kept.append(mark)
    return kept


def _names(text: str, facts: Mapping[str, object]) -> Iterator[Mark]:
    """Facts in words, where they stand letter for letter."""
    for name, value in facts.items():
        if isinstance(value, str) and len(value) >= _SHORTEST_NAME and not value.isdigit():
            for match in re.finditer(re.escape(value), text):
                yield Mark(match.start(), match.end(), (name,))


def _figures(text: str, facts: Mapping[str, object]) -> Iterator[Mark]:
    start = 0
    for line in text.splitlines(keepends=True):
        for mark in _in_line(line, facts):
            yield Mark(start + mark.start, start + mark.end, mark.facts)
        start += len(line)


def _in_line(line: str, facts: Mapping[str, object]) -> Iterator[Mark]:
    """Figures are read in normalised writing and shown where they stand in the original."""
    pieces = [normal(char) for char in _ADDRESS.sub(lambda match: " " * len(match[0]), line)]
    folded = "".join(pieces)
    origin = [index for index, piece in enumerate(pieces) for _ in piece]
    position = 0
    for figure in figures(folded):
        at = folded.find(figure.written, position)
        at = folded.find(figure.written) if at < 0 else at
        if at < 0 or not figure.written:
            continue
        position = at + len(figure.written)
        carried = tuple(name for name, value in facts.items() if grounds(figure, name, value))
        yield Mark(origin[at], origin[position - 1] + 1, carried)

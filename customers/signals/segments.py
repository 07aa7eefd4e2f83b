"""Segments: rules over features with names. People move between them by themselves, as their figures change."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..eligibility import answers
from ..packaged import read_packaged
from ..rules import names_in
from ..table import FeatureTable
from .alignment import narrowed

LIFE_CYCLE = "life_cycle"
#: The segment that the brief's rule makes.
TARGET = "target"
NOWHERE = -1
Places = NDArray[np.int16]


@dataclass(frozen=True)
class Segment:
    """A rule with a name, and what it means by language ('' where nobody said)."""

    name: str
    rule: str
    meaning: dict[str, str]
    is_trouble: bool = False


@dataclass(frozen=True)
class Family:
    """Segments of which a unit is in one at most: the first that fits. A trait is a family of its own."""

    name: str
    segments: tuple[Segment, ...]

    @property
    def is_life_cycle(self) -> bool:
        return self.name == LIFE_CYCLE


@cache
def packaged_families() -> tuple[Family, ...]:
    """The life cycle, then the traits."""
    content = read_packaged("signals/segments.yaml")
    cycle = tuple(_segment(name, fields) for name, fields in content["life_cycle"].items())
    traits = [_segment(name, fields) for name, fields in content["traits"].items()]
    return (Family(LIFE_CYCLE, cycle), *(Family(trait.name, (trait,)) for trait in traits))


def clustered_by(*, subscriptions: bool) -> tuple[str, ...]:
    """The features that clustering looks at; a company need not have them all."""
    listed = read_packaged("signals/segments.yaml")["clustered_by"]
    return (*(() if subscriptions else listed["of_orders"]), *listed["of_all"])


def families(target_rule: str, own: Sequence[Segment] = ()) -> tuple[Family, ...]:
    """All there are for a brief: the packaged ones, its own (which replace those of their name), and its target."""
    replaced = {segment.name: segment for segment in (*own, Segment(TARGET, target_rule, {}))}
    ours = []
    for family in packaged_families():
        names = [segment.name for segment in family.segments]
        here = (replaced.pop(name, segment) for name, segment in zip(names, family.segments, strict=True))
        ours.append(Family(family.name, tuple(here)))
    return (*ours, *(Family(name, (segment,)) for name, segment in replaced.items()))


def places(ours: Sequence[Family], table: FeatureTable) -> dict[str, Places]:
    """Family -> for each unit the number of its segment in it, NOWHERE where none fits; in one pass."""
    rules = [segment.rule for family in ours for segment in family.segments]
    names = {name for rule in rules for name in names_in(rule)}
    fits = answers(rules, narrowed(table, names)) == 1
    found, start = {}, 0
    for family in ours:
        here = fits[:, start : start + len(family.segments)]
        start += len(family.segments)
        found[family.name] = np.where(here.any(axis=1), here.argmax(axis=1), NOWHERE).astype(np.int16)
    return found


def _segment(name: str, fields: dict[str, Any]) -> Segment:
    return Segment(name, fields["rule"], dict(fields["meaning"]), fields.get("is_trouble", False))

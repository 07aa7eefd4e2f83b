"""Who moved between segments from one snapshot to the next, and why."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..rules import names_in
from ..table import Bools, FeatureTable
from .alignment import Rows, narrowed, rows_before
from .conditions import Blame, Condition, changed_by
from .finding import Figure, figure
from .segments import NOWHERE, Family, Places, places

#: Why somebody is in a segment who was not there at all before, or is no longer there.
APPEARED, GONE = "appeared", "gone"


@dataclass(frozen=True)
class Move:
    """One unit's way within a family: names of segments, None for none; and why.

    `why` is {condition: {feature: [before, now]}}, or {"appeared": {}} and {"gone": {}} for units that only one of
    the snapshots holds.
    """

    unit_id: str
    left: str | None
    joined: str | None
    why: dict[str, dict[str, list[Figure]]]


@dataclass(frozen=True)
class Group:
    """Units whose answer to the same rule changed: places in both snapshots, and the conditions that did it."""

    unit_ids: list[str]
    left: Places
    joined: Places
    blame: Blame
    figures: tuple[FeatureTable, FeatureTable] | None


@dataclass(frozen=True)
class Flow:
    """How many went one way; the condition that changed for most of them, whether it holds now, and for what share."""

    left: str | None
    joined: str | None
    units: int
    why: str
    holds: bool
    share: float


@dataclass(frozen=True)
class Moves:
    """All movements within one family between two snapshots, kept in columns."""

    family: Family
    groups: tuple[Group, ...]

    def __len__(self) -> int:
        return sum(len(group.unit_ids) for group in self.groups)

    def __iter__(self) -> Iterator[Move]:
        for group in self.groups:
            for position, unit in enumerate(group.unit_ids):
                left, joined = self._name(group.left[position]), self._name(group.joined[position])
                yield Move(unit, left, joined, _why(group, position))

    def flows(self) -> list[Flow]:
        """By the number of units, the largest first."""
        found: list[Flow] = []
        for left, joined in sorted({way for group in self.groups for way in _ways(group)}):
            units, reasons = 0, Counter[tuple[str, bool]]()
            for group in self.groups:
                here = (group.left == left) & (group.joined == joined)
                units += int(here.sum())
                reasons.update(_reasons(group.blame, here))
            (why, holds), most = reasons.most_common(1)[0]
            found.append(Flow(self._name(left), self._name(joined), units, why, holds, most / units))
        return sorted(found, key=lambda flow: (-flow.units, flow.left or "", flow.joined or ""))

    def _name(self, place: int) -> str | None:
        return None if place == NOWHERE else self.family.segments[place].name


def find_moves(ours: Sequence[Family], before: FeatureTable, now: FeatureTable) -> list[Moves]:
    """Both snapshots are put into the segments by the rules of today: a changed rule moves nobody.

    The rule that decided is that of the segment which comes first of the two: it held before and does not now, or the
    other way round. So its conditions say why.
    """
    was, came = places(ours, before), places(ours, now)
    rows = rows_before(now.unit_ids, before.unit_ids)
    return [_moves(family, (before, now), (was[family.name], came[family.name]), rows) for family in ours]


def _moves(family: Family, tables: tuple[FeatureTable, FeatureTable], ways: tuple[Places, Places], rows: Rows) -> Moves:
    (before, now), (was, came) = tables, ways
    stayed = np.flatnonzero(rows >= 0)
    left, joined = was[rows[stayed]], came[stayed]
    moved = left != joined
    at, left, joined = stayed[moved], left[moved], joined[moved]
    last = len(family.segments)
    decided = np.minimum(np.where(left == NOWHERE, last, left), np.where(joined == NOWHERE, last, joined))
    groups = [
        _decided_by(family.segments[number].rule, before, now, rows, at[here], (left[here], joined[here]))
        for number in np.unique(decided)
        for here in [decided == number]
    ]
    groups += [_new_or_gone(now.unit_ids, came, rows < 0, came=True)]
    still_there = np.zeros(len(before), dtype=bool)
    still_there[rows[stayed]] = True
    groups += [_new_or_gone(before.unit_ids, was, ~still_there, came=False)]
    return Moves(family, tuple(group for group in groups if group.unit_ids))


def _decided_by(
    rule: str, before: FeatureTable, now: FeatureTable, rows: Rows, at: Rows, ways: tuple[Places, Places]
) -> Group:
    names = sorted(names_in(rule))
    tables = narrowed(before, names, rows[at]), narrowed(now, names, at)
    return Group(tables[1].unit_ids, *ways, changed_by(rule, *tables), tables)


def _new_or_gone(unit_ids: list[str], placed: Places, chosen: Bools, *, came: bool) -> Group:
    at = np.flatnonzero(chosen & (placed != NOWHERE))
    nowhere, here = np.full(len(at), NOWHERE, dtype=np.int16), placed[at]
    left, joined = (nowhere, here) if came else (here, nowhere)
    everybody = np.ones((len(at), 1), dtype=bool)
    blame = Blame([Condition(APPEARED if came else GONE, ())], everybody, everybody)
    return Group([unit_ids[row] for row in at], left, joined, blame, None)


def _ways(group: Group) -> set[tuple[int, int]]:
    return {(int(left), int(joined)) for left, joined in np.unique(np.column_stack([group.left, group.joined]), axis=0)}


def _reasons(blame: Blame, here: Bools) -> dict[tuple[str, bool], int]:
    """(condition, whether it holds now) -> for how many of these units it changed."""
    found = {}
    for number, condition in enumerate(blame.conditions):
        for holds in (True, False):
            units = int((blame.changed[here, number] & (blame.hold[here, number] == holds)).sum())
            if units:
                found[condition.text, holds] = units
    return found


def _why(group: Group, position: int) -> dict[str, dict[str, list[Any]]]:
    found = {}
    for number in np.flatnonzero(group.blame.changed[position]):
        condition = group.blame.conditions[number]
        found[condition.text] = {
            name: [figure(table.columns[name][position]) for table in group.figures or ()] for name in condition.columns
        }
    return found

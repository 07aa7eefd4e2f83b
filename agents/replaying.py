"""Makes the decisions of a cycle again from what was kept of them, and compares. Reads only."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..customers.eligibility import matches
from ..customers.table import FeatureTable
from ..domain.decision import Decision
from ..domain.errors import UserError
from ..domain.made_from import MadeFrom
from ..domain.playbook import Action
from ..store import campaigns, decisions
from ..store.tables import DecisionRow, PlanRow, UnitGroupRow
from .believing import current_beliefs
from .changes import Change, changes_since
from .choosing import choose
from .levers import find_levers
from .planning import as_decisions, without
from .reach import ANSWERED_BY_THE_STORE, FindWays, Ways
from .scoring import load_snapshot
from .weighing import weigh
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]

#: Figures that differ by less are the same: sums of floats may be added in another order on another machine.
_TOLERANCE = 1e-9
_ERASED = "erased-"
_FIGURES = ("value_jpy", "low_jpy", "high_jpy", "uplift", "cost_jpy", "probability")


@dataclass(frozen=True)
class Difference:
    """Where a decision made again is not what is on record: which figure, of which action ('' for the choice)."""

    unit_id: str
    action: str
    figure: str
    recorded: Any
    again: Any


@dataclass(frozen=True)
class Replayed:
    """The decisions of one cycle, made again. `problem` is '' or says why they can't be."""

    cycle: int
    decisions: int
    erased: int
    """Units of the cycle that were erased, or are known under another id since: they can't be decided again."""
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]
    problem: str = ""

    @property
    def is_same(self) -> bool:
        return not self.problem and not self.differences

    def of_unit(self, unit_id: str) -> tuple[Difference, ...]:
        return tuple(each for each in self.differences if each.unit_id == unit_id)


def replay(workspace: Workspace, cycle: int) -> Replayed:
    """Make every decision of a cycle again, with the brief, playbook, snapshot and beliefs of then, and compare.

    What the guardrails, the directory and the outbox said then is taken from the record: the store has moved on.
    Eligibility, values, allocation and the draw of chance are computed anew. Raises UserError where no plan is known.
    """
    name = workspace.brief.name
    with workspace.store.read() as session:
        plan = campaigns.latest_plan(session, name, cycle)
        rows = decisions.decisions_of_cycle(session, name, cycle)
        groups = campaigns.groups(session, name)
    if plan is None:
        raise UserError(f"cycle {cycle} of {name!r} has no plan yet; `kizuna status` says where the campaign stands")
    if not plan.made_from:
        return Replayed(cycle, 0, 0, (), (), "not_kept")
    made_from = MadeFrom.read(plan.made_from)
    if made_from is None:
        return Replayed(cycle, 0, 0, (), (), "unreadable")
    changes = changes_since(workspace, cycle, made_from)
    table = _snapshot(workspace, made_from.snapshot)
    if table is None:
        return Replayed(cycle, 0, 0, (), changes, "no_snapshot")
    enrolled = {unit: row for unit, row in groups.items() if row.enrolled_cycle <= cycle}
    known = [row for row in rows if not row.unit_id.startswith(_ERASED) and row.unit_id in enrolled]
    again = {made.unit_id: made for made in _made_again(workspace, plan, made_from, table, known, enrolled)}
    differences = tuple(each for row in known for each in _differences(row, again.get(row.unit_id)))
    return Replayed(cycle, len(known), len(rows) - len(known), differences, changes)


def _snapshot(workspace: Workspace, name: str) -> FeatureTable | None:
    """The snapshot as it was published, or None where it is gone or was changed."""
    with workspace.store.read() as session:
        if campaigns.snapshot(session, workspace.brief.name, name) is None:
            return None
    try:
        return load_snapshot(workspace, name)
    except UserError:
        return None


def as_it_was(workspace: Workspace, made_from: MadeFrom) -> Workspace:
    """The workspace under the brief and with the actions that were in force then."""
    then = replace(workspace, brief=made_from.brief_then(), brief_digest=made_from.brief_digest)
    then.actions = made_from.actions_then()
    return then


def _made_again(
    workspace: Workspace,
    plan: PlanRow,
    made_from: MadeFrom,
    table: FeatureTable,
    rows: list[DecisionRow],
    groups: dict[str, UnitGroupRow],
) -> list[Decision]:
    then, cycle = as_it_was(workspace, made_from), plan.cycle
    of_unit = {row.unit_id: row for row in rows}
    segment = matches(then.brief.segment, table)
    decided = segment & np.array([unit in of_unit for unit in table.unit_ids], dtype=bool)
    beliefs = current_beliefs(then, cycle)
    _, levers = find_levers(then, table, segment, beliefs)
    find_ways = _recorded(of_unit, frozenset(made_from.reps))
    weighed = weigh(then, table, decided, cycle=cycle, levers=levers, beliefs=beliefs, find_ways=find_ways)
    kept = without(weighed, made_from.unused)
    chosen = choose(
        then,
        cycle,
        plan.revision,
        kept,
        groups,
        fewer=made_from.fewer,
        spent_jpy=made_from.spent_jpy,
        explore=frozenset(made_from.explore),
    )
    return as_decisions(then, cycle, kept, {unit: groups[unit] for unit in of_unit}, chosen, {})


@dataclass
class _Recorded:
    """The ways to each unit as the receipts say they were."""

    contacts: list[str | None]
    reps: list[str | None]
    candidates: list[Mapping[str, Any]]

    def best_channels(self, action: Action, why_not: Array) -> Array:
        found = np.full(len(self.candidates), None, dtype=object)
        for i in np.flatnonzero(why_not == "").tolist():
            said = self.candidates[i].get(action.action, {})
            found[i] = said.get("channel")
            if said.get("why_not") in ANSWERED_BY_THE_STORE:
                why_not[i] = said["why_not"]
        return found


def _recorded(rows: Mapping[str, DecisionRow], reps: frozenset[str]) -> FindWays:
    def find(_workspace: Workspace, _cycle: int, table: FeatureTable, where: Array) -> Ways:
        units = [rows[table.unit_ids[i]] for i in where]
        return _Recorded(
            contacts=[row.contact_id for row in units],
            reps=[rep if rep in reps else None for rep in table.columns["rep_id"][where]],
            candidates=[{each["action"]: each for each in row.candidates} for row in units],
        )

    return find


def _differences(row: DecisionRow, again: Decision | None) -> Iterator[Difference]:
    if again is None:
        yield Difference(row.unit_id, "", "decision", row.planned_action, None)
        return
    told: dict[str, tuple[Any, Any]] = {
        "action": (row.planned_action, again.action),
        "channel": (row.channel, again.channel),
        "group": (row.group, again.group.value),
        "explored": (row.explored, again.explored),
        "probability": (row.probability, again.probability),
        "value_jpy": (row.value_jpy, again.value_jpy),
    }
    if row.planned_action is None:  # else the reason is why somebody took it out afterwards
        told["reason"] = (row.reason, again.reason.value if again.reason is not None else None)
    yield from _unlike(row.unit_id, "", told)
    recorded = {each["action"]: each for each in row.candidates}
    for candidate in again.candidates:
        said = recorded.get(candidate.action, {})
        now: dict[str, Any] = candidate.model_dump(mode="json")
        figures = ("eligible", "why_not", "channel", *_FIGURES)
        yield from _unlike(row.unit_id, candidate.action, {name: (said.get(name), now[name]) for name in figures})


def _unlike(unit_id: str, action: str, told: Mapping[str, tuple[Any, Any]]) -> Iterator[Difference]:
    for figure, (recorded, again) in told.items():
        if not _same(recorded, again):
            yield Difference(unit_id, action, figure, recorded, again)


def _same(recorded: Any, again: Any) -> bool:
    if isinstance(recorded, float) and isinstance(again, float):
        return math.isclose(recorded, again, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return bool(recorded == again)

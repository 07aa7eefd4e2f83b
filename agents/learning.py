"""What each action did to those it reached, and what is believed of it from now on."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import numpy as np

from ..customers import outcomes as seen
from ..customers.opening import Customers
from ..customers.table import FeatureTable
from ..decisioning.learning import uplift
from ..decisioning.learning.axes import Axes
from ..domain.decision import Group, Reason
from ..domain.delivery import DeliveryState
from ..domain.playbook import Action
from ..store import campaigns, decisions, deliveries
from ..store.tables import CycleRow, DecisionRow
from .believing import Piece, as_kept, believe, pieces_of, playbook_priors
from .effects_seen import Compared, Seen, effect_seen, foreseen
from .scoring import load_snapshot
from .weighing import HARM_IS_LIKELY
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]

#: Kind of outcome -> what tells whether it happened (1 or 0; NaN where it can't be said).
HAPPENED = {
    "upgraded": seen.upgraded,
    "referred": seen.referred,
    "ordered": seen.ordered,
    "retained": seen.retained,
}
_ARRIVED = frozenset({DeliveryState.SENT.value, DeliveryState.HANDED_OVER.value})
_NO_CHANCE = 1e-9


@dataclass(frozen=True)
class _Log:
    """One cycle as it was decided: its figures, its decisions, and which of them reached their unit."""

    cycle: CycleRow
    table: FeatureTable
    made: list[DecisionRow]
    reached: frozenset[str]


def learn(workspace: Workspace, customers: Customers, cycle: CycleRow, table: FeatureTable) -> list[dict[str, Any]]:
    """Update the belief of each action by what became known in this cycle: of it, and of earlier ones whose outcomes
    took longer than a cycle. Each cycle's outcome enters once, as soon as its window is over."""
    name = workspace.brief.name
    with workspace.store.read() as session:
        kept = pieces_of(row for row in campaigns.beliefs(session, name) if row.cycle < cycle.number)
        cycles = [row for row in campaigns.cycles(session, name) if row.number <= cycle.number]
    logs = {cycle.number: _log(workspace, cycle, table)}
    fresh: dict[str, list[Seen]] = {}
    for action in workspace.actions.values():
        found = fresh[action.action] = []
        for row in _known_now(cycles, cycle, action):
            if row.number not in logs:
                assert row.snapshot is not None
                logs[row.number] = _log(workspace, row, load_snapshot(workspace, row.snapshot))
            earlier = [*kept.get(action.action, ()), *(one.piece for one in found)]
            one = _evidence(workspace, customers, logs[row.number], action, earlier[-1][0] if earlier else None)
            found += [one] if one is not None else []
    return _updated(workspace, cycle.number, kept, fresh)


def _updated(
    workspace: Workspace, cycle: int, kept: dict[str, list[Piece]], fresh: dict[str, list[Seen]]
) -> list[dict[str, Any]]:
    """The beliefs after the cycle, as rows to keep."""
    priors = playbook_priors(workspace)
    before = believe(workspace, priors, kept)
    told = {name: [*kept.get(name, ()), *(one.piece for one in found)] for name, found in fresh.items()}
    after = believe(workspace, priors, told)
    rows = []
    for name, found in fresh.items():
        evidence = uplift.pooled([one.effect for one in found])
        _tell(workspace, name, before[name], after[name], evidence)
        pieces = [one.piece for one in found]
        rows.append(_belief_row(workspace.brief.name, name, cycle, after[name], evidence, pieces))
    return rows


def _log(workspace: Workspace, cycle: CycleRow, table: FeatureTable) -> _Log:
    name = workspace.brief.name
    with workspace.store.read() as session:
        made = decisions.decisions_of_cycle(session, name, cycle.number)
        rows = deliveries.deliveries(session, name, cycle.number)
    return _Log(cycle, table, made, frozenset(row.decision_id for row in rows if row.state in _ARRIVED))


def _known_now(cycles: list[CycleRow], cycle: CycleRow, action: Action) -> list[CycleRow]:
    """The cycles whose outcome window of this action ended within the given one."""
    window = timedelta(days=action.value.within_days)
    return [row for row in cycles if row.snapshot and cycle.starts_at < row.starts_at + window <= cycle.ends_at]


def _evidence(workspace: Workspace, customers: Customers, log: _Log, action: Action, axes: Axes | None) -> Seen | None:
    """The action's effect in points, from eligible units.

    Within a cycle: those reached against holdout and chance's 'nothing'; units that the policy left alone on purpose
    are no comparison, it chose them. A longer window sees later cycles' contacts too, which the holdout never gets.
    Then only decisions that chance could have made otherwise are compared, weighted by one over their logged
    probability: what follows is the same for both sides.
    """
    since, until = log.cycle.starts_at, log.cycle.starts_at + timedelta(days=action.value.within_days)
    is_long = until > log.cycle.ends_at
    place = {unit: i for i, unit in enumerate(log.table.unit_ids)}  # who was erased has no figures any more
    known = [decision for decision in log.made if decision.unit_id in place]
    side_of = _side_by_chance if is_long else _side
    used = [(decision, side) for decision in known if (side := side_of(decision, action, log.reached)) is not None]
    unit_ids = [decision.unit_id for decision, _ in used]
    treated = np.array([side == "treated" for _, side in used], dtype=bool)
    if not used or not treated.any():
        return None
    where = np.array([place[unit] for unit in unit_ids])
    outcome = HAPPENED[action.value.kind](customers, unit_ids, since, until)
    weight = np.array([1.0 / decision.probability for decision, _ in used]) if is_long else None
    without = foreseen(workspace, action, log.table, where)
    return effect_seen(workspace, log.table, action, Compared(where, treated, outcome, without, weight), axes)


def _side(decision: DecisionRow, action: Action, reached: frozenset[str]) -> Literal["treated", "control"] | None:
    eligible = any(c["action"] == action.action and c["eligible"] for c in decision.candidates)
    if not eligible:
        return None
    if decision.action == action.action:
        return "treated" if decision.id in reached else None
    if decision.group == Group.HOLDOUT or (decision.action is None and decision.reason == Reason.CHANCE):
        return "control"
    return None


def _side_by_chance(
    decision: DecisionRow, action: Action, reached: frozenset[str]
) -> Literal["treated", "control"] | None:
    """Only where both this action and nothing could have come out."""
    if decision.group not in (Group.POLICY, Group.RANDOM_CONTROL):
        return None
    chances = {c["action"]: float(c.get("probability") or 0.0) for c in decision.candidates if c["eligible"]}
    if min(chances.get(action.action, 0.0), 1.0 - sum(chances.values())) <= _NO_CHANCE:
        return None
    if decision.planned_action is None:
        return "control"
    return "treated" if decision.action == action.action and decision.id in reached else None


def _belief_row(
    campaign: str,
    action: str,
    cycle: int,
    after: uplift.Belief,
    evidence: uplift.Evidence | None,
    pieces: list[Piece],
) -> dict[str, Any]:
    return {
        "campaign": campaign,
        "action": action,
        "cycle": cycle,
        "mean": after.mean,
        "sd": after.sd,
        "estimate": evidence.estimate if evidence else None,
        "se": evidence.se if evidence else None,
        "treated": evidence.n_treated if evidence else 0,
        "compared": evidence.n_control if evidence else 0,
        "evidence": as_kept(pieces),
    }


def _tell(
    workspace: Workspace, action: str, before: uplift.Belief, after: uplift.Belief, evidence: uplift.Evidence | None
) -> None:
    if evidence is None:
        return
    harm = uplift.probability_below_zero(after) >= HARM_IS_LIKELY
    workspace.tell(
        "learned_harm" if harm else "learned",
        action=action,
        before=before.mean * 100,
        measured=evidence.estimate * 100,
        half=evidence.se * 196,
        treated=evidence.n_treated,
        compared=evidence.n_control,
        after=after.mean * 100,
    )

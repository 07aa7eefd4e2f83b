"""What each action did to those it reached, and what is believed of it from now on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np

from ..customers import outcomes as seen
from ..customers.opening import Customers
from ..customers.table import FeatureTable
from ..decisioning.learning import uplift
from ..domain.decision import Group, Reason
from ..domain.delivery import DeliveryState
from ..domain.playbook import Action
from ..store import campaigns, decisions, deliveries
from ..store.tables import CycleRow, DecisionRow
from .scoring import load_snapshot
from .weighing import HARM_IS_LIKELY, stake
from .workspace import Workspace
from .worth import chance_of_loss

Array = np.ndarray[Any, np.dtype[Any]]

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
        held = campaigns.latest_beliefs(session, name, cycle.number)
        cycles = [row for row in campaigns.cycles(session, name) if row.number <= cycle.number]
    logs = {cycle.number: _log(workspace, cycle, table)}
    updated = []
    for action in workspace.actions.values():
        prior = action.value.prior_uplift
        before = held.get(action.action)
        belief = uplift.Belief(before.mean, before.sd) if before else uplift.Belief(prior.mean, prior.sd)
        found = []
        for row in _known_now(cycles, cycle, action):
            if row.number not in logs:
                assert row.snapshot is not None
                logs[row.number] = _log(workspace, row, load_snapshot(workspace, row.snapshot))
            found.append(_evidence(workspace, customers, logs[row.number], action))
        evidence = uplift.pooled([one for one in found if one is not None])
        after = uplift.update(belief, evidence) if evidence is not None else belief
        updated.append(_belief_row(name, action, cycle.number, after, evidence))
        _tell(workspace, action, before, after, evidence)
    return updated


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


def _evidence(workspace: Workspace, customers: Customers, log: _Log, action: Action) -> uplift.Evidence | None:
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
    outcome, baseline = _outcome(workspace, customers, action, log.table, where, unit_ids, since, until)
    weight = np.array([1.0 / decision.probability for decision, _ in used]) if is_long else None
    return effect_seen(workspace, log.table, where, action, outcome, baseline, treated, weight)


def effect_seen(
    workspace: Workspace,
    table: FeatureTable,
    where: Array,
    action: Action,
    outcome: Array,
    baseline: Array,
    treated: Array,
    weight: Array | None = None,
) -> uplift.Evidence | None:
    """The effect on a unit for which the action's uplift is the average one: that of the treated over their scale."""
    found = uplift.estimate_effect(outcome, baseline, treated, weight)
    if found is None:
        return None
    scale, _ = stake(workspace, table, where, action)
    average = float(np.average(scale[treated], weights=None if weight is None else weight[treated]))
    return uplift.Evidence(found.estimate / average, found.se / average, found.n_treated, found.n_control)


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


def _outcome(
    workspace: Workspace,
    customers: Customers,
    action: Action,
    table: FeatureTable,
    where: Array,
    unit_ids: list[str],
    since: datetime,
    until: datetime,
) -> tuple[Array, Array]:
    """What happened (1 or 0) and what was predicted without contact, or goes with it."""
    happened = {
        "upgraded": seen.upgraded,
        "referred": seen.referred,
        "ordered": seen.ordered,
        "retained": seen.retained,
    }[action.value.kind]
    return happened(customers, unit_ids, since, until), foreseen(workspace, action, table, where)


def foreseen(workspace: Workspace, action: Action, table: FeatureTable, where: Array) -> Array:
    """What was predicted of the action's outcome without contact, or goes with it, for the units at these places."""

    def of(name: str) -> Array:
        return np.asarray(np.nan_to_num(table.columns[name].astype(float)[where]))

    if action.value.kind == "upgraded":
        return of("quota_used_last_month")
    if action.value.kind == "referred":
        return np.minimum(of("referrals_total"), 1.0)
    if action.value.kind == "ordered":
        return _chance_of_order(workspace, table, where, action)
    return 1.0 - chance_of_loss(workspace, of("churn_risk"), action.value.within_days)


def _chance_of_order(workspace: Workspace, table: FeatureTable, where: Array, action: Action) -> Array:
    """Predicted where orders are what churn is about; else by whether they ordered lately."""
    days = action.value.within_days
    if workspace.brief.business.model == "transactions":
        risk = np.nan_to_num(table.columns["churn_risk"].astype(float)[where], nan=1.0)
        return np.asarray(1.0 - chance_of_loss(workspace, risk, days))
    since = table.columns["days_since_last_order"].astype(float)[where]
    return np.asarray(since <= days, dtype=float)


def _belief_row(
    name: str, action: Action, cycle: int, after: uplift.Belief, evidence: uplift.Evidence | None
) -> dict[str, Any]:
    return {
        "campaign": name,
        "action": action.action,
        "cycle": cycle,
        "mean": after.mean,
        "sd": after.sd,
        "estimate": evidence.estimate if evidence else None,
        "se": evidence.se if evidence else None,
        "treated": evidence.n_treated if evidence else 0,
        "compared": evidence.n_control if evidence else 0,
    }


def _tell(
    workspace: Workspace, action: Action, before: Any, after: uplift.Belief, evidence: uplift.Evidence | None
) -> None:
    if evidence is None:
        return
    held = before.mean if before else action.value.prior_uplift.mean
    harm = uplift.probability_below_zero(after) >= HARM_IS_LIKELY
    workspace.tell(
        "learned_harm" if harm else "learned",
        action=action.action,
        before=held * 100,
        measured=evidence.estimate * 100,
        half=evidence.se * 196,
        treated=evidence.n_treated,
        compared=evidence.n_control,
        after=after.mean * 100,
    )

"""What each action did to those it reached, and what is believed of it from now on."""

from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np

from ..customers import outcomes as seen
from ..customers.opening import Customers
from ..customers.table import FeatureTable
from ..decisioning import uplift
from ..domain.decision import Group, Reason
from ..domain.delivery import DeliveryState
from ..domain.playbook import Action
from ..store import campaigns, decisions, deliveries
from ..store.tables import CycleRow, DecisionRow
from .weighing import HARM_IS_LIKELY, stake
from .workspace import Workspace
from .worth import chance_of_loss

Array = np.ndarray[Any, np.dtype[Any]]

_ARRIVED = frozenset({DeliveryState.SENT.value, DeliveryState.HANDED_OVER.value})


def learn(workspace: Workspace, customers: Customers, cycle: CycleRow, table: FeatureTable) -> list[dict[str, Any]]:
    """Update the belief of each action by those it reached against the eligible that got nothing by design."""
    name = workspace.brief.name
    with workspace.store.read() as session:
        made = decisions.decisions_of_cycle(session, name, cycle.number)
        rows = deliveries.deliveries(session, name, cycle.number)
        held = campaigns.latest_beliefs(session, name, cycle.number)
    reached = {row.decision_id for row in rows if row.state in _ARRIVED}
    updated = []
    for action in workspace.actions.values():
        prior = action.value.prior_uplift
        before = held.get(action.action)
        belief = uplift.Belief(before.mean, before.sd) if before else uplift.Belief(prior.mean, prior.sd)
        evidence = _evidence(workspace, customers, cycle, table, action, made, reached)
        after = uplift.update(belief, evidence) if evidence is not None else belief
        updated.append(_belief_row(name, action, cycle.number, after, evidence))
        _tell(workspace, action, before, after, evidence)
    return updated


def _evidence(
    workspace: Workspace,
    customers: Customers,
    cycle: CycleRow,
    table: FeatureTable,
    action: Action,
    made: list[DecisionRow],
    reached: set[str],
) -> uplift.Evidence | None:
    """The action's effect in points, from eligible units: reached against holdout and chance's 'nothing'.

    Units that the policy left alone on purpose are no comparison: it chose them. None while the outcome's window
    is not over.
    """
    until = cycle.starts_at + timedelta(days=action.value.within_days)
    if until > cycle.ends_at:
        return None
    place = {unit: i for i, unit in enumerate(table.unit_ids)}  # who was erased has no figures any more
    sides = [(d, _side(d, action, reached)) for d in made if d.unit_id in place]
    used = [(decision, side) for decision, side in sides if side is not None]
    unit_ids = [decision.unit_id for decision, _ in used]
    treated = np.array([side == "treated" for _, side in used], dtype=bool)
    if not used or not treated.any():
        return None
    where = np.array([place[unit] for unit in unit_ids])
    outcome, baseline = _outcome(workspace, customers, action, table, where, unit_ids, cycle.starts_at, until)
    found = uplift.estimate_effect(outcome, baseline, treated)
    if found is None:
        return None
    scale, _ = stake(workspace, table, where, action)
    average = float(scale[treated].mean())
    return uplift.Evidence(found.estimate / average, found.se / average, found.n_treated, found.n_control)


def _side(decision: DecisionRow, action: Action, reached: set[str]) -> Literal["treated", "control"] | None:
    eligible = any(c["action"] == action.action and c["eligible"] for c in decision.candidates)
    if not eligible:
        return None
    if decision.action == action.action:
        return "treated" if decision.id in reached else None
    if decision.group == Group.HOLDOUT or (decision.action is None and decision.reason == Reason.CHANCE):
        return "control"
    return None


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

    def of(name: str) -> Array:
        return np.asarray(np.nan_to_num(table.columns[name].astype(float)[where]))

    if action.value.kind == "upgraded":
        return seen.upgraded(customers, unit_ids, since, until), of("quota_used_last_month")
    if action.value.kind == "referred":
        return seen.referred(customers, unit_ids, since, until), np.minimum(of("referrals_total"), 1.0)
    if action.value.kind == "ordered":
        return seen.ordered(customers, unit_ids, since, until), _chance_of_order(workspace, table, where, action)
    predicted = 1.0 - chance_of_loss(workspace, of("churn_risk"), action.value.within_days)
    return seen.retained(customers, unit_ids, since, until), predicted


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

"""Whom it would pay to contact against leaving, action by action: what the churn model is good for, in money."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..customers.eligibility import matches
from ..customers.table import FeatureTable
from ..decisioning.learning import uplift
from ..decisioning.risk import contacting
from ..domain.playbook import Action
from .believing import current_beliefs
from .weighing import stake
from .workspace import Workspace
from .worth import chance_of_loss

Array = np.ndarray[Any, np.dtype[Any]]
_INTERVAL_LEVEL = 0.8
#: Risks to compare are set where these shares of the units lie above them.
_SHARES = (0.5, 0.25, 0.1, 0.05, 0.01)


@dataclass(frozen=True)
class ActionWorth:
    """One way to keep units: whom its rule fits, what it is believed to keep and costs, and what choices bring."""

    action: str  #: '' for a contact that the caller described
    days: int  #: the time within which units are lost, for `risk`
    units: int
    value_at_risk_jpy: float
    effect: contacting.Effect
    cost_jpy: float
    choices: tuple[contacting.Choice, ...]
    best_threshold: contacting.Choice


def worth_contacting(workspace: Workspace, table: FeatureTable, cycle: int) -> list[ActionWorth]:
    """Every action of the brief that keeps units, for the active units that its rule fits; no guardrail has spoken.

    The effect is what is believed of the action as of `cycle`, as a share of those who would leave.
    """
    beliefs = current_beliefs(workspace, cycle)
    allowed = [workspace.actions[name] for name in workspace.brief.playbooks]
    keeping = [action for action in allowed if action.value.kind == "retained"]
    found = [_of_action(workspace, table, action, beliefs[action.action]) for action in keeping]
    return [one for one in found if one is not None]


def worth_of_contact(
    workspace: Workspace, table: FeatureTable, effect: contacting.Effect, cost_jpy: float
) -> ActionWorth:
    """A contact of any active unit within the churn window, with an effect and a cost of one's own."""
    where = np.flatnonzero(_at_risk(table))
    risk = table.columns["churn_risk"].astype(float)[where]
    value = np.maximum(table.columns["ltv_jpy"].astype(float)[where], 0.0)
    return _weighed("", workspace.brief.business.churn_window.days, risk, value, effect, cost_jpy)


def value_at_risk_jpy(table: FeatureTable) -> float:
    """What is expected to be lost within the churn window if nobody does anything: risk x LTV over the active units."""
    where = np.flatnonzero(_at_risk(table))
    risk, value = (table.columns[name].astype(float)[where] for name in ("churn_risk", "ltv_jpy"))
    return float(np.nansum(risk * np.maximum(value, 0.0)))


def _of_action(workspace: Workspace, table: FeatureTable, action: Action, belief: uplift.Belief) -> ActionWorth | None:
    where = np.flatnonzero(matches(action.when, table) & _at_risk(table))
    days = action.value.within_days
    chance = chance_of_loss(workspace, table.columns["churn_risk"].astype(float)[where], days)
    scale, worth = stake(workspace, table, where, action)
    if not chance.sum() > 0.0:
        return None
    share = float(scale.sum() / chance.sum())
    low, high = uplift.interval(belief, _INTERVAL_LEVEL)
    effect = contacting.Effect(belief.mean * share, low * share, high * share)
    return _weighed(action.action, days, chance, np.maximum(worth, 0.0), effect, action.cost.over(action.channels[0]))


def _weighed(
    action: str, days: int, risk: Array, value: Array, effect: contacting.Effect, cost_jpy: float
) -> ActionWorth:
    cuts = np.unique(np.round(np.quantile(risk, [1.0 - share for share in _SHARES]), 3)) if risk.size else ()
    found = contacting.contacting(risk, value, effect, cost_jpy, cuts)
    at_risk = float(np.nansum(risk * value))
    return ActionWorth(action, days, risk.size, at_risk, effect, cost_jpy, found.choices, found.best_threshold)


def _at_risk(table: FeatureTable) -> Array:
    active = table.columns["is_active"].astype(float) == 1
    return np.asarray(active & np.isfinite(table.columns["churn_risk"].astype(float)))

"""The goal's own metric per unit: what it would be without a plan, and what one use of each action would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..customers.table import FeatureTable
from ..decisioning.measuring.ratios import per_event_values
from ..decisioning.value import drivers
from ..domain.brief import Metric
from ..domain.playbook import Lever
from ..store import campaigns
from .scoring import load_snapshot
from .weighing import Weighed
from .workspace import Workspace
from .worth import MONTH_DAYS, chance_of_loss, monthly_churn

Array = np.ndarray[Any, np.dtype[Any]]

#: Share of the variance of LTV that the prediction at enrolment explains, until a cycle has measured it (CUPED with
#: the LTV prediction as covariate cut 44.7 % on CDNOW; `benchmarks/intervals.py`).
_EXPLAINED_OF_LTV = 0.45
#: What a unit can do once, by the kinds of actions that make it likelier (churn: less likely).
_MOVED_BY = {
    Metric.CHURN_RATE: frozenset({"retained"}),
    Metric.UPGRADES: frozenset({"upgraded"}),
    Metric.REPEAT_RATE: frozenset({"retained", "ordered"}),
}


@dataclass(frozen=True)
class GoalFigures:
    """Over the whole horizon. Gains are positive toward the goal, with the ends of their 80 % interval."""

    counted: Array
    """Units of which the metric says something: who has left can't leave."""
    base: Array
    """What each unit adds to the metric's sum without a plan; 0 where it does not count."""
    mean: float
    sd: float
    variance_explained: float
    gain: Array
    """Units by actions: what one use of an action adds to the sum."""
    low: Array
    high: Array
    most: float
    """The furthest that a relative lift can go: churn can't fall below nothing."""


def goal_figures(
    workspace: Workspace,
    cycle: int,
    weighed: Weighed,
    potentials: Sequence[drivers.LeverPotential],
    table: FeatureTable | None = None,
) -> GoalFigures:
    """What the plan's forecast and its power rest on, for whatever metric the goal names.

    `table` is what was weighed; without it, the cycle's published snapshot is.
    """
    metric = workspace.brief.goal.metric
    if metric is Metric.LTV:
        return _of_ltv(weighed)
    if metric is Metric.ORDER_VALUE:
        return _of_order_value(workspace, weighed, _table(workspace, cycle) if table is None else table)
    return _of_shares(workspace, weighed, metric, potentials[0].metric_before if potentials else 0.0)


def _table(workspace: Workspace, cycle: int) -> FeatureTable:
    with workspace.store.read() as session:
        row = campaigns.cycle(session, workspace.brief.name, cycle)
    assert row is not None and row.snapshot is not None, "a plan rests on a published snapshot"
    return load_snapshot(workspace, row.snapshot)


def _of_ltv(weighed: Weighed) -> GoalFigures:
    ltv = weighed.ltv_jpy
    return GoalFigures(
        counted=np.ones(ltv.size, dtype=bool),
        base=ltv,
        mean=float(ltv.mean()) if ltv.size else 0.0,
        sd=float(ltv.std(ddof=1)) if ltv.size > 1 else 0.0,
        variance_explained=_EXPLAINED_OF_LTV,
        gain=weighed.value,
        low=weighed.low,
        high=weighed.high,
        most=np.inf,
    )


def _of_shares(workspace: Workspace, weighed: Weighed, metric: Metric, rate: float) -> GoalFigures:
    """What happens to a unit or not. The prediction explains as much of it as the chances differ between units."""
    active = np.array(weighed.active, dtype=bool)
    counted = np.ones(active.size, dtype=bool) if metric is Metric.REPEAT_RATE else active
    chance = np.where(counted, _chances(workspace, weighed, metric, rate), 0.0)
    mean = float(chance[counted].mean()) if counted.any() else 0.0
    variance = mean * (1.0 - mean)
    explained = min(0.95, float(chance[counted].var()) / variance) if variance > 0 else 0.0
    points = np.where(counted[:, None], weighed.uplift, 0.0)
    for column, action in enumerate(weighed.actions):
        moves = action.value.kind in _MOVED_BY[metric]
        points[:, column] *= _lasting(workspace, weighed, metric, action.value.within_days) if moves else 0.0
    low, high = _ends(weighed, points)
    room = mean if metric is Metric.CHURN_RATE else 1.0 - mean
    most = room / mean if mean > 0 else 0.0
    return GoalFigures(counted, chance, mean, variance**0.5, explained, points, low, high, most)


def _chances(workspace: Workspace, weighed: Weighed, metric: Metric, rate: float) -> Array:
    """How likely it is for each unit over the horizon, without a plan."""
    business, days = workspace.brief.business, workspace.brief.goal.horizon.days
    if metric is Metric.CHURN_RATE:
        return chance_of_loss(workspace, weighed.churn_risk, days)
    if metric is Metric.UPGRADES:
        return np.full(len(weighed.unit_ids), rate)
    if business.model == "subscription":  # the next invoice, which comes within a month
        return np.where(weighed.active, 1.0 - chance_of_loss(workspace, weighed.churn_risk, round(MONTH_DAYS)), 0.0)
    return _orders_again(weighed, 1.0 - chance_of_loss(workspace, weighed.churn_risk, days))


def _orders_again(weighed: Weighed, if_active: Array) -> Array:
    """Who has not ordered for a year has no chance of their own: it is as much smaller as what they are worth is."""
    active = np.array(weighed.active, dtype=bool)
    worth = float(weighed.ltv_jpy[active].mean()) if active.any() else 0.0
    if worth <= 0.0 or active.all():
        return np.where(active, if_active, 0.0)
    lapsed = float(if_active[active].mean()) * np.clip(weighed.ltv_jpy / worth, 0.0, 1.0)
    return np.where(active, if_active, lapsed)


def _lasting(workspace: Workspace, weighed: Weighed, metric: Metric, within_days: int) -> Array:
    """How much of what an action does within its own days is still there at the end of the horizon.

    Who is kept may leave later; who orders now might have ordered later anyway; who upgrades has upgraded.
    """
    everybody = np.ones((len(weighed.unit_ids),))
    horizon = workspace.brief.goal.horizon.days
    if metric is Metric.UPGRADES or horizon <= within_days:
        return everybody
    if workspace.brief.business.model == "transactions":
        still_none = chance_of_loss(workspace, weighed.churn_risk, horizon)
        none_then = chance_of_loss(workspace, weighed.churn_risk, within_days)
        return np.divide(still_none, none_then, out=everybody, where=none_then > 0)
    if metric is Metric.REPEAT_RATE:
        return everybody
    return 1.0 - chance_of_loss(workspace, weighed.churn_risk, horizon - within_days)


def _of_order_value(workspace: Workspace, weighed: Weighed, table: FeatureTable) -> GoalFigures:
    """The mean value of an order, at last year's pace; a unit's orders vary together, so units are what is counted.

    Over a shorter time than the year looked at, there are fewer orders to a unit and the mean is the less certain.
    """
    place = {unit: i for i, unit in enumerate(table.unit_ids)}
    rows = np.array([place[unit] for unit in weighed.unit_ids], dtype=np.int64)
    orders = np.nan_to_num(table.columns["orders_365d"].astype(float)[rows])
    paid = orders * np.nan_to_num(table.columns["mean_order_value_jpy"].astype(float)[rows])
    part = min(1.0, workspace.brief.goal.horizon.days / 365)
    values = per_event_values(paid, orders)
    mean = float(paid.sum() / orders.sum()) if orders.sum() > 0 else 0.0
    gain = _more_per_order(workspace, weighed, mean)
    low, high = _ends(weighed, gain)
    sd = float(values.std(ddof=1)) / part**0.5 if mean > 0 and values.size > 1 else 0.0
    return GoalFigures(np.ones(rows.size, dtype=bool), paid * part, mean, sd, 0.0, gain, low, high, np.inf)


def _more_per_order(workspace: Workspace, weighed: Weighed, mean: float) -> Array:
    """What one use of an action adds in JPY over what its orders would bring at the mean."""
    brief = workspace.brief
    revenue = (weighed.value + weighed.cost) / brief.business.margin
    months = np.minimum(brief.business.ltv_months, 1.0 / np.maximum(monthly_churn(workspace, weighed.churn_risk), 1e-6))
    half_horizon = np.minimum(months, brief.goal.horizon.days / MONTH_DAYS / 2.0)
    active = np.array(weighed.active, dtype=bool)
    gain = np.zeros(revenue.shape)
    for column, action in enumerate(weighed.actions):
        if action.value.kind == "upgraded":
            gain[:, column] = revenue[:, column] * half_horizon / months
        elif action.value.kind == "ordered":
            more_orders = 0.0 if action.lever is Lever.ORDER_VALUE else mean * weighed.uplift[:, column]
            gain[:, column] = revenue[:, column] - more_orders
    comes_back = ~active if brief.business.model == "subscription" else np.zeros(active.size, dtype=bool)
    gain[comes_back] = 0.0
    return gain


def _ends(weighed: Weighed, gain: Array) -> tuple[Array, Array]:
    """The gain at the ends of the belief: as far from it, in proportion, as the value's ends are from the value."""
    before_cost = weighed.value + weighed.cost
    half = (weighed.high - weighed.low) / 2.0
    spread = np.divide(half, np.abs(before_cost), out=np.zeros(half.shape), where=np.abs(before_cost) > 1e-9)
    return gain - np.abs(gain) * spread, gain + np.abs(gain) * spread

"""Which levers move this goal, reasoned from the segment's own figures and what the actions are believed to do."""

from typing import Any

import numpy as np

from ..customers.eligibility import matches
from ..customers.table import FeatureTable
from ..decisioning import drivers, tree
from ..domain.brief import Metric
from ..domain.playbook import Action, Lever
from .weighing import monthly_points, upgrade_step_jpy
from .workspace import Workspace
from .worth import MONTH_DAYS, monthly_churn, usual_order_jpy

Array = np.ndarray[Any, np.dtype[Any]]

#: A lever that does less than this share of the best one's, for a unit it reaches, only brushes the goal.
_COUNTS = 0.05


def find_levers(
    workspace: Workspace, table: FeatureTable, segment: Array, beliefs: dict[str, Any]
) -> tuple[list[drivers.LeverPotential], frozenset[str]]:
    """The levers, best first, by how far the allowed actions are believed to move this goal; and those that count.

    A lever counts by what it does for a unit that it reaches: one that reaches few may still be the right one for them.
    """
    if not segment.any():
        return [], frozenset()
    figures = segment_drivers(workspace, table, segment)
    step = upgrade_step_jpy(table) if _sells_upgrades(table) else 0.0
    change: dict[Lever, float] = {}
    reached: dict[Lever, Array] = {}
    for name, action in workspace.actions.items():
        fits = matches(action.when, table)[segment]
        points = max(beliefs[name].mean, 0.0) * float(fits.mean())
        change[action.lever] = change.get(action.lever, 0.0) + _moved(action, points, step, figures.order_value_jpy)
        reached[action.lever] = reached.get(action.lever, np.zeros(len(fits), dtype=bool)) | fits
    metric = workspace.brief.goal.metric
    target = tree.metric_value(metric, figures) * (1 + workspace.brief.goal.relative_lift)
    potentials = drivers.lever_potentials(metric, figures, change, target)
    return potentials, _that_count(potentials, {lever: float(units.mean()) for lever, units in reached.items()})


def _moved(action: Action, points: float, upgrade_jpy: float, order_jpy: float) -> float:
    """How far the action moves its lever, in the lever's own unit."""
    if action.value.kind == "upgraded":
        return points * upgrade_jpy
    a_month = monthly_points(action, points)
    sells = action.lever is Lever.ORDER_VALUE and action.value.kind == "ordered"
    return a_month * order_jpy if sells else a_month


def _sells_upgrades(table: FeatureTable) -> bool:
    return bool((~np.isnan(table.columns["monthly_price_jpy"].astype(float))).any())


def _that_count(potentials: list[drivers.LeverPotential], reach: dict[Lever, float]) -> frozenset[str]:
    per_unit = {p.lever: p.gain / reach[p.lever] for p in potentials if p.gain > 0 and reach[p.lever] > 0}
    best = max(per_unit.values(), default=0.0)
    return frozenset(lever.value for lever, gain in per_unit.items() if gain >= _COUNTS * best)


def segment_drivers(workspace: Workspace, table: FeatureTable, segment: Array) -> tree.Drivers:
    """The average unit of the segment, as the driver tree sees it. What nobody of it has counts as 0."""
    business = workspace.brief.business

    def of(name: str) -> Array:
        return table.columns[name].astype(float)[segment]

    is_subscription = business.model == "subscription"
    since = of("tenure_days") if is_subscription else of("days_since_first_order")
    months = np.clip(since / MONTH_DAYS, 1, 12)
    churn = monthly_churn(workspace, np.nan_to_num(of("churn_risk"), nan=0.0 if is_subscription else 1.0))
    upgrades = np.nansum(of("upgrades_365d"))
    looks_at_money = workspace.brief.goal.metric is Metric.LTV
    horizon_months = max(1, round(workspace.brief.goal.horizon.days / MONTH_DAYS))
    return tree.Drivers(
        order_value_jpy=_mean(of("monthly_price_jpy") if is_subscription else usual_order_jpy(table)[segment]),
        orders_per_month=1.0 if is_subscription else _mean(of("orders_365d") / months),
        monthly_retention=1.0 - float(churn.mean()),
        margin=business.margin,
        monthly_cost_to_serve_jpy=business.monthly_cost_to_serve,
        referrals_per_month=_mean(of("referrals_total") / np.maximum(of("days_since_joined") / MONTH_DAYS, 1)),
        horizon_months=business.ltv_months if looks_at_money else horizon_months,
        annual_discount=business.annual_discount,
        upgrade_rate_monthly=float(min(1.0, upgrades / max(1.0, np.nansum(months)))),
        upgrade_value_jpy=upgrade_step_jpy(table) if _sells_upgrades(table) else 0.0,
    )


def _mean(values: Array) -> float:
    return float(np.nanmean(values)) if (~np.isnan(values)).any() else 0.0

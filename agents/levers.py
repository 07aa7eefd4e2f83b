"""Which levers move this goal, reasoned from the segment's own figures and what the actions are believed to do."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..customers.eligibility import matches
from ..customers.table import FeatureTable
from ..decisioning.value import drivers, tree
from ..decisioning.value.ltv import churn_of_ltv
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
        gone = _share_gone(table, segment, fits) if workspace.brief.business.model == "subscription" else 0.0
        moved = _moved(action, points, upgrade_jpy=step, order_jpy=figures.order_value_jpy, gone=gone)
        change[action.lever] = change.get(action.lever, 0.0) + moved
        reached[action.lever] = reached.get(action.lever, np.zeros(len(fits), dtype=bool)) | fits
    metric = workspace.brief.goal.metric
    target = tree.metric_value(metric, figures) * (1 + workspace.brief.goal.relative_lift)
    potentials = drivers.lever_potentials(metric, figures, change, target)
    return potentials, _that_count(potentials, {lever: float(units.mean()) for lever, units in reached.items()})


def _moved(action: Action, points: float, *, upgrade_jpy: float, order_jpy: float, gone: float) -> float:
    """How far the action moves its lever, in the lever's own unit.

    `gone` is the share of those it fits whose subscription has ended: who of them orders is invoiced every month again.
    """
    if action.value.kind == "upgraded":
        return points * upgrade_jpy
    a_month = monthly_points(action, points)
    if action.value.kind == "ordered":
        a_month = gone * points + (1.0 - gone) * a_month
        return a_month * order_jpy if action.lever is Lever.ORDER_VALUE else a_month
    return a_month


def _share_gone(table: FeatureTable, segment: Array, fits: Array) -> float:
    gone = table.columns["is_active"].astype(float)[segment][fits] == 0
    return float(gone.mean()) if gone.size else 0.0


def _sells_upgrades(table: FeatureTable) -> bool:
    return bool((~np.isnan(table.columns["monthly_price_jpy"].astype(float))).any())


def _that_count(potentials: list[drivers.LeverPotential], reach: dict[Lever, float]) -> frozenset[str]:
    per_unit = {p.lever: p.gain / reach[p.lever] for p in potentials if p.gain > 0 and reach[p.lever] > 0}
    best = max(per_unit.values(), default=0.0)
    return frozenset(lever.value for lever, gain in per_unit.items() if gain >= _COUNTS * best)


def segment_drivers(workspace: Workspace, table: FeatureTable, segment: Array) -> tree.Drivers:
    """The average unit of the segment, as the driver tree sees it. What nobody of it has counts as 0."""
    business = workspace.brief.business
    known = _Segment(table, segment)
    months = np.clip(known.of("tenure_days") / MONTH_DAYS, 1, 12)
    order_jpy, orders, retention = (
        (_mean(known.of("monthly_price_jpy")), 1.0, 1.0 - _monthly_churn(workspace, known))
        if business.model == "subscription"
        else _ordering(workspace, known)
    )
    upgrades = np.nansum(known.of("upgrades_365d"))
    looks_at_money = workspace.brief.goal.metric is Metric.LTV
    horizon_months = max(1, round(workspace.brief.goal.horizon.days / MONTH_DAYS))
    return tree.Drivers(
        order_value_jpy=order_jpy,
        orders_per_month=orders,
        monthly_retention=retention,
        margin=business.margin,
        monthly_cost_to_serve_jpy=business.monthly_cost_to_serve,
        referrals_per_month=_mean(
            known.of("referrals_total") / np.maximum(known.of("days_since_joined") / MONTH_DAYS, 1)
        ),
        horizon_months=business.ltv_months if looks_at_money else horizon_months,
        annual_discount=business.annual_discount,
        upgrade_rate_monthly=float(min(1.0, upgrades / max(1.0, np.nansum(months)))),
        upgrade_value_jpy=upgrade_step_jpy(table) if _sells_upgrades(table) else 0.0,
    )


@dataclass(frozen=True)
class _Segment:
    """Some units of a feature table."""

    table: FeatureTable
    units: Array

    def of(self, name: str) -> Array:
        values: Array = self.table.columns[name].astype(float)[self.units]
        return values


def _monthly_churn(workspace: Workspace, known: _Segment) -> float:
    return float(monthly_churn(workspace, np.nan_to_num(known.of("churn_risk"))).mean())


def _ordering(workspace: Workspace, known: _Segment) -> tuple[float, float, float]:
    """Mean order in JPY, orders a month, and the monthly retention at which they make the segment's mean LTV."""
    business = workspace.brief.business
    expected = np.nan_to_num(known.of("expected_orders"))
    usual = usual_order_jpy(known.table)[known.units]
    order_jpy = float(np.average(usual, weights=expected)) if expected.sum() > 0 else _mean(usual)
    orders = float(expected.mean()) * MONTH_DAYS / business.churn_window.days
    lost = churn_of_ltv(
        _mean(known.of("ltv_jpy")),
        order_jpy * orders * business.margin - business.monthly_cost_to_serve,
        horizon_months=business.ltv_months,
        annual_discount=business.annual_discount,
    )
    return order_jpy, orders, 1.0 - lost


def _mean(values: Array) -> float:
    return float(np.nanmean(values)) if (~np.isnan(values)).any() else 0.0

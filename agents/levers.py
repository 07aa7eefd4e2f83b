"""Which levers move this goal, reasoned from the segment's own figures and what the actions are believed to do."""

from typing import Any

import numpy as np

from ..customers.eligibility import matches
from ..customers.table import FeatureTable
from ..decisioning import drivers, tree
from ..domain.brief import Metric
from ..domain.playbook import Lever
from .scoring import MONTH_DAYS, monthly_churn
from .weighing import monthly_points, upgrade_step_jpy
from .workspace import Workspace

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
    step = upgrade_step_jpy(table)
    change: dict[Lever, float] = {}
    reached: dict[Lever, Array] = {}
    for name, action in workspace.actions.items():
        fits = matches(action.when, table)[segment]
        points = max(beliefs[name].mean, 0.0) * float(fits.mean())
        moved = points * step if action.value.kind == "upgraded" else monthly_points(action, points)
        change[action.lever] = change.get(action.lever, 0.0) + moved
        reached[action.lever] = reached.get(action.lever, np.zeros(len(fits), dtype=bool)) | fits
    metric = workspace.brief.goal.metric
    target = tree.metric_value(metric, figures) * (1 + workspace.brief.goal.relative_lift)
    potentials = drivers.lever_potentials(metric, figures, change, target)
    return potentials, _that_count(potentials, {lever: float(units.mean()) for lever, units in reached.items()})


def _that_count(potentials: list[drivers.LeverPotential], reach: dict[Lever, float]) -> frozenset[str]:
    per_unit = {p.lever: p.gain / reach[p.lever] for p in potentials if p.gain > 0 and reach[p.lever] > 0}
    best = max(per_unit.values(), default=0.0)
    return frozenset(lever.value for lever, gain in per_unit.items() if gain >= _COUNTS * best)


def segment_drivers(workspace: Workspace, table: FeatureTable, segment: Array) -> tree.Drivers:
    """The average unit of the segment, as the driver tree sees it."""
    business = workspace.brief.business
    price = table.columns["monthly_price_jpy"].astype(float)[segment]
    orders = table.columns["orders_365d"].astype(float)[segment]
    tenure_months = np.clip(table.columns["tenure_days"].astype(float)[segment] / MONTH_DAYS, 1, 12)
    churn = monthly_churn(workspace, np.nan_to_num(table.columns["churn_risk"].astype(float)[segment]))
    upgrades = np.nansum(table.columns["upgrades_365d"].astype(float)[segment])
    is_subscription = business.model == "subscription"
    looks_at_money = workspace.brief.goal.metric is Metric.LTV
    horizon_months = max(1, round(workspace.brief.goal.horizon.days / MONTH_DAYS))
    return tree.Drivers(
        order_value_jpy=float(np.nanmean(price)),
        orders_per_month=1.0 if is_subscription else float(np.nanmean(orders / tenure_months)),
        monthly_retention=1.0 - float(churn.mean()),
        margin=business.margin,
        monthly_cost_to_serve_jpy=business.monthly_cost_to_serve,
        horizon_months=business.ltv_months if looks_at_money else horizon_months,
        annual_discount=business.annual_discount,
        upgrade_rate_monthly=float(min(1.0, upgrades / max(1.0, tenure_months.sum()))),
        upgrade_value_jpy=upgrade_step_jpy(table),
    )

"""What units are worth: churn risk, expected orders, lifetime value and rank, as columns of the feature table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..customers.table import FeatureTable
from ..decisioning.risk import churn
from ..decisioning.value import ltv, repeat
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]

MONTH_DAYS = 30.4
#: A customer's own mean order counts for as much as the population's after so many orders.
_PRIOR_ORDERS = 2.0
#: Where there is room for more, the first of these that anybody has.
_HEADROOM = ("quota_used_last_month", "dear_views_30d", "views_30d", "events_30d", "store_visits_90d")


def monthly_margin(workspace: Workspace, monthly_price: Array) -> Array:
    business = workspace.brief.business
    return monthly_price * business.margin - business.monthly_cost_to_serve


def monthly_churn(workspace: Workspace, churn_risk: Array) -> Array:
    """The churn window's probability, turned into a month's at a constant hazard."""
    return churn.change_horizon(churn_risk, workspace.brief.business.churn_window.days, MONTH_DAYS)


def chance_of_loss(workspace: Workspace, churn_risk: Array, days: int) -> Array:
    """The probability that a unit does not count as retained `days` from now.

    A contract is lost at a constant hazard, so a shorter time loses less. Without contracts, lost is who has not
    ordered by then: the shorter the time, the more. At a constant rate of orders that is risk ** (days / window).
    """
    window = workspace.brief.business.churn_window.days
    if workspace.brief.business.model == "transactions":
        return np.asarray(np.asarray(churn_risk, dtype=float) ** (days / window))
    return churn.change_horizon(churn_risk, window, days)


@dataclass(frozen=True)
class OrdersExpected:
    """What a model of buying expects of who bought within a year: orders in the churn window, and lifetime value."""

    unit_ids: Sequence[str]
    orders: Array
    ltv_jpy: Array


def subscription_scores(table: FeatureTable, risk: Array, value: Array) -> FeatureTable:
    """Scores of contracts, given their lifetime value. Who left has none."""
    active = table.columns["is_active"].astype(float) == 1
    return _ranked(table, active, np.where(active, risk, np.nan), value, np.full(len(table), np.nan))


def order_scores(
    workspace: Workspace,
    table: FeatureTable,
    risk: Array,
    rates: Array,
    model: repeat.OrderModel,
    known: OrdersExpected | None = None,
) -> FeatureTable:
    """Scores without contracts: orders and value as `known` where a model of buying knows them, else by recency,
    frequency and money. Only who ordered within a year has a risk, or a rank above the standard."""
    active = table.columns["is_active"].astype(float) == 1
    expected = orders_expected(workspace, table, risk, rates, model)
    value = _value_of_orders(workspace, table, expected, model)
    if known is not None:
        place = {unit: row for row, unit in enumerate(known.unit_ids)}
        rows = np.array([place.get(unit, -1) for unit in table.unit_ids], dtype=np.int64)
        found = rows >= 0
        expected, value = expected.copy(), value.copy()
        expected[found], value[found] = known.orders[rows[found]], known.ltv_jpy[rows[found]]
    scored = _ranked(table, active, np.where(active, risk, np.nan), value, expected)
    ranks = scored.columns["ltv_rank"].copy()
    ranks[~active] = "standard"
    return scored.with_columns(ltv_rank=ranks)


def orders_expected(
    workspace: Workspace, table: FeatureTable, risk: Array, rates: Array, model: repeat.OrderModel
) -> Array:
    """Orders in the churn window by recency and frequency.

    Who ordered within a year counts by their own chance and rate; who did not, by what such customers order.
    """
    active = table.columns["is_active"].astype(float) == 1
    window = workspace.brief.business.churn_window.days
    expected = repeat.expected_orders(1.0 - risk, rates, window) * model.orders_per_expected
    return np.where(active, expected, model.lapsed_orders)


def _value_of_orders(workspace: Workspace, table: FeatureTable, expected: Array, model: repeat.OrderModel) -> Array:
    """Expected orders times the usual order, fading as everybody's do. The cost to serve counts for active ones."""
    business = workspace.brief.business
    window = business.churn_window.days
    active = table.columns["is_active"].astype(float) == 1
    monthly = expected * MONTH_DAYS / window * usual_order_jpy(table) * business.margin
    fades = float(churn.change_horizon(1.0 - model.kept_per_window, window, MONTH_DAYS))
    return ltv.subscription_ltv(
        monthly - np.where(active, business.monthly_cost_to_serve, 0.0),
        np.full(len(table), fades),
        horizon_months=business.ltv_months,
        annual_discount=business.annual_discount,
    )


def usual_order_jpy(table: FeatureTable) -> Array:
    """The size of each unit's order: its own mean of the last year, pulled toward everybody's where orders are few."""
    own = table.columns["mean_order_value_jpy"].astype(float)
    counts = table.columns["orders_365d"].astype(float)
    return repeat.shrunk_means(own, counts, prior_count=_PRIOR_ORDERS)


def _ranked(table: FeatureTable, active: Array, risk: Array, value: Array, expected: Array) -> FeatureTable:
    ranks = np.full(len(table), None, dtype=object)
    ranks[active] = ltv.rank(value[active], _headroom(table)[active])
    return table.with_columns(churn_risk=risk, expected_orders=expected, ltv_jpy=value, ltv_rank=ranks)


def _headroom(table: FeatureTable) -> Array:
    """How much a unit shows that it wants more: quota used up, else interest in dearer things, else any use."""
    for name in _HEADROOM:
        room: Array = np.nan_to_num(table.columns[name].astype(float), nan=0.0)
        if (room > 0).any():
            return room
    return np.zeros(len(table))

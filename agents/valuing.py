"""The scores of all units: risk, expected orders, lifetime value and rank, and how the value was come by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from ..customers.opening import Customers
from ..customers.table import FeatureTable
from ..decisioning.value import repeat
from .computing import Build
from .predicting import ORDER_FEATURES, Predictor, leaving_risk, order_rates
from .sources_worth import sources_worth
from .valuing_contracts import contract_values, fit_staying
from .valuing_orders import value_orders
from .workspace import Workspace
from .worth import order_scores, orders_expected, subscription_scores

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Valued:
    """The scored table, and what `kizuna value` tells of it (plain JSON)."""

    table: FeatureTable
    record: dict[str, Any]


class Recalling:
    """Builds features, and keeps what the fallback needs of one past day: it is looked at twice."""

    def __init__(self, build: Build, day: date) -> None:
        self._build, self._day = build, day
        self._kept: FeatureTable | None = None

    def __call__(self, day: date) -> FeatureTable:
        table = self._build(day)
        if day == self._day:
            wanted = {*ORDER_FEATURES, "is_active"}
            self._kept = FeatureTable(table.unit_ids, {n: v for n, v in table.columns.items() if n in wanted})
        return table

    def recall(self) -> FeatureTable:
        """The kept columns of that day, built now if they were not before."""
        if self._kept is None:
            self(self._day)
        assert self._kept is not None
        return self._kept


def value_units(
    workspace: Workspace,
    customers: Customers,
    table: FeatureTable,
    predictor: Predictor,
    as_of: date,
    past: Callable[[], FeatureTable],
) -> Valued:
    """Score the table of `as_of`. `past` gives the features of a churn window before, for the check by calendar."""
    risk = leaving_risk(predictor, customers, table)
    if predictor.orders is None:
        staying = fit_staying(workspace, customers, as_of)
        value = contract_values(workspace, table, risk, staying, tells=not predictor.churn.is_fallback)
        scored, record = subscription_scores(table, risk, value), staying.record
    else:
        orders = predictor.orders

        def fallback(day: date) -> Mapping[str, float]:
            assert day == as_of - timedelta(days=workspace.brief.business.churn_window.days)
            return _by_recency(workspace, customers, past(), predictor, orders)

        valued = value_orders(workspace, customers, as_of, fallback)
        record = valued.record
        scored = order_scores(workspace, table, risk, order_rates(table), orders, valued.expected)
    record = record | {"acquisition": sources_worth(workspace, customers, scored, as_of)}
    return Valued(scored, record)


def _by_recency(
    workspace: Workspace, customers: Customers, table: FeatureTable, predictor: Predictor, model: repeat.OrderModel
) -> Mapping[str, float]:
    risk = leaving_risk(predictor, customers, table)
    expected = orders_expected(workspace, table, risk, order_rates(table), model)
    return dict(zip(table.unit_ids, expected.tolist(), strict=True))

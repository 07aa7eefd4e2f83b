"""Who is likely to leave, learned from the company's own past: features then, and what happened afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import numpy as np

from ..customers.opening import Customers
from ..customers.outcomes import orders_made, retained
from ..customers.table import FeatureTable
from ..decisioning.risk import churn
from ..decisioning.value import repeat
from ..store import campaigns
from .computing import Build
from .drifting import Promised, Watched, promised, watch
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]

#: What the churn model looks at: behaviour and contract, never our own mails (they would teach it our treatment).
CHURN_FEATURES = (
    "events_30d",
    "events_prev_30d",
    "active_days_30d",
    "activity_change_30d",
    "days_since_last_event",
    "features_used_90d",
    "quota_used_last_month",
    "open_tickets",
    "open_unhappy_tickets",
    "unhappy_tickets_90d",
    "tenure_days",
    "monthly_price_jpy",
)
#: What it looks at besides, in a company that has such a thing.
_WHERE_THERE = (
    "views_30d",
    "store_visits_90d",
    "days_since_last_store_visit",
    "boxes_skipped_90d",
    "boxes_swapped_90d",
    "box_returns_90d",
    "staff_contacts_90d",
    "unhappy_contacts_90d",
    "last_nps",
    "prepaid_balance_jpy",
)
#: What tells whether somebody without a contract will order: recency, frequency, money, interest and trouble.
ORDER_FEATURES = (
    "days_since_last_order",
    "days_between_orders",
    "order_overdue_ratio",
    "orders_365d",
    "orders_total",
    "days_since_first_order",
    "mean_order_value_jpy",
    "days_since_last_visit",
    "views_30d",
    "compares_30d",
    "store_visits_90d",
    "open_unhappy_tickets",
    "unhappy_tickets_90d",
    "unhappy_contacts_90d",
)
_TRAINING_CUTOFFS = 4
_CUTOFF_STEP_DAYS = 30
_YEAR_DAYS = 365


@dataclass(frozen=True)
class Past:
    """A past day whose outcome is known by now."""

    inputs: Array  #: of units active then and left alone in the window after it, as are the next four
    stayed: Array
    rates: Array
    orders: Array
    orders_next: Array
    lapsed_orders: Array  #: of units that had not ordered for a year; none where the orders go back less far
    units: Array  #: whose rows the inputs are


@dataclass(frozen=True)
class Predictor:
    """The churn model, and how the chance to order becomes a number of orders where there is no contract."""

    churn: churn.ChurnModel
    orders: repeat.OrderModel | None
    watched: Watched | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        orders = {"orders": self.orders.as_dict()} if self.orders else {}
        return self.churn.as_dict() | orders | ({"drift": self.watched.as_dict()} if self.watched else {})


class RiskPart(NamedTuple):
    """A figure of a unit (None: not known), and what it adds to the log odds of leaving of an average unit."""

    column: str
    value: float | None
    log_odds: float


def start_of(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=UTC)


def fit_predictor(
    workspace: Workspace, customers: Customers, table: FeatureTable, as_of: date, build: Build
) -> Predictor:
    """Fitted on cut-offs whose outcome is known by then, tested on a later one (no leakage).

    `table` is what `build` gives for `as_of`.
    """
    window = workspace.brief.business.churn_window.days
    columns = tuple(name for name in telling_features(customers, table) if name not in workspace.protected)
    test = _past(workspace, customers, build, as_of - timedelta(days=window), columns, is_test=True)
    cutoffs = [as_of - timedelta(days=2 * window + step * _CUTOFF_STEP_DAYS) for step in range(_TRAINING_CUTOFFS)]
    train = [_past(workspace, customers, build, cutoff, columns) for cutoff in cutoffs]
    model = churn.fit_churn(
        np.vstack([past.inputs for past in train]),
        1.0 - np.concatenate([past.stayed for past in train]),
        test.inputs,
        1.0 - test.stayed,
        columns,
        train_groups=np.concatenate([past.units for past in train]),
    )
    return Predictor(
        model,
        _fit_orders(model, train, window) if customers.model == "transactions" else None,
        _watched(model, customers, table, train, promised(workspace, customers, as_of)),
    )


def leaving_risk(predictor: Predictor, customers: Customers, table: FeatureTable) -> Array:
    """The probability to leave in the churn window, for each unit as if it were active."""
    return churn.predict_churn(predictor.churn, _inputs(customers, table, predictor.churn.columns))


def risk_parts(record: Mapping[str, Any], table: FeatureTable, place: int, *, has_contracts: bool) -> list[RiskPart]:
    """What makes up the risk of the table's unit at `place` by a kept model, the largest part first."""
    model = churn.ChurnModel.from_dict(record)
    row = table.pick(np.array([place]))
    found = churn.parts(model, _side_by_side(row, model.columns, has_contracts=has_contracts))[0]
    values = row.numeric(model.columns)[0]
    parts = [
        RiskPart(name, None if np.isnan(value) else float(value), float(part))
        for name, value, part in zip(model.columns, values, found, strict=True)
    ]
    return sorted(parts, key=lambda part: -abs(part.log_odds))


def order_rates(table: FeatureTable) -> Array:
    """Orders a day of the last year, shrunk; the first order of all only starts the clock."""
    orders = np.nan_to_num(table.columns["orders_365d"].astype(float))
    known = np.nan_to_num(table.columns["days_since_first_order"].astype(float))
    repeated = np.where(known <= _YEAR_DAYS, np.maximum(orders - 1, 0), orders)
    return repeat.shrunk_rates(repeated, np.minimum(known, _YEAR_DAYS))


def telling_features(customers: Customers, table: FeatureTable) -> tuple[str, ...]:
    """What the model looks at in this company: nothing that is unknown of everybody, nothing odd that never varies."""
    if customers.model == "transactions":
        return tuple(name for name in ORDER_FEATURES if _varies(table, name))
    usual = tuple(name for name in CHURN_FEATURES if not np.isnan(table.numeric([name])).all())
    return usual + tuple(name for name in _WHERE_THERE if _varies(table, name))


def _varies(table: FeatureTable, name: str) -> bool:
    known = table.numeric([name])
    known = known[~np.isnan(known)]
    return bool(known.size and known.min() < known.max())


def _inputs(customers: Customers, table: FeatureTable, columns: tuple[str, ...]) -> Array:
    return _side_by_side(table, columns, has_contracts=customers.model != "transactions")


def _side_by_side(table: FeatureTable, columns: tuple[str, ...], *, has_contracts: bool) -> Array:
    """The columns side by side; orders go with ratios, so there their logarithms (of 1 + x)."""
    values = table.numeric(columns)
    return values if has_contracts else np.log1p(np.maximum(values, 0.0))


def _past(
    workspace: Workspace,
    customers: Customers,
    build: Build,
    cutoff: date,
    columns: tuple[str, ...],
    *,
    is_test: bool = False,
) -> Past:
    window = workspace.brief.business.churn_window.days
    table = build(cutoff)
    start, end, later = (start_of(cutoff + timedelta(days=n * window)) for n in range(3))
    stayed = retained(customers, table.unit_ids, start, end)
    with workspace.store.read() as session:
        contacted = campaigns.units_reached_between(session, start, end)
    untouched = np.array([unit not in contacted for unit in table.unit_ids], dtype=bool)
    usable = ~np.isnan(stayed) & untouched
    nothing = np.zeros(0)
    rates = orders = orders_next = lapsed = nothing
    if customers.model == "transactions" and not is_test:
        made = orders_made(customers, table.unit_ids, start, end)
        rates, orders = order_rates(table)[usable], made[usable]
        orders_next = orders_made(customers, table.unit_ids, end, later)[usable]
        lapsed = made[_known_lapsed(table)]
    units = np.array(table.unit_ids, dtype=object)[usable]
    return Past(_inputs(customers, table, columns)[usable], stayed[usable], rates, orders, orders_next, lapsed, units)


def _watched(
    model: churn.ChurnModel, customers: Customers, table: FeatureTable, train: list[Past], kept: Promised | None
) -> Watched:
    """Drift between the training rows and the units that are active now."""
    active = table.columns["is_active"].astype(float) == 1
    before, now = np.vstack([past.inputs for past in train]), _inputs(customers, table, model.columns)[active]
    as_read = np.expm1 if customers.model == "transactions" else np.asarray
    return watch(
        model,
        dict(zip(model.columns, as_read(before).T, strict=True)),
        dict(zip(model.columns, as_read(now).T, strict=True)),
        (churn.predict_churn(model, before), churn.predict_churn(model, now)),
        len({unit for past in train for unit in past.units}),
        kept,
    )


def _known_lapsed(table: FeatureTable) -> Array:
    """Who has not ordered for a year; nobody where the oldest order of all is younger than that."""
    oldest = table.columns["days_since_first_order"].astype(float)
    is_known = bool((oldest >= _YEAR_DAYS).any())
    return np.asarray((table.columns["is_active"].astype(float) == 0) & is_known)


def _fit_orders(model: churn.ChurnModel, train: list[Past], window: int) -> repeat.OrderModel:
    windows = [
        repeat.Window(1.0 - churn.predict_churn(model, past.inputs), past.rates, past.orders, past.orders_next)
        for past in train
    ]
    return repeat.fit_orders(windows, np.concatenate([past.lapsed_orders for past in train]), window)

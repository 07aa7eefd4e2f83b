"""Lifetime value without contracts: which model foresees the company's own orders, checked by calendar."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from ..customers.buying import Buying, BuyingAt, read_buying
from ..customers.opening import Customers
from ..decisioning.value import backtest
from ..decisioning.value.buying import Histories
from ..decisioning.value.order_value import orders_ltv, spend_per_purchase
from ..decisioning.value.orders import OrderForecast, Origin, forecast_orders, judged
from ..decisioning.value.spending import dependence
from .workspace import Workspace
from .worth import MONTH_DAYS, OrdersExpected

Array = np.ndarray[Any, np.dtype[Any]]
#: Unit -> orders expected in the window after a past day, by the fallback.
Fallback = Callable[[date], Mapping[str, float]]

ENOUGH_BUYERS = 500
ENOUGH_DAYS = 180
_ORIGINS = 3
#: An origin needs so much history before it, and so many who had bought again.
_DAYS_BEFORE = 90
_REPEATERS = 50
_LATELY_DAYS = 365


@dataclass(frozen=True)
class OrdersValued:
    """What the models of buying say of the units now; `expected` is None where the fallback stays."""

    expected: OrdersExpected | None
    record: dict[str, Any]  #: plain JSON: the model, why, and how it was checked


def value_orders(workspace: Workspace, customers: Customers, as_of: date, fallback: Fallback) -> OrdersValued:
    """Fit on the company's own orders, check on the last churn window, and say so where the fallback is as good.

    Cuts lie a churn window apart. What is chosen is chosen on the older ones; on the last, fitted before it, model and
    fallback are compared on the same units. (The fallback's churn model has seen that window: the comparison favours
    it a little.) The models are fitted on everybody and used for who bought within a year: of the others, the mean of
    such customers says more than a model whose customers never quite leave.
    """
    window = workspace.brief.business.churn_window.days
    days = [as_of - timedelta(days=window * k) for k in range(_ORIGINS + 2)]
    buying = read_buying(customers, days, window)
    record: dict[str, Any] = {
        "kind": "orders",
        "model": "rfm",
        "buyers": len(buying.unit_ids),
        "history_days": (as_of - buying.first_day).days if buying.first_day else 0,
        "window_days": window,
    }
    short = _too_little(record)
    if short:
        return OrdersValued(None, record | {"why": short})
    places = [k for k in range(1, len(days)) if _is_usable(buying, k)]
    if 1 not in places:
        return OrdersValued(None, record | {"why": "no_check"})
    past = [_origin(buying.at[k], window) for k in sorted(places, reverse=True)]
    known = np.flatnonzero(_bought_lately(buying.at[1]))
    before = forecast_orders(past[-1].histories, past[:-1])
    by_rule = fallback(days[1])
    foreseen = np.array([by_rule.get(buying.unit_ids[row], 0.0) for row in known]) / buying.orders_per_purchase
    check, rule_check = judged(before, past[-1]), backtest.check(foreseen, past[-1].came)
    record |= {
        "check": check.as_dict(),
        "fallback_check": rule_check.as_dict(),
        "money_check": _money_check(before, buying, known, window),
        "checked_on": days[1].isoformat(),
        "origins": len(past) - 1,
    }
    if check.deviance > rule_check.deviance:
        return OrdersValued(None, record | {"why": "worse"} | _of_forecast(before))
    return _valued(workspace, buying, past, record)


def _valued(workspace: Workspace, buying: Buying, past: list[Origin], record: dict[str, Any]) -> OrdersValued:
    now, business = buying.at[0], workspace.brief.business
    histories = _histories(now)
    forecast = forecast_orders(histories, past)
    spend, model = spend_per_purchase(now.purchases, now.mean_paid)
    spend = spend * buying.kept_share
    value = orders_ltv(
        forecast,
        histories,
        spend * business.margin,
        months=business.ltv_months,
        month_days=MONTH_DAYS,
        annual_discount=business.annual_discount,
        monthly_cost=business.monthly_cost_to_serve,
    )
    orders = forecast.expected(histories, business.churn_window.days) * buying.orders_per_purchase
    goes_along = dependence(now.purchases, now.mean_paid)
    record |= {"why": "chosen", **_of_forecast(forecast)}
    record |= {
        "model": forecast.model.family,
        "parameters": forecast.model.as_dict(),
        "spend": model.as_dict() if model is not None else None,
        "spend_dependence": None if np.isnan(goes_along) else goes_along,
    }
    lately = np.flatnonzero(_bought_lately(now))
    units = [buying.unit_ids[row] for row in lately]
    return OrdersValued(OrdersExpected(units, orders[lately], value[lately]), record)


def _of_forecast(forecast: OrderForecast) -> dict[str, Any]:
    return {
        "family": forecast.model.family,
        "factor": forecast.factor,
        "is_recalibrated": bool(forecast.tried and forecast.tried[0].is_recalibrated),
        "tried": [candidate.as_dict() for candidate in forecast.tried],
    }


def _too_little(record: dict[str, Any]) -> str | None:
    if record["buyers"] < ENOUGH_BUYERS:
        return "few_buyers"
    return "short_history" if record["history_days"] < ENOUGH_DAYS else None


def _is_usable(buying: Buying, k: int) -> bool:
    assert buying.first_day is not None
    at = buying.at[k]
    return (buying.days[k] - buying.first_day).days >= _DAYS_BEFORE and int((at.purchases > 1).sum()) >= _REPEATERS


def _histories(at: BuyingAt) -> Histories:
    known = at.purchases > 0
    return Histories.of(at.purchases[known] - 1.0, at.last[known], at.age[known])


def _origin(at: BuyingAt, window: int) -> Origin:
    known = at.purchases > 0
    return Origin(_histories(at), at.later_purchases[known], float(window), _bought_lately(at)[known])


def _bought_lately(at: BuyingAt) -> Array:
    return np.asarray((at.purchases > 0) & (np.nan_to_num(at.age, nan=np.inf) - at.last <= _LATELY_DAYS))


def _money_check(forecast: OrderForecast, buying: Buying, known: Array, window: int) -> dict[str, Any]:
    """The same in JPY: what was expected to be paid in the window, against what was."""
    at = buying.at[1]
    spend, _ = spend_per_purchase(at.purchases, at.mean_paid)
    everybody = np.zeros(at.purchases.shape)
    everybody[at.purchases > 0] = forecast.expected(_histories(at), window)
    paid = (everybody * spend * buying.kept_share)[known]
    return backtest.check(paid, np.maximum(at.later_paid[known], 0.0)).as_dict()

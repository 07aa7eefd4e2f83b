"""Leading indicators: what moves before money does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..customers.table import FeatureTable
from ..decisioning.measuring import experiment
from ..decisioning.measuring.proportions import share_difference
from .looking import bound_of_many

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class _Leading:
    """A yes-or-no read from a feature; whoever has no value there is a no."""

    name: str
    feature: str
    fits: Callable[[Array], Array]
    shown: Callable[[Array], bool] = lambda values: not np.isnan(values).all()


def _happens(values: Array) -> bool:
    return bool((values > 0).any())


_ALL = (
    _Leading("still_active", "is_active", lambda active: active == 1),
    _Leading("used_in_30_days", "events_30d", lambda events: events > 0),
    _Leading("uses_3_features", "features_used_90d", lambda used: used >= 3),
    _Leading("looked_in_30_days", "views_30d", lambda views: views > 0),
    _Leading("came_in_90_days", "store_visits_90d", lambda visits: visits > 0),
    _Leading("unhappy_ticket_open", "open_unhappy_tickets", lambda tickets: tickets > 0),
    _Leading("unhappy_talk_in_90_days", "unhappy_contacts_90d", lambda talks: talks > 0, shown=_happens),
)
#: Where no contract makes the orders.
_OF_ORDERS = (_Leading("ordered_in_30_days", "days_since_last_order", lambda days: days <= 30),)


def leading_indicators(
    table: FeatureTable, unit_ids: list[str], is_policy: Array, *, by_orders: bool, cycle: int = 1, cycles: int = 1
) -> list[dict[str, Any]]:
    """Shares of units in the policy group and the holdout, and their difference with its interval.

    All intervals of all cycles hold together with 95 %: one of many that stands out by chance is not taken for a
    sign. Left out is what the company does not have, such as an app or stores.
    """
    place = {unit: i for i, unit in enumerate(table.unit_ids)}
    rows = np.array([place.get(unit, -1) for unit in unit_ids])
    columns = [(leading, table.columns[leading.feature].astype(float)) for leading in _of(by_orders)]
    shown = [(leading, values) for leading, values in columns if leading.shown(values)]
    z = bound_of_many(len(shown), cycle, cycles)
    return [
        _indicator(leading.name, ((rows >= 0) & leading.fits(values)[rows]).astype(float), is_policy, z)
        for leading, values in shown
    ]


def _of(by_orders: bool) -> tuple[_Leading, ...]:
    return _ALL + (_OF_ORDERS if by_orders else ())


def _indicator(name: str, values: Array, is_policy: Array, z: float) -> dict[str, Any]:
    policy, holdout = values[is_policy], values[~is_policy]
    return {
        "name": name,
        "policy": float(policy.mean()) if policy.size else 0.0,
        "holdout": float(holdout.mean()) if holdout.size else 0.0,
        "difference": interval_figures(share_difference(policy, holdout, z=z)),
    }


def interval_figures(interval: experiment.Interval) -> dict[str, Any]:
    """The interval as plain figures; None where there is nothing to measure yet."""
    finite = bool(np.isfinite([interval.estimate, interval.low, interval.high]).all())
    values = (interval.estimate, interval.low, interval.high, interval.se) if finite else (None,) * 4
    return dict(zip(("estimate", "low", "high", "se"), values, strict=True))

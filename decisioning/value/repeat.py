"""Customers without a contract: how often they will order again, from how often they did and whether they still do."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array

#: Fewer orders than this show nothing about a population.
_ENOUGH = 25
#: What is assumed of a population that shows nothing yet: a fifth of the ordering is gone after each window.
_USUALLY_KEPT = 0.8
#: And of who has not ordered for a year one in fifty does in a window.
_USUALLY_BACK = 0.02


@dataclass(frozen=True)
class OrderModel:
    """How the chance to order at all becomes a number of orders, and how ordering fades."""

    orders_per_expected: float
    """Orders seen for each one that the formula expects: what makes the sum right."""
    lapsed_orders: float
    """Mean orders in a window of somebody who had not ordered for a year."""
    kept_per_window: float
    """Orders of the same active customers in a window, per order in the window before."""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Window:
    """What is known of customers at a past moment and what they ordered in the window after it, row by row."""

    chance: ArrayLike  #: predicted then: to order at all
    rate: ArrayLike  #: orders a day, as known then
    orders: ArrayLike  #: ordered in the window
    orders_next: ArrayLike  #: ordered in the window after that


def fit_orders(active: Sequence[Window], lapsed_orders: ArrayLike, days: float) -> OrderModel:
    """Learn the sums of a population from its past windows of `days`; rows of `active` were active then."""
    expected = sum(float(expected_orders(w.chance, w.rate, days).sum()) for w in active)
    seen = sum(float(np.sum(w.orders)) for w in active)
    followed = sum(float(np.sum(w.orders_next)) for w in active)
    came_back = np.asarray(lapsed_orders, dtype=np.float64)
    return OrderModel(
        orders_per_expected=seen / expected if seen >= _ENOUGH and expected > 0 else 1.0,
        lapsed_orders=float((came_back.sum() + _USUALLY_BACK * _ENOUGH) / (came_back.size + _ENOUGH)),
        kept_per_window=float(np.clip(followed / seen, 0.2, 0.995)) if seen >= _ENOUGH else _USUALLY_KEPT,
    )


def expected_orders(chance: ArrayLike, rate: ArrayLike, days: float) -> Array:
    """Orders in the coming `days` of somebody who orders at all with this chance, and then `rate` times a day.

    chance * mean of a Poisson count that is not zero: chance * m / (1 - exp(-m)), with m = rate * days. So who hardly
    ever comes back counts by the chance, and who orders weekly by the rate.
    """
    mean = np.maximum(np.asarray(rate, dtype=np.float64) * days, 1e-9)
    return np.asarray(np.asarray(chance, dtype=np.float64) * mean / -np.expm1(-mean), dtype=np.float64)


def shrunk_rates(orders: ArrayLike, days: ArrayLike) -> Array:
    """Orders a day, pulled toward the population's the more, the shorter somebody was watched.

    Empirical Bayes by moments (Marshall 1991, global smoother): weight of the own rate is s2 / (s2 + m / days), where
    m is the population's rate and s2 the variance between customers that Poisson chance does not explain.
    """
    n, watched = np.asarray(orders, dtype=np.float64), np.asarray(days, dtype=np.float64)
    total = float(watched.sum())
    if total <= 0.0:
        return np.zeros(n.shape)
    mean = float(n.sum()) / total
    own = np.divide(n, watched, out=np.full(n.shape, mean), where=watched > 0)
    between = float((watched * (own - mean) ** 2).sum()) / total - mean * n.size / total
    if between <= 0.0:
        return np.full(n.shape, mean)
    chance = np.divide(mean, watched, out=np.full(n.shape, np.inf), where=watched > 0)
    return np.asarray(mean + between / (between + chance) * (own - mean), dtype=np.float64)


def shrunk_means(means: ArrayLike, counts: ArrayLike, *, prior_count: float) -> Array:
    """Each one's mean as if `prior_count` values of the population's mean had been seen besides; NaN has none."""
    own, n = np.asarray(means, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    known = ~np.isnan(own) & (n > 0)
    usual = float(np.average(own[known], weights=n[known])) if known.any() else 0.0
    seen = np.where(known, n, 0.0)
    return np.asarray((np.where(known, own, 0.0) * seen + usual * prior_count) / (seen + prior_count))

"""Prices of scarce things: the Lagrangian dual of an allocation under limits."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize

from ..arrays import Array, Flags, Indices
from .parity import Parity

SAMPLE_ROWS = 40_000
TEMPERATURES = (0.3, 0.03, 0.003, 0.0005)
"""Of the smoothing, in mean values of a unit's best action."""


@dataclass(frozen=True)
class Limit:
    """At most `limit` in use: each chosen pair of these columns and rows takes one, or what `weight` says.

    `pairs` [k, n] names the pairs that count one by one; `weight` [k, n] what each takes.
    """

    name: str
    limit: float
    counted: Flags
    """By column whether taking it takes one; the last entry, for none (-1), is False."""
    rows: Indices | None = None
    weight: Array | None = None
    pairs: Flags | None = None

    @property
    def counts(self) -> bool:
        """Whether each pair takes one or nothing."""
        return self.weight is None

    def use(self, shares: Array) -> float:
        """How much is used when `shares` [k, n] of each pair are chosen."""
        if self.weight is not None:
            return float(np.vdot(self.weight, shares))
        if self.pairs is not None:
            return float(sum(shares[j, self.pairs[j]].sum() for j in self.columns))
        return float(sum(shares[j].sum() if self.rows is None else shares[j, self.rows].sum() for j in self.columns))

    @property
    def columns(self) -> list[int]:
        """The columns that count."""
        return [int(j) for j in np.flatnonzero(self.counted)]

    def charge(self, net: Array, price: float) -> None:
        """Take the price off the value of each pair that uses the limit, in place."""
        if self.weight is not None:
            net -= price * self.weight
            return
        for j in self.columns:
            if self.pairs is not None:
                net[j, self.pairs[j]] -= price
            elif self.rows is None:
                net[j] -= price
            else:
                net[j, self.rows] -= price


@dataclass(frozen=True)
class Problem:
    """Values by action and unit [k, n], minus infinity where the pair is not allowed."""

    value: Array
    limits: tuple[Limit, ...]
    parities: tuple[Parity, ...] = ()

    @property
    def n_prices(self) -> int:
        """One per limit, then those of each parity."""
        return len(self.limits) + sum(parity.n_prices for parity in self.parities)

    def of_parities(self, prices: Array) -> list[Array]:
        """The part of the prices that belongs to each parity."""
        ends = np.cumsum([len(self.limits), *(parity.n_prices for parity in self.parities)])
        return [prices[start:end] for start, end in pairwise(ends.tolist())]


def shadow_prices(problem: Problem) -> Array:
    """One price per limit and pair of groups, close to the Lagrangian dual's minimum (Geoffrion 1974; Fisher 1981).

    The dual is smoothed by a soft maximum over each unit's choices (Nesterov 2005) of falling temperature and
    minimised by L-BFGS-B (Byrd et al. 1995), on an even sample of the units where they are many; then each count
    limit's price is set exactly on all units. Any prices give a valid bound; good ones give a tight one.
    """
    if not problem.n_prices or not problem.value.size:
        return np.zeros(problem.n_prices)
    sample = _sample(problem)
    prices = _smoothed_minimum(sample)
    # a parity's price is for a rate, and the rate of all units takes as many more of them
    prices[len(problem.limits) :] *= problem.value.shape[1] / sample.value.shape[1]
    net = net_values(problem, prices)
    for at, limit in enumerate(problem.limits):
        if limit.counts:
            exact = _exact_price(limit, net, prices[at])
            limit.charge(net, exact - prices[at])
            prices[at] = exact
    return prices


def net_values(problem: Problem, prices: Array) -> Array:
    """Values after paying for what is scarce."""
    net = problem.value.copy()
    for limit, price in zip(problem.limits, prices, strict=False):
        if price:
            limit.charge(net, float(price))
    for parity, own in zip(problem.parities, problem.of_parities(prices), strict=True):
        net -= parity.charges(own)
    return net


def upper_bound(problem: Problem, net: Array, prices: Array) -> float:
    """No allocation within the limits, not even a fractional one, is worth more (weak duality)."""
    best = np.maximum(net.max(axis=0, initial=0.0), 0.0)
    return float(best.sum()) + sum(float(p * room) for p, room in zip(prices, _rooms(problem), strict=True) if p)


def _rooms(problem: Problem) -> Array:
    """What each price pays for."""
    return np.concatenate([[limit.limit for limit in problem.limits], *(p.room() for p in problem.parities)])


def _sample(problem: Problem) -> Problem:
    """Every unit where they are few, else those on an even (Weyl) sequence; limits shrink with their units."""
    n = problem.value.shape[1]
    if n <= SAMPLE_ROWS:
        return problem
    picked = (np.arange(n) * 0.6180339887498949) % 1.0 < SAMPLE_ROWS / n
    place = np.cumsum(picked) - 1
    limits = []
    for limit in problem.limits:
        rows = None if limit.rows is None else place[limit.rows[picked[limit.rows]]]
        kept = picked.mean() if limit.rows is None or rows is None else rows.size / max(1, limit.rows.size)
        weight = None if limit.weight is None else limit.weight[:, picked]
        pairs = None if limit.pairs is None else limit.pairs[:, picked]
        limits.append(Limit(limit.name, limit.limit * float(kept), limit.counted, rows, weight, pairs))
    share = float(picked.mean())
    return Problem(problem.value[:, picked], tuple(limits), tuple(p.of(picked, share) for p in problem.parities))


def _smoothed_minimum(problem: Problem) -> Array:
    allowed = np.isfinite(problem.value)
    if not allowed.any():
        return np.zeros(problem.n_prices)
    scale = float(np.maximum(problem.value.max(axis=0), 0.0).mean())
    typical = [1.0 if limit.weight is None else float(limit.weight[allowed].mean()) or 1.0 for limit in problem.limits]
    typical += [1.0 / parity.size.mean() for parity in problem.parities for _ in range(parity.n_prices)]
    unit = scale / np.array(typical)
    size = scale * problem.value.shape[1]
    point = np.zeros(unit.size)
    for temperature in TEMPERATURES:

        def scaled(x: Array, heat: float = temperature * scale) -> tuple[float, Array]:
            dual, slope = _smoothed_dual(problem, x * unit, heat)
            return dual / size, slope * unit / size

        found = minimize(
            scaled, point, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * unit.size, options={"maxiter": 60}
        )
        point = found.x
    return np.asarray(point * unit, dtype=np.float64)


def _smoothed_dual(problem: Problem, prices: Array, heat: float) -> tuple[float, Array]:
    """Soft-maximum dual and its gradient, limit minus expected use."""
    net = net_values(problem, prices)
    best = np.maximum(net.max(axis=0), 0.0)
    net -= best
    net /= heat
    shares = np.exp(net, out=net)
    total = shares.sum(axis=0) + np.exp(-best / heat)
    shares /= total
    rooms = _rooms(problem)
    dual = float((best + heat * np.log(total)).sum() + prices @ rooms)
    used: list[ArrayLike] = [
        [limit.use(shares) for limit in problem.limits],
        *(parity.used(shares) for parity in problem.parities),
    ]
    return dual, rooms - np.concatenate(used)


def _exact_price(limit: Limit, net: Array, price: float) -> float:
    """The price at which no more units than the limit still want it, all other prices as they are."""
    n = net.shape[1] if limit.rows is None else limit.rows.size
    inside, outside = np.full(n, -np.inf), np.zeros(n)
    for j in range(net.shape[0]):
        values = net[j] if limit.rows is None else net[j, limit.rows]
        if limit.pairs is not None and limit.counted[j]:
            np.maximum(inside, values, out=inside, where=limit.pairs[j])
            np.maximum(outside, values, out=outside, where=~limit.pairs[j])
            continue
        best = inside if limit.counted[j] else outside
        np.maximum(best, values, out=best)
    gain = inside + price - outside
    gain = gain[gain > 0.0]
    places = int(limit.limit)
    if gain.size <= places:
        return 0.0
    return float(np.partition(gain, gain.size - places - 1)[gain.size - places - 1])

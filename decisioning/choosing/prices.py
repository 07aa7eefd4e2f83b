"""Prices of scarce things: the Lagrangian dual of an allocation under limits."""

from dataclasses import replace

import numpy as np
from scipy.optimize import Bounds, minimize

from ..arrays import Array, Flags, Indices
from .core import CORE_ROWS, core_of, mean_of_best
from .parity import Parity
from .problem import Limit, Problem

SAMPLE_ROWS = 20_000
TEMPERATURES = (0.3, 0.03, 0.003, 0.0005)
"""Of the smoothing, in mean values of a unit's best action."""
POLISHING = (0.001, 0.0001)
"""The same, where prices are known from a sample."""
POLISHING_ROUNDS = 6
POLISHING_REACH = 2.0
"""How far the first step of polishing may go, in radii of the core."""
LEAST_STEP = 0.3
"""Of the price that would take all of a unit's mean value: from there on a price of nothing may rise as others do."""
WORTH_A_ROUND = 2e-6
"""Share of the bound by which polishing must lower it for another round."""


def shadow_prices(problem: Problem) -> tuple[Array, Array, float]:
    """One price per limit and pair of groups, close to the Lagrangian dual's minimum (Geoffrion 1974; Fisher 1981).

    Also the values net of these prices, and the bound they give: any prices give a valid one, good ones a tight one.

    The dual is smoothed by a soft maximum over each unit's choices (Nesterov 2005) of falling temperature and
    minimised by L-BFGS-B (Byrd et al. 1995), and each count limit's price is then set exactly. Where units are many,
    an even sample of them gives the first prices. A sample misses what few units take by what chance makes of few, so
    these are polished on the core of all units, as long as that lowers the bound.
    """
    if not problem.n_prices or not problem.value.size:
        prices = np.zeros(problem.n_prices)
        return prices, problem.value, upper_bound(problem, problem.value, prices)
    prices = _first_prices(problem)
    net = problem.net(prices)
    bound = upper_bound(problem, net, prices)
    if problem.value.shape[1] > SAMPLE_ROWS:
        prices, net, bound = _polished(problem, prices, net, bound)
    return prices, net, bound


def _polished(problem: Problem, prices: Array, net: Array, bound: float) -> tuple[Array, Array, float]:
    """Prices minimised on the core, which says how all units answer to small changes, in a region of trust.

    Within the core's radius it says so exactly, further away roughly: a step that does not lower the bound on all
    units is not made, and the next one is shorter.
    """
    reach = POLISHING_REACH
    core = core_of(problem, net, CORE_ROWS)
    for _ in range(POLISHING_ROUNDS):
        tried = _exact(core.problem, _smoothed_minimum(core.problem, prices, POLISHING, reach * core.radius))
        net_then = problem.net(tried)
        bound_then = upper_bound(problem, net_then, tried)
        lowered = bound - bound_then
        if lowered > 0.0:
            prices, net, bound = tried, net_then, bound_then
            if lowered <= WORTH_A_ROUND * bound:
                break
            core = core_of(problem, net, CORE_ROWS)
        elif lowered >= -WORTH_A_ROUND * bound:
            break
        else:
            reach /= 2.0
    return prices, net, bound


def upper_bound(problem: Problem, net: Array, prices: Array) -> float:
    """No allocation within the limits, not even a fractional one, is worth more (weak duality)."""
    best = np.maximum(net.max(axis=0, initial=0.0), 0.0)
    return float(best.sum()) + sum(float(p * room) for p, room in zip(prices, problem.rooms(), strict=True) if p)


def _first_prices(problem: Problem) -> Array:
    sample = _sample(problem)
    prices = _smoothed_minimum(sample, np.zeros(problem.n_prices), TEMPERATURES)
    # a parity's price is for a rate, and the rate of all units takes as many more of them
    prices[len(problem.limits) :] *= problem.value.shape[1] / sample.value.shape[1]
    return _exact(problem, prices)


def _exact(problem: Problem, prices: Array) -> Array:
    """Each count limit's price, one after the other, set so that no more than it allows still want it."""
    prices = prices.copy()
    net = problem.net(prices)
    for at, limit in enumerate(problem.limits):
        if limit.counts:
            exact = _exact_price(limit, net, prices[at])
            limit.charge(net, exact - prices[at])
            prices[at] = exact
    return prices


def _sample(problem: Problem) -> Problem:
    """Every unit where they are few, else those on an even (Weyl) sequence; limits shrink with their units."""
    n = problem.value.shape[1]
    if n <= SAMPLE_ROWS:
        return problem
    picked = (np.arange(n) * 0.6180339887498949) % 1.0 < SAMPLE_ROWS / n
    shares = [float(picked.mean() if one.rows is None else picked[one.rows].mean()) for one in problem.limits]
    limits = np.array([one.limit * kept for one, kept in zip(problem.limits, shares, strict=True)])
    return problem.of(picked, limits, tuple(_sampled(one, picked) for one in problem.parities))


def _sampled(parity: Parity, picked: Flags) -> Parity:
    """Each group's size shrinks with its units."""
    sampled = parity.of(picked)
    kept = _counts(sampled) / np.maximum(_counts(parity), 1)
    return replace(sampled, size=parity.size * kept)


def _counts(parity: Parity) -> Indices:
    return np.bincount(parity.code[parity.code >= 0], minlength=parity.size.size)


def _smoothed_minimum(problem: Problem, start: Array, temperatures: tuple[float, ...], radius: float = np.inf) -> Array:
    """Prices that minimise the smoothed dual, none further from where it starts than this share of itself."""
    allowed = np.isfinite(problem.value)
    if not allowed.any():
        return np.zeros(problem.n_prices)
    scale = mean_of_best(problem.value)
    typical = [1.0 if limit.weight is None else float(limit.weight[allowed].mean()) or 1.0 for limit in problem.limits]
    typical += [1.0 / parity.size.mean() for parity in problem.parities for _ in range(parity.n_prices)]
    unit = scale / np.array(typical)
    size = scale * problem.value.shape[1]
    point = start / unit
    bounds = Bounds(point * max(0.0, 1.0 - radius), point + radius * (point + LEAST_STEP))
    for temperature in temperatures:

        def scaled(x: Array, heat: float = temperature * scale) -> tuple[float, Array]:
            dual, slope = _smoothed_dual(problem, x * unit, heat)
            return dual / size, slope * unit / size

        found = minimize(scaled, point, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 60})
        point = found.x
    return np.asarray(point * unit, dtype=np.float64)


def _smoothed_dual(problem: Problem, prices: Array, heat: float) -> tuple[float, Array]:
    """Soft-maximum dual and its gradient, limit minus expected use."""
    net = problem.net(prices)
    best = np.maximum(net.max(axis=0), 0.0)
    net -= best
    net /= heat
    shares = np.exp(net, out=net)
    total = shares.sum(axis=0) + np.exp(-best / heat)
    shares /= total
    rooms = problem.rooms()
    dual = float((best + heat * np.log(total)).sum() + prices @ rooms)
    return dual, rooms - problem.used(shares)


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

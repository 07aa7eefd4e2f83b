"""Who gets what: the most value within budget and capacities, and the chance that enters afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..arrays import Array, Flags, Indices
from .admission import admit, binding, current, improve, what_is_left
from .core import CORE_ROWS, core_of
from .exchange import exchange
from .fair_admission import admit_fairly, refilled
from .parity import Parity
from .prices import shadow_prices
from .problem import Limit, Problem

BUDGET = "budget"
_ROUNDING = 1e-12
CLOSE_ENOUGH = 5e-4
"""Share of the bound that an allocation of many units may fall short of it."""
FEW_PAIRS = 20_000
"""Up to which it pays to try several sets of prices."""


@dataclass(frozen=True)
class Capacity:
    """At most `limit` units with an action of these columns: a channel's, or with `members` a rep's own units'.

    With `pairs` (units by actions) only those pairs count: a channel that an action uses for some units alone.
    """

    name: str
    limit: float
    columns: tuple[int, ...]
    members: Flags | None = None
    pairs: Flags | None = None


@dataclass(frozen=True)
class Allocation:
    """One action per unit or none, and how good that is."""

    choice: Indices
    """0 is nothing, j is action column j - 1."""
    value_total: float
    cost_total: float
    bound: float
    """No allocation within the limits can be worth more."""
    binding: tuple[str, ...]
    """Limits that kept some unit from an action worth more to it."""


def allocate(
    value: Array,
    cost: Array,
    eligible: Flags,
    *,
    budget: float | None,
    capacity: Sequence[Capacity] = (),
    parities: Sequence[Parity] = (),
) -> Allocation:
    """Maximise total value (net of cost) with at most one action per unit and no limit passed.

    `parities` bound the gap between groups; where one can't be kept (chance alone passes it), it is kept as far as
    may be: ask `Parity.holds`.

    A multiple-choice knapsack with several limits (Kellerer, Pferschy & Pisinger 2004, ch. 11): prices from the
    Lagrangian dual, then units take their best action at these prices in the order of what they would lose without
    it, until what is left fits nobody. Only positive values are taken. Deterministic; ties go to the earlier row.
    """
    worth = np.where(eligible & (value > 0.0), value, -np.inf)
    if not np.all(cost[eligible] >= 0.0):
        raise ValueError("costs of eligible actions must be known and not negative")
    rows = np.flatnonzero(np.isfinite(worth).any(axis=1))
    if not rows.size:
        return Allocation(np.zeros(value.shape[0], dtype=np.int64), 0.0, 0.0, 0.0, ())
    spend = np.where(eligible, cost, 0.0)
    asked = _problem(np.ascontiguousarray(worth[rows].T), np.ascontiguousarray(spend[rows].T), rows, budget, capacity)
    asked = replace(asked, parities=tuple(parity.of(rows) for parity in parities if parity.size.size > 1))
    del worth, spend
    problem = _without_impossible(asked)
    prices, net, bound = shadow_prices(problem)
    taken = _filled(problem, prices, net, bound)
    left = what_is_left(problem, taken)
    choice = np.zeros(value.shape[0], dtype=np.int64)
    choice[rows] = taken + 1
    chosen = np.flatnonzero(choice)
    return Allocation(
        choice,
        float(value[chosen, choice[chosen] - 1].sum()),
        float(cost[chosen, choice[chosen] - 1].sum()),
        bound,
        binding(asked, taken, left),
    )


def explore(
    choice: Indices, eligible: Flags, explorable: Flags, share: float, draws: Array
) -> tuple[Indices, Array, Flags]:
    """The final choice, its probability, and who was left to chance. `draws` [2, n] lie in [0, 1).

    Each unit is left to chance with probability `share`, and then draws evenly from nothing and its eligible
    explorable actions. The probability is that of the final choice over both ways (epsilon-greedy, logged for
    off-policy evaluation: Li et al. 2011; Bottou et al. 2013), given the allocation. Limits are not looked at
    again: leave room for it.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share must lie between 0 and 1, got {share!r}")
    n = choice.size
    options = np.column_stack([np.ones(n, dtype=np.bool_), eligible & explorable])
    n_options = options.sum(axis=1)
    explored = draws[0] < share
    ticket = np.floor(draws[1] * n_options).astype(np.int64)
    drawn = np.argmax(np.cumsum(options, axis=1) > ticket[:, None], axis=1)
    final = np.where(explored, drawn, choice).astype(np.int64)
    by_chance = np.where(options[np.arange(n), final], share / n_options, 0.0)
    return final, by_chance + (1.0 - share) * (final == choice), explored


def uniform_choice(eligible: Flags, explorable: Flags, draws: Array) -> tuple[Indices, Array]:
    """For the random control group: evenly from nothing and the eligible explorable actions, and its probability."""
    nothing = np.zeros(eligible.shape[0], dtype=np.int64)
    choice, probability, _ = explore(nothing, eligible, explorable, 1.0, draws)
    return choice, probability


def _filled(problem: Problem, prices: Array, net: Array, bound: float) -> Indices:
    """Units far from indifference take their best, and the core is filled.

    Where that stays short of the bound, prices were less exact than the core is wide: a wider one is filled.
    """
    size = CORE_ROWS
    while True:
        core = core_of(problem, net, size)
        if core.is_whole:
            return _best_of(problem, prices, bound)
        taken = core.with_others(_best_of(core.problem, prices, np.inf))
        worth = float(current(problem.value, taken).sum())
        if _fair(problem, taken) and worth >= bound * (1.0 - CLOSE_ENOUGH):
            return _used_up(problem, net, taken)
        size *= 4


def _used_up(problem: Problem, net: Array, taken: Indices) -> Indices:
    """What a filled core leaves goes to whom it fits."""
    if problem.parities:
        return refilled(problem, net, taken)
    taken, left = admit(problem, net.copy(), taken)
    improve(problem, net, taken, left)
    return taken


def _best_of(problem: Problem, prices: Array, bound: float) -> Indices:
    """The best of several admissions; where units are few, prices a little aside often fit whole units better.

    None is tried after one that reaches the bound.
    """
    best, best_worth = np.full(problem.value.shape[1], -1), (False, -1.0)
    for tilt in _tilts(prices.size) if problem.value.size <= FEW_PAIRS else [np.ones(prices.size)]:
        net = problem.net(prices * tilt)
        taken, left = admit(problem, net.copy())
        improve(problem, net, taken, left)
        if not _fair(problem, taken):
            taken = admit_fairly(problem, net, taken)
        worth = (_fair(problem, taken), float(current(problem.value, taken).sum()))
        if worth > best_worth:
            best, best_worth = taken, worth
        if best_worth >= (True, bound * (1.0 - _ROUNDING)):
            break
    exchange(problem, problem.net(prices), prices, best)
    return best


def _fair(problem: Problem, taken: Indices) -> bool:
    return all(parity.holds(taken) for parity in problem.parities)


def _tilts(n: int) -> list[Array]:
    """The prices as they are, all of them scaled, and each alone."""
    single = [np.where(np.arange(n) == at, by, 1.0) for at in range(min(n, 8)) for by in (0.0, 0.5, 0.8, 1.25, 2.0)]
    return [np.full(n, by) for by in (1.0, 0.0, 0.5, 0.8, 1.25, 2.0)] + single


def _problem(value: Array, cost: Array, rows: Indices, budget: float | None, capacity: Sequence[Capacity]) -> Problem:
    """Limits over the units with something to gain."""
    limits = []
    if budget is not None:
        limits.append(
            Limit(BUDGET, max(0.0, float(budget)), _counted(range(value.shape[0]), value.shape[0]), weight=cost)
        )
    for one in capacity:
        inside = None if one.members is None else np.flatnonzero(one.members[rows])
        pairs = None if one.pairs is None else np.ascontiguousarray(one.pairs[rows].T)
        counted = _counted(one.columns, value.shape[0])
        limits.append(Limit(one.name, max(0.0, np.floor(one.limit)), counted, inside, pairs=pairs))
    return Problem(value, tuple(limits))


def _without_impossible(problem: Problem) -> Problem:
    """Rule out the pairs that alone pass a limit; it tightens the bound, and no price has to keep them away."""
    value = problem.value.copy()
    for limit in problem.limits:
        if limit.weight is not None:
            value[limit.weight > limit.limit] = -np.inf
        elif limit.limit < 1.0:
            limit.charge(value, np.inf)
    return replace(problem, value=value)


def _counted(columns: Sequence[int], k: int) -> Flags:
    if any(not 0 <= j < k for j in columns):
        raise ValueError(f"a capacity names columns outside 0 to {k - 1}: {tuple(columns)!r}")
    counted = np.zeros(k + 1, dtype=np.bool_)
    counted[list(columns)] = True
    return counted

"""From prices to an allocation: units take their best action while it fits, then change while that is better."""

import numpy as np

from ..arrays import Array, Flags, Indices
from .problem import Limit, Problem

TOLERANCE = 1e-9
"""Of a limit, for sums of money that are not exact in binary."""
ADMISSION_ROUNDS = 500
CHANGE_ROUNDS = 40
WORTH_A_ROUND = 1e-6
"""Share of the total value that a round of changes must add for another one."""


def admit(problem: Problem, net: Array, taken: Indices | None = None) -> tuple[Indices, Array]:
    """The column each unit takes (-1 is none) and what is left of each limit; `net` is used up.

    `taken` is what units have already, and keep.

    In each round every waiting unit asks for its best action that still fits; requests are granted in the order of
    regret (the gap to the unit's second best, as in the generalised assignment heuristic of Martello & Toth 1981)
    until a limit is reached. First those worth their price, then, with what is left, those worth anything.
    """
    taken = np.full(net.shape[1], -1, dtype=np.int64) if taken is None else taken.copy()
    left = what_is_left(problem, taken)
    pool = np.flatnonzero(taken < 0)
    for _ in range(ADMISSION_ROUNDS):
        for limit, rest in zip(problem.limits, left, strict=True):
            _close(limit, float(rest), net, taken)
        wish, worth, regret = _wishes(net if pool.size == net.shape[1] else net[:, pool])
        fits = np.isfinite(worth)
        pool, wish, worth, regret = pool[fits], wish[fits], worth[fits], regret[fits]
        if not pool.size:
            break
        asks = worth > 0.0 if (worth > 0.0).any() else np.ones(pool.size, dtype=np.bool_)
        order = np.argsort(-regret[asks], kind="stable")
        left = left - _grant(problem, pool[asks][order], wish[asks][order], left, taken)
        pool = pool[taken[pool] < 0]
    return taken, left


def what_is_left(problem: Problem, taken: Indices) -> Array:
    """Of each limit, with a little tolerance for sums that are not exact."""
    return np.array(
        [limit.limit + TOLERANCE * max(1.0, abs(limit.limit)) - use_of(limit, taken) for limit in problem.limits]
    )


def use_of(limit: Limit, taken: Indices) -> float:
    """How much of the limit is in use when units take these columns."""
    if limit.weight is not None:
        return float(current(limit.weight, taken).sum())
    rows = np.arange(taken.size) if limit.rows is None else limit.rows
    return float(_counts_now(limit, rows, taken).sum())


def improve(problem: Problem, net: Array, taken: Indices, left: Array) -> Array:
    """Let units change, in place, to an action worth more where the extra use fits; what is then left of each limit.

    Admission at prices that are a little off leaves room that only a change, not one more unit, can use.
    """
    units = np.arange(taken.size)
    for _ in range(CHANGE_ROUNDS):
        now, net_now = current(problem.value, taken), current(net, taken)
        gain = np.where(problem.value > now, net - net_now, -np.inf)
        for limit, rest in zip(problem.limits, left, strict=True):
            _close(limit, float(rest), gain, taken)
        wish = gain.argmax(axis=0)
        best = gain[wish, units]
        asks = np.flatnonzero(np.isfinite(best))
        asks = asks[np.argsort(-best[asks], kind="stable")]
        left = left - _grant(problem, asks, wish[asks], left, taken)
        added = float((current(problem.value, taken) - now).sum())
        if added <= WORTH_A_ROUND * float(now.sum()):
            break
    return left


def binding(problem: Problem, taken: Indices, left: Array) -> tuple[str, ...]:
    """Names of the limits that keep some unit from an action worth more than what it takes."""
    better = problem.value > current(problem.value, taken)
    return tuple(
        limit.name
        for limit, rest in zip(problem.limits, left, strict=True)
        if _is_tight(limit, float(rest)) and _keeps_out(limit, float(rest), better, taken)
    )


def _keeps_out(limit: Limit, rest: float, wanted: Flags, taken: Indices) -> bool:
    """Whether one of the wanted pairs uses more, beyond what its unit has now, than the rest."""
    if limit.weight is not None:
        return bool((wanted & (limit.weight - current(limit.weight, taken) > rest)).any())
    rows = _rows_without(limit, taken)
    return any((wanted[j, rows] & (limit.pairs is None or limit.pairs[j, rows])).any() for j in limit.columns)


def current(values: Array, taken: Indices) -> Array:
    """Of what each unit takes; nothing is worth 0."""
    return np.where(taken >= 0, values[taken, np.arange(taken.size)], 0.0)


def _close(limit: Limit, rest: float, values: Array, taken: Indices) -> None:
    """Rule out, in place, the pairs whose use beyond what the unit has now is more than the rest."""
    if not _is_tight(limit, rest):
        return
    if limit.weight is not None:
        values[limit.weight - current(limit.weight, taken) > rest] = -np.inf
        return
    rows = _rows_without(limit, taken)
    for j in limit.columns:
        values[j, rows if limit.pairs is None else rows[limit.pairs[j, rows]]] = -np.inf


def _rows_without(limit: Limit, taken: Indices) -> Indices:
    """The units under the limit that take nothing of it now."""
    rows = np.arange(taken.size) if limit.rows is None else limit.rows
    return rows[~_counts_now(limit, rows, taken)]


def _is_tight(limit: Limit, rest: float) -> bool:
    """Whether there is a use that the rest is too small for."""
    return rest < (1.0 if limit.weight is None else float(limit.weight.max(initial=0.0)))


def _wishes(net: Array) -> tuple[Indices, Array, Array]:
    """Per unit the best action, its net value, and the gap to the second best or to nothing."""
    n = net.shape[1]
    wish, best, second = np.zeros(n, dtype=np.int64), np.full(n, -np.inf), np.zeros(n)
    for j, values in enumerate(net):
        better = values > best
        np.maximum(second, np.where(better, best, values), out=second)
        wish[better] = j
        np.maximum(best, values, out=best)
    return wish, best, best - second


def _grant(problem: Problem, rows: Indices, columns: Indices, left: Array, taken: Indices) -> Array:
    """Grant, in place, the requests that fit in their order; how much more of each limit is then in use."""
    granted = np.ones(rows.size, dtype=np.bool_)
    position = np.full(taken.size, -1, dtype=np.int64)
    position[rows] = np.arange(rows.size)
    claims = [_claims(limit, rows, columns, position, taken) for limit in problem.limits]
    for (at, extra), rest in zip(claims, left, strict=True):
        needs = np.maximum(extra, 0.0)
        granted[at[(np.cumsum(needs) > rest) & (needs > 0.0)]] = False
    used = np.array([extra[granted[at]].sum() for at, extra in claims])
    taken[rows[granted]] = columns[granted]
    return used


def _claims(limit: Limit, rows: Indices, columns: Indices, position: Indices, taken: Indices) -> tuple[Indices, Array]:
    """Places of the requests that touch the limit, in order, and the use each adds."""
    if limit.weight is not None:
        return np.arange(rows.size), limit.weight[columns, rows] - current(limit.weight, taken)[rows]
    at = np.arange(rows.size) if limit.rows is None else np.sort(position[limit.rows])
    at = at[at >= 0]
    wanted = limit.counted[columns[at]]
    if limit.pairs is not None:
        wanted &= limit.pairs[columns[at], rows[at]]
    extra = wanted.astype(np.float64) - _counts_now(limit, rows[at], taken)
    return at[extra != 0.0], extra[extra != 0.0]


def _counts_now(limit: Limit, rows: Indices, taken: Indices) -> Flags:
    """Whether what these units take now counts."""
    counts = limit.counted[taken[rows]]
    return counts if limit.pairs is None else counts & limit.pairs[taken[rows], rows]

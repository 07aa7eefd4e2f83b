"""Exchanges at the end: what is left of the limits is used by two units that change together."""

from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Indices
from .admission import current, what_is_left
from .parity import Parity
from .problem import Problem

MOVES = 400
ROUNDS = 60
WORTH_A_ROUND = 1e-6
"""Share of the total value that a round must be able to add."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Moves:
    """Changes of one unit each to another column (-1 is none): what they add, and what more they use [prices, m]."""

    rows: Indices
    columns: Indices
    added: Array
    uses: Array


def exchange(problem: Problem, net: Array, prices: Array, taken: Indices) -> None:
    """Let one unit or two change at once, in place, while that adds value within all limits (a 2-exchange).

    What changes add is what they add at these prices, and the price of what more they use. So together they add at
    most the price of what is left and what units now forgo at these prices: where that is little, nothing is tried,
    and no change that loses more. Of the others all pairs of the nearest are tried and the one that adds most is
    made; ties go to the earlier row.
    """
    best = np.maximum(net.max(axis=0, initial=0.0), 0.0)
    for _ in range(ROUNDS):
        left = _left(problem, taken)
        forgone = best - current(net, taken)
        to_gain = float(np.maximum(left, 0.0) @ prices)
        enough = WORTH_A_ROUND * float(current(problem.value, taken).sum())
        if to_gain + float(forgone.sum()) <= enough:
            return
        moves = _moves(problem, net, taken, to_gain + float(forgone.max(initial=0.0)))
        pair = _best_pair(moves, left, enough)
        if not pair.size:
            return
        taken[moves.rows[pair]] = moves.columns[pair]


def _left(problem: Problem, taken: Indices) -> Array:
    """Of each limit, and how far each group may still rise above each other."""
    rates = [(one.max_gap, one.rates(taken)) for one in problem.parities]
    apart = [(gap - np.subtract.outer(rate, rate) + _ROUNDING).ravel() for gap, rate in rates]
    return np.concatenate([what_is_left(problem, taken), *apart])


def _moves(problem: Problem, net: Array, taken: Indices, most: float) -> _Moves:
    """The changes that lose less than `most` at these prices, the nearest of them."""
    k, n = net.shape
    gain = np.vstack([net, np.zeros(n)]).T
    gain -= current(net, taken)[:, None]
    gain[np.arange(n), taken] = -np.inf
    gain = gain.ravel()
    near = np.flatnonzero(gain > -most)
    if near.size > MOVES:
        near = near[gain[near] >= np.partition(gain[near], near.size - MOVES)[near.size - MOVES]][:MOVES]
    rows, columns = near // (k + 1), near % (k + 1)
    columns[columns == k] = -1
    now = taken[rows]
    added = np.where(columns >= 0, problem.value[columns, rows], 0.0) - current(problem.value, taken)[rows]
    uses = [limit.each(columns, rows) - limit.each(now, rows) for limit in problem.limits]
    uses += [row for one in problem.parities for row in _raises(one, rows, columns) - _raises(one, rows, now)]
    return _Moves(rows, columns, added, np.array(uses).reshape(-1, rows.size))


def _raises(parity: Parity, rows: Indices, columns: Indices) -> Array:
    """Per ordered pair of groups, how far each of these choices raises the first above the second."""
    own = parity.of(rows)
    groups = np.arange(own.size.size)[:, None]
    raised = np.where((own.code == groups) & (columns >= 0), own.adds(columns), 0.0) / own.size[:, None]
    return (raised[:, None] - raised[None, :]).reshape(-1, rows.size)


def _best_pair(moves: _Moves, left: Array, enough: float) -> Indices:
    """The places of the move or the two moves that fit and add most together; none where that is not enough."""
    m = moves.rows.size
    rows, added = np.append(moves.rows, -1), np.append(moves.added, 0.0)
    together = np.add.outer(added, added)
    together[rows[:, None] == rows[None, :]] = -np.inf
    for uses, rest in zip(moves.uses, left, strict=True):
        if uses.any():
            more = np.append(uses, 0.0)
            together[np.add.outer(more, more) > rest] = -np.inf
    first, second = divmod(int(together.argmax()), m + 1)
    if not together[first, second] > enough:
        return np.empty(0, dtype=np.int64)
    return np.array([at for at in (first, second) if at < m], dtype=np.int64)

"""The core of an allocation: the units whose choice is not clear at some prices; all others are settled."""

from dataclasses import dataclass, replace

import numpy as np

from ..arrays import Array, Flags, Indices
from .admission import use_of
from .problem import Problem

CORE_ROWS = 40_000
BLOCK = 16_384
"""Units looked at together, so that what is worked out of them stays in the processor's cache."""
LEAST_STAKE = 0.03
"""Of the mean value of a unit's best action, added to what each choice pays: a price of nothing may also rise."""


@dataclass(frozen=True)
class Core:
    """The units that are near to changing their mind, and the problem that is left when all others have chosen."""

    problem: Problem
    picked: Flags
    settled: Indices
    """What each unit takes that is settled; -1 in the core."""
    radius: float
    """By which share of itself any price may change until somebody settled could choose otherwise."""

    @property
    def is_whole(self) -> bool:
        """Whether nobody is settled."""
        return bool(self.picked.all())

    def with_others(self, taken: Indices) -> Indices:
        """The columns of all units, when those of the core take these."""
        every = self.settled.copy()
        every[self.picked] = taken
        return every


def core_of(problem: Problem, net: Array, size: int) -> Core:
    """The core at the prices that made these net values (Balas & Zemel 1980; Pisinger 1995).

    Units are ordered by how much, relative to what their choices pay, prices must change until they choose otherwise;
    the nearest make the core, ties together, and the others take their best action. Where these alone would
    pass a limit the core is larger; where units are few, it is everybody.
    """
    n = net.shape[1]
    if n <= size:
        return _whole(problem)
    wish, distance = _nearness(problem.value, net)
    while size < n:
        radius = float(np.partition(distance, size - 1)[size - 1])
        picked = distance <= radius
        settled = np.where(picked, -1, wish)
        left = np.array([limit.limit - use_of(limit, settled) for limit in problem.limits])
        if picked.all():
            break
        if (left >= 0.0).all():
            parities = tuple(replace(one.of(picked), base=one.rates(settled)) for one in problem.parities)
            return Core(problem.of(picked, left, parities), picked, settled, radius)
        size *= 4
    return _whole(problem)


def _whole(problem: Problem) -> Core:
    n = problem.value.shape[1]
    return Core(problem, np.ones(n, dtype=np.bool_), np.full(n, -1, dtype=np.int64), np.inf)


def _nearness(value: Array, net: Array) -> tuple[Indices, Array]:
    """Per unit the best action (-1 is none), and by which share of what it pays prices must change for another."""
    n = net.shape[1]
    wish, distance = np.empty(n, dtype=np.int64), np.empty(n)
    least = LEAST_STAKE * mean_of_best(value)
    for start in range(0, n, BLOCK):
        block = slice(start, start + BLOCK)
        wish[block], distance[block] = _nearness_of_some(value[:, block], net[:, block], least)
    return wish, distance


def _nearness_of_some(value: Array, net: Array, least: float) -> tuple[Indices, Array]:
    best = np.maximum(net.max(axis=0), 0.0)
    wish, stake = np.full(best.size, -1, dtype=np.int64), np.zeros(best.size)
    for j in range(net.shape[0]):
        mine = np.flatnonzero((net[j] == best) & (best > 0.0) & (wish < 0))
        wish[mine], stake[mine] = j, np.abs(value[j, mine] - net[j, mine])
    stake += least
    distance = np.where(wish >= 0, best / stake, np.inf)
    with np.errstate(invalid="ignore"):  # a pair that is not allowed is no rival: its distance is not a number
        for j in range(net.shape[0]):
            rival = (best - net[j]) / (stake + np.abs(value[j] - net[j]))
            rival[wish == j] = np.inf
            np.fmin(distance, rival, out=distance)
    return wish, distance


def mean_of_best(value: Array) -> float:
    """The mean value of a unit's best action, which says what is little here."""
    return float(np.maximum(value.max(axis=0), 0.0).mean())

"""What happens to units in one cycle, with and without a contact, by the same chance."""

from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Flags

_MOST_MORE = 50.0
ORDER_SPREAD = 0.5
"""Standard deviation of the logarithm of an order's size around the unit's usual one."""


@dataclass(frozen=True)
class Draws:
    """The chance of one cycle [n]: uniform numbers, the same for a unit whether it is contacted or not."""

    stays: Array
    orders: Array
    upgrades: Array
    refers: Array
    counts: Array
    sizes: Array
    """Standard normal."""
    moves: Array

    @classmethod
    def of(cls, rng: np.random.Generator, n: int) -> "Draws":
        stays, orders, upgrades, refers, counts, moves = rng.random((6, n))
        return cls(stays, orders, upgrades, refers, counts, rng.standard_normal(n), moves)


def drawn(draws: Array, base: Array, extra: Array) -> tuple[Flags, Flags]:
    """Whether it happens to each unit, and whether only because of the contact: at chance `base + extra`."""
    chance = np.clip(base + extra, 0.0, 1.0)
    happens = draws < chance
    return happens, happens & (draws >= base)


def order_counts(ordered: Flags, chance: Array, expected: Array, draws: Array) -> Array:
    """How many orders those who order make, so that the mean over everybody is what was expected of them.

    One, and a Poisson number more (a hurdle model: Mullahy 1986). `chance` is that of any order at all.
    """
    more = np.maximum(expected / np.maximum(chance, 1e-9) - 1.0, 0.0)
    return np.where(ordered, 1.0 + _poisson(draws, np.minimum(more, _MOST_MORE)), 0.0)


def order_sizes(usual: Array, normal: Array) -> Array:
    """The mean size of a unit's orders in the cycle, log-normal around its usual one."""
    return np.asarray(usual * np.exp(ORDER_SPREAD * normal - 0.5 * ORDER_SPREAD**2))


def _poisson(draws: Array, mean: Array) -> Array:
    """The number whose cumulative probability first reaches the draw, by adding up (Devroye 1986, ch. X.3)."""
    count, chance = np.zeros(mean.shape), np.exp(-mean)
    reached = chance.copy()
    for number in range(1, 200):
        waits = reached < draws
        if not waits.any():
            break
        chance = chance * mean / number
        count += waits
        reached += chance
    return count

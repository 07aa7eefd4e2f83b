"""Chance of its own for each person, day and kind of event: a message changes only what it truly changes.

Draws for everybody come from one generator per day and kind, in the order of the persons. Draws for some come from a
hash of person, day and kind (SplitMix64's finaliser, Steele, Lea and Flood 2014), whoever else there is that day.
"""

import zlib

import numpy as np

from .arrays import Bools, Column, Floats, Hashes, Ints

_MULTIPLIERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_TO_UNIT = 2.0**-53


class Chance:
    """The chances of one day."""

    def __init__(self, seed: int, day: int) -> None:
        self.seed, self.day = seed, day

    def everybody(self, what: str, persons: int) -> Floats:
        """One draw in [0, 1) for each person."""
        return self._generator(what).random(persons, np.float32)

    def noise(self, what: str, persons: int) -> Floats:
        """One standard normal draw for each person."""
        return self._generator(what).standard_normal(persons, np.float32)

    def some(self, what: str, persons: Column, number: Column | int = 0) -> Column:
        """One draw in [0, 1) for each of these persons; `number` tells apart several of one person."""
        if not len(persons):
            return np.zeros(0)
        key = np.uint64(zlib.crc32(what.encode())) + np.uint64(self.seed % 2**31) * np.uint64(2**32)
        mixed = _mix(np.asarray(persons, np.uint64) * _GOLDEN + key)
        mixed = _mix(mixed + np.asarray(number, np.uint64) * _GOLDEN + np.uint64(self.day))
        return (mixed >> np.uint64(11)) * _TO_UNIT

    def _generator(self, what: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.day, zlib.crc32(what.encode())])


def _mix(values: Hashes) -> Hashes:
    values = (values ^ (values >> np.uint64(30))) * _MULTIPLIERS[0]
    values = (values ^ (values >> np.uint64(27))) * _MULTIPLIERS[1]
    return values ^ (values >> np.uint64(31))


def counts(draws: Floats, rates: Floats, most: int = 12) -> Ints:
    """Poisson counts by inversion: one draw each, so that one person's rate moves nobody else's count."""
    term = np.exp(-rates)
    total, count = term.copy(), np.zeros(len(rates), np.int32)
    for k in range(1, most + 1):
        more = draws >= total
        if not more.any():
            break
        count += more
        term = term * rates / k
        total += term
    return count


def happens(draws: Floats, monthly_rate: Floats | float) -> Bools:
    """Whether something that happens so often in 30 days happens today."""
    return draws < 1 - np.exp(-np.asarray(monthly_rate, np.float32) / 30)

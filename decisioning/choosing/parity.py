"""A bound on how far groups' treatment rates may lie apart: its place among the limits of an allocation."""

from dataclasses import dataclass, replace

import numpy as np

from ..arrays import Array, Flags, Indices

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Parity:
    """Between any two groups, the mean probability to be treated may differ by `max_gap` at most.

    A unit's probability is that of the final choice, after chance: `chance` where nothing is chosen for it, one where
    an action `by_hand` is (chance does not touch these), and else `1 - share + chance`.
    """

    code: Indices
    """Group of each unit; -1 is not bounded."""
    size: Array
    """Eligible units of each group, also those with nothing to gain."""
    base: Array
    """Mean probability of each group to be treated if nothing is chosen."""
    share: float
    """Of the units that are left to chance."""
    chance: Array
    """Of each unit to be treated by chance: the share times the share of actions among what chance draws from."""
    by_hand: Flags
    """By action; one entry more than there are actions, for none (-1), which is False."""
    max_gap: float

    def of(self, rows: Indices | Flags, fraction: float = 1.0) -> "Parity":
        """For some of the units; `fraction` of the groups, where they stand for all."""
        return replace(self, code=self.code[rows], chance=self.chance[rows], size=self.size * fraction)

    def rates(self, taken: Indices) -> Array:
        """Per group, the mean probability to be treated; `taken` is the column of each unit, -1 for none."""
        return self.base + self._by_group(np.where(taken >= 0, self.adds(taken), 0.0)) / self.size

    def adds(self, taken: Indices) -> Array:
        """By how much what a unit takes raises its probability to be treated."""
        return np.where(self.by_hand[taken], 1.0 - self.chance, 1.0 - self.share)

    def gap(self, taken: Indices) -> float:
        """The largest difference between two groups' rates."""
        return float(np.ptp(self.rates(taken))) if self.size.size else 0.0

    def holds(self, taken: Indices) -> bool:
        """Whether the gap is within the bound."""
        return self.gap(taken) <= self.max_gap + _ROUNDING

    @property
    def n_prices(self) -> int:
        """One for each ordered pair of groups: the first may not lie more than the gap above the second."""
        return self.size.size**2

    def charges(self, prices: Array) -> Array:
        """What a choice costs each unit at these prices; less than nothing where its group is behind."""
        between = prices.reshape(self.size.size, -1)
        by_group = (1.0 - self.share) * (between.sum(axis=1) - between.sum(axis=0)) / self.size
        return np.append(by_group, 0.0)[self.code]

    def room(self) -> Array:
        """Per ordered pair, how far the first may still rise above the second when nothing is chosen."""
        return np.asarray(self.max_gap - self.base[:, None] + self.base[None, :]).ravel()

    def used(self, shares: Array) -> Array:
        """Per ordered pair, how far these shares of choices [k, n] raise the first above the second."""
        raised = (1.0 - self.share) * self._by_group(shares.sum(axis=0)) / self.size
        return np.asarray(raised[:, None] - raised[None, :]).ravel()

    def window(self, rates: Array) -> tuple[float, float]:
        """The lowest and highest rate, at most the gap apart, that the fewest units have to change for."""
        starts = np.maximum(np.concatenate([rates, rates - self.max_gap]), 0.0)
        over = np.maximum(rates - starts[:, None] - self.max_gap, 0.0) + np.maximum(starts[:, None] - rates, 0.0)
        low = float(starts[np.argmin(over @ self.size)])
        return low, low + self.max_gap

    def most(self, rate: float) -> Array:
        """Per group, how many choices keep it at this rate or below."""
        wanted = (rate - self.base) * self.size / (1.0 - self.share)
        return np.maximum(np.floor(wanted + _ROUNDING * self.size), 0.0)

    def _by_group(self, weights: Array) -> Array:
        inside = self.code >= 0
        return np.bincount(self.code[inside], weights=weights[inside], minlength=self.size.size).astype(np.float64)


def parity_of(
    code: Indices, eligible: Flags, tried: Flags, by_hand: Flags, *, share: float, max_gap: float, smallest: int
) -> Parity:
    """The bound for groups (`code`, -1 unknown) of units with these eligible actions.

    `tried`: what chance draws from; `by_hand`: by action. Groups of fewer than `smallest` eligible units, or too
    small for any number of treated units to lie within the gap of another's rate, are not bounded.
    """
    if not (0.0 < max_gap <= 1.0 and 0.0 <= share < 1.0):
        raise ValueError(f"max_gap must lie in (0, 1] and share in [0, 1), got {max_gap!r} and {share!r}")
    inside = eligible.any(axis=1) & (code >= 0)
    sizes = np.bincount(code[inside], minlength=int(code.max(initial=-1)) + 1)
    bounded = sizes >= max(smallest, np.ceil(1.0 / max_gap / (1.0 - share) - _ROUNDING))
    place = np.append(np.where(bounded, np.cumsum(bounded) - 1, -1), -1)
    ours = np.where(inside, place[code], -1)
    options = (eligible & tried).sum(axis=1)
    chance = share * options / (1.0 + options)
    size = sizes[bounded].astype(np.float64)
    base = np.bincount(ours[ours >= 0], weights=chance[ours >= 0], minlength=size.size) / size
    return Parity(ours, size, base, share, chance, np.append(by_hand, False), max_gap)

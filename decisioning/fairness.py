"""Who is treated, and who gains by it, group by group: rates and lifts with intervals, gaps flagged with care."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from .arrays import Array, Flags, Indices
from .measuring.experiment import Interval, adjusted_difference

FEWEST = 30
"""Units in a group, or in each arm of it, below which no figure is given: it would be the story of a few."""
ALARM = 0.05
"""Chance of any false flag among all groups of a partition."""


@dataclass(frozen=True)
class Grouping:
    """A partition of units by a feature: the labels in order, and per unit the place of its own, -1 where unknown."""

    feature: str
    labels: tuple[str, ...]
    code: Indices

    def pick(self, rows: Indices | Flags) -> "Grouping":
        """Of some of the units."""
        return Grouping(self.feature, self.labels, self.code[rows])


@dataclass(frozen=True)
class GroupRate:
    """How many of a group's units are treated: `rate` with its interval; `flagged` where it differs from the rest."""

    label: str
    units: int
    treated: int
    low: float
    high: float
    flagged: bool

    @property
    def rate(self) -> float:
        return self.treated / self.units if self.units else 0.0

    @property
    def too_few(self) -> bool:
        """Whether the rate would be the story of a few."""
        return self.units < FEWEST


@dataclass(frozen=True)
class GroupLift:
    """What the campaign changed in a group, policy less holdout; None where too few are in either arm."""

    label: str
    lift: Interval | None
    flagged: bool


def grouping(feature: str, values: Array, bands: Sequence[float] = ()) -> Grouping:
    """By the values of a text or yes/no, or by bands of a number: under the first, up to the next, from the last on."""
    if bands:
        known = np.isfinite(values.astype(np.float64))
        edges = [f"{edge:g}" for edge in bands]
        labels = [f"< {edges[0]}", *(f"{a} – {b}" for a, b in pairwise(edges)), f"≥ {edges[-1]}"]
        code = np.searchsorted(np.asarray(bands), np.where(known, values.astype(np.float64), 0.0), side="right")
        return Grouping(feature, tuple(labels), np.where(known, code, -1))
    words = np.array([_word(value) for value in values], dtype=object)
    found = sorted({word for word in words if word is not None})
    place = {word: n for n, word in enumerate(found)}
    return Grouping(feature, tuple(found), np.array([place.get(word, -1) for word in words], dtype=np.int64))


def group_rates(groups: Grouping, treated: Flags, *, level: float = 0.95) -> list[GroupRate]:
    """Of each group the share treated (Wilson's interval), and whether it differs from that of all others.

    Differences are tested by the score test for two shares, all groups of the partition together by Holm's procedure
    (1979), so that the chance of any false flag stays at 5 % however many groups there are.
    """
    sizes, counts = _count(groups, np.ones(treated.size, dtype=np.bool_)), _count(groups, treated)
    usable = sizes >= FEWEST
    p = np.array([_p_of_shares(counts, sizes, at) if usable[at] else 1.0 for at in range(sizes.size)])
    flagged = holm(p, usable)
    return [
        _rate(label, int(sizes[n]), int(counts[n]), bool(flagged[n]), level) for n, label in enumerate(groups.labels)
    ]


def group_lifts(
    groups: Grouping, outcome: Array, before: Array, is_policy: Flags, *, z: float | None = None
) -> list[GroupLift]:
    """Of each group the difference that the campaign made, adjusted for what was known before (CUPED).

    Flagged where it differs from the lift of all other groups together, by Holm's procedure over the groups.
    Only who is in the arm counts, not who was treated: the comparison stays that of the draw.
    """
    found = [_lift(outcome, before, is_policy, groups.code == n, z) for n in range(len(groups.labels))]
    rest = [_lift(outcome, before, is_policy, (groups.code >= 0) & (groups.code != n), z) for n in range(len(found))]
    p = np.array([_p_of_lifts(own, others) for own, others in zip(found, rest, strict=True)])
    flagged = holm(np.where(np.isnan(p), 1.0, p), ~np.isnan(p))
    return [GroupLift(groups.labels[n], own, bool(flagged[n])) for n, own in enumerate(found)]


def rate_gap(rates: Sequence[GroupRate]) -> float:
    """Between the highest and the lowest rate, of groups large enough to have one."""
    known = [group.rate for group in rates if not group.too_few]
    return max(known) - min(known) if known else 0.0


def holm(p: ArrayLike, tested: Flags) -> Flags:
    """Which of the tested hypotheses are rejected at ALARM, however many there are (Holm 1979)."""
    values = np.where(tested, np.asarray(p, dtype=np.float64), np.inf)
    rejected = np.zeros(values.size, dtype=np.bool_)
    left = int(tested.sum())
    for at in np.argsort(values, kind="stable"):
        if left == 0 or values[at] > ALARM / left:
            break
        rejected[at] = True
        left -= 1
    return rejected


def _word(value: object) -> str | None:
    """A value as a label; a number that says yes or no as that."""
    if value is None or value != value:
        return None
    if isinstance(value, (bool, float, np.floating, np.bool_)) and float(value) in (0.0, 1.0):
        return "yes" if value else "no"
    return str(value)


def _count(groups: Grouping, which: Flags) -> Array:
    inside = (groups.code >= 0) & which
    return np.bincount(groups.code[inside], minlength=len(groups.labels)).astype(np.float64)


def _rate(label: str, units: int, treated: int, flagged: bool, level: float) -> GroupRate:
    if not units:
        return GroupRate(label, 0, 0, 0.0, 1.0, False)
    z, share = float(ndtri(0.5 + level / 2.0)), treated / units
    middle, half = share + z**2 / (2 * units), z * np.sqrt(share * (1 - share) / units + z**2 / (4 * units**2))
    scale = 1 + z**2 / units
    return GroupRate(
        label, units, treated, max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale), flagged
    )


def _p_of_shares(counts: Array, sizes: Array, at: int) -> float:
    """That this group's share is that of all others together."""
    n, rest = sizes[at], sizes.sum() - sizes[at]
    if rest < FEWEST:
        return 1.0
    pooled = counts.sum() / sizes.sum()
    spread = np.sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / rest))
    apart = counts[at] / n - (counts.sum() - counts[at]) / rest
    return float(2.0 * ndtr(-abs(apart) / spread)) if spread > 0.0 else 1.0


def _lift(outcome: Array, before: Array, is_policy: Flags, inside: Flags, z: float | None) -> Interval | None:
    known = inside & np.isfinite(outcome) & np.isfinite(before)
    policy, holdout = known & is_policy, known & ~is_policy
    if min(policy.sum(), holdout.sum()) < FEWEST:
        return None
    found = adjusted_difference(outcome[policy], outcome[holdout], before[policy], before[holdout], z=z)
    return found if np.isfinite(found.low) else None


def _p_of_lifts(own: Interval | None, others: Interval | None) -> float:
    if own is None or others is None or not own.se + others.se > 0.0:
        return float("nan")
    return float(2.0 * ndtr(-abs(own.estimate - others.estimate) / np.hypot(own.se, others.se)))

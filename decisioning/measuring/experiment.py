"""Groups, and what they show: stable assignment, adjusted differences, verdicts that survive being looked at often."""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import accumulate

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtri, stdtrit

from ..arrays import Array
from .looks import spending_bounds
from .ratios import fieller

__all__ = [
    "LIKELY",
    "MINIMUM_UNITS",
    "Interval",
    "Verdict",
    "adjusted_difference",
    "assign_groups",
    "relative_lift",
    "sample_ratio_p",
    "spending_bounds",
    "verdict",
]

MINIMUM_UNITS = 30
LIKELY = 0.9


@dataclass(frozen=True)
class Interval:
    """An estimate and how far off it may be; NaN where the data say nothing."""

    estimate: float
    low: float
    high: float
    se: float
    level: float
    n_policy: int | None = None
    n_control: int | None = None

    @property
    def is_enough(self) -> bool:
        """Known, and at least 30 units on either side."""
        sizes = [n for n in (self.n_policy, self.n_control) if n is not None]
        return math.isfinite(self.low) and math.isfinite(self.high) and all(n >= MINIMUM_UNITS for n in sizes)


class Verdict(StrEnum):
    """The words of a report."""

    collecting = "collecting"
    """Not enough data yet."""
    likely_better = "likely_better"
    """Better with 90 % probability, but the interval valid under peeking still holds zero."""
    better = "better"
    """That interval lies above zero."""
    worse = "worse"
    """That interval lies below zero."""
    no_difference = "no_difference"
    """The last look, and the interval still holds zero."""


def assign_groups(unit_ids: Sequence[str], shares: Mapping[str, float], salt: str) -> list[str]:
    """The group of each unit, from a salted hash of its id: stable, and independent of the other units.

    sha256(salt:unit) as a number in [0, 1) against cumulative shares in the mapping's order (Kohavi, Tang & Xu 2020,
    ch. 14 on hash assignment).
    """
    _check_shares(shares)
    names = list(shares)
    ends = list(accumulate(shares.values()))[:-1]
    return [names[bisect_right(ends, _place(unit, salt))] for unit in unit_ids]


def unit_draws(unit_ids: Sequence[str], salt: str, count: int) -> Array:
    """`count` draws from [0, 1) for each unit [count, n], from salted hashes: who else is there changes nobody's."""
    return np.array([[_place(unit, f"{salt}/{k}") for unit in unit_ids] for k in range(count)]).reshape(count, -1)


def sample_ratio_p(counts: Mapping[str, int], shares: Mapping[str, float]) -> float:
    """Probability of counts this far from the planned shares, by chi-square (Fabijan et al. 2019).

    Below 0.001 the groups are not what was planned and no lift should be read off them.
    """
    _check_shares(shares)
    if set(counts) - set(shares):
        raise ValueError(f"counts for unplanned groups: {sorted(set(counts) - set(shares))!r}")
    if any(counts.get(name, 0) > 0 for name, share in shares.items() if share == 0.0):
        return 0.0
    planned = {name: share for name, share in shares.items() if share > 0.0}
    total = sum(counts.values())
    if len(planned) < 2 or total == 0:
        return 1.0
    distance = sum((counts.get(name, 0) - share * total) ** 2 / (share * total) for name, share in planned.items())
    return float(chdtrc(len(planned) - 1, distance))


def adjusted_difference(
    y_policy: ArrayLike,
    y_control: ArrayLike,
    pre_policy: ArrayLike | None,
    pre_control: ArrayLike | None,
    *,
    level: float = 0.95,
    z: float | None = None,
) -> Interval:
    """Policy minus control, adjusted for what was known before the start (CUPED, Deng et al. 2013).

    One slope, pooled within groups; variances are not pooled. Without `z` the interval is Welch's (1947) at
    `level`; a bound of `spending_bounds` as `z` makes it valid at that look. A missing covariate counts as the mean
    of the others.
    """
    policy, control = _adjusted(y_policy, y_control, pre_policy, pre_control)
    if min(policy.size, control.size) < 2:
        return _unknown(level, policy, control)
    parts = policy.var(ddof=1) / policy.size, control.var(ddof=1) / control.size
    return _around(float(policy.mean() - control.mean()), parts, policy, control, level, z)


def adjusted_means(
    y_policy: ArrayLike, y_control: ArrayLike, pre_policy: ArrayLike | None, pre_control: ArrayLike | None
) -> tuple[float, float]:
    """The group means that `adjusted_difference` compares: what both groups would show from the same start."""
    policy, control = _adjusted(y_policy, y_control, pre_policy, pre_control)
    return (float(policy.mean()) if policy.size else math.nan, float(control.mean()) if control.size else math.nan)


def relative_lift(
    y_policy: ArrayLike,
    y_control: ArrayLike,
    pre_policy: ArrayLike | None,
    pre_control: ArrayLike | None,
    *,
    level: float = 0.95,
    z: float | None = None,
) -> Interval:
    """(policy - control) / control of the adjusted outcomes, with Fieller's interval (1954).

    With heavy tails and small groups it covers the truth better than the delta method and the logarithm do (decision
    0028), and with the same `z` it holds zero exactly where the difference's interval does. `se` is the delta method's
    (Deng, Knoblich & Lu 2018). Unknown where the control mean is not clearly above zero, by 2 standard errors and by
    `z`: the ratio then says nothing.
    """
    policy, control = _adjusted(y_policy, y_control, pre_policy, pre_control)
    if min(policy.size, control.size) < 2:
        return _unknown(level, policy, control)
    top, base = float(policy.mean()), float(control.mean())
    variances = policy.var(ddof=1) / policy.size, control.var(ddof=1) / control.size
    if base <= 2.0 * math.sqrt(variances[1]):
        return _unknown(level, policy, control)
    parts = variances[0] / base**2, top**2 * variances[1] / base**4
    bound = z if z is not None else _welch_bound(parts, policy, control, level)
    low, high = fieller(top, base, *variances, bound)
    if not math.isfinite(high):
        return _unknown(level, policy, control)
    se = math.sqrt(sum(parts))
    return Interval(top / base - 1.0, low - 1.0, high - 1.0, se, level, policy.size, control.size)


def verdict(interval: Interval, *, posterior_better: float, is_final: bool) -> Verdict:
    """What may be said; `interval` has to be valid under peeking (its z from `spending_bounds`)."""
    if not interval.is_enough:
        return Verdict.collecting
    if interval.low > 0.0:
        return Verdict.better
    if interval.high < 0.0:
        return Verdict.worse
    if is_final:
        return Verdict.no_difference
    return Verdict.likely_better if posterior_better >= LIKELY else Verdict.collecting


def _check_shares(shares: Mapping[str, float]) -> None:
    if not shares or min(shares.values()) < 0.0 or abs(sum(shares.values()) - 1.0) > 1e-9:
        raise ValueError(f"shares must not be negative and must sum to 1, got {dict(shares)!r}")


def _place(unit_id: str, salt: str) -> float:
    digest = sha256(f"{salt}:{unit_id}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2.0**53


def _adjusted(
    y_policy: ArrayLike, y_control: ArrayLike, pre_policy: ArrayLike | None, pre_control: ArrayLike | None
) -> tuple[Array, Array]:
    policy, control = np.asarray(y_policy, dtype=np.float64), np.asarray(y_control, dtype=np.float64)
    if pre_policy is None or pre_control is None or min(policy.size, control.size) < 2:
        return policy, control
    x = np.concatenate([np.asarray(pre_policy, dtype=np.float64), np.asarray(pre_control, dtype=np.float64)])
    known = np.isfinite(x)
    x = np.where(known, x, x[known].mean() if known.any() else 0.0)
    x_policy, x_control = x[: policy.size], x[policy.size :]
    within = np.concatenate([x_policy - x_policy.mean(), x_control - x_control.mean()])
    spread = float(within @ within)
    theta = float(within @ np.concatenate([policy, control])) / spread if spread > 1e-12 * float(x @ x) else 0.0
    return policy - theta * (x_policy - x.mean()), control - theta * (x_control - x.mean())


def _around(
    estimate: float, parts: tuple[float, float], policy: Array, control: Array, level: float, z: float | None
) -> Interval:
    se = math.sqrt(sum(parts))
    bound = z if z is not None else _welch_bound(parts, policy, control, level)
    return Interval(estimate, estimate - bound * se, estimate + bound * se, se, level, policy.size, control.size)


def _welch_bound(parts: tuple[float, float], policy: Array, control: Array, level: float) -> float:
    """Student's t at the degrees of freedom of Welch (1947) and Satterthwaite."""
    weights = parts[0] ** 2 / (policy.size - 1) + parts[1] ** 2 / (control.size - 1)
    tail = 0.5 + level / 2.0
    return float(stdtrit(sum(parts) ** 2 / weights, tail)) if weights > 0.0 else float(ndtri(tail))


def _unknown(level: float, policy: Array, control: Array) -> Interval:
    return Interval(math.nan, math.nan, math.nan, math.nan, level, policy.size, control.size)

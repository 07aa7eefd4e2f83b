"""Shares of few: how often something happened in two groups, with an interval that holds near 0 and 1 too."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from .experiment import Interval


def share_difference(
    happened_policy: ArrayLike, happened_control: ArrayLike, *, level: float = 0.95, z: float | None = None
) -> Interval:
    """Share in policy minus share in control; NaN in either counts as nobody. Without `z` it is that of `level`.

    Newcombe's hybrid score interval (1998, method 10). Where nothing happened in either group, a plain interval would
    have no width and be wrong; this one says how much could have been missed.
    """
    policy, control = (_known(values) for values in (happened_policy, happened_control))
    if min(policy.size, control.size) < 1:
        return Interval(math.nan, math.nan, math.nan, math.nan, level, policy.size, control.size)
    bound = float(ndtri(0.5 + level / 2.0)) if z is None else z
    p, q = float(policy.mean()), float(control.mean())
    p_low, p_high = _wilson(p, policy.size, bound)
    q_low, q_high = _wilson(q, control.size, bound)
    difference = p - q
    return Interval(
        difference,
        difference - math.hypot(p - p_low, q_high - q),
        difference + math.hypot(p_high - p, q - q_low),
        math.sqrt(p * (1 - p) / policy.size + q * (1 - q) / control.size),
        level,
        policy.size,
        control.size,
    )


def _known(values: ArrayLike) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    array = np.asarray(values, dtype=np.float64).ravel()
    return array[~np.isnan(array)]


def _wilson(share: float, n: int, z: float) -> tuple[float, float]:
    """Wilson's score interval (1927)."""
    middle = share + z**2 / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)

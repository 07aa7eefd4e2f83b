"""Comparing ratios: how far one mean lies above another, and means over what units did rather than over units."""

import math

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array


def fieller(above: float, below: float, variance_above: float, variance_below: float, z: float) -> tuple[float, float]:
    """The interval of above / below, from independent estimates that are about normal (Fieller 1954).

    All ratios R for which above - R below is not significantly different from 0: at R = 1 that is the very test of
    the difference, so both always agree on who is ahead. NaN where `below` may be 0, as any ratio is then possible.
    """
    quadratic = below**2 - z**2 * variance_below
    if not quadratic > 0.0 or not below > 0.0:
        return math.nan, math.nan
    half = above * below
    rest = above**2 - z**2 * variance_above
    spread = math.sqrt(max(0.0, half**2 - quadratic * rest))
    return (half - spread) / quadratic, (half + spread) / quadratic


def per_event_values(sums: ArrayLike, counts: ArrayLike) -> Array:
    """One value per unit of a group, whose mean is sum / count of the group and whose variance is that of this ratio.

    For means over events, such as the value of an order: units are what was drawn by lot, so they, and not the orders,
    are what varies. Linearised about the group's own ratio (delta method; Deng, Knoblich & Lu 2018, section 3). A unit
    without events counts as knowing nothing. NaN throughout where the group has no events.
    """
    y, n = np.asarray(sums, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    if not n.sum() > 0.0:
        return np.full(y.shape, np.nan)
    ratio = float(y.sum() / n.sum())
    return np.asarray(ratio + (y - ratio * n) / n.mean())

"""Curves in a linear model: each column as itself, bent at its quantiles, and with a word for "not known".

A bent column is a piecewise-linear spline (truncated power basis of degree 1: Hastie, Tibshirani & Friedman 2009,
section 5.2). A ridge weight on the bends alone makes it as straight as the data allow: with an endless one it is
the plain column again.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..arrays import Array, Flags, Indices

#: A column is followed this far beyond what was seen, in its usual widths, and is level from there on.
_BEYOND = 0.5
_TAIL = 0.005
#: From so many rows with a missing value on, "not known" has an effect of its own.
_MINIMUM_MISSING = 20


class Curve(NamedTuple):
    """How one column goes in: kept between `low` and `high`, bent at `knots`."""

    low: float
    high: float
    knots: tuple[float, ...]
    has_missing: bool


def shape(x: Array, most_knots: int) -> tuple[Curve, ...]:
    """A curve per column with at most so many knots, at its quantiles; fewer where its values repeat."""
    return tuple(_curve(x[:, j], most_knots) for j in range(x.shape[1]))


def terms(x: Array, curves: Sequence[Curve]) -> Array:
    """Rows x terms: per column itself, a hinge per knot, and 1 where it is missing; NaN in the others there."""
    made = np.empty((x.shape[0], sum(map(_width, curves))), order="F")
    at = 0
    for j, curve in enumerate(curves):
        column = np.clip(x[:, j], curve.low, curve.high)
        made[:, at] = column
        for place, knot in enumerate(curve.knots, at + 1):
            np.maximum(column - knot, 0.0, out=made[:, place])
        at += _width(curve)
        if curve.has_missing:
            made[:, at - 1] = ~np.isfinite(column)
    return made


def columns_of(curves: Sequence[Curve]) -> Indices:
    """The column that each term belongs to."""
    return np.repeat(np.arange(len(curves)), list(map(_width, curves)))


def bends(curves: Sequence[Curve]) -> Flags:
    """True for the terms that are not a column itself."""
    return np.array([place > 0 for curve in curves for place in range(_width(curve))], dtype=np.bool_)


def _width(curve: Curve) -> int:
    return 1 + len(curve.knots) + curve.has_missing


def _curve(column: Array, most_knots: int) -> Curve:
    known = column[np.isfinite(column)]
    is_missing = bool(column.size - known.size >= _MINIMUM_MISSING and known.size)
    if not known.size:
        return Curve(0.0, 0.0, (), False)
    low, high = np.quantile(known, [_TAIL, 1.0 - _TAIL])
    if low == high:
        low, high = known.min(), known.max()
    slack = _BEYOND * (high - low)
    low, high = float(low - slack), float(high + slack)
    knots = tuple(float(place) for place in _places(known, most_knots) if low < place < high)
    return Curve(low, high, knots, is_missing)


def _places(known: Array, most: int) -> Array:
    """Quantiles inside; of what lies above the lowest value where many share that (most customers have no ticket)."""
    values = np.unique(known)
    if values.size - 2 <= most:
        return np.asarray(values[1:-1])
    above = known[known > values[0]]
    among = above if known.size - above.size > known.size / (most + 1) else known
    places = np.unique(np.quantile(among, np.linspace(0.0, 1.0, most + 2)[1:-1], method="lower"))
    return np.asarray(places[(places > values[0]) & (places < values[-1])])

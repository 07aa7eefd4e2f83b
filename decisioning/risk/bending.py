"""How bent a logistic regression may be: straight lines unless curves foretell held-out rows better beyond noise."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .. import logistic
from ..arrays import Array, Indices
from . import calibration, curves

FOLDS = 5
#: The ridge that a plain logistic regression has when nobody chooses one.
USUAL_L2 = 1.0
_LINE_L2 = (USUAL_L2, 10.0, 100.0)
_BEND_L2 = (30.0, 5.0, 1.0)
_MOST_KNOTS = 8
#: So many units with the rarer outcome buy one more bend per column.
_EVENTS_PER_KNOT = 50


class Shape(NamedTuple):
    """Ridge weights of lines and of bends, and how many knots a column may have; none is plain logistic regression."""

    most_knots: int
    l2: float
    bend_l2: float


class Bent(NamedTuple):
    """A fit of a shape; `curves` is empty where the columns go in as they are. Coefficients are per deviation."""

    curves: tuple[curves.Curve, ...]
    means: Array
    scales: Array
    optimum: logistic.Optimum

    def design(self, x: Array) -> Array:
        """A column of ones and the standardised terms of rows."""
        return logistic.design_of(curves.terms(x, self.curves) if self.curves else x, self.means, self.scales)

    def log_odds(self, x: Array) -> Array:
        return np.asarray(self.design(x) @ self.optimum.beta)


class Tried(NamedTuple):
    """A shape's fit, and what fits that did not know a row's fold said of the row."""

    shape: Shape
    bent: Bent
    held_out: Array
    """Log odds per row."""
    losses: Array
    """Log loss per row of those."""


class Chosen(NamedTuple):
    """The plain logistic regression that everybody would fit, and the shape that foretold held-out rows best."""

    usual: Tried
    best: Tried


def fit_bent(x: Array, y: Array, shape: Shape, like: Bent | None = None) -> Bent:
    """The penalised fit of a shape; both outcomes must occur. It starts from the fit that it is expected to be like."""
    bent, design = _laid_out(x, shape)
    start = like.optimum.beta if like is not None and like.optimum.beta.size == design.shape[1] else None
    return bent._replace(optimum=logistic.maximise(design, y, _penalty(bent, shape), start))


def choose(x: Array, y: Array, groups: Indices, rng: np.random.Generator) -> Chosen:
    """Straight lines with the ridge that foretells held-out rows best; bends if they beat it beyond a standard error.

    Rows of one group (the same customer on several days) are held out together, and count together in that error.
    """
    folds = calibration.folds_of(groups, FOLDS, rng)
    straight = list(_try(x, y, folds, [Shape(0, l2, 0.0) for l2 in _LINE_L2]))
    line = min(straight, key=_mean_loss)
    knots = min(_MOST_KNOTS, _units_of_rarer(y, groups) // _EVENTS_PER_KNOT)
    if not knots:
        return Chosen(straight[0], line)
    curve = _least(_try(x, y, folds, [Shape(knots, line.shape.l2, l2) for l2 in _BEND_L2], line.bent))
    gain, error = _mean_of_groups(line.losses - curve.losses, groups)
    return Chosen(straight[0], curve if gain > error else line)


def _try(x: Array, y: Array, folds: Indices, path: Sequence[Shape], straight: Bent | None = None) -> Iterator[Tried]:
    """Each shape of a path that differs in ridge weights alone, each fit starting from the one before.

    The first one starts from the `straight` fit.
    """
    bent, design = _laid_out(x, path[0])
    start = None
    if straight is not None:
        start = np.zeros(design.shape[1])
        start[np.concatenate([[True], ~curves.bends(bent.curves)])] = straight.optimum.beta
    for shape in path:
        found = logistic.maximise(design, y, _penalty(bent, shape), start)
        start = found.beta
        held_out = logistic.held_out_log_odds(design, y, found, folds)
        yield Tried(shape, bent._replace(optimum=found), held_out, calibration.log_losses(held_out, y))


def _units_of_rarer(y: Array, groups: Indices) -> int:
    return min(np.unique(groups[y == outcome]).size for outcome in (0.0, 1.0))


def _least(path: Iterator[Tried]) -> Tried:
    """The first on the path that the next one does not improve on."""
    least = next(path)
    for one in path:
        if _mean_loss(one) >= _mean_loss(least):
            break
        least = one
    return least


def _mean_loss(one: Tried) -> float:
    return float(one.losses.mean())


def _laid_out(x: Array, shape: Shape) -> tuple[Bent, Array]:
    """The columns and terms of a shape, not fitted yet, and their design matrix."""
    made = curves.shape(x, shape.most_knots) if shape.most_knots else ()
    laid = curves.terms(x, made) if made else x
    means, scales = logistic.moments(laid)
    nothing = logistic.Optimum(np.zeros(0), np.zeros(0), np.zeros((0, 0)))
    return Bent(made, means, scales, nothing), logistic.design_of(laid, means, scales)


def _penalty(bent: Bent, shape: Shape) -> Array:
    if not bent.curves:
        return np.concatenate([[0.0], np.full(bent.means.size, shape.l2)])
    return np.concatenate([[0.0], np.where(curves.bends(bent.curves), shape.bend_l2, shape.l2)])


def _mean_of_groups(values: Array, groups: Indices) -> tuple[float, float]:
    """The mean, and its standard error where rows of a group go together (Liang & Zeger 1986)."""
    _, place = np.unique(groups, return_inverse=True)
    mean = float(values.mean())
    sums = np.bincount(place, values - mean)
    return mean, float(np.sqrt((sums**2).sum())) / values.size

"""What an action is worth: the effect seen in the data, and the belief that it updates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from ..arrays import Array, Flags
from .axes import Slopes

MINIMUM_UNITS = 10
RARE_EVENTS = 5
#: Prior sd of what one step of a figure beyond the baseline says of an outcome of 0 or 1.
_STEP_SD = 0.15


@dataclass(frozen=True)
class Belief:
    """Normal belief about the effect of an action on the average unit, and about how it differs between units.

    Without `slopes` every unit of the same scale is expected to gain the same.
    """

    mean: float
    sd: float
    slopes: Slopes | None = None

    def on_units(self, figures: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of the effect on each unit, by its figures [n, q] on the axes of the slopes."""
        n = figures.shape[0]
        if self.slopes is None:
            return np.full(n, self.mean), np.full(n, self.sd)
        rows = np.column_stack([np.ones(n), self.slopes.axes.steps(figures)])
        mean = rows @ np.array([self.mean, *self.slopes.mean])
        variance = ((rows @ np.array(self.slopes.covariance)) * rows).sum(axis=1)
        return np.asarray(mean), np.asarray(np.sqrt(np.maximum(variance, 0.0)))


@dataclass(frozen=True)
class Evidence:
    """Effect on the treated as estimated from data, with a robust standard error."""

    estimate: float
    se: float
    n_treated: int
    n_control: int


@dataclass(frozen=True)
class _Side:
    outcome: Array
    baseline: Array
    steps: Array
    weight: Array

    def counts_for(self) -> float:
        """How many units of equal weight it is as good as (Kish 1965)."""
        return float(self.weight.sum() ** 2 / (self.weight**2).sum()) if self.weight.size else 0.0

    def mean(self, values: Array) -> float:
        return float(np.average(values, weights=self.weight))

    def columns(self) -> Array:
        return np.column_stack([self.baseline, self.steps])

    def average(self, columns: Array) -> Array:
        return np.asarray(np.average(columns, axis=0, weights=self.weight))


def estimate_effect(
    outcome: ArrayLike,
    baseline: ArrayLike,
    treated: ArrayLike,
    weight: ArrayLike | None = None,
    steps: Array | None = None,
) -> Evidence | None:
    """Mean outcome of the treated minus what the controls say about units like them; None when data are too thin.

    `baseline` is the outcome predicted without contact. Its offset and slope are re-estimated on the controls (Lin
    2013; as imputation for the treated: Kline 2011), so a miscalibrated prediction costs precision, not truth. `steps`
    [n, q] are further figures, of about unit spread, that the outcome may go with beyond the baseline: a policy chooses
    by such figures, and what they say of the outcome is no effect of its choice. Their slopes are held near 0 (ridge),
    by as much as few controls can't show better.
    `weight` is one over the probability of the treatment received, normalised per side (Hajek 1971): then both
    sides stand for everybody. Rows without outcome or baseline are left out. Fewer than 10 units on a side (as
    weighted), or no variation: None.
    """
    y, x, z, w, is_treated = _known_rows(outcome, baseline, treated, weight, steps)
    treated_side = _Side(y[is_treated], x[is_treated], z[is_treated], w[is_treated])
    control = _Side(y[~is_treated], x[~is_treated], z[~is_treated], w[~is_treated])
    if min(treated_side.counts_for(), control.counts_for()) < MINIMUM_UNITS:
        return None
    estimate, variance_treated, variance_control = _imputed_difference(treated_side, control)
    variance = _at_least(variance_treated, treated_side, y) + _at_least(variance_control, control, y)
    if not variance > 0.0:
        return None
    return Evidence(estimate, float(np.sqrt(variance)), treated_side.outcome.size, control.outcome.size)


def pooled(found: Sequence[Evidence]) -> Evidence | None:
    """Several estimates of one effect from data that don't overlap, weighted by their precision; None of none."""
    if len(found) < 2:
        return found[0] if found else None
    weight = np.array([one.se**-2 for one in found])
    estimate = float(weight @ np.array([one.estimate for one in found]) / weight.sum())
    treated, control = (sum(getattr(one, side) for one in found) for side in ("n_treated", "n_control"))
    return Evidence(estimate, float(weight.sum() ** -0.5), treated, control)


def probability_below_zero(belief: Belief) -> float:
    """How likely the action does harm to the average unit."""
    return float(below_zero(np.array([belief.mean]), np.array([belief.sd]))[0])


def below_zero(mean: Array, sd: Array) -> Array:
    """How likely each of these effects is harm."""
    certain = sd <= 0.0
    return np.asarray(np.where(certain, mean < 0.0, ndtr(-mean / np.where(certain, 1.0, sd))))


def interval(belief: Belief, level: float = 0.8) -> tuple[float, float]:
    """Central credible interval, low and high."""
    half = half_width(level) * belief.sd
    return belief.mean - half, belief.mean + half


def half_width(level: float) -> float:
    """Of a central interval of a normal distribution, in standard deviations."""
    return float(ndtri(0.5 + level / 2.0))


def _known_rows(
    outcome: ArrayLike, baseline: ArrayLike, treated: ArrayLike, weight: ArrayLike | None, steps: Array | None
) -> tuple[Array, Array, Array, Array, Flags]:
    y = np.asarray(outcome, dtype=np.float64)
    x = np.asarray(baseline, dtype=np.float64)
    z = np.zeros((y.size, 0)) if steps is None else steps
    w = np.ones(y.size) if weight is None else np.asarray(weight, dtype=np.float64)
    if np.any(~(w > 0.0)):
        raise ValueError("weights must be positive")
    known = np.isfinite(y) & np.isfinite(x)
    return y[known], x[known], z[known], w[known], np.asarray(treated, dtype=np.bool_)[known]


def _imputed_difference(treated: _Side, control: _Side) -> tuple[float, float, float]:
    """Estimate and each side's part of its variance, from influence functions (Huber-White, n / (n - df))."""
    residual = control.outcome - control.baseline
    middle = control.average(control.columns())
    centred = control.columns() - middle
    inverse = _inverse(control, centred, residual)
    offset = control.mean(residual)
    slopes = inverse @ (centred.T @ (control.weight * residual))
    left_over = residual - offset - centred @ slopes
    shift = treated.average(treated.columns()) - middle
    lever_arm = 1.0 / control.weight.sum() + centred @ inverse @ shift
    n, used = control.outcome.size, int((np.diag(inverse) > 0.0).sum())
    variance_control = float(((control.weight * left_over * lever_arm) ** 2).sum()) * n / max(n - 1 - used, 1)
    gap = treated.outcome - treated.baseline - offset - (treated.columns() - middle) @ slopes
    estimate = treated.mean(gap)
    share = treated.weight / treated.weight.sum()
    m = treated.outcome.size
    variance_treated = float(((share * (gap - estimate)) ** 2).sum()) * m / (m - 1)
    return estimate, variance_treated, variance_control


def _inverse(control: _Side, centred: Array, residual: Array) -> Array:
    """Of the controls' moments; the baseline's slope is free unless it does not vary, the others are held near 0."""
    gram = centred.T @ (centred * control.weight[:, None])
    varies = gram[0, 0] > 1e-12 * control.weight.sum() * max(1.0, control.mean(control.baseline) ** 2)
    noise = float(np.average((residual - control.mean(residual)) ** 2, weights=control.weight))
    q = centred.shape[1] - 1
    free = np.r_[varies, np.full(q, noise > 0.0)]
    held = np.r_[0.0, np.full(q, control.weight.sum() / control.counts_for() * noise / _STEP_SD**2)]
    inverse = np.zeros(gram.shape)
    if free.any():
        inverse[np.ix_(free, free)] = np.linalg.inv((gram + np.diag(held))[np.ix_(free, free)])
    return inverse


def _at_least(variance: float, side: _Side, everybody: Array) -> float:
    """A floor where a side's outcomes vary too little to show how uncertain its mean is.

    0/1 outcomes with fewer than 5 of either kind: p(1-p)/n with two successes and two failures added (Agresti &
    Coull 1998), so 0 events in 12 units is not certainty. Other outcomes with fewer than 5 that differ from the
    side's commonest value: the variance of both sides together.
    """
    _, counts = np.unique(side.outcome, return_counts=True)
    if side.outcome.size - counts.max() >= RARE_EVENTS:
        return variance
    n_effective = side.counts_for()
    if np.isin(everybody, (0.0, 1.0)).all():
        p = (n_effective * side.mean(side.outcome) + 2.0) / (n_effective + 4.0)
        return max(variance, p * (1.0 - p) / (n_effective + 4.0))
    return max(variance, float(everybody.var(ddof=1)) / n_effective)

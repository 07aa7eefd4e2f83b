"""Ridge logistic regression on standardised columns, its held-out predictions, and how well it ranks."""

import math
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from .arrays import Array, Indices

#: A Newton step so small leaves an error of its square.
_STEP = 1e-4


class Fit(NamedTuple):
    """Coefficients are per standard deviation of the column."""

    coefficients: Array
    intercept: float
    means: Array
    scales: Array


class Optimum(NamedTuple):
    """Where the penalised likelihood is highest: the intercept first, then a coefficient per column."""

    beta: Array
    penalty: Array
    curvature: Array
    """The Hessian there, penalty included, terms x terms."""


def fit(x: Array, y: Array, l2: float) -> Fit:
    """Newton steps with step halving on the ridge-penalised likelihood (le Cessie & van Houwelingen 1992).

    A missing value counts as its column's mean; the intercept is not penalised. Both outcomes must occur.
    """
    means, scales = moments(x)
    found = maximise(design_of(x, means, scales), y, np.r_[0.0, np.full(x.shape[1], l2)])
    return Fit(found.beta[1:], float(found.beta[0]), means, scales)


def design_of(x: Array, means: Array, scales: Array) -> Array:
    """A column of ones, then the standardised columns."""
    design = np.ones((x.shape[0], x.shape[1] + 1), order="F")
    design[:, 1:] = standardised(x, means, scales)
    return design


def maximise(design: Array, y: Array, penalty: Array, start: Array | None = None) -> Optimum:
    """The same for a design of one's own (rows x terms), with a ridge weight per term, from `start` on."""
    beta = np.zeros(design.shape[1]) if start is None else start.copy()
    if start is None:
        beta[0] = math.log(y.mean() / (1.0 - y.mean()))
    loss = _loss(design, y, beta, penalty)
    for _ in range(50):
        p = np.asarray(expit(design @ beta))
        gradient = design.T @ (p - y) + penalty * beta
        curvature = weighted_square(design, p * (1.0 - p)) + np.diag(penalty + 1e-9)
        step = cho_solve(cho_factor(curvature), gradient)
        while (shorter := _loss(design, y, beta - step, penalty)) > loss and np.abs(step).max() > 1e-10:
            step = step / 2.0
        beta, loss = beta - step, shorter
        if np.abs(step).max() < _STEP:
            break
    return Optimum(beta, penalty, curvature)


def held_out_log_odds(design: Array, y: Array, found: Optimum, folds: Indices) -> Array:
    """What a fit without a row's fold would have said of the row, in log odds per row; `folds` counts from 0.

    A fold is left out of the finished fit by two Newton steps that share one Hessian, the one of the other rows
    (approximate cross-validation: Beirami et al. 2017; Rad & Maleki 2020): a small part of the price of refits.
    """
    out, p = np.empty(y.size), np.asarray(expit(design @ found.beta))
    for fold in range(int(folds.max()) + 1):
        left = np.flatnonzero(folds == fold)
        rows = design[left]
        factor = cho_factor(found.curvature - weighted_square(rows, (p * (1.0 - p))[left]))
        beta = found.beta + cho_solve(factor, rows.T @ (p[left] - y[left]))
        off = expit(design @ beta) - y
        off[left] = 0.0
        beta = beta - cho_solve(factor, design.T @ off + found.penalty * beta)
        out[left] = rows @ beta
    return out


def weighted_square(design: Array, weights: Array) -> Array:
    """design' diag(weights) design."""
    root = design * np.sqrt(weights)[:, None]
    return np.asarray(root.T @ root)


def probability(fitted: Fit, x: Array) -> Array:
    """Chance of the outcome, per row."""
    z = standardised(x, fitted.means, fitted.scales)
    return np.asarray(expit(fitted.intercept + z @ fitted.coefficients), dtype=np.float64)


def standardised(x: Array, means: Array, scales: Array) -> Array:
    """Columns in standard deviations from their mean, 0 where missing."""
    z = (x - means) / scales
    z[~np.isfinite(z)] = 0.0
    return np.asarray(z)


def moments(x: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of what is known of each column; 1 where it does not vary."""
    known = np.isfinite(x)
    n_known = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, x, 0.0).sum(axis=0) / n_known
    off = np.where(known, x - means, 0.0)
    spread = np.sqrt(np.einsum("ij,ij->j", off, off) / n_known)
    scales = np.where(spread > 1e-12 * np.maximum(1.0, np.abs(means)), spread, 1.0)
    return means, scales


def auc(predicted: Array, y: Array) -> float:
    """Chance that an event was rated above a non-event, ties half (Hanley & McNeil 1982); NaN with one outcome."""
    events = float(y.sum())
    if events in (0.0, float(y.size)):
        return math.nan
    _, place, count = np.unique(predicted, return_inverse=True, return_counts=True)
    middle_rank = np.cumsum(count) - (count - 1) / 2.0
    rank_sum = float(middle_rank[place][y == 1.0].sum())
    return (rank_sum - events * (events + 1.0) / 2.0) / (events * (y.size - events))


def _loss(design: Array, y: Array, beta: Array, penalty: Array) -> float:
    score = design @ beta
    return float((np.logaddexp(0.0, score) - y * score).sum() + 0.5 * (penalty * beta**2).sum())

"""Ridge logistic regression on standardised columns, and how well it ranks."""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from .arrays import Array


class Fit(NamedTuple):
    """Coefficients are per standard deviation of the column."""

    coefficients: Array
    intercept: float
    means: Array
    scales: Array


def fit(x: Array, y: Array, l2: float) -> Fit:
    """Newton steps with step halving on the ridge-penalised likelihood (le Cessie & van Houwelingen 1992).

    A missing value counts as its column's mean; the intercept is not penalised. Both outcomes must occur.
    """
    means, scales = _moments(x)
    design = np.column_stack([np.ones(y.size), standardised(x, means, scales)])
    penalty = np.r_[0.0, np.full(x.shape[1], l2)]
    beta = np.zeros(design.shape[1])
    beta[0] = math.log(y.mean() / (1.0 - y.mean()))
    loss = _loss(design, y, beta, penalty)
    for _ in range(50):
        p = expit(design @ beta)
        gradient = design.T @ (p - y) + penalty * beta
        hessian = (design * (p * (1.0 - p))[:, None]).T @ design + np.diag(penalty + 1e-9)
        step = np.linalg.solve(hessian, gradient)
        while (shorter := _loss(design, y, beta - step, penalty)) > loss and np.abs(step).max() > 1e-10:
            step = step / 2.0
        beta, loss = beta - step, shorter
        if np.abs(step).max() < 1e-8:
            break
    return Fit(beta[1:], float(beta[0]), means, scales)


def probability(fitted: Fit, x: Array) -> Array:
    """Chance of the outcome, per row."""
    z = standardised(x, fitted.means, fitted.scales)
    return np.asarray(expit(fitted.intercept + z @ fitted.coefficients), dtype=np.float64)


def standardised(x: Array, means: Array, scales: Array) -> Array:
    """Columns in standard deviations from their mean, 0 where missing."""
    z = (x - means) / scales
    return np.where(np.isfinite(z), z, 0.0)


def auc(predicted: Array, y: Array) -> float:
    """Chance that an event was rated above a non-event, ties half (Hanley & McNeil 1982); NaN with one outcome."""
    events = float(y.sum())
    if events in (0.0, float(y.size)):
        return math.nan
    _, place, count = np.unique(predicted, return_inverse=True, return_counts=True)
    middle_rank = np.cumsum(count) - (count - 1) / 2.0
    rank_sum = float(middle_rank[place][y == 1.0].sum())
    return (rank_sum - events * (events + 1.0) / 2.0) / (events * (y.size - events))


def _moments(x: Array) -> tuple[Array, Array]:
    known = np.isfinite(x)
    n_known = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, x, 0.0).sum(axis=0) / n_known
    spread = np.sqrt((np.where(known, x - means, 0.0) ** 2).sum(axis=0) / n_known)
    scales = np.where(spread > 1e-12 * np.maximum(1.0, np.abs(means)), spread, 1.0)
    return means, scales


def _loss(design: Array, y: Array, beta: Array, penalty: Array) -> float:
    score = design @ beta
    return float((np.logaddexp(0.0, score) - y * score).sum() + 0.5 * (penalty * beta**2).sum())

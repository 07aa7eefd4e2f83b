"""How good probabilities are: ranking, Brier score, reliability, and what one straight line would set right."""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv, expit, logit

from .. import logistic
from ..arrays import Array, Indices

_Z_95 = 1.959964
_EDGE = 1e-9
_ROWS_FOR_TEN_BINS = 500


class Bin(NamedTuple):
    """Rows of like predictions: mean prediction, share of events with its 95 % interval, rows."""

    predicted: float
    seen: float
    low: float
    high: float
    rows: int


class Line(NamedTuple):
    """log odds = intercept + slope * predicted log odds, with standard errors; (0, 1) is calibrated (Cox 1958)."""

    intercept: float
    slope: float
    slope_se: float


class Estimate(NamedTuple):
    """A figure with its 95 % interval; NaN is 'not measurable'."""

    mean: float
    low: float
    high: float


class Quality(NamedTuple):
    """What predictions were worth on rows that they did not know. NaN is 'not measurable'."""

    rows: int
    events: int
    expected: float
    """The events that the predictions sum up to."""
    auc: float
    auc_se: float
    brier: float
    log_loss: float
    ece: float
    """Expected calibration error: mean distance between predicted and seen over the bins, weighted by rows."""
    intercept: float
    slope: float
    reliability: tuple[Bin, ...]


def quality(predicted: Array, y: Array) -> Quality:
    """All measures at once; y is 0 or 1. Few rows are put in five bins instead of ten."""
    if not y.size:
        nan = math.nan
        return Quality(0, 0, 0.0, nan, nan, nan, nan, nan, nan, nan, ())
    table = reliability(predicted, y, 10 if y.size >= _ROWS_FOR_TEN_BINS else 5)
    off = sum(row.rows * abs(row.predicted - row.seen) for row in table) / y.size
    line = line_through(_log_odds(predicted), y)
    return Quality(
        rows=y.size,
        events=int(y.sum()),
        expected=float(predicted.sum()),
        auc=logistic.auc(predicted, y),
        auc_se=auc_se(predicted, y),
        brier=brier(predicted, y),
        log_loss=float(log_losses(_log_odds(predicted), y).mean()),
        ece=off,
        intercept=line.intercept,
        slope=line.slope,
        reliability=table,
    )


def chances(log_odds: Array) -> Array:
    """Probabilities of log odds."""
    return np.asarray(expit(log_odds))


def brier(predicted: Array, y: Array) -> float:
    """Mean squared distance from the outcome (Brier 1950)."""
    return float(((predicted - y) ** 2).mean()) if y.size else math.nan


def log_losses(log_odds: Array, y: Array) -> Array:
    """-log of the probability given to what happened, per row."""
    return np.asarray(np.logaddexp(0.0, log_odds) - y * log_odds)


def reliability(predicted: Array, y: Array, bins: int = 10) -> tuple[Bin, ...]:
    """Bins of equally many rows from low to high, intervals by Clopper & Pearson (1934)."""
    groups = np.array_split(np.argsort(predicted, kind="stable"), bins)
    return tuple(_bin(predicted[rows], y[rows]) for rows in groups if rows.size)


def auc_se(predicted: Array, y: Array) -> float:
    """Standard error of the AUC (DeLong, DeLong & Clarke-Pearson 1988), by ranks as in Sun & Xu (2014)."""
    events = y == 1.0
    n_events, n_others = int(events.sum()), int((~events).sum())
    if min(n_events, n_others) < 2:
        return math.nan
    ranks = _middle_ranks(predicted)
    above = (ranks[events] - _middle_ranks(predicted[events])) / n_others
    below = 1.0 - (ranks[~events] - _middle_ranks(predicted[~events])) / n_events
    return math.sqrt(above.var(ddof=1) / n_events + below.var(ddof=1) / n_others)


def line_through(log_odds: Array, y: Array) -> Line:
    """The straight line of log odds that fits the outcomes best (Cox 1958; Platt 1999); NaN where none can."""
    if not 0 < y.sum() < y.size or np.ptp(log_odds) < _EDGE:
        return Line(math.nan, math.nan, math.nan)
    design = np.column_stack([np.ones(y.size), log_odds])
    found = logistic.maximise(design, y, np.array([0.0, 1e-6]))
    spread = np.sqrt(np.diag(np.linalg.inv(found.curvature)))
    return Line(float(found.beta[0]), float(found.beta[1]), float(spread[1]))


def shift_to(log_odds: Array, rate: float) -> float:
    """What to add to log odds for the mean probability to be `rate` (between 0 and 1), by Newton steps."""
    shift = 0.0
    for _ in range(100):
        p = expit(log_odds + shift)
        step = float((p.mean() - rate) / max(float((p * (1.0 - p)).mean()), 1e-12))
        shift -= max(-2.0, min(2.0, step))
        if abs(step) < 1e-10:
            break
    return shift


def surplus(predicted: Array, y: Array, extra_variance: float = 0.0) -> Estimate:
    """Events seen per event expected, by the variance of independent unlike chances (Poisson's binomial).

    `extra_variance` is that of the expected number of events itself, from a fit on few rows.
    """
    expected = float(predicted.sum())
    if expected <= 0.0:
        return Estimate(math.nan, math.nan, math.nan)
    spread = _Z_95 * math.sqrt(float((predicted * (1.0 - predicted)).sum()) + extra_variance) / expected
    ratio = float(y.sum()) / expected
    return Estimate(ratio, max(ratio - spread, 0.0), ratio + spread)


def improvement(losses: Array, other_losses: Array) -> Estimate:
    """By how much the first losses are lower per row than the other ones of the same rows (paired)."""
    if losses.size < 2:
        return Estimate(math.nan, math.nan, math.nan)
    off = other_losses - losses
    mean, spread = float(off.mean()), _Z_95 * float(off.std(ddof=1)) / math.sqrt(off.size)
    return Estimate(mean, mean - spread, mean + spread)


def folds_of(groups: Indices, count: int, rng: np.random.Generator) -> Indices:
    """A fold per row, drawn so that rows of one group are together."""
    _, place = np.unique(groups, return_inverse=True)
    return np.asarray(rng.permutation(np.arange(place.max() + 1) % count)[place], dtype=np.int64)


def _bin(predicted: Array, y: Array) -> Bin:
    rows, events = y.size, int(y.sum())
    low = float(betaincinv(events, rows - events + 1, 0.025)) if events else 0.0
    high = float(betaincinv(events + 1, rows - events, 0.975)) if events < rows else 1.0
    return Bin(float(predicted.mean()), events / rows, low, high, rows)


def _middle_ranks(values: Array) -> Array:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2.0)[place])


def _log_odds(predicted: Array) -> Array:
    return np.asarray(logit(np.clip(predicted, _EDGE, 1.0 - _EDGE)))

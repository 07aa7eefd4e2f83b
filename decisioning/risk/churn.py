"""Who is likely to leave: a logistic regression, bent where held-out rows say so, beside a plain one on later rows.

It gives way to the plain one, and to the base rate, when it is not better than they are.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logit

from ..arrays import Array, Indices
from . import bending, calibration, curves
from .churn_model import ChurnModel, Driver, parts, predict_churn, reasons

__all__ = ["ChurnModel", "Driver", "change_horizon", "fit_churn", "parts", "predict_churn", "reasons"]
MINIMUM_ROWS = 500
MINIMUM_EVENTS = 25
#: More earlier rows than these cost time and change nothing that matters: so many are drawn.
MAXIMUM_ROWS = 200_000
#: Held-out rows must say by so many standard errors that the fit is too bold or too shy, before it is corrected.
_RECALIBRATE_FROM = 1.0
_UNKNOWN = calibration.Estimate(math.nan, math.nan, math.nan)


class _Rows(NamedTuple):
    x: Array
    y: Array
    groups: Indices


class _Fitted(NamedTuple):
    bent: bending.Bent
    slope: float
    shift: float

    def log_odds(self, x: Array) -> Array:
        return self.slope * self.bent.log_odds(x) + self.shift


class _Verdict(NamedTuple):
    checked: calibration.Quality
    plain: calibration.Quality
    brier_base: float
    gain: calibration.Estimate
    surplus: calibration.Estimate


def fit_churn(
    train_x: ArrayLike,
    train_y: ArrayLike,
    test_x: ArrayLike,
    test_y: ArrayLike,
    columns: Sequence[str],
    *,
    train_groups: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
) -> ChurnModel:
    """Choose and fit on the earlier rows, judge on the later ones, then refit the same shape on all.

    Ridge logistic regression (le Cessie & van Houwelingen 1992) on standardised columns, with bends at quantiles
    where held-out earlier rows are foretold better by them beyond noise; too bold or too shy log odds are set right
    by what held-out rows say (Platt 1999). A plain logistic regression is fitted and judged on the same rows; where
    it is better on the later ones, it is taken: what bends gain in one season may be lost in the next. Too few rows
    or events, or a Brier score (Brier 1950) on the later rows no better than the base rate's: the base rate it is.

    `train_groups` names the unit of each earlier row, where a unit has several. Without `rng` the same rows always
    give the same model.
    """
    rng = rng if rng is not None else np.random.default_rng(0)
    early = _checked(train_x, train_y, len(columns), train_groups)
    late = _checked(test_x, test_y, len(columns), None)
    every = _Rows(np.vstack([early.x, late.x]), np.r_[early.y, late.y], np.zeros(0, dtype=np.int64))
    base = float(early.y.mean()) if early.y.size else math.nan
    reason = _too_few(early.y.size, int(early.y.sum()), late.y.size)
    if reason:
        return _fallback(columns, every.y, _unfitted_verdict(late.y, base), reason)
    early = _thinned(early, rng)
    usual, best = bending.choose(early.x, early.y, early.groups, rng)
    fitted, plain = _recalibrated(best, early), _Fitted(usual.bent, 1.0, 0.0)
    verdict = _judged(fitted, plain, early, late, base)
    said = ""
    if verdict.gain.mean < 0.0:
        best, fitted, said = usual, plain, "; bends were turned down, since plain lines did better on the later rows"
        verdict = _judged(plain, plain, early, late, base)
    if verdict.checked.brier >= verdict.brier_base:
        scores = f"Brier {verdict.checked.brier:.4f} against {verdict.brier_base:.4f}"
        reason = f"on later rows the fit was no better than the base rate ({scores})"
        return _fallback(columns, every.y, verdict, reason)
    return _refitted(columns, _thinned(every, rng), every.y, best, fitted.slope, verdict, said)


def change_horizon(probability: ArrayLike, from_days: float, to_days: float) -> Array:
    """The same risk over another number of days, by a constant hazard: 1 - (1 - p)**(to / from)."""
    if from_days <= 0 or to_days < 0:
        raise ValueError(f"horizons must be positive, got {from_days!r} and {to_days!r}")
    stays = 1.0 - np.asarray(probability, dtype=np.float64)
    return np.asarray(1.0 - stays ** (to_days / from_days), dtype=np.float64)


def _checked(x: ArrayLike, y: ArrayLike, width: int, groups: ArrayLike | None) -> _Rows:
    rows = np.asarray(x, dtype=np.float64).reshape(-1, width) if width else np.empty((np.size(y), 0))
    outcome = np.asarray(y, dtype=np.float64).ravel()
    if rows.shape[0] != outcome.size:
        raise ValueError(f"{rows.shape[0]} rows of features but {outcome.size} outcomes")
    if not np.isin(outcome, (0.0, 1.0)).all():
        raise ValueError("outcomes must be 0 or 1")
    names = np.arange(outcome.size) if groups is None else np.asarray(groups).ravel()
    if names.size != outcome.size:
        raise ValueError(f"{names.size} groups but {outcome.size} outcomes")
    _, units = np.unique(names, return_inverse=True)
    return _Rows(rows, outcome, units.astype(np.int64))


def _too_few(n_rows: int, n_events: int, n_later: int) -> str:
    """Why a fit is not even tried, or nothing; the rarer outcome is what limits (Peduzzi et al. 1996)."""
    rarer = min(n_events, n_rows - n_events)
    if n_rows < MINIMUM_ROWS:
        return f"only {n_rows} rows, {MINIMUM_ROWS} are needed"
    if rarer < MINIMUM_EVENTS:
        return f"only {rarer} rows of the rarer outcome, {MINIMUM_EVENTS} are needed"
    return "" if n_later else "no later rows to check a fit on"


def _thinned(rows: _Rows, rng: np.random.Generator) -> _Rows:
    if rows.y.size <= MAXIMUM_ROWS:
        return rows
    drawn = np.sort(rng.choice(rows.y.size, MAXIMUM_ROWS, replace=False))
    return _Rows(rows.x[drawn], rows.y[drawn], rows.groups[drawn] if rows.groups.size else rows.groups)


def _recalibrated(tried: bending.Tried, rows: _Rows) -> _Fitted:
    line = calibration.line_through(tried.held_out, rows.y)
    spread = line.slope_se * math.sqrt(_rows_per_group(rows))
    if not abs(line.slope - 1.0) > _RECALIBRATE_FROM * spread:
        return _Fitted(tried.bent, 1.0, 0.0)
    return _stretched(tried.bent, max(line.slope, 0.0), rows)


def _stretched(bent: bending.Bent, slope: float, rows: _Rows) -> _Fitted:
    """The fit with its log odds times `slope`, and still as many events expected as there are."""
    if slope == 1.0:
        return _Fitted(bent, 1.0, 0.0)
    return _Fitted(bent, slope, calibration.shift_to(slope * bent.log_odds(rows.x), float(rows.y.mean())))


def _judged(fitted: _Fitted, plain: _Fitted, early: _Rows, late: _Rows, base: float) -> _Verdict:
    p, q = (calibration.chances(one.log_odds(late.x)) for one in (fitted, plain))
    gradient = fitted.bent.design(late.x).T @ (p * (1.0 - p)) * fitted.slope
    doubt = float(gradient @ np.linalg.solve(fitted.bent.optimum.curvature, gradient))
    return _Verdict(
        checked=calibration.quality(p, late.y),
        plain=calibration.quality(q, late.y),
        brier_base=calibration.brier(np.full(late.y.size, base), late.y),
        gain=calibration.improvement((p - late.y) ** 2, (q - late.y) ** 2),
        surplus=calibration.surplus(p, late.y, doubt * _rows_per_group(early)),
    )


def _unfitted_verdict(y: Array, base: float) -> _Verdict:
    """The base rate stands in for a model that could not be fitted."""
    p = np.full(y.size, base)
    same = calibration.quality(p, y)
    return _Verdict(same, same, calibration.brier(p, y), _UNKNOWN, _UNKNOWN)


def _refitted(
    columns: Sequence[str],
    rows: _Rows,
    y: Array,
    best: bending.Tried,
    slope: float,
    verdict: _Verdict,
    said: str,
) -> ChurnModel:
    fitted = _stretched(bending.fit_bent(rows.x, rows.y, best.shape, best.bent), slope, rows)
    bent, beta = fitted.bent, slope * fitted.bent.optimum.beta
    drawn = f" (drawn from {y.size})" if rows.y.size < y.size else ""
    return ChurnModel(
        columns=tuple(columns),
        curves=bent.curves,
        coefficients=tuple(map(float, beta[1:])),
        intercept=float(beta[0]) + fitted.shift,
        means=tuple(map(float, bent.means)),
        scales=tuple(map(float, bent.scales)),
        l2=best.shape.l2,
        bend_l2=best.shape.bend_l2,
        slope=slope,
        n_rows=y.size,
        n_events=int(y.sum()),
        base_rate=float(y.mean()),
        drivers=_drivers(columns, bent, beta[1:], rows.x),
        is_fallback=False,
        note=f"fitted on {rows.y.size} rows{drawn} with {int(rows.y.sum())} events{said}",
        **verdict._asdict(),
    )


def _drivers(columns: Sequence[str], bent: bending.Bent, coefficients: Array, x: Array) -> tuple[Driver, ...]:
    moved = bent.design(x)[:, 1:] * coefficients
    owner = curves.columns_of(bent.curves) if bent.curves else np.arange(len(columns))
    found = []
    for j, name in enumerate(columns):
        part, known = moved[:, owner == j].sum(axis=1), np.isfinite(x[:, j])
        varies = bool(known.any() and np.ptp(x[known, j]) > 0.0 and np.ptp(part[known]) > 0.0)
        turn = float(np.corrcoef(part[known], x[known, j])[0, 1]) if varies else 0.0
        found.append(Driver(name, float(part.std()), turn))
    return tuple(sorted(found, key=lambda driver: -driver.weight))


def _fallback(columns: Sequence[str], y: Array, verdict: _Verdict, reason: str) -> ChurnModel:
    """The base rate for everybody; (events + 1/2) / (rows + 1), so no event yet is not 'never' (Jeffreys 1946)."""
    rate = (float(y.sum()) + 0.5) / (y.size + 1.0) if y.size else math.nan
    judged = verdict._replace(surplus=_UNKNOWN)  # of a fit that is not in use
    return ChurnModel(
        columns=tuple(columns),
        curves=(),
        coefficients=(),
        intercept=float(logit(rate)),
        means=(),
        scales=(),
        l2=math.nan,
        bend_l2=math.nan,
        slope=1.0,
        n_rows=y.size,
        n_events=int(y.sum()),
        base_rate=float(y.mean()) if y.size else math.nan,
        drivers=(),
        is_fallback=True,
        note=f"base rate for everybody: {reason}",
        **judged._asdict(),
    )


def _rows_per_group(rows: _Rows) -> float:
    return rows.y.size / np.unique(rows.groups).size

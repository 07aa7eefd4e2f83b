"""Who is likely to leave: a ridge logistic regression that gives way to the base rate when it is not better."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from . import logistic
from .arrays import Array

MINIMUM_ROWS = 500
MINIMUM_EVENTS = 25


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model and how it did on later rows. NaN is 'not measurable', and None in `as_dict()`."""

    columns: tuple[str, ...]
    coefficients: tuple[float, ...]
    """Per standard deviation of the column; empty in a fallback."""
    intercept: float
    means: tuple[float, ...]
    scales: tuple[float, ...]
    n_rows: int
    n_events: int
    base_rate: float
    brier: float
    """Of the fit on the earlier rows, measured on the later ones, also when that fit was then turned down."""
    brier_base: float
    auc: float
    calibration: tuple[tuple[float, float, int], ...]
    """Mean predicted, observed share and rows, by quintile of the prediction."""
    is_fallback: bool
    note: str

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        plain: dict[str, Any] = _without_nan(asdict(self))
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "ChurnModel":
        """The model that `as_dict` wrote."""
        fields: dict[str, Any] = {
            k: math.nan if v is None else tuple(v) if isinstance(v, list) else v for k, v in plain.items()
        }
        fields["calibration"] = tuple(tuple(row) for row in plain["calibration"])
        return cls(**fields)


class _Check(NamedTuple):
    brier: float
    brier_base: float
    auc: float
    calibration: tuple[tuple[float, float, int], ...]


def fit_churn(
    train_x: ArrayLike,
    train_y: ArrayLike,
    test_x: ArrayLike,
    test_y: ArrayLike,
    columns: Sequence[str],
    *,
    l2: float = 1.0,
) -> ChurnModel:
    """Fit on the earlier rows, judge on the later ones, then refit on all.

    Ridge logistic regression (le Cessie & van Houwelingen 1992) by Newton steps on standardised columns. A missing
    value counts as its column's mean; means and scales come from the fitted rows alone. Too few rows or events,
    or a Brier score (Brier 1950) on the later rows no better than that of the base rate: the base rate it is.
    """
    early_x, early_y = _checked(train_x, train_y, len(columns))
    late_x, late_y = _checked(test_x, test_y, len(columns))
    all_x, all_y = np.vstack([early_x, late_x]), np.concatenate([early_y, late_y])
    base = float(early_y.mean()) if early_y.size else math.nan
    events = int(early_y.sum())
    reason = _too_few(early_y.size, events, late_y.size)
    if reason:
        return _fallback(columns, all_y, _check(np.full(late_y.size, base), late_y, base), reason)
    check = _check(logistic.probability(logistic.fit(early_x, early_y, l2), late_x), late_y, base)
    if check.brier >= check.brier_base:
        scores = f"Brier {check.brier:.4f} against {check.brier_base:.4f}"
        reason = f"on later rows the fit was no better than the base rate ({scores})"
        return _fallback(columns, all_y, check, reason)
    return _fitted(columns, all_y, logistic.fit(all_x, all_y, l2), check)


def predict_churn(model: ChurnModel, x: ArrayLike) -> Array:
    """Probability of leaving within the horizon that the model was fitted for."""
    rows = np.asarray(x, dtype=np.float64).reshape(-1, len(model.columns))
    if model.is_fallback:
        return np.full(rows.shape[0], expit(model.intercept))
    return logistic.probability(_fit_of(model), rows)


def reasons(model: ChurnModel, x: ArrayLike, top: int = 3) -> list[list[tuple[str, float]]]:
    """Per row the columns that raise the risk most, with their part of the log odds against an average unit."""
    rows = np.asarray(x, dtype=np.float64).reshape(-1, len(model.columns))
    if model.is_fallback:
        return [[] for _ in range(rows.shape[0])]
    fit = _fit_of(model)
    parts = logistic.standardised(rows, fit.means, fit.scales) * fit.coefficients
    order = np.argsort(-parts, axis=1, kind="stable")[:, :top]
    return [
        [(model.columns[j], float(part[j])) for j in best if part[j] > 0.0]
        for part, best in zip(parts, order, strict=True)
    ]


def change_horizon(probability: ArrayLike, from_days: float, to_days: float) -> Array:
    """The same risk over another number of days, by a constant hazard: 1 - (1 - p)**(to / from)."""
    if from_days <= 0 or to_days < 0:
        raise ValueError(f"horizons must be positive, got {from_days!r} and {to_days!r}")
    stays = 1.0 - np.asarray(probability, dtype=np.float64)
    return np.asarray(1.0 - stays ** (to_days / from_days), dtype=np.float64)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _checked(x: ArrayLike, y: ArrayLike, width: int) -> tuple[Array, Array]:
    rows = np.asarray(x, dtype=np.float64).reshape(-1, width) if width else np.empty((np.size(y), 0))
    outcome = np.asarray(y, dtype=np.float64).ravel()
    if rows.shape[0] != outcome.size:
        raise ValueError(f"{rows.shape[0]} rows of features but {outcome.size} outcomes")
    if not np.isin(outcome, (0.0, 1.0)).all():
        raise ValueError("outcomes must be 0 or 1")
    return rows, outcome


def _too_few(n_rows: int, n_events: int, n_later: int) -> str:
    """Why a fit is not even tried, or nothing; the rarer outcome is what limits (Peduzzi et al. 1996)."""
    rarer = min(n_events, n_rows - n_events)
    if n_rows < MINIMUM_ROWS:
        return f"only {n_rows} rows, {MINIMUM_ROWS} are needed"
    if rarer < MINIMUM_EVENTS:
        return f"only {rarer} rows of the rarer outcome, {MINIMUM_EVENTS} are needed"
    return "" if n_later else "no later rows to check a fit on"


def _fitted(columns: Sequence[str], y: Array, fit: logistic.Fit, check: _Check) -> ChurnModel:
    return ChurnModel(
        columns=tuple(columns),
        coefficients=tuple(map(float, fit.coefficients)),
        intercept=fit.intercept,
        means=tuple(map(float, fit.means)),
        scales=tuple(map(float, fit.scales)),
        n_rows=y.size,
        n_events=int(y.sum()),
        base_rate=float(y.mean()),
        is_fallback=False,
        note=f"fitted on {y.size} rows with {int(y.sum())} events",
        **check._asdict(),
    )


def _fallback(columns: Sequence[str], y: Array, check: _Check, reason: str) -> ChurnModel:
    """The base rate for everybody; (events + 1/2) / (rows + 1), so no event yet is not 'never' (Jeffreys 1946)."""
    rate = (float(y.sum()) + 0.5) / (y.size + 1.0) if y.size else math.nan
    return ChurnModel(
        columns=tuple(columns),
        coefficients=(),
        intercept=math.log(rate / (1.0 - rate)),
        means=(),
        scales=(),
        n_rows=y.size,
        n_events=int(y.sum()),
        base_rate=float(y.mean()) if y.size else math.nan,
        is_fallback=True,
        note=f"base rate for everybody: {reason}",
        **check._asdict(),
    )


def _fit_of(model: ChurnModel) -> logistic.Fit:
    return logistic.Fit(np.array(model.coefficients), model.intercept, np.array(model.means), np.array(model.scales))


def _check(predicted: Array, y: Array, base: float) -> _Check:
    if not y.size:
        return _Check(math.nan, math.nan, math.nan, ())
    fifths = np.array_split(np.argsort(predicted, kind="stable"), 5)
    calibration = tuple(
        (float(predicted[rows].mean()), float(y[rows].mean()), rows.size) for rows in fifths if rows.size
    )
    return _Check(
        float(((predicted - y) ** 2).mean()), float(((base - y) ** 2).mean()), logistic.auc(predicted, y), calibration
    )

"""A fitted churn model: what it says of a customer, why, and how it did on rows that it did not know."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from .. import logistic
from ..arrays import Array
from .calibration import Bin, Estimate, Quality
from .curves import Curve, columns_of, terms


class Driver(NamedTuple):
    """How much a column moves the risk: standard deviation of its part of the log odds over the fitted rows."""

    column: str
    weight: float
    direction: float
    """Correlation of that part with the column: 1 where more of it always means more risk, -1 less, 0 neither."""


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model and how it did on later rows. NaN is 'not measurable', and None in `as_dict()`."""

    columns: tuple[str, ...]
    curves: tuple[Curve, ...]
    """How each column is bent; empty where the columns go in as they are: plain logistic regression."""
    coefficients: tuple[float, ...]
    """Per standard deviation of the term, in the order of `curves.terms`; empty in a fallback."""
    intercept: float
    means: tuple[float, ...]
    scales: tuple[float, ...]
    l2: float
    bend_l2: float
    slope: float
    """What the coefficients were multiplied by because held-out rows said that they were too bold or too shy."""
    n_rows: int
    n_events: int
    base_rate: float
    checked: Quality
    """Of the fit on the earlier rows, measured on the later ones, also when that fit was then turned down."""
    plain: Quality
    """Of a plain logistic regression, fitted and measured on the same rows."""
    brier_base: float
    """Of the earlier rows' base rate for everybody, on the later rows."""
    gain: Estimate
    """Brier score of the plain one minus that of this one, on the later rows."""
    surplus: Estimate
    """Events among the later rows, per event that the fit on the earlier ones expected."""
    drivers: tuple[Driver, ...]
    is_fallback: bool
    note: str

    @property
    def auc(self) -> float:
        return self.checked.auc

    @property
    def brier(self) -> float:
        return self.checked.brier

    @property
    def calibration(self) -> tuple[tuple[float, float, int], ...]:
        """Mean predicted, observed share and rows, by tenth of the prediction."""
        return tuple((row.predicted, row.seen, row.rows) for row in self.checked.reliability)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, with the two figures that are asked for most at the top."""
        plain: dict[str, Any] = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        return plain | {"auc": _plain(self.auc), "brier": _plain(self.brier)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "ChurnModel":
        """The model that `as_dict` wrote."""
        values = {field.name: plain[field.name] for field in fields(cls)}
        values = {name: math.nan if value is None else value for name, value in values.items()}
        for name in ("columns", "coefficients", "means", "scales"):
            values[name] = tuple(values[name])
        values["curves"] = tuple(Curve(**{**one, "knots": tuple(one["knots"])}) for one in plain["curves"])
        values["drivers"] = tuple(Driver(**_with_nan(one)) for one in plain["drivers"])
        for name in ("checked", "plain"):
            values[name] = _quality(plain[name])
        for name in ("gain", "surplus"):
            values[name] = Estimate(**_with_nan(plain[name]))
        return cls(**values)


def predict_churn(model: ChurnModel, x: ArrayLike) -> Array:
    """Probability of leaving within the horizon that the model was fitted for."""
    rows = _rows(model, x)
    if model.is_fallback:
        return np.full(rows.shape[0], expit(model.intercept))
    return np.asarray(expit(model.intercept + _moved(model, rows) @ np.array(model.coefficients)))


def parts(model: ChurnModel, x: ArrayLike) -> Array:
    """Rows x columns: each column's part of the log odds against an average unit.

    With the model's intercept they add up to the log odds of `predict_churn`.
    """
    rows = _rows(model, x)
    if model.is_fallback:
        return np.zeros(rows.shape)
    moved: Array = _moved(model, rows) * np.array(model.coefficients)
    if not model.curves:
        return moved
    belongs = np.equal.outer(columns_of(model.curves), np.arange(len(model.columns)))
    return np.asarray(moved @ belongs.astype(np.float64))


def reasons(model: ChurnModel, x: ArrayLike, top: int = 3) -> list[list[tuple[str, float]]]:
    """Per row the columns that raise the risk most, with their part of the log odds against an average unit."""
    found = parts(model, x)
    order = np.argsort(-found, axis=1, kind="stable")[:, :top]
    return [
        [(model.columns[j], float(part[j])) for j in best if part[j] > 0.0]
        for part, best in zip(found, order, strict=True)
    ]


def _rows(model: ChurnModel, x: ArrayLike) -> Array:
    return np.asarray(x, dtype=np.float64).reshape(-1, len(model.columns))


def _moved(model: ChurnModel, rows: Array) -> Array:
    laid = terms(rows, model.curves) if model.curves else rows
    return logistic.standardised(laid, np.array(model.means), np.array(model.scales))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(inner) for name, inner in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _with_nan(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {name: math.nan if value is None else value for name, value in plain.items()}


def _quality(plain: Mapping[str, Any]) -> Quality:
    values = _with_nan(plain)
    values["reliability"] = tuple(Bin(**row) for row in plain["reliability"])
    return Quality(**values)

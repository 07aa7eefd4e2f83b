"""Did it come as foreseen: predictions made at a past day against what followed."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array

#: An expectation is taken for at least this, so that one surprise does not decide a comparison.
_SMALLEST = 1e-3


@dataclass(frozen=True)
class Tenth:
    """One tenth of the rows by expectation: means per row."""

    rows: float
    expected: float
    actual: float


@dataclass(frozen=True)
class Check:
    """Expectations against outcomes. `tenths` begin with the lowest expectations."""

    rows: float
    expected: float  #: total
    actual: float  #: total
    total_error: float  #: expected / actual - 1; NaN where nothing came
    mae: float  #: mean absolute error per row
    deviance: float  #: mean Poisson deviance per row: the smaller, the better
    top_share: float  #: share of all that came, held by the tenth of whom most was expected
    tenths: tuple[Tenth, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; what can't be measured is None."""
        plain = asdict(self)
        return {key: None if isinstance(value, float) and value != value else value for key, value in plain.items()}


def check(expected: ArrayLike, actual: ArrayLike, weights: ArrayLike | None = None) -> Check:
    """Compare row by row; with `weights`, a row stands for so many with these means.

    Raises ValueError without rows or where something negative was expected.
    """
    foreseen, came = np.asarray(expected, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    weight = np.ones(foreseen.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if not foreseen.size or foreseen.shape != came.shape or foreseen.shape != weight.shape:
        raise ValueError("expected and actual need one value per row, and there must be rows")
    if not (foreseen >= 0).all():
        raise ValueError("what is expected can't be negative or unknown")
    rows, total, seen = float(weight.sum()), float(weight @ foreseen), float(weight @ came)
    tenths = _tenths(foreseen, came, weight)
    return Check(
        rows=rows,
        expected=total,
        actual=seen,
        total_error=total / seen - 1.0 if seen > 0 else float("nan"),
        mae=float(weight @ np.abs(foreseen - came)) / rows,
        deviance=float(weight @ poisson_deviance(foreseen, came)) / rows,
        top_share=tenths[-1].rows * tenths[-1].actual / seen if seen > 0 else float("nan"),
        tenths=tenths,
    )


def poisson_deviance(expected: ArrayLike, actual: ArrayLike) -> Array:
    """Per row, twice the log-likelihood lost against a perfect forecast: smallest for the true mean, which the absolute
    error is not (Gneiting 2011)."""
    mean, came = np.maximum(np.asarray(expected, dtype=np.float64), _SMALLEST), np.asarray(actual, dtype=np.float64)
    ratio = np.log(np.where(came > 0, came, 1.0)) - np.log(mean)
    return np.asarray(2.0 * (np.where(came > 0, came * ratio, 0.0) - (came - mean)))


def _tenths(expected: Array, actual: Array, weight: Array) -> tuple[Tenth, ...]:
    order = np.argsort(expected, kind="stable")
    middle = np.cumsum(weight[order]) - weight[order] / 2.0
    place = np.minimum((10.0 * middle / weight.sum()).astype(int), 9)
    found = []
    for tenth in np.unique(place):
        rows = order[place == tenth]
        heavy = float(weight[rows].sum())
        means = (float(weight[rows] @ values[rows]) / heavy for values in (expected, actual))
        found.append(Tenth(heavy, *means))
    return tuple(found)

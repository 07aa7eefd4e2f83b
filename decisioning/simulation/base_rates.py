"""How often things happen without any contact, and how sure that is."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from ..arrays import Array, Flags

_PRIOR_SD = 0.5
"""Of the shift of a model's log odds, before anything was seen of it."""
_PRIOR_UNITS = 20.0
"""A group's rate counts as much as everybody's after so many units."""
_EDGE = 1e-6


@dataclass(frozen=True)
class Shift:
    """By how much a model's log odds are off for everybody, as a normal belief."""

    mean: float
    sd: float

    def draw(self, rng: np.random.Generator) -> float:
        return float(rng.normal(self.mean, self.sd))


def shift_of(predicted: Array, happened: Array) -> Shift:
    """Calibration in the large on what happened after the prediction (Cox 1958; Steyerberg 2019, ch. 15).

    The intercept of a logistic regression with the prediction's log odds as offset, its prior N(0, 0.5²), by Newton
    steps. Rows with anything unknown are left out; without rows it is the prior.
    """
    known = np.isfinite(predicted) & np.isfinite(happened)
    odds, y = logit(np.clip(predicted[known], _EDGE, 1.0 - _EDGE)), happened[known]
    at = 0.0
    for _ in range(50):
        p = expit(odds + at)
        precision = float((p * (1.0 - p)).sum()) + _PRIOR_SD**-2
        step = (float((y - p).sum()) - at / _PRIOR_SD**2) / precision
        at += step
        if abs(step) < 1e-10:
            break
    p = expit(odds + at)
    return Shift(at, (float((p * (1.0 - p)).sum()) + _PRIOR_SD**-2) ** -0.5)


def shifted(probability: Array, by: float) -> Array:
    """Probabilities with their log odds moved; 0 and 1 stay."""
    inside = (probability > 0.0) & (probability < 1.0)
    moved = expit(logit(np.clip(probability, _EDGE, 1.0 - _EDGE)) + by)
    return np.asarray(np.where(inside, moved, probability))


@dataclass(frozen=True)
class Rates:
    """How often something happened to units inside and outside a group, with Beta beliefs (a, b) of each."""

    outside: tuple[float, float]
    inside: tuple[float, float]

    def draw(self, rng: np.random.Generator) -> Array:
        """One pair of rates: outside, inside."""
        return np.array([rng.beta(*self.outside), rng.beta(*self.inside)])


def rates_of(happened: Array, inside: Flags) -> Rates:
    """Rates inside and outside, each pulled toward everybody's rate as if 20 more units had been seen at it."""
    known = np.isfinite(happened)
    y, group = happened[known], inside[known]
    everybody = (float(y.sum()) + 0.5) / (y.size + 1.0) if y.size else _EDGE

    def belief(rows: Flags) -> tuple[float, float]:
        hits, misses = float(y[rows].sum()), float((1.0 - y[rows]).sum())
        return hits + _PRIOR_UNITS * everybody, misses + _PRIOR_UNITS * (1.0 - everybody)

    return Rates(belief(~group), belief(group))

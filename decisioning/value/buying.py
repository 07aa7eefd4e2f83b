"""Customers without a contract who buy and one day silently stop: BG/NBD and MBG/NBD, and Gamma-Gamma spend."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, hyp2f1

from ..arrays import Array, Indices

Family = Literal["bg", "mbg"]
_LARGEST = 15.0  #: of a parameter's logarithm: beyond, a distribution is a point


@dataclass(frozen=True)
class Histories:
    """One row per customer, time in any one unit: `repeats` after the first purchase, when the last of them was
    (counted from the first purchase; 0 without repeats), and `age`, the time since the first purchase."""

    repeats: Array
    last: Array
    age: Array

    @staticmethod
    def of(repeats: ArrayLike, last: ArrayLike, age: ArrayLike) -> "Histories":
        """Checked and as floats; raises ValueError for a history that can't be."""
        x, t, T = (np.asarray(values, dtype=np.float64) for values in (repeats, last, age))
        if not (x.shape == t.shape == T.shape and x.ndim == 1):
            raise ValueError("repeats, last and age need one value per customer")
        if x.size and not ((x >= 0).all() and (t >= 0).all() and (t <= T).all()):
            raise ValueError("0 <= last <= age must hold, and repeats can't be negative")
        if ((x == 0) & (t > 0)).any():
            raise ValueError("without a repeat purchase `last` is 0")
        return Histories(x, t, T)


@dataclass(frozen=True)
class BuyingModel:
    """While alive a customer buys at a rate that is Gamma(r, alpha) over customers, and after each purchase leaves
    with a probability that is Beta(a, b): BG/NBD (Fader, Hardie & Lee 2005). In MBG/NBD (Batislam, Denizel & Filiztekin
    2007) the first purchase can be the last one too."""

    family: Family
    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    def _chances(self, histories: Histories) -> Array:
        """How often each customer could have left."""
        return histories.repeats + (1.0 if self.family == "mbg" else 0.0)


def fit_buying(histories: Histories, family: Family = "mbg") -> BuyingModel:
    """Maximum likelihood. Equal histories are counted once, with their number as weight.

    Raises ValueError where nobody ever bought again: such data say nothing about rates.
    """
    if not (histories.repeats > 0).any():
        raise ValueError("nobody bought a second time: there is nothing to fit")
    unique, weight = _counted(histories)
    # Parameters in a common scale of time, so that days and weeks start alike.
    scale = float(np.average(unique.age, weights=weight)) / 10.0
    scaled = Histories(unique.repeats, unique.last / scale, unique.age / scale)
    total = weight.sum()
    counts_of = np.unique(scaled.repeats, return_inverse=True)

    def loss(logs: Array) -> tuple[float, Array]:
        value, gradient = _log_likelihood(np.exp(logs), scaled, family, counts_of)
        return -float(weight @ value) / total, -(gradient @ weight) * np.exp(logs) / total

    start = np.log([0.5, 2.0, 0.7, 2.0])
    bounds = [(-_LARGEST, _LARGEST)] * 4
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-9})
    r, alpha, a, b = (float(value) for value in np.exp(found.x))
    # The density of `repeats` events in a time counted in the given unit, not in the scaled one.
    shift = -float(weight @ unique.repeats) * np.log(scale)
    return BuyingModel(family, r, alpha * scale, a, b, float(-found.fun * total + shift))


def chance_alive(model: BuyingModel, histories: Histories) -> Array:
    """The probability of not having left yet. No churn score: in BG/NBD it is 1 for all who never bought again."""
    x, k = histories.repeats, model._chances(histories)
    left = np.divide(model.a, model.b + k - 1.0, out=np.zeros(x.shape), where=k > 0)
    quiet = (model.r + x) * (np.log(model.alpha + histories.age) - np.log(model.alpha + histories.last))
    return np.asarray(1.0 / (1.0 + left * np.exp(np.minimum(quiet, 600.0))))


def chance_of_none(model: BuyingModel, histories: Histories, horizon: float) -> Array:
    """The probability of no purchase in the coming `horizon`: the churn score of customers without a contract."""
    quiet = (model.alpha + histories.age) / (model.alpha + histories.age + horizon)
    return np.asarray(1.0 - chance_alive(model, histories) * (1.0 - quiet ** (model.r + histories.repeats)))


def expected_purchases(model: BuyingModel, histories: Histories, horizon: float) -> Array:
    """Purchases expected in the coming `horizon` (Fader, Hardie & Lee 2005, equation 10; likewise for MBG/NBD)."""
    if horizon < 0:
        raise ValueError(f"the horizon can't be negative, got {horizon!r}")
    a = model.a if abs(model.a - 1.0) > 1e-6 else 1.0 + 1e-6  # the formula has a removable gap at 1
    x, k = histories.repeats, model._chances(histories)
    age = model.alpha + histories.age
    steady = (model.r + x) / age * horizon  #: as if nobody could leave
    with np.errstate(over="ignore", invalid="ignore"):
        series = hyp2f1(model.r + x, model.b + k, a + model.b + k - 1.0, horizon / (age + horizon))
        bought = 1.0 - (age / (age + horizon)) ** (model.r + x) * series
        found = (a + model.b + k - 1.0) / (a - 1.0) * bought
        lost = ~((found >= 0.0) & (found <= steady * (1.0 + 1e-9)))
        if lost.any():  # far out in the parameters the series overflows: the same by Pfaff's transformation
            other = hyp2f1(model.r + x[lost], a - 1.0, a + model.b + k[lost] - 1.0, -horizon / age[lost])
            found[lost] = np.clip((a + model.b + k[lost] - 1.0) / (a - 1.0) * (1.0 - other), 0.0, steady[lost])
            found = np.where(np.isfinite(found), found, steady)
    return np.asarray(found * chance_alive(model, histories))


def _counted(histories: Histories) -> tuple[Histories, Array]:
    """Each history once, and how many customers have it."""
    rows = np.stack(_columns(histories))
    rows = rows[:, np.lexsort(rows)]
    first = np.flatnonzero(np.r_[True, (rows[:, 1:] != rows[:, :-1]).any(axis=0)])
    return Histories(*rows[:, first]), np.diff(np.r_[first, rows.shape[1]]).astype(np.float64)


def _columns(histories: Histories) -> tuple[Array, Array, Array]:
    return histories.repeats, histories.last, histories.age


def _log_likelihood(
    parameters: Array, histories: Histories, family: Family, counts: tuple[Array, Indices]
) -> tuple[Array, Array]:
    """Per customer: the log-likelihood, and its derivatives by r, alpha, a, b (one row each).

    `counts` are the distinct numbers of repeats, and which of them is each customer's: few, so that the dear functions
    are called for few values.
    """
    r, alpha, a, b = parameters
    x, t, T = _columns(histories)
    few, own = counts
    k = few + (1.0 if family == "mbg" else 0.0)
    can_leave = k > 0
    common = gammaln(r + few) - gammaln(r) + r * np.log(alpha)
    common += gammaln(a + b) + gammaln(b + k) - gammaln(b) - gammaln(a + b + k)
    leaving = np.where(can_leave, np.log(a) - np.log(np.where(can_leave, b + k - 1.0, 1.0)), -np.inf)
    log_age, log_last = np.log(alpha + T), np.log(alpha + t)
    alive = -(r + x) * log_age
    left = leaving[own] - (r + x) * log_last
    both = np.logaddexp(alive, left)
    is_alive, is_gone = np.exp(alive - both), np.exp(left - both)
    gradient = np.empty((4, x.size))
    gradient[0] = (digamma(r + few) - digamma(r) + np.log(alpha))[own] - is_alive * log_age - is_gone * log_last
    gradient[1] = r / alpha - (r + x) * (is_alive / (alpha + T) + is_gone / (alpha + t))
    by_chances = digamma(a + b) - digamma(a + b + k)
    gradient[2] = by_chances[own] + is_gone / a
    gradient[3] = (by_chances + digamma(b + k) - digamma(b))[own]
    gradient[3] -= is_gone * np.divide(1.0, b + k - 1.0, out=np.zeros(few.shape), where=can_leave)[own]
    return common[own] + both, gradient

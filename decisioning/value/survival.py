"""How long contracts last: the shifted beta-geometric model, and a hazard by tenure and features, in discrete time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import expit, logit

from ..arrays import Array
from .ltv import monthly_discount_factor

_LARGEST = 15.0  #: of a parameter's logarithm
_LEAST, _MOST = 1e-6, 1.0 - 1e-6  #: a hazard is never quite 0 or 1


@dataclass(frozen=True)
class Exposure:
    """Contracts in their `period`-th period (1 is the first) with these features: how many began it, how many of them
    left in it. Rows may be single contracts or groups."""

    period: Array
    features: Array  #: rows x columns
    began: Array
    left: Array

    @staticmethod
    def of(period: ArrayLike, began: ArrayLike, left: ArrayLike, features: ArrayLike | None = None) -> "Exposure":
        """Checked and as floats; raises ValueError for what can't be."""
        at, n, d = (np.asarray(values, dtype=np.float64) for values in (period, began, left))
        x = np.zeros((at.size, 0)) if features is None else np.asarray(features, dtype=np.float64)
        if not (at.shape == n.shape == d.shape and at.ndim == 1 and x.shape[:1] == at.shape and x.ndim == 2):
            raise ValueError("period, began, left and features need one row each")
        if not ((at >= 1).all() and (d >= 0).all() and (d <= n).all()):
            raise ValueError("periods begin with 1, and 0 <= left <= began must hold")
        return Exposure(at, x, n, d)

    @property
    def rate(self) -> float:
        """Share that left per period."""
        return float(self.left.sum() / self.began.sum())


class HazardModel(Protocol):
    """Gives the chance to leave in a period, for those who are there when it begins."""

    def hazard(self, period: ArrayLike, features: Array) -> Array:
        """One value per row."""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""


@dataclass(frozen=True)
class Constant:
    """The same hazard for everybody and always."""

    rate: float

    def hazard(self, period: ArrayLike, features: Array) -> Array:
        return np.full(np.shape(period), self.rate)

    def as_dict(self) -> dict[str, Any]:
        return {"kind": "constant", **asdict(self)}


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """Everybody leaves with a constant chance of their own, which is Beta(alpha, beta) over customers: who stayed long
    is likely one of those who stay (Fader & Hardie 2007)."""

    alpha: float
    beta: float
    log_likelihood: float

    def hazard(self, period: ArrayLike, features: Array) -> Array:
        """alpha / (alpha + beta + period - 1): one less their retention rate, equation 8."""
        return np.asarray(self.alpha / (self.alpha + self.beta + np.asarray(period, dtype=np.float64) - 1.0))

    def survival(self, periods: int) -> Array:
        """Share still there after 0, 1, ... `periods` periods."""
        kept = 1.0 - self.hazard(np.arange(1, periods + 1), np.zeros((periods, 0)))
        return np.concatenate([[1.0], np.cumprod(kept)])

    def as_dict(self) -> dict[str, Any]:
        return {"kind": "sbg", **asdict(self)}


@dataclass(frozen=True)
class ByTenure:
    """Discrete-time survival: log odds of the hazard, linear in log(period) and features (Singer & Willett 1993)."""

    columns: tuple[str, ...]
    intercept: float
    slope: float  #: of log(period): below 0, who stayed long leaves less
    coefficients: tuple[float, ...]
    log_likelihood: float

    def hazard(self, period: ArrayLike, features: Array) -> Array:
        score = self.intercept + self.slope * np.log(np.asarray(period, dtype=np.float64))
        return np.asarray(expit(score + features @ np.array(self.coefficients)))

    def as_dict(self) -> dict[str, Any]:
        return {"kind": "by_tenure", **asdict(self)}


def model_from(plain: dict[str, Any]) -> HazardModel:
    """The model that `as_dict` wrote."""
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in plain.items() if key != "kind"}
    kinds: dict[str, type] = {"constant": Constant, "sbg": ShiftedBetaGeometric, "by_tenure": ByTenure}
    found: HazardModel = kinds[plain["kind"]](**fields)
    return found


def log_likelihood(model: HazardModel, seen: Exposure) -> float:
    """Of what was seen, under the model."""
    chance = np.clip(model.hazard(seen.period, seen.features), _LEAST, _MOST)
    return float(seen.left @ np.log(chance) + (seen.began - seen.left) @ np.log1p(-chance))


def fit_sbg(seen: Exposure) -> ShiftedBetaGeometric:
    """Maximum likelihood. Periods before the first one seen don't matter: late entry and censoring are allowed for.

    Raises ValueError where nobody left or nobody stayed.
    """
    _need_both(seen)
    period, left, stayed = seen.period, seen.left, seen.began - seen.left

    def loss(logs: Array) -> tuple[float, Array]:
        alpha, beta = np.exp(logs)
        total, kept = alpha + beta + period - 1.0, beta + period - 1.0
        value = left @ (np.log(alpha) - np.log(total)) + stayed @ (np.log(kept) - np.log(total))
        by_total = seen.began @ (1.0 / total)
        by_alpha, by_beta = left.sum() / alpha - by_total, stayed @ (1.0 / kept) - by_total
        scale = seen.began.sum()
        return -float(value) / scale, -np.array([by_alpha * alpha, by_beta * beta]) / scale

    bounds = [(-_LARGEST, _LARGEST)] * 2
    found = minimize(
        loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-15, "gtol": 1e-10}
    )
    alpha, beta = (float(value) for value in np.exp(found.x))
    return ShiftedBetaGeometric(alpha, beta, -float(found.fun) * float(seen.began.sum()))


def fit_by_tenure(seen: Exposure, columns: Sequence[str], *, l2: float = 1.0) -> ByTenure:
    """Penalised maximum likelihood by Newton steps on counts; only the features are pulled to 0.

    Raises ValueError where nobody left or nobody stayed.
    """
    _need_both(seen)
    design = np.column_stack([np.ones(seen.period.size), np.log(seen.period), seen.features])
    penalty = np.r_[1e-9, 1e-9, np.full(seen.features.shape[1], l2)]
    beta = np.zeros(design.shape[1])
    beta[0] = logit(seen.rate)
    loss = _penalised(design, seen, beta, penalty)
    for _ in range(50):
        chance = expit(design @ beta)
        gradient = design.T @ (seen.began * chance - seen.left) + penalty * beta
        hessian = (design * (seen.began * chance * (1.0 - chance))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        while (shorter := _penalised(design, seen, beta - step, penalty)) > loss and np.abs(step).max() > 1e-10:
            step = step / 2.0
        beta, loss = beta - step, shorter
        if np.abs(step).max() < 1e-8:
            break
    fitted = ByTenure(tuple(columns), float(beta[0]), float(beta[1]), tuple(float(b) for b in beta[2:]), 0.0)
    return ByTenure(fitted.columns, fitted.intercept, fitted.slope, fitted.coefficients, log_likelihood(fitted, seen))


def contract_ltv(
    model: HazardModel,
    period: ArrayLike,
    features: Array,
    monthly_margin: ArrayLike,
    own_hazard: ArrayLike,
    *,
    horizon_months: int,
    annual_discount: float,
) -> Array:
    """Expected discounted margin of the coming months, per contract that begins its `period`-th month now.

    In the first month a contract leaves with `own_hazard`, what is known of it; later its log odds keep their distance
    from the model's, whose hazard changes with tenure. The first margin is paid now. Under a constant model that is
    `ltv.subscription_ltv`. Unknown inputs (NaN) give unknown values.
    """
    if horizon_months < 0:
        raise ValueError(f"horizon_months must not be negative, got {horizon_months!r}")
    began = np.maximum(np.asarray(period, dtype=np.float64), 1.0)
    margin = np.broadcast_to(np.asarray(monthly_margin, dtype=np.float64), began.shape)
    own = logit(np.clip(np.asarray(own_hazard, dtype=np.float64), _LEAST, _MOST))
    distance = own - logit(np.clip(model.hazard(began, features), _LEAST, _MOST))
    discount = monthly_discount_factor(annual_discount)
    value, there = np.zeros(began.shape), np.ones(began.shape)
    for month in range(horizon_months):
        value = value + there * margin * discount**month
        usual = logit(np.clip(model.hazard(began + month, features), _LEAST, _MOST))
        there = there * (1.0 - expit(usual + distance))
    return np.asarray(value)


def _need_both(seen: Exposure) -> None:
    if not seen.left.sum() > 0:
        raise ValueError("nobody left: there is nothing to fit")
    if not (seen.began - seen.left).sum() > 0:
        raise ValueError("nobody stayed: there is nothing to fit")


def _penalised(design: Array, seen: Exposure, beta: Array, penalty: Array) -> float:
    score = design @ beta
    loss = seen.began * np.logaddexp(0.0, score) - seen.left * score
    return float(loss.sum() + 0.5 * (penalty * beta**2).sum())

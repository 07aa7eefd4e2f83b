"""What a customer spends on one purchase: the Gamma-Gamma model."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from ..arrays import Array


@dataclass(frozen=True)
class SpendModel:
    """A customer's purchases are Gamma(p, nu), and nu is Gamma(q, gamma) over customers (Fader & Hardie 2013).

    How much somebody spends must not go with how often they buy: check it with `dependence`.
    """

    p: float
    q: float
    gamma: float
    log_likelihood: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @property
    def usual(self) -> float:
        """Mean spend over customers; infinite where q is at most 1."""
        return self.p * self.gamma / (self.q - 1.0) if self.q > 1.0 else float("inf")


def fit_spend(purchases: ArrayLike, mean_spend: ArrayLike) -> SpendModel:
    """Maximum likelihood over customers with purchases of known, positive mean spend; others are left out.

    Raises ValueError with fewer than three of them.
    """
    x, m = _known(purchases, mean_spend)
    if x.size < 3:
        raise ValueError("the spend of fewer than three customers is known")
    scale = float(np.average(m, weights=x))
    z = m / scale
    count = float(x.size)

    def loss(logs: Array) -> tuple[float, Array]:
        p, q, gamma = np.exp(logs)
        px, spent = p * x, np.log(gamma + x * z)
        value = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(gamma) + px * np.log(x) - (px + q) * spent
        likelihood = float(value.sum() + ((px - 1.0) * np.log(z)).sum())
        by_p = (x * (digamma(px + q) - digamma(px) + np.log(x) - spent + np.log(z))).sum()
        by_q = (digamma(px + q) - digamma(q) + np.log(gamma) - spent).sum()
        by_gamma = (q / gamma - (px + q) / (gamma + x * z)).sum()
        gradient = np.array([by_p * p, by_q * q, by_gamma * gamma])
        return -likelihood / count, -gradient / count

    bounds = [(-10.0, 12.0)] * 3
    found = minimize(loss, np.zeros(3), jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14})
    p, q, gamma = (float(value) for value in np.exp(found.x))
    return SpendModel(p, q, gamma * scale, float(-found.fun * count - count * np.log(scale)))


def expected_spend(model: SpendModel, purchases: ArrayLike, mean_spend: ArrayLike) -> Array:
    """Spend expected on one purchase: the own mean, pulled to everybody's the more, the fewer purchases there were."""
    x = np.nan_to_num(np.asarray(purchases, dtype=np.float64))
    m = np.asarray(mean_spend, dtype=np.float64)
    seen = (x > 0) & (m > 0)
    x, m = np.where(seen, x, 0.0), np.where(seen, m, 0.0)
    return np.asarray((model.gamma + x * m) * model.p / np.maximum(model.p * x + model.q - 1.0, 1e-9))


def dependence(purchases: ArrayLike, mean_spend: ArrayLike) -> float:
    """Correlation of the number of purchases with their mean spend; the model takes it for 0. NaN where none shows."""
    x, m = _known(purchases, mean_spend)
    if x.size < 3 or np.ptp(x) == 0 or np.ptp(m) == 0:
        return float("nan")
    return float(np.corrcoef(x, m)[0, 1])


def _known(purchases: ArrayLike, mean_spend: ArrayLike) -> tuple[Array, Array]:
    x, m = np.asarray(purchases, dtype=np.float64), np.asarray(mean_spend, dtype=np.float64)
    if x.shape != m.shape:
        raise ValueError("purchases and mean_spend need one value per customer")
    usable = (x > 0) & (m > 0) & np.isfinite(m)
    return x[usable], m[usable]

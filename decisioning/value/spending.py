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
    few, own = np.unique(x, return_inverse=True)  # few numbers of purchases: the dear functions are called for these
    many = np.bincount(own).astype(np.float64)
    total = x * z
    logs_of_x, logs_of_z = float(x @ np.log(x)), np.log(z)
    weighted, plain = float(x @ logs_of_z), float(logs_of_z.sum())

    def loss(logs: Array) -> tuple[float, Array]:
        p, q, gamma = np.exp(logs)
        px, spent = p * few, np.log(gamma + total)
        likelihood = float(many @ (gammaln(px + q) - gammaln(px))) - count * (gammaln(q) - q * np.log(gamma))
        likelihood += p * (logs_of_x + weighted) - plain - float((p * x + q) @ spent)
        both = digamma(px + q)
        by_p = float((many * few) @ (both - digamma(px))) + logs_of_x + weighted - float(x @ spent)
        by_q = float(many @ both) - count * (digamma(q) - np.log(gamma)) - float(spent.sum())
        by_gamma = count * q / gamma - float(((p * x + q) / (gamma + total)).sum())
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

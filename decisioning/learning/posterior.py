"""What is believed of all actions together, and how outcomes change it: closed form, in each form at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cho_factor, cho_solve

from ..arrays import Array, Indices
from .priors import Prior


@dataclass(frozen=True)
class Posterior:
    """Normal beliefs with a precision matrix each [forms, k q, k q], their weighted sums, and how well each foresaw."""

    n_actions: int
    n_features: int
    precision: Array
    information: Array
    log_evidence: Array

    @property
    def weights(self) -> Array:
        """How much each form counts; they sum to 1."""
        odds = np.exp(self.log_evidence - self.log_evidence.max())
        return np.asarray(odds / odds.sum())

    def mean(self, form: int) -> Array:
        """Actions x features."""
        return np.asarray(np.linalg.solve(self.precision[form], self.information[form])).reshape(self.n_actions, -1)

    def covariance(self, form: int) -> Array:
        """Of all parameters, those of the first action first."""
        return np.asarray(np.linalg.inv(self.precision[form]))

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            "n_actions": self.n_actions,
            "n_features": self.n_features,
            "precision": self.precision.tolist(),
            "information": self.information.tolist(),
            "log_evidence": self.log_evidence.tolist(),
        }


@dataclass(frozen=True)
class Outcomes:
    """What came of one cycle, one row per unit. `action` 0 is nothing; `variance` is that of the outcome around its
    forecast `base`; `drift` [n, d] are figures that the error of the forecast may go with, by weights whose standard
    deviations are `drift_sd` [d]."""

    outcome: Array
    base: Array
    variance: Array
    action: Indices
    features: Array
    drift: Array
    drift_sd: Array
    scales: Sequence[Array]  #: one per form


@dataclass(frozen=True)
class Evidence:
    """What a cycle says of all parameters in one form: a precision matrix, and the precision-weighted values."""

    precision: Array
    information: Array


def start(prior: Prior, n_features: int, n_forms: int) -> Posterior:
    """Before any outcome, all forms are equally likely."""
    mean, covariance = prior.moments(n_features)
    precision = np.linalg.inv(covariance)
    return Posterior(
        len(prior.level),
        n_features,
        np.repeat(precision[None], n_forms, axis=0),
        np.repeat((precision @ mean)[None], n_forms, axis=0),
        np.zeros(n_forms),
    )


def learn(posterior: Posterior, seen: Outcomes, noise: float = 1.0) -> Posterior:
    """The belief after one more cycle. Each cycle may enter once; the order does not matter."""
    precision, information = posterior.precision.copy(), posterior.information.copy()
    log_evidence = posterior.log_evidence.copy()
    for form, found in enumerate(evidence_of(seen, posterior.n_actions, noise)):
        before = _fit(precision[form], information[form])
        precision[form] += found.precision
        information[form] += found.information
        log_evidence[form] += _fit(precision[form], information[form]) - before
    return Posterior(posterior.n_actions, posterior.n_features, precision, information, log_evidence)


def evidence_of(seen: Outcomes, n_actions: int, noise: float = 1.0) -> list[Evidence]:
    """What a cycle says in each form; beliefs add it up.

    A cycle has a level of its own, and an error of the forecast that may go with the columns of `drift`; both are
    integrated out, so what moves everybody's outcomes teaches nothing about actions. Weighted by 1 / (`noise` x
    variance): a large customer's month says less about an effect of one order than many small ones' (Bayesian linear
    regression, Gelman et al. 2013, ch. 14; nuisance by Schur complement).
    """
    if not (seen.variance > 0.0).all():
        raise ValueError("the variance of every outcome must be positive")
    weight = 1.0 / (noise * seen.variance)
    own = cho_factor(seen.drift.T @ (seen.drift * weight[:, None]) + np.diag(seen.drift_sd**-2.0))
    error = seen.outcome - seen.base
    by_drift = seen.drift.T @ (weight * error)
    found = []
    for scale in seen.scales:
        gram, cross, right = _sums(n_actions, seen, scale, weight, error)
        found.append(Evidence(gram - cross @ cho_solve(own, cross.T), right - cross @ cho_solve(own, by_drift)))
    return found


def noise_seen(seen: Outcomes) -> tuple[float, int]:
    """Squared errors of the forecast of those left alone in shares of their variance, summed, and how many."""
    alone = seen.action == 0
    return float(((seen.outcome - seen.base)[alone] ** 2 / seen.variance[alone]).sum()), int(alone.sum())


def effects(posterior: Posterior, features: Array, scales: Sequence[Array]) -> Array:
    """Units x actions: what each action is expected to add to the outcome, averaged over the forms."""
    total = np.zeros((features.shape[0], posterior.n_actions))
    for form, weight in enumerate(posterior.weights):
        total += weight * scales[form][:, None] * (features @ posterior.mean(form).T)
    return total


def spread(posterior: Posterior, features: Array, scales: Sequence[Array]) -> Array:
    """Units x actions: standard deviation of `effects`, within the forms and between them."""
    q, middle = posterior.n_features, effects(posterior, features, scales)
    total = np.zeros(middle.shape)
    for form, weight in enumerate(posterior.weights):
        covariance, mean = posterior.covariance(form), posterior.mean(form)
        for action in range(posterior.n_actions):
            at = slice(action * q, (action + 1) * q)
            inside = ((features @ covariance[at, at]) * features).sum(axis=1)
            apart = scales[form] * (features @ mean[action]) - middle[:, action]
            total[:, action] += weight * (scales[form] ** 2 * inside + apart**2)
    return np.asarray(np.sqrt(np.maximum(total, 0.0)))


def revive(kept: dict[str, object]) -> Posterior:
    """The posterior that `as_dict` wrote."""
    arrays = {name: _floats(kept[name]) for name in ("precision", "information", "log_evidence")}
    n_actions, n_features = (int(_floats(kept[name])) for name in ("n_actions", "n_features"))
    return Posterior(n_actions, n_features, **arrays)


def _floats(values: object) -> Array:
    given: ArrayLike = values  # type: ignore[assignment]  # checked by the conversion
    return np.asarray(given, dtype=np.float64)


def _sums(k: int, seen: Outcomes, scale: Array, weight: Array, error: Array) -> tuple[Array, Array, Array]:
    """What the rows of each action say of its own parameters: an action's rows touch no other's."""
    q = seen.features.shape[1]
    gram, cross, right = np.zeros((k * q, k * q)), np.zeros((k * q, seen.drift.shape[1])), np.zeros(k * q)
    for action in range(k):
        rows = np.flatnonzero(seen.action == action + 1)
        x = seen.features[rows] * scale[rows, None]
        weighted = x * weight[rows, None]
        at = slice(action * q, (action + 1) * q)
        gram[at, at], cross[at], right[at] = x.T @ weighted, weighted.T @ seen.drift[rows], weighted.T @ error[rows]
    return gram, cross, right


def _fit(precision: Array, information: Array) -> float:
    """The part of the log evidence that depends on the belief."""
    factor = np.linalg.cholesky(precision)
    half = np.linalg.solve(factor, information)
    return float(0.5 * half @ half - np.log(np.diag(factor)).sum())

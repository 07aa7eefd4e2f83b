"""How customers respond to each option over doing nothing: a Bayesian linear model with tight, pooled priors.

Whom an option suits best is a much smaller thing than what it does on average, and data that show the one rarely show
the other. So the average effects are left to the data, and how they differ by feature starts at "hardly at all"; how
far from it they are, the data say through the evidence (MacKay 1992), averaged over a few sizes (Hoeting et al. 1999).
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Flags, Indices
from ..evaluation.off_policy import Estimate, Log, Method, compare, evaluate, fixed
from ..evaluation.rewards import cross_fitted

#: By how much of the average effect a standard deviation of a feature may change it.
SLOPES = (0.001, 0.03, 0.1, 0.2, 0.4, 0.8)
_WIDE = 1e3
"""Prior sd of what is left to the data, in standard deviations of the reward."""


@dataclass(frozen=True)
class Responses:
    """Expected effects over option 0, by features."""

    centre: Array
    scale: Array
    coefficients: Array
    """[k - 1, d + 1]: each option's average effect, then how it changes by standardised feature."""
    slopes: tuple[float, ...]
    """The posterior weight of each of SLOPES."""

    def effects(self, features: Array) -> Array:
        """Expected reward of each option over option 0 [n, k]."""
        rows = np.column_stack([np.ones(features.shape[0]), (features - self.centre) / self.scale])
        return np.column_stack([np.zeros(features.shape[0]), rows @ self.coefficients.T])


def fit_responses(features: Array, taken: Indices, reward: Array, k: int) -> Responses:
    """The posterior mean of the effects, averaged over how much they may differ between customers.

    What customers do anyway is a linear function of the features, left to the data as are the k - 1 average effects.
    """
    centre, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 1e-12, scale, 1.0)
    rows = np.column_stack([np.ones(reward.size), (features - centre) / scale])
    design = np.hstack([rows, *(rows * (taken == j)[:, None] for j in range(1, k))])
    gram, right = design.T @ design, design.T @ reward
    wide = _WIDE * max(float(reward.std()), 1e-12)
    noise = _noise(gram, right, reward, wide)
    width = rows.shape[1]
    size = _size(taken, reward, k)
    found, evidence = [], []
    for slope in SLOPES:
        own = np.r_[wide, np.full(width - 1, max(slope * size, 1e-12 * wide))]
        prior = np.r_[np.full(width, wide), np.tile(own, k - 1)] ** -2.0
        precision = gram / noise + np.diag(prior)
        mean = np.linalg.solve(precision, right / noise)
        evidence.append(0.5 * (np.log(prior).sum() - np.linalg.slogdet(precision)[1] + float(mean @ right) / noise))
        found.append(mean)
    weight = np.exp(np.array(evidence) - max(evidence))
    weight /= weight.sum()
    mean = np.asarray(weight @ np.array(found))
    return Responses(centre, scale, mean[width:].reshape(k - 1, width), tuple(float(one) for one in weight))


@dataclass(frozen=True)
class Gated:
    """The policy that may be used: one option for all, unless choosing was shown to be better."""

    option: int
    """The best one for all."""
    responses: Responses | None
    """Set where choosing by these is used."""
    gain: Estimate | None
    """What choosing brought over that option, on customers that the choosing had not seen."""

    def choose(self, features: Array, cost: Array) -> Indices:
        """The option for each customer; `cost` [k] in the reward's unit."""
        if self.responses is None:
            return np.full(features.shape[0], self.option, dtype=np.int64)
        return np.asarray(np.argmax(self.responses.effects(features) - cost, axis=1), dtype=np.int64)


def fit_gated(
    features: Array, log: Log, k: int, cost: Array, rng: np.random.Generator, *, folds: int = 5, level: float = 0.9
) -> Gated:
    """Choose by customer only where the paired, doubly robust lower bound over the best fixed option is above 0.

    Each customer is chosen for by a model that has not seen them. With level 0.9 a choosing that brings nothing passes
    one time in twenty.
    """
    net = Log(log.taken, log.probability, log.reward - cost[log.taken], log.cluster)
    predicted = cross_fitted(features, log.taken, log.reward, k, rng, cluster=log.cluster, folds=folds) - cost
    values = [evaluate(net, fixed(np.full(len(log), j), k), predicted=predicted) for j in range(k)]
    option = max(range(k), key=lambda j: one.value if isinstance(one := values[j], Estimate) else -np.inf)
    fold = rng.permutation(len(log)) % folds
    chosen = np.zeros(len(log), dtype=np.int64)
    for one in range(folds):
        out: Flags = fold == one
        fitted = fit_responses(features[~out], log.taken[~out], log.reward[~out], k)
        chosen[out] = np.argmax(fitted.effects(features[out]) - cost, axis=1)
    all_the_same = fixed(np.full(len(log), option), k)
    gain = compare(net, fixed(chosen, k), all_the_same, Method.dr, predicted=predicted, level=level)
    if not isinstance(gain, Estimate):
        return Gated(option, None, None)
    passes = gain.low > 0.0
    return Gated(option, fit_responses(features, log.taken, log.reward, k) if passes else None, gain)


def _noise(gram: Array, right: Array, reward: Array, wide: float) -> float:
    """The variance that no linear function of features and options explains."""
    flat = np.linalg.solve(gram + np.eye(len(right)) * wide**-2, right)
    left = float(reward @ reward - 2.0 * flat @ right + flat @ gram @ flat)
    return float(max(left / max(reward.size - len(right), 1), 1e-12 * wide**2))


def _size(taken: Indices, reward: Array, k: int) -> float:
    """How large an average effect is, as far as the data tell it from none."""
    base = reward[taken == 0]
    effects = [float(reward[taken == j].mean() - base.mean()) for j in range(1, k) if (taken == j).any() and base.size]
    noise = float(reward.std()) * (k / max(reward.size, 1)) ** 0.5
    return float(max([noise, *(abs(effect) for effect in effects)]))

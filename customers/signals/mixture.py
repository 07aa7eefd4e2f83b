"""Clusters as a mixture of Gaussians with diagonal covariances, fitted by expectation-maximisation.

Dempster, Laird, Rubin (1977); starts by k-means++ (Arthur and Vassilvitskii, 2007); the number of clusters by the
Bayesian information criterion (Schwarz, 1978; Fraley and Raftery, 1998).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from ..table import Floats

#: Scores have variance 1; nothing narrower counts as a cluster of its own, so no single value becomes one.
_NARROWEST = 0.05
_ITERATIONS = 80
_SHORT = 8
_STARTS = 4
_SETTLED = 1e-5


@dataclass(frozen=True)
class Mixture:
    """Weights, means and variances per cluster, and the log likelihood of what it was fitted to."""

    weights: Floats
    means: Floats
    variances: Floats
    log_likelihood: float

    def assign(self, scores: Floats) -> NDArray[np.intp]:
        """The likeliest cluster of each row."""
        found: NDArray[np.intp] = _log_joint(self, scores).argmax(axis=1)
        return found

    def bic(self, rows: int) -> float:
        """Schwarz's criterion; smaller is better."""
        clusters, features = self.means.shape
        parameters = clusters * 2 * features + clusters - 1
        return float(parameters * np.log(rows) - 2 * self.log_likelihood)


def fit(scores: Floats, clusters: int, rng: np.random.Generator) -> Mixture:
    """The likeliest of a few short runs, run to its end."""
    starts = [_run(_start(scores, clusters, rng), scores, _SHORT) for _ in range(_STARTS if clusters > 1 else 1)]
    return _run(max(starts, key=lambda mixture: mixture.log_likelihood), scores, _ITERATIONS)


def fit_best(scores: Floats, most: int, rng: np.random.Generator) -> Mixture:
    """With as many clusters as the criterion wants; the search ends when it has risen twice."""
    best = fit(scores, 1, rng)
    risen = 0
    for clusters in range(2, most + 1):
        mixture = fit(scores, clusters, rng)
        if mixture.bic(len(scores)) < best.bic(len(scores)):
            best, risen = mixture, 0
        else:
            risen += 1
        if risen == 2:
            break
    return best


def _start(scores: Floats, clusters: int, rng: np.random.Generator) -> Mixture:
    rows = [int(rng.integers(len(scores)))]
    nearest = np.full(len(scores), np.inf)
    for _ in range(clusters - 1):
        nearest = np.minimum(nearest, ((scores - scores[rows[-1]]) ** 2).sum(axis=1))
        rows.append(int(rng.choice(len(scores), p=nearest / nearest.sum())))
    means = scores[rows]
    return Mixture(np.full(clusters, 1 / clusters), means, np.ones_like(means), -np.inf)


def _run(mixture: Mixture, scores: Floats, iterations: int) -> Mixture:
    squares = scores**2
    for _ in range(iterations):
        joint = _log_joint(mixture, scores)
        total = logsumexp(joint, axis=1)
        likelihood = float(total.sum())
        shares = np.exp(joint - total[:, None])
        sizes = shares.sum(axis=0) + 1e-9
        means = (shares.T @ scores) / sizes[:, None]
        spread = (shares.T @ squares) / sizes[:, None] - means**2
        settled = likelihood - mixture.log_likelihood < _SETTLED * abs(likelihood)
        mixture = Mixture(sizes / sizes.sum(), means, np.maximum(spread, _NARROWEST), likelihood)
        if settled:
            break
    return mixture


def _log_joint(mixture: Mixture, scores: Floats) -> Floats:
    precision = 1 / mixture.variances
    crossed = scores**2 @ precision.T - 2 * scores @ (mixture.means * precision).T
    distance = crossed + (mixture.means**2 * precision).sum(axis=1)
    norming = np.log(mixture.weights) - 0.5 * np.log(2 * np.pi * mixture.variances).sum(axis=1)
    joint: Floats = norming - 0.5 * distance
    return joint

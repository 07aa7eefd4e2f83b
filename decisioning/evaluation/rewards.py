"""Expected rewards of every option, by a small ridge regression: what the doubly robust estimates start from."""

from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Indices


@dataclass(frozen=True)
class Ridge:
    """A common response to the features, and what each option adds to it, pulled toward adding nothing."""

    centre: Array
    scale: Array
    coefficients: Array
    """[k + 1, d + 1]: the common part first, then each option's own."""

    def predict(self, features: Array) -> Array:
        """Expected reward of each option [n, k]."""
        rows = _with_one((features - self.centre) / self.scale)
        return np.asarray(rows @ self.coefficients[0][:, None] + rows @ self.coefficients[1:].T)


def fit_ridge(
    features: Array, taken: Indices, reward: Array, k: int, *, common: float = 1.0, own: float = 20.0
) -> Ridge:
    """One regression for all options (Hoerl & Kennard 1970; common and own: Evgeniou & Pontil 2004).

    `common` and `own` are penalties in units of rows, on standardised features: an option seen in fewer than `own`
    rows is predicted mostly by what is common to all. The common level is not penalised.
    """
    centre, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 1e-12, scale, 1.0)
    rows = _with_one((features - centre) / scale)
    width = rows.shape[1]
    blocks = [slice(j * width, (j + 1) * width) for j in range(k + 1)]
    gram, right = np.zeros(((k + 1) * width,) * 2), np.zeros((k + 1) * width)
    for j in range(k):
        mine = rows[taken == j]
        square, cross = mine.T @ mine, mine.T @ reward[taken == j]
        for first in (blocks[0], blocks[j + 1]):
            right[first] += cross
            for second in (blocks[0], blocks[j + 1]):
                gram[first, second] += square
    penalty = np.concatenate([[1e-9], np.full(width - 1, common), np.full(k * width, own)])
    solved = np.linalg.solve(gram + np.diag(penalty), right)
    return Ridge(centre, scale, solved.reshape(k + 1, width))


def cross_fitted(
    features: Array,
    taken: Indices,
    reward: Array,
    k: int,
    rng: np.random.Generator,
    *,
    cluster: Indices | None = None,
    folds: int = 5,
    own: float = 20.0,
) -> Array:
    """Expected reward of each option [n, k], each row's by a fit that has not seen its cluster.

    Cross-fitting keeps a decision's own luck out of its prediction (Chernozhukov et al. 2018).
    """
    whose = np.arange(taken.size) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    fold = rng.permutation(int(whose.max()) + 1)[whose] % folds if taken.size else whose
    predicted = np.zeros((taken.size, k))
    for one in range(folds):
        out = fold == one
        if out.any() and not out.all():
            fitted = fit_ridge(features[~out], taken[~out], reward[~out], k, own=own)
            predicted[out] = fitted.predict(features[out])
    return predicted


def _with_one(rows: Array) -> Array:
    return np.column_stack([np.ones(rows.shape[0]), rows])

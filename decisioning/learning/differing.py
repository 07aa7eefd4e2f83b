"""How an action's effect differs from unit to unit: along a few figures, with tight priors that actions share.

An effect on a unit is its scale x (average effect + slopes . figures). Averages are the playbook's and each action's
own; slopes start at none, are the sum of what the actions have in common and of each one's own (a hierarchy, Gelman et
al. 2013, ch. 5), and move only as far as outcomes carry them: whom an action suits best is a much smaller thing than
what it does on average.
"""

from collections.abc import Sequence

import numpy as np

from ..arrays import Array, Flags
from . import posterior
from .axes import Axes, Slopes
from .uplift import Belief, Evidence

#: Prior sd of a slope, in shares of the size of the action's effect, for one standard deviation of a figure.
COMMON_SLOPE, OWN_SLOPE = 0.07, 0.1
_LOOSE = 1.0  #: prior sd of what a forecast without contact may be off by, in probability: hardly any prior
_BY_FIGURE = 0.3
_LEAST_CHANCE = 0.02


def evidence(
    effect: Evidence,
    outcome: Array,
    baseline: Array,
    treated: Flags,
    scale: Array,
    steps: Array,
    weight: Array | None = None,
) -> posterior.Evidence:
    """What one comparison says of the average effect and of the slopes, in this order.

    The average goes by `effect`, the robust comparison (per unit of scale, of the treated); the slopes by regression on
    `steps` [n, q], with the average integrated out, so nothing is counted twice. Outcomes are 0 or 1.
    """
    known = np.isfinite(outcome) & np.isfinite(baseline)
    outcome, baseline, scale, steps = (part[known] for part in (outcome, baseline, scale, steps))
    treated = treated[known]
    counts = np.ones(outcome.size) if weight is None else _as_units(weight[known], treated)
    share = (scale * counts)[treated]
    at = np.r_[1.0, share @ steps[treated] / share.sum()]
    precision, information = np.outer(at, at) / effect.se**2, at * effect.estimate / effect.se**2
    slopes = _slopes(outcome, baseline, treated, scale, steps, counts)
    precision[1:, 1:] += slopes.precision
    information[1:] += slopes.information
    return posterior.Evidence(precision, information)


def _slopes(
    outcome: Array, baseline: Array, treated: Flags, scale: Array, steps: Array, counts: Array
) -> posterior.Evidence:
    chance, noise = _chances(outcome, baseline, treated)
    average = np.where(treated, scale, 0.0)
    q = steps.shape[1]
    seen = posterior.Outcomes(
        outcome=outcome,
        base=chance,
        variance=chance * (1.0 - chance) / counts,
        action=treated.astype(np.int64),
        features=steps,
        drift=np.column_stack([np.ones(outcome.size), baseline - baseline.mean(), steps, average]),
        drift_sd=np.r_[_LOOSE, _LOOSE, np.full(q, _BY_FIGURE), 100.0 * _LOOSE],
        scales=[scale],
    )
    return posterior.evidence_of(seen, 1, noise)[0]


def _as_units(weight: Array, treated: Flags) -> Array:
    """Weights that add up, on each side, to as many units as it is as good as (Kish 1965)."""
    counts = weight.copy()
    for side in (treated, ~treated):
        if side.any():
            counts[side] *= weight[side].sum() / (weight[side] ** 2).sum()
    return counts


def _chances(outcome: Array, baseline: Array, treated: Flags) -> tuple[Array, float]:
    """How likely the outcome is without contact by a line through the controls, and how far it varies beyond that."""
    y, x = outcome[~treated], baseline[~treated]
    spread = float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread if spread > 1e-12 * x.size else 0.0
    chance = np.clip(y.mean() + slope * (baseline - x.mean()), _LEAST_CHANCE, 1.0 - _LEAST_CHANCE)
    alone = chance[~treated]
    return chance, max(1.0, float(((y - alone) ** 2 / (alone * (1.0 - alone))).mean()))


def believe(
    priors: Sequence[Belief], axes: Sequence[Axes | None], told: Sequence[posterior.Evidence | None]
) -> list[Belief]:
    """What is believed of several actions with one aim, after all evidence so far; each piece may be in it once.

    `told` is the sum of an action's evidence, along its `axes`. An action without any has the slopes that all have in
    common, along another's axes. Without any evidence at all, the priors as they are.
    """
    if all(found is None for found in told):
        return list(priors)
    along = next((found for found in axes if found is not None), Axes((), (), ()))
    q, k = len(along.names), len(priors)
    mean, covariance = _prior(priors, q)
    precision, information = np.zeros(covariance.shape), np.zeros(mean.size)
    for j, found in enumerate(told):
        if found is not None:
            at = slice(j * (1 + q), (j + 1) * (1 + q))
            precision[at, at], information[at] = found.precision, found.information
    # In this form a prior that is certain (sd 0) needs no inverse.
    after: Array = np.linalg.solve(np.eye(mean.size) + covariance @ precision, covariance).astype(np.float64)
    mean = mean + after @ (information - precision @ mean)
    return [_of(j, mean, after, axes[j] or along) for j in range(k)]


def slopes_of(belief: Belief, q: int) -> tuple[Array, Array]:
    """Mean and covariance of what is believed of an action's slopes along `q` axes, whatever its average."""
    if belief.slopes is not None:
        return np.array(belief.slopes.mean), np.array(belief.slopes.covariance)[1:, 1:]
    size = float(np.hypot(belief.mean, belief.sd))
    return np.zeros(q), np.eye(q) * size**2 * (COMMON_SLOPE**2 + OWN_SLOPE**2)


def _prior(priors: Sequence[Belief], q: int) -> tuple[Array, Array]:
    size = np.array([np.hypot(one.mean, one.sd) for one in priors])
    common = np.diag(np.r_[0.0, np.full(q, COMMON_SLOPE**2)])
    covariance = np.kron(np.outer(size, size), common)
    mean = np.zeros((len(priors), 1 + q))
    for j, one in enumerate(priors):
        at = slice(j * (1 + q), (j + 1) * (1 + q))
        mean[j, 0] = one.mean
        if one.slopes is None:
            covariance[at, at] += np.diag(np.r_[one.sd**2, np.full(q, (OWN_SLOPE * size[j]) ** 2)])
            continue
        covariance[at, :], covariance[:, at] = 0.0, 0.0
        covariance[at, at] = np.array(one.slopes.covariance)
        mean[j, 1:] = one.slopes.mean
    return mean.ravel(), covariance


def _of(j: int, mean: Array, covariance: Array, axes: Axes) -> Belief:
    width = 1 + len(axes.names)
    at = slice(j * width, (j + 1) * width)
    own = covariance[at, at]
    slopes = Slopes(axes, tuple(mean[at][1:].tolist()), tuple(tuple(row) for row in own.tolist()))
    return Belief(float(mean[at][0]), float(np.sqrt(max(own[0, 0], 0.0))), slopes)

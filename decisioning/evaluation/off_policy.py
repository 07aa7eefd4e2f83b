"""What another policy would have brought, by the log of one that let chance in: estimates, intervals, refusals.

Options are columns; "nothing" is one of them. A policy is an array [n, k] of probabilities, rows summing to 1. What is
needed is the probability, at the time, of what was done (Horvitz & Thompson 1952). Four estimators:

* ips: rewards over probabilities (Horvitz & Thompson 1952; Li et al. 2011). Unbiased, noisy.
* snips: the same over the sum of weights (Hajek 1971; Swaminathan & Joachims 2015). Adding a constant to every
  reward adds it to the estimate; slightly biased in small logs.
* dr: predictions for what the policy would do, corrected by weighted residuals of what was done (Robins, Rotnitzky &
  Zhao 1994; Dudik, Langford & Li 2011; Dudik et al. 2014). Right when probabilities or predictions are.
* sndr: the same with the weights of snips (Thomas & Brunskill 2016).

Standard errors are those of the linearised estimates, by cluster where one unit was decided on more than once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, nan

import numpy as np
from scipy.special import stdtrit

from ..arrays import Array, Flags, Indices

__all__ = ["Estimate", "Log", "Method", "Refusal", "compare", "evaluate", "fixed", "pooled", "weights"]

MINIMUM_DECISIONS = 30
MINIMUM_ESS = 10.0
"""From here on the intervals cover what they say, by simulation (tests/unit/decisioning/test_off_policy.py)."""
_FAR = 4.0
"""Standard errors by which the mean weight may miss 1 before the log is said not to cover the policy."""


class Method(StrEnum):
    """How rewards become the value of a policy."""

    ips = "ips"
    snips = "snips"
    dr = "dr"
    sndr = "sndr"

    @property
    def predicts(self) -> bool:
        """Whether predictions are needed."""
        return self in (Method.dr, Method.sndr)

    @property
    def normalises(self) -> bool:
        """Whether the weights are divided by their sum."""
        return self in (Method.snips, Method.sndr)


class Refusal(StrEnum):
    """Why there is no number."""

    few = "few"
    """Fewer than 30 decisions."""
    not_covered = "not_covered"
    """The policy does what the log never, or hardly ever, tried: its weights do not average 1."""
    thin = "thin"
    """So few decisions carry the weights that the interval could not be trusted."""


@dataclass(frozen=True)
class Log:
    """n decisions: the option taken, its probability when it was taken, and what came of it.

    `cluster` numbers whose decisions belong together; without it each stands alone. Raises ValueError where shapes
    differ or a probability does not lie in (0, 1].
    """

    taken: Indices
    probability: Array
    reward: Array
    cluster: Indices | None = None

    def __post_init__(self) -> None:
        sizes = {self.taken.size, self.probability.size, self.reward.size}
        if self.cluster is not None:
            sizes.add(self.cluster.size)
        if len(sizes) != 1:
            raise ValueError(f"a log's columns differ in length: {sorted(sizes)}")
        if not (np.all(self.probability > 0.0) and np.all(self.probability <= 1.0)):
            raise ValueError("logged probabilities must lie above 0 and not above 1")
        if not np.isfinite(self.reward).all():
            raise ValueError("rewards must be known")

    def __len__(self) -> int:
        return int(self.taken.size)

    def rows(self, chosen: Flags | Indices) -> "Log":
        """The decisions chosen alone."""
        cluster = None if self.cluster is None else self.cluster[chosen]
        return Log(self.taken[chosen], self.probability[chosen], self.reward[chosen], cluster)


@dataclass(frozen=True)
class Estimate:
    """Mean reward a decision, or a difference of two, with its interval."""

    value: float
    low: float
    high: float
    se: float
    level: float
    ess: float
    """Decisions drawn from the policy itself that would be as good (Kish 1965; Owen 2013, section 9.3)."""
    clipped: float = 0.0
    """Share of the policy's weight that clipping took away."""
    bias: float = 0.0
    """What clipping is estimated to have added to the value; the interval does not count it."""


def fixed(choice: Indices, k: int) -> Array:
    """The policy that takes exactly these options, of k."""
    policy = np.zeros((choice.size, k))
    policy[np.arange(choice.size), choice] = 1.0
    return policy


def weights(log: Log, policy: Array) -> Array:
    """The policy's probability of what was taken over that at the time."""
    return np.asarray(policy[np.arange(len(log)), log.taken] / log.probability, dtype=np.float64)


def evaluate(
    log: Log,
    policy: Array,
    method: Method = Method.dr,
    *,
    predicted: Array | None = None,
    level: float = 0.95,
    clip: float = inf,
    minimum_ess: float = MINIMUM_ESS,
) -> Estimate | Refusal:
    """The mean reward that `policy` would have had, or a word where the log can't tell.

    `predicted` [n, k] are expected rewards made without the decision's own reward (`rewards.cross_fitted`), for dr
    and sndr. Weights above `clip` are cut to it (Ionides 2008; Bottou et al. 2013): less noise for a bias that is
    stated. The interval is Student's t with effective sample size - 1 degrees, since few weights may carry the sum.
    """
    _check(log, policy, method, predicted)
    weight = weights(log, policy)
    refusal = _refusal(log, weight, minimum_ess)
    if refusal is not None:
        return refusal
    parts = _parts(log, policy, method, predicted, np.minimum(weight, clip))
    ess = _ess(weight)
    return _estimate(log, parts, level, ess, *_clipping(log, weight, clip, predicted if method.predicts else None))


def compare(
    log: Log,
    policy: Array,
    other: Array,
    method: Method = Method.dr,
    *,
    predicted: Array | None = None,
    level: float = 0.95,
    clip: float = inf,
    minimum_ess: float = MINIMUM_ESS,
) -> Estimate | Refusal:
    """What `policy` would have had more than `other`, paired: where both do the same, the log's noise cancels.

    The effective sample size is that of the thinner policy among decisions where they differ; below `minimum_ess`, or
    where either is not covered, a word. Policies that never differ differ by exactly 0.
    """
    _check(log, policy, method, predicted)
    _check(log, other, method, predicted)
    differs = np.abs(policy - other).sum(axis=1) > 1e-12
    if not differs.any():
        return Estimate(0.0, 0.0, 0.0, 0.0, level, float(len(log)))
    sides = [weights(log.rows(differs), one[differs]) for one in (policy, other)]
    refusals = [one for one in (_refusal(log, side, minimum_ess) for side in sides) if one is not None]
    if refusals:
        return refusals[0]
    wide = [weights(log, one) for one in (policy, other)]
    first, second = (
        _parts(log, one, method, predicted, np.minimum(weight, clip))
        for one, weight in zip((policy, other), wide, strict=True)
    )
    told = predicted if method.predicts else None
    (lost, bias), (lost_too, bias_too) = (_clipping(log, weight, clip, told) for weight in wide)
    ess = min(_ess(side) for side in sides)
    return _estimate(log, first - second, level, ess, max(lost, lost_too), bias - bias_too)


def pooled(found: Sequence[Estimate]) -> Estimate:
    """One estimate of what several logs of the same population say of the same policies.

    Logs with different shares of chance are weighted by their effective sample sizes (after Agarwal et al. 2017), which
    look at what was drawn and never at the rewards, so that no lucky log gets the greater say.
    """
    if not found:
        raise ValueError("nothing to pool")
    total = sum(one.ess for one in found)
    shares = [one.ess / total for one in found]
    value = sum(share * one.value for share, one in zip(shares, found, strict=True))
    se = sum((share * one.se) ** 2 for share, one in zip(shares, found, strict=True)) ** 0.5
    half = _t(found[0].level, total) * se
    clipped, bias = (
        sum(s * getattr(one, key) for s, one in zip(shares, found, strict=True)) for key in ("clipped", "bias")
    )
    return Estimate(value, value - half, value + half, se, found[0].level, total, clipped, bias)


def _check(log: Log, policy: Array, method: Method, predicted: Array | None) -> None:
    if policy.ndim != 2 or policy.shape[0] != len(log):
        raise ValueError(f"a policy needs a row per decision: {policy.shape!r} for {len(log)}")
    if len(log) and not (np.all(policy >= 0.0) and np.allclose(policy.sum(axis=1), 1.0)):
        raise ValueError("a policy's rows are probabilities and sum to 1")
    if method.predicts and (predicted is None or predicted.shape != policy.shape):
        raise ValueError(f"{method.value} needs a prediction for every decision and option")


def _refusal(log: Log, weight: Array, minimum_ess: float) -> Refusal | None:
    if len(log) < MINIMUM_DECISIONS:
        return Refusal.few
    spread = float(weight.std()) / weight.size**0.5
    if abs(float(weight.mean()) - 1.0) > _FAR * spread + 1e-9:
        return Refusal.not_covered
    return Refusal.thin if _ess(weight) < minimum_ess else None


def _ess(weight: Array) -> float:
    squares = float(weight @ weight)
    return float(weight.sum()) ** 2 / squares if squares > 0.0 else 0.0


def _parts(log: Log, policy: Array, method: Method, predicted: Array | None, weight: Array) -> Array:
    """A number per decision whose mean is the estimate and whose spread is its error's (the influence function)."""
    rows = np.arange(len(log))
    base, told = np.zeros(len(log)), np.zeros(len(log))
    if predicted is not None and method.predicts:
        base, told = (policy * predicted).sum(axis=1), predicted[rows, log.taken]
    surprise = log.reward - told
    if not method.normalises:
        return np.asarray(base + weight * surprise)
    centre = float(weight @ surprise) / float(weight.sum())
    return np.asarray(base + centre + weight / weight.mean() * (surprise - centre))


def _clipping(log: Log, weight: Array, clip: float, predicted: Array | None) -> tuple[float, float]:
    """The share of weight that was cut off, and the bias that this is estimated to bring."""
    cut = weight - np.minimum(weight, clip)
    told = 0.0 if predicted is None else predicted[np.arange(len(log)), log.taken]
    return float(cut.mean()), -float((cut * (log.reward - told)).mean())


def _estimate(log: Log, parts: Array, level: float, ess: float, clipped: float, bias: float) -> Estimate:
    value = float(parts.mean())
    off = parts - value
    if log.cluster is not None:
        _, place = np.unique(log.cluster, return_inverse=True)
        off = np.bincount(place, weights=off).astype(np.float64)
    count = off.size
    se = (float(off @ off) * count / (count - 1)) ** 0.5 / len(log) if count > 1 else nan
    half = _t(level, ess) * se
    return Estimate(value, value - half, value + half, se, level, ess, clipped, bias)


def _t(level: float, ess: float) -> float:
    return float(stdtrit(max(ess - 1.0, 1.0), 0.5 + level / 2.0))

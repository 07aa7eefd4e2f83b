"""Wordings tried against one another: what each is worth by what came back, and with which probability to use it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv

from ..arrays import Array, Indices

FLOOR = 0.1
"""The least share of a wording, so that one with a bad start can still turn out well."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_SMALLEST = np.finfo(np.float64).tiny
"""Below it a number has lost digits, and the inverse of a Beta distribution may be unknown."""
_BREAKS = np.array([1e-6, 1e-3, 0.02, 0.15, 0.5, 0.85, 0.98, 0.999, 1 - 1e-6])


@dataclass(frozen=True)
class Standing:
    """How often a wording reached somebody, and how often what it asks for followed."""

    reached: int
    succeeded: int

    def __post_init__(self) -> None:
        if not 0 <= self.succeeded <= self.reached:
            raise ValueError(f"{self.succeeded} of {self.reached} is no count of successes")

    @property
    def posterior(self) -> tuple[float, float]:
        """The parameters of the Beta posterior of the rate; the prior is uniform, the same for all wordings."""
        return 1.0 + self.succeeded, 1.0 + self.reached - self.succeeded


def rate(standing: Standing, level: float = 0.95) -> tuple[float, float, float]:
    """The posterior mean of the rate and its central credible interval."""
    a, b = standing.posterior
    tail = (1.0 - level) / 2.0
    return a / (a + b), float(betaincinv(a, b, tail)), float(betaincinv(a, b, 1.0 - tail))


def probability_best(standings: Sequence[Standing]) -> Array:
    """The probability of each wording having the highest rate [k]; sums to 1.

    P(i is best) is the integral over u in [0, 1] of the product of F_j(F_i^-1(u)) over the others, where F are the
    Beta posteriors (Thompson 1933; Scott 2010, section 2). Gauss-Legendre between the quantiles of all of them, so
    that steep parts get nodes of their own; no simulation, so the same standings always give the same answer.
    """
    if not standings:
        raise ValueError("there is no wording to compare")
    posteriors = [standing.posterior for standing in standings]
    found = np.array([_best(at, posteriors) for at in range(len(posteriors))])
    total: float = found.sum()
    return np.asarray(found / total)


def shares(standings: Sequence[Standing], floor: float = FLOOR) -> Array:
    """With which probability to use each wording [k]: that of being best, but none below the floor; sums to 1.

    Even at the start. Drawing from these is Thompson sampling with a floor, with the probability known exactly. The
    floor is halved where there are so many wordings that it would take more than half.
    """
    k = len(standings)
    least = min(floor, 0.5 / k) if k else 0.0
    return np.asarray(least + (1.0 - k * least) * probability_best(standings))


def draw(share: Array, draws: Array) -> Indices:
    """Which wording each unit gets: its place among the shares by its draw from [0, 1)."""
    if not np.isclose(share.sum(), 1.0):
        raise ValueError("shares must sum to 1")
    return np.minimum(np.searchsorted(np.cumsum(share), draws, side="right"), share.size - 1).astype(np.int64)


def _best(at: int, posteriors: Sequence[tuple[float, float]]) -> float:
    a, b = posteriors[at]
    others = [pair for place, pair in enumerate(posteriors) if place != at]
    if not others:
        return 1.0
    breaks = [betainc(a, b, betaincinv(*pair, _BREAKS)) for pair in others]
    edges = np.unique(np.concatenate([[0.0, 1.0], *breaks]))
    width = np.diff(edges)
    u = (edges[:-1, None] + width[:, None] * (_NODES[None, :] + 1.0) / 2.0).clip(_SMALLEST, 1.0)
    x = betaincinv(a, b, u)
    product = np.ones_like(x)
    for pair in others:
        product *= betainc(*pair, x)
    return float((product * _WEIGHTS[None, :] * width[:, None] / 2.0).sum())

"""Looking at an experiment many times without fooling oneself."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from ..arrays import Array

HIGHEST_Z = 8.0
Spending = Literal["obrien_fleming", "pocock"]


def spending_bounds(
    information: Sequence[float], alpha: float = 0.05, spending: Spending = "obrien_fleming"
) -> list[float]:
    """The z that a two-sided test must pass at each look, so that all looks together are wrong with chance alpha.

    `information` is the share of the final information at each look, rising, at most 1 (usually units or outcomes
    so far over those planned). Half of alpha is spent on either side, by the functions of Lan & DeMets (1983): of the
    O'Brien-Fleming type, 4 (1 - Phi(z_{1 - alpha/4} / sqrt(t))), strict at first and almost plain at the end; or of the
    Pocock type, alpha log(1 + (e - 1) t), about as strict at every look. The density of the not yet stopped score
    follows by the recursive integration of Armitage, McPherson & Rowe (1969). A bound is never above 8, as first
    looks that spend nothing would ask for.
    """
    times = [float(t) for t in information]
    if any(not 0.0 < t <= 1.0 for t in times) or any(b <= a for a, b in pairwise(times)):
        raise ValueError(f"information must rise within (0, 1], got {times!r}")
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha!r}")
    bounds: list[float] = []
    nodes, mass = np.zeros(1), np.ones(1)
    spent = before = 0.0
    for look, t in enumerate(times):
        step = math.sqrt(t - before)
        total = _spent_by(t, alpha, spending)
        edge = _edge(nodes, mass, step, total - spent, t)
        bounds.append(edge / math.sqrt(t))
        spent += _crossing(edge, nodes, mass, step)
        finest = min([step] + [math.sqrt(later - t) for later in times[look + 1 : look + 2]])
        nodes, mass = _survivors(nodes, mass, step, edge, finest)
        before = t
    return bounds


def _spent_by(t: float, alpha: float, spending: Spending) -> float:
    if spending == "pocock":
        return alpha * math.log1p((math.e - 1.0) * t)
    return 4.0 * float(ndtr(ndtri(alpha / 4.0) / math.sqrt(t)))


def _edge(nodes: Array, mass: Array, step: float, to_spend: float, t: float) -> float:
    """The score beyond which exactly `to_spend` of the paths lie, on both sides together."""
    highest = HIGHEST_Z * math.sqrt(t)
    if _crossing(highest, nodes, mass, step) >= to_spend:
        return highest
    edge = brentq(lambda b: _crossing(b, nodes, mass, step) - to_spend, 0.0, highest, xtol=1e-10)
    return float(edge)


def _crossing(edge: float, nodes: Array, mass: Array, step: float) -> float:
    beyond = ndtr((nodes - edge) / step) + ndtr((-edge - nodes) / step)
    return float(mass @ beyond)


def _survivors(nodes: Array, mass: Array, step: float, edge: float, finest: float) -> tuple[Array, Array]:
    """Gauss-Legendre nodes inside the edges and the probability they carry, fine enough for the next step's kernel."""
    count = int(np.clip(math.ceil(8.0 * edge / finest), 48, 1500))
    unit, weights = np.polynomial.legendre.leggauss(count)
    inside = edge * unit
    kernel = np.exp(-0.5 * ((inside[:, None] - nodes[None, :]) / step) ** 2) / (step * math.sqrt(2.0 * math.pi))
    return inside, edge * weights * (kernel @ mass)


def information_of_events(share: float, look: int, looks: int) -> list[float]:
    """Information at each of `looks` evenly spaced looks, for outcomes that happen once: left, upgraded, ordered again.

    `share` is the share of all units, both groups together, to which it has happened by look number `look` (from 1).
    At a constant hazard it grows along 1 - (1 - s)^(j / look). The indicators of two looks correlate as the root of
    the ratio of their odds, cov = p_j (1 - p_k), and so the odds are what accrues evenly, not the time: taking time
    for information lets more than alpha through where many leave.
    """
    if not 1 <= look <= looks:
        raise ValueError(f"look must lie between 1 and {looks}, got {look!r}")
    hazard = -math.log1p(-min(max(share, 1e-6), 0.999)) / look
    odds = [math.expm1(hazard * j) for j in range(1, looks + 1)]
    return [value / odds[-1] for value in odds]

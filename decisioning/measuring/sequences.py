"""Intervals that hold at any moment, however often and for however long one looks."""

import math
from collections.abc import Sequence
from typing import Literal

from scipy.special import lambertw

from .looks import spending_bounds

Looking = Literal["spending", "always_valid"]


def always_valid_bounds(information: Sequence[float], alpha: float = 0.05) -> list[float]:
    """The z of an asymptotic confidence sequence at each look: intervals of that width all hold together.

    Robbins' normal mixture, as Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024, "Time-uniform central limit
    theory and asymptotic confidence sequences", equation 7) give it: at information t the z is
    sqrt((1 + 1/x) log((1 + x) / alpha^2)) with x = t rho^2. rho is the one that is tightest at information 1, which
    is -W_{-1}(-alpha^2 / e) - 1 (Howard et al. 2021, section 3.5). There the interval is 1.55 times as wide as a
    plain 95 % one, and wider before and after. Looks may lie beyond 1, at any moment, in any number: nothing has to
    be known about the last one.
    """
    if any(not (math.isfinite(t) and t > 0.0) for t in information):
        raise ValueError(f"information must be positive, got {list(information)!r}")
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha!r}")
    tightest = -float(lambertw(-(alpha**2) / math.e, -1).real) - 1.0
    return [_mixture_z(float(t) * tightest, alpha) for t in information]


def look_bounds(looking: Looking, information: Sequence[float], alpha: float = 0.05) -> list[float]:
    """The z at each look: alpha spending where the last look is known, or a sequence that holds at any moment."""
    return (always_valid_bounds if looking == "always_valid" else spending_bounds)(information, alpha)


def _mixture_z(x: float, alpha: float) -> float:
    return math.sqrt((1.0 + 1.0 / x) * (math.log1p(x) - 2.0 * math.log(alpha)))

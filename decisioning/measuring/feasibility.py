"""Can a goal be reached, and would it be seen? Lifts are relative, and positive toward the goal."""

import math
from dataclasses import dataclass
from typing import TypedDict

from scipy.special import ndtr, ndtri


@dataclass(frozen=True)
class Feasibility:
    """What the plan says before it starts."""

    minimum_detectable_lift: float
    units_needed: int | None
    """In all groups together, to see the target lift; None when no number of units would do."""
    expected_lift: float
    expected_lift_low: float
    expected_lift_high: float
    chance_of_goal: float
    best_reachable_lift: float
    is_detectable: bool
    """The target lift, if real, would be seen with the wanted power."""
    is_reachable: bool
    """The best the allowed actions are believed to do is at least the target."""


class _Test(TypedDict):
    variance_explained: float
    alpha: float
    power: float
    last_z: float | None


def minimum_detectable_lift(
    mean: float,
    sd: float,
    n_policy: int,
    n_control: int,
    *,
    variance_explained: float,
    alpha: float = 0.05,
    power: float = 0.8,
    last_z: float | None = None,
) -> float:
    """Smallest relative lift that a two-sided test sees with that power (Bloom 1995), infinite when none is.

    `variance_explained` is the R squared of what is known before the start (CUPED, Deng et al. 2013). Looking along
    the way with O'Brien-Fleming bounds costs about 2 % more units (Jennison & Turnbull 2000, ch. 2); `last_z` is the z
    at the end where it is another than alpha's, as with intervals that hold at any moment.
    """
    if mean <= 0.0 or n_policy < 1 or n_control < 1:
        return math.inf
    standard_error = _left_over_sd(sd, variance_explained) * math.sqrt(1.0 / n_policy + 1.0 / n_control)
    return _z_sum(alpha, power, last_z) * standard_error / mean


def units_needed(
    mean: float,
    sd: float,
    lift: float,
    share_control: float,
    *,
    variance_explained: float,
    alpha: float = 0.05,
    power: float = 0.8,
    last_z: float | None = None,
) -> int:
    """Units in both groups together that show the lift with that power (Bloom 1995, solved for n)."""
    if mean <= 0.0 or lift <= 0.0:
        raise ValueError(f"mean and lift must be positive, got {mean!r} and {lift!r}")
    if not 0.0 < share_control < 1.0:
        raise ValueError(f"share_control must lie strictly between 0 and 1, got {share_control!r}")
    per_unit = _left_over_sd(sd, variance_explained) ** 2 * (1.0 / share_control + 1.0 / (1.0 - share_control))
    return math.ceil(_z_sum(alpha, power, last_z) ** 2 * per_unit / (lift * mean) ** 2)


def chance_of_goal(expected_lift_mean: float, expected_lift_sd: float, target_lift: float) -> float:
    """Probability, under a normal belief, that the lift is at least the target."""
    if expected_lift_sd <= 0.0:
        return float(expected_lift_mean >= target_lift)
    return float(ndtr((expected_lift_mean - target_lift) / expected_lift_sd))


def feasibility(
    *,
    mean: float,
    sd: float,
    n_policy: int,
    n_control: int,
    variance_explained: float,
    target_lift: float,
    expected_lift_mean: float,
    expected_lift_sd: float,
    best_reachable_lift: float,
    level: float = 0.8,
    alpha: float = 0.05,
    power: float = 0.8,
    last_z: float | None = None,
) -> Feasibility:
    """All of the above for one plan; `mean` and `sd` are of the metric per unit without the plan."""
    test: _Test = {"variance_explained": variance_explained, "alpha": alpha, "power": power, "last_z": last_z}
    smallest = minimum_detectable_lift(mean, sd, n_policy, n_control, **test)
    answerable = mean > 0.0 and target_lift > 0.0 and n_policy > 0 and n_control > 0
    needed = None
    if answerable:
        share = n_control / (n_policy + n_control)
        needed = units_needed(mean, sd, target_lift, share, **test)
    half = float(ndtri(0.5 + level / 2.0)) * expected_lift_sd
    return Feasibility(
        minimum_detectable_lift=smallest,
        units_needed=needed,
        expected_lift=expected_lift_mean,
        expected_lift_low=expected_lift_mean - half,
        expected_lift_high=expected_lift_mean + half,
        chance_of_goal=chance_of_goal(expected_lift_mean, expected_lift_sd, target_lift),
        best_reachable_lift=best_reachable_lift,
        is_detectable=target_lift >= smallest,
        is_reachable=best_reachable_lift >= target_lift,
    )


def _left_over_sd(sd: float, variance_explained: float) -> float:
    if not 0.0 <= variance_explained < 1.0:
        raise ValueError(f"variance_explained must be at least 0 and below 1, got {variance_explained!r}")
    return sd * math.sqrt(1.0 - variance_explained)


def _z_sum(alpha: float, power: float, last_z: float | None) -> float:
    return float((ndtri(1.0 - alpha / 2.0) if last_z is None else last_z) + ndtri(power))

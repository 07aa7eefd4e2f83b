import math

import numpy as np
import pytest
from kizuna.decisioning.measuring.feasibility import chance_of_goal, feasibility, minimum_detectable_lift, units_needed

CDNOW = {"mean": 32.96, "sd": 124.68}
"""39-week spend per customer, measured in the public CDNOW data."""


@pytest.mark.parametrize(
    ("lift", "explained", "per_arm"), [(0.1, 0.0, 22_457), (0.1, 0.447, 12_416), (0.05, 0.0, 89_827)]
)
def test_units_needed_agree_with_the_measured_cdnow_figures(lift: float, explained: float, per_arm: int) -> None:
    needed = units_needed(**CDNOW, lift=lift, share_control=0.5, variance_explained=explained)
    assert needed / 2 == pytest.approx(per_arm, rel=1e-3)


def test_units_needed_and_detectable_lift_are_inverse() -> None:
    needed = units_needed(**CDNOW, lift=0.08, share_control=0.2, variance_explained=0.3)
    n_control = needed // 5
    lift = minimum_detectable_lift(**CDNOW, n_policy=needed - n_control, n_control=n_control, variance_explained=0.3)
    assert lift == pytest.approx(0.08, rel=1e-3)


def test_the_promised_power_is_what_a_simulation_finds() -> None:
    rng = np.random.default_rng(0)
    lift = minimum_detectable_lift(100.0, 80.0, 400, 200, variance_explained=0.0)
    policy = rng.normal(100 * (1 + lift), 80, (4000, 400))
    control = rng.normal(100, 80, (4000, 200))
    z = (policy.mean(1) - control.mean(1)) / np.sqrt(policy.var(1, ddof=1) / 400 + control.var(1, ddof=1) / 200)
    assert (np.abs(z) > 1.96).mean() == pytest.approx(0.8, abs=0.03)


def test_chance_of_goal_is_a_half_at_the_expected_lift() -> None:
    assert chance_of_goal(0.1, 0.05, 0.1) == 0.5
    assert chance_of_goal(0.1, 0.0, 0.09) == 1.0
    assert chance_of_goal(0.0, 0.05, 0.1) == pytest.approx(0.02275, abs=1e-4)


def test_small_segment_says_that_the_goal_can_not_be_seen() -> None:
    plan = feasibility(
        **CDNOW,
        n_policy=800,
        n_control=200,
        variance_explained=0.4,
        target_lift=0.1,
        expected_lift_mean=0.06,
        expected_lift_sd=0.04,
        best_reachable_lift=0.12,
    )
    assert not plan.is_detectable and plan.is_reachable
    assert plan.units_needed and plan.units_needed > 1000
    assert plan.expected_lift_low < plan.expected_lift < plan.expected_lift_high
    assert plan.chance_of_goal == pytest.approx(0.1587, abs=1e-3)


def test_without_a_comparison_group_no_lift_is_detectable() -> None:
    plan = feasibility(
        mean=100.0,
        sd=10.0,
        n_policy=500,
        n_control=0,
        variance_explained=0.0,
        target_lift=0.5,
        expected_lift_mean=0.6,
        expected_lift_sd=0.1,
        best_reachable_lift=0.4,
    )
    assert math.isinf(plan.minimum_detectable_lift) and plan.units_needed is None
    assert not plan.is_detectable and not plan.is_reachable

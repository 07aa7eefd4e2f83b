import math

import pytest
from kizuna.decisioning.measuring.sizing import Yardstick, propose_groups
from kizuna.domain.decision import Group

ALL = (Group.POLICY, Group.RANDOM_CONTROL, Group.HOLDOUT)
CDNOW = Yardstick(mean=32.96, sd=124.68, variance_explained=0.447, target_lift=0.10)


def detectable(yardstick: Yardstick, audience: int, percent: dict[Group, int]) -> float:
    return yardstick.detectable(audience * percent[Group.POLICY] / 100, audience * percent[Group.HOLDOUT] / 100)


def test_the_holdout_is_the_smallest_that_shows_the_goal() -> None:
    found = propose_groups(60_000, ALL, CDNOW)
    assert found.is_detectable and not found.left_out
    assert sum(found.percent.values()) == 100
    one_less = {**found.percent, Group.HOLDOUT: found.percent[Group.HOLDOUT] - 1}
    one_less[Group.POLICY] += 1
    assert detectable(CDNOW, 60_000, found.percent) <= 0.10 < detectable(CDNOW, 60_000, one_less)


def test_a_larger_audience_needs_a_smaller_part_of_it() -> None:
    shares = [propose_groups(n, ALL, CDNOW).percent[Group.HOLDOUT] for n in (40_000, 80_000, 200_000)]
    assert shares == sorted(shares, reverse=True) and shares[0] > shares[-1]


def test_two_groups_where_three_are_too_thin() -> None:
    """25,000 are just enough for two halves (24,832 by the facts measured on CDNOW), and for nothing else."""
    found = propose_groups(25_000, ALL, CDNOW)
    assert found.is_detectable and found.left_out == (Group.RANDOM_CONTROL,)
    assert set(found.percent) == {Group.POLICY, Group.HOLDOUT}


def test_an_audience_that_can_show_nothing_is_told_how_many_it_would_take() -> None:
    found = propose_groups(2_000, ALL, CDNOW)
    assert not found.is_detectable and found.percent == {Group.POLICY: 50, Group.HOLDOUT: 50}
    assert found.units_needed == pytest.approx(24_832, rel=1e-3)
    assert found.minimum_detectable_lift == pytest.approx(0.10 * math.sqrt(24_832 / 2_000), rel=1e-3)


def test_business_as_usual_is_compared_too_and_is_as_large_as_the_holdout() -> None:
    found = propose_groups(100_000, (*ALL, Group.BUSINESS_AS_USUAL), CDNOW)
    assert found.percent[Group.BUSINESS_AS_USUAL] == found.percent[Group.HOLDOUT]
    assert found.percent[Group.POLICY] >= found.percent[Group.HOLDOUT]


def test_intervals_that_hold_at_any_moment_take_a_larger_comparison() -> None:
    always = Yardstick(32.96, 124.68, 0.447, 0.10, last_z=3.035)
    assert (
        propose_groups(100_000, ALL, always).percent[Group.HOLDOUT]
        > propose_groups(100_000, ALL, CDNOW).percent[Group.HOLDOUT]
    )


@pytest.mark.parametrize("audience", [0, 1, 20])
def test_nobody_or_almost_nobody_is_no_experiment(audience: int) -> None:
    found = propose_groups(audience, ALL, CDNOW)
    assert not found.is_detectable


def test_a_metric_that_is_nothing_has_no_lift() -> None:
    found = propose_groups(10_000, ALL, Yardstick(0.0, 0.0, 0.0, 0.10))
    assert not found.is_detectable and found.units_needed is None

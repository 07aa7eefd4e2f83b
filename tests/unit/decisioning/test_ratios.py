import math

import numpy as np
import pytest
from kizuna.decisioning.measuring.experiment import adjusted_difference, relative_lift
from kizuna.decisioning.measuring.proportions import share_difference
from kizuna.decisioning.measuring.ratios import fieller, per_event_values


def test_fieller_holds_those_ratios_that_the_data_do_not_reject() -> None:
    low, high = fieller(12.0, 10.0, 0.36, 0.25, 1.96)
    for end in (low, high):
        assert abs(12.0 - end * 10.0) == pytest.approx(1.96 * math.sqrt(0.36 + end**2 * 0.25))
    assert low < 1.2 < high and high - 1.2 > 1.2 - low, "longer upward, as a ratio is"


def test_a_denominator_that_may_be_zero_gives_no_ratio() -> None:
    assert np.isnan(fieller(1.0, 1.0, 0.1, 0.3, 1.96)).all()


@pytest.mark.parametrize("seed", range(30))
def test_lift_and_difference_never_contradict_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    policy, holdout = rng.gamma(0.3, 300, 300) * 1.3, rng.gamma(0.3, 300, 150)
    difference = adjusted_difference(policy, holdout, None, None, z=2.2)
    lift = relative_lift(policy, holdout, None, None, z=2.2)
    assert (difference.low > 0, difference.high < 0) == (lift.low > 0, lift.high < 0)


def test_per_event_values_have_the_mean_and_the_variance_of_the_ratio() -> None:
    rng = np.random.default_rng(0)
    orders = rng.poisson(rng.gamma(0.7, 2.0, 400))
    paid = orders * rng.gamma(4, 500, 400)
    values = per_event_values(paid, orders)
    assert values.mean() == pytest.approx(paid.sum() / orders.sum())
    again = rng.integers(0, 400, (4000, 400))
    ratios = paid[again].sum(axis=1) / orders[again].sum(axis=1)
    assert values.std(ddof=1) / 20 == pytest.approx(ratios.std(), rel=0.05)


def test_without_events_there_is_no_mean_per_event() -> None:
    assert np.isnan(per_event_values([0.0, 0.0], [0, 0])).all()


PUBLISHED = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
]
"""Newcombe (1998), table II, method 10."""


@pytest.mark.parametrize(("a", "m", "b", "n", "low", "high"), PUBLISHED)
def test_differences_of_shares_are_the_published_ones(a: int, m: int, b: int, n: int, low: float, high: float) -> None:
    got = share_difference(np.arange(m) < a, np.arange(n) < b)
    assert got.estimate == pytest.approx(a / m - b / n)
    assert (got.low, got.high) == pytest.approx((low, high), abs=1e-4)


def test_nothing_seen_on_either_side_is_not_certainty() -> None:
    got = share_difference(np.zeros(100), np.zeros(50))
    assert got.low < -0.03 and got.high > 0.02
    assert np.isnan(share_difference([], [1.0]).estimate)

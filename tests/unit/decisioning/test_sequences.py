import math

import numpy as np
import pytest
from kizuna.decisioning.measuring.looks import information_of_events, spending_bounds
from kizuna.decisioning.measuring.sequences import always_valid_bounds, look_bounds


def test_at_the_horizon_the_sequence_is_155_times_as_wide_as_a_plain_interval() -> None:
    """The tightest that a normal mixture can be at one moment: sqrt(-W_{-1}(-alpha^2 / e)) (Howard et al. 2021)."""
    (z,) = always_valid_bounds([1.0])
    assert z / 1.959964 == pytest.approx(1.5486, abs=1e-3)
    around = always_valid_bounds([0.8, 1.25])
    assert min(around) > z


def test_it_is_the_formula_of_the_paper() -> None:
    """Waudby-Smith et al. (2024), equation 7, as it stands there for a mean with known variance 1."""
    t, alpha = 400.0, 0.05
    rho2 = 8.2230  # x of always_valid_bounds at alpha 0.05, from -W_{-1}(-alpha^2 / e) - 1
    x = t * rho2
    half_width = math.sqrt(2 * (x + 1) / (t**2 * rho2) * math.log(math.sqrt(x + 1) / alpha))
    assert always_valid_bounds([t], alpha)[0] / math.sqrt(t) == pytest.approx(half_width, rel=1e-4)


def test_looking_at_every_moment_also_beyond_the_horizon_lets_no_more_than_alpha_through() -> None:
    rng = np.random.default_rng(0)
    looks = np.arange(1, 301)
    z = np.abs(np.cumsum(rng.normal(size=(4_000, 300)), axis=1)) / np.sqrt(looks)
    bounds = np.array(always_valid_bounds((looks / 100).tolist()))
    assert (z > bounds).any(axis=1).mean() < 0.05
    assert (z > 1.96).any(axis=1).mean() > 0.3


@pytest.mark.parametrize("information", [[0.0], [-1.0], [math.inf]])
def test_information_that_is_none_is_refused(information: list[float]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        always_valid_bounds(information)


def test_the_brief_chooses_between_the_two() -> None:
    times = [0.5, 1.0]
    assert look_bounds("spending", times) == spending_bounds(times)
    assert look_bounds("always_valid", times) == always_valid_bounds(times)


def test_where_many_leave_time_is_not_the_information() -> None:
    """Half of all leave: looks that count time let more than 5 % through, looks that count odds don't."""
    rng = np.random.default_rng(1)
    looks, n, share = 12, 300, 0.9
    times = np.arange(1, looks + 1)
    odds = information_of_events(share, looks, looks)
    assert odds[-1] == 1.0 and odds[5] < 0.5
    hazard = -np.log1p(-share) / looks
    gone = rng.exponential(1 / hazard, (2, 3000, n))
    means = np.array([(gone <= t).mean(axis=2) for t in times])
    pooled = means.mean(axis=1)
    z = np.abs(means[:, 0] - means[:, 1]) / np.sqrt(2 * pooled * (1 - pooled) / n)
    by_time = np.array(spending_bounds((times / looks).tolist()))
    by_odds = np.array(spending_bounds(odds))
    assert (z > by_time[:, None]).any(axis=0).mean() > 0.06
    assert (z > by_odds[:, None]).any(axis=0).mean() == pytest.approx(0.05, abs=0.01)


def test_the_odds_need_no_more_than_what_is_seen_so_far() -> None:
    assert information_of_events(0.19, 2, 4) == pytest.approx(information_of_events(1 - 0.81**2, 4, 4))
    assert information_of_events(0.0, 1, 3) == pytest.approx([1 / 3, 2 / 3, 1.0], abs=1e-4)
    with pytest.raises(ValueError, match="look"):
        information_of_events(0.1, 4, 3)

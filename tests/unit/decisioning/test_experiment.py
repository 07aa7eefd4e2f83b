import numpy as np
import pytest
from kizuna.decisioning.measuring.experiment import (
    Interval,
    Verdict,
    adjusted_difference,
    assign_groups,
    relative_lift,
    sample_ratio_p,
    verdict,
)

SHARES = {"policy": 0.7, "random": 0.05, "holdout": 0.25}
UNITS = [f"unit-{i}" for i in range(20_000)]


def test_groups_come_in_the_planned_shares() -> None:
    groups = assign_groups(UNITS, SHARES, "campaign-1")
    counts = {name: groups.count(name) for name in SHARES}
    assert sample_ratio_p(counts, SHARES) > 0.001


def test_a_units_group_does_not_depend_on_the_others() -> None:
    everybody = dict(zip(UNITS, assign_groups(UNITS, SHARES, "s"), strict=True))
    few = UNITS[::-37]
    assert assign_groups(few, SHARES, "s") == [everybody[unit] for unit in few]


def test_another_salt_is_an_independent_draw() -> None:
    one, two = (np.array(assign_groups(UNITS, {"a": 0.5, "b": 0.5}, salt)) for salt in ("x", "y"))
    assert (one == two).mean() == pytest.approx(0.5, abs=0.02)


def test_assignment_is_pinned_for_ever() -> None:
    shares = {"a": 0.5, "b": 0.5}
    assert assign_groups(["c1", "c2", "c3", "顧客4", "c5", "c6"], shares, "2026") == list("baaaaa")


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        assign_groups(["a"], {"a": 0.5, "b": 0.4}, "s")


def test_sample_ratio_mismatch_is_found() -> None:
    assert sample_ratio_p({"a": 5000, "b": 5400}, {"a": 0.5, "b": 0.5}) < 0.001
    assert sample_ratio_p({"a": 60, "b": 40}, {"a": 0.5, "b": 0.5}) == pytest.approx(0.0455, abs=1e-4)
    assert sample_ratio_p({"a": 1, "b": 100}, {"a": 0.0, "b": 1.0}) == 0.0


def _trial(rng: np.random.Generator, n: int, lift: float) -> tuple[np.ndarray, ...]:
    pre_p, pre_c = rng.gamma(2, 500, n), rng.gamma(2, 500, n // 2)
    y_p = (pre_p * 0.8 + rng.gamma(2, 200, n)) * (1 + lift)
    y_c = pre_c * 0.8 + rng.gamma(2, 200, n // 2)
    return y_p, y_c, pre_p, pre_c


def test_what_was_known_before_narrows_the_interval() -> None:
    y_p, y_c, pre_p, pre_c = _trial(np.random.default_rng(0), 2000, 0.0)
    plain = adjusted_difference(y_p, y_c, None, None)
    adjusted = adjusted_difference(y_p, y_c, pre_p, pre_c)
    assert adjusted.se < 0.6 * plain.se


def test_without_a_covariate_it_is_welch() -> None:
    a, b = np.array([1.0, 2, 3, 4, 9]), np.array([0.0, 1, 1, 2])
    got = adjusted_difference(a, b, None, None)
    assert got.estimate == pytest.approx(2.8)
    assert (got.low, got.high) == pytest.approx((-1.011522, 6.611522), abs=1e-6)


@pytest.mark.parametrize("n", [60, 600])
def test_intervals_cover_the_truth(n: int) -> None:
    rng = np.random.default_rng(1)
    runs, seen, seen_relative = 500, 0, 0
    truth = 0.1 * (0.8 * 1000 + 400)
    for _ in range(runs):
        trial = _trial(rng, n, 0.1)
        difference, lift = adjusted_difference(*trial), relative_lift(*trial)
        seen += difference.low <= truth <= difference.high
        seen_relative += lift.low <= 0.1 <= lift.high
    assert seen / runs > 0.93 and seen_relative / runs > 0.93


def test_an_imbalance_from_before_is_taken_out() -> None:
    rng = np.random.default_rng(2)
    pre_p, pre_c = rng.normal(110, 10, 500), rng.normal(100, 10, 500)
    got = adjusted_difference(pre_p + rng.normal(size=500), pre_c + rng.normal(size=500), pre_p, pre_c)
    assert abs(got.estimate) < 4 * got.se + 0.3


def test_missing_history_counts_as_the_mean() -> None:
    y_p, y_c, pre_p, pre_c = _trial(np.random.default_rng(3), 200, 0.0)
    pre_p[::3] = np.nan
    got = adjusted_difference(y_p, y_c, pre_p, pre_c)
    assert np.isfinite([got.low, got.high]).all()
    nothing_known = adjusted_difference(y_p, y_c, np.full(200, np.nan), np.full(100, np.nan))
    assert nothing_known == adjusted_difference(y_p, y_c, None, None)


def test_a_wider_z_widens_the_interval() -> None:
    trial = _trial(np.random.default_rng(4), 200, 0.0)
    got = adjusted_difference(*trial, z=4.0)
    assert got.high - got.low == pytest.approx(8.0 * got.se)


def test_a_lift_over_nothing_is_unknown() -> None:
    rng = np.random.default_rng(5)
    got = relative_lift(rng.normal(1, 1, 100), rng.normal(0, 1, 100), None, None)
    assert np.isnan(got.estimate)
    assert verdict(got, posterior_better=1.0, is_final=True) is Verdict.collecting


@pytest.mark.parametrize(
    ("low", "high", "posterior", "is_final", "word"),
    [
        (0.01, 0.2, 0.99, False, Verdict.better),
        (-0.2, -0.01, 0.01, False, Verdict.worse),
        (-0.01, 0.2, 0.95, False, Verdict.likely_better),
        (-0.01, 0.2, 0.95, True, Verdict.no_difference),
        (-0.1, 0.1, 0.5, False, Verdict.collecting),
    ],
)
def test_verdict_words(low: float, high: float, posterior: float, is_final: bool, word: Verdict) -> None:
    interval = Interval((low + high) / 2, low, high, 0.05, 0.95, 500, 500)
    assert verdict(interval, posterior_better=posterior, is_final=is_final) is word


def test_fewer_than_thirty_units_on_a_side_are_never_a_verdict() -> None:
    got = adjusted_difference(np.arange(100.0) + 1000, np.arange(29.0), None, None)
    assert got.low > 0
    assert verdict(got, posterior_better=1.0, is_final=True) is Verdict.collecting


def test_one_unit_on_a_side_gives_no_interval() -> None:
    assert np.isnan(adjusted_difference([1.0], [1.0, 2.0], [1.0], [1.0, 2.0]).estimate)

import numpy as np
import pytest
from kizuna.decisioning.learning.uplift import (
    Belief,
    estimate_effect,
    interval,
    probability_below_zero,
)


def test_baseline_narrows_the_error_and_keeps_the_truth() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=4000)
    treated = rng.random(4000) < 0.5
    y = 3 * x + 0.2 * treated + rng.normal(size=4000)
    plain = estimate_effect(y, np.zeros(4000), treated)
    helped = estimate_effect(y, x, treated)
    assert plain and helped
    assert helped.se < 0.4 * plain.se
    assert helped.estimate == pytest.approx(0.2, abs=3 * helped.se)


def test_a_miscalibrated_baseline_does_not_bias_a_group_of_other_customers() -> None:
    rng = np.random.default_rng(1)
    p = rng.beta(2, 5, size=20_000)
    treated = rng.random(20_000) < p
    y = (rng.random(20_000) < np.clip(p + 0.05 * treated, 0, 1)).astype(float)
    naive = y[treated].mean() - y[~treated].mean()
    got = estimate_effect(y, 0.5 * p + 0.3, treated)
    assert got and abs(naive - 0.05) > 0.05
    assert got.estimate == pytest.approx(0.05, abs=3 * got.se)


@pytest.mark.parametrize("weighted", [False, True])
def test_standard_error_covers_the_truth_at_its_level(weighted: bool) -> None:
    rng = np.random.default_rng(2)
    hits, runs = 0, 600
    for _ in range(runs):
        x = rng.normal(size=300)
        chance = 1 / (1 + np.exp(-x)) * 0.8 + 0.1
        treated = rng.random(300) < chance
        y = x + 0.5 * treated + rng.normal(size=300) * (1 + 0.5 * np.abs(x))
        weight = np.where(treated, 1 / chance, 1 / (1 - chance)) if weighted else None
        got = estimate_effect(y, np.zeros(300) if weighted else 0.3 * x, treated, weight)
        assert got
        hits += abs(got.estimate - 0.5) < 1.96 * got.se
    assert hits / runs > 0.92


def test_inverse_probability_weights_undo_selection() -> None:
    rng = np.random.default_rng(3)
    segment = rng.random(40_000) < 0.5
    chance = np.where(segment, 0.8, 0.2)
    treated = rng.random(40_000) < chance
    y = 2.0 * segment + treated * np.where(segment, 1.0, 0.0) + rng.normal(size=40_000)
    got = estimate_effect(y, np.zeros(40_000), treated, np.where(treated, 1 / chance, 1 / (1 - chance)))
    assert got and got.estimate == pytest.approx(0.5, abs=4 * got.se)


@pytest.mark.parametrize(("n_treated", "n_control"), [(9, 500), (500, 9), (0, 500)])
def test_too_few_units_on_a_side_is_no_evidence(n_treated: int, n_control: int) -> None:
    treated = np.arange(n_treated + n_control) < n_treated
    assert estimate_effect(np.random.default_rng(4).normal(size=treated.size), np.zeros(treated.size), treated) is None


def test_no_event_in_twelve_units_is_not_certainty() -> None:
    treated = np.arange(24) < 12
    got = estimate_effect(np.zeros(24), np.full(24, 0.1), treated)
    assert got and got.estimate == pytest.approx(0.0, abs=1e-12) and got.se > 0.1


def test_one_sided_zero_events_keep_doubt_and_many_events_are_left_alone() -> None:
    rng = np.random.default_rng(5)
    treated = np.arange(2000) < 1000
    y = (rng.random(2000) < 0.3).astype(float)
    got = estimate_effect(y, np.full(2000, 0.3), treated)
    assert got and got.se == pytest.approx(np.sqrt(2 * 0.21 / 1000), rel=0.05)


def test_money_that_nobody_spent_borrows_the_spread_of_the_others() -> None:
    treated = np.arange(40) < 12
    y = np.where(treated, 0.0, np.random.default_rng(6).lognormal(6, 1, 40))
    got = estimate_effect(y, np.zeros(40), treated)
    assert got and got.se > y.std() / np.sqrt(12) * 0.9


def test_no_variation_at_all_is_no_evidence() -> None:
    assert estimate_effect(np.full(40, 7.0), np.full(40, 5.0), np.arange(40) < 20) is None


def test_rows_without_outcome_are_left_out() -> None:
    rng = np.random.default_rng(7)
    treated, y = np.arange(60) < 30, rng.normal(size=60)
    y[[0, 59]] = np.nan
    got = estimate_effect(y, np.zeros(60), treated)
    assert got and (got.n_treated, got.n_control) == (29, 29)


def test_figures_that_the_choice_went_by_are_no_effect_of_it() -> None:
    """The policy treats the eager, and the forecast does not see that they are."""
    plain, helped, held = [], [], 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        steps = rng.normal(size=(600, 2))
        treated = rng.random(600) < 0.5 + 0.25 * np.clip(steps[:, 0], -1.5, 1.5)
        y = (rng.random(600) < 0.4 + 0.08 * np.clip(steps[:, 0], -2, 2) + 0.05 * treated).astype(float)
        one, two = (estimate_effect(y, np.full(600, 0.4), treated, steps=z) for z in (None, steps))
        assert one and two
        plain.append(one.estimate)
        helped.append(two.estimate)
        held += abs(two.estimate - 0.05) < 1.96 * two.se
    assert np.mean(plain) > 0.1
    assert np.mean(helped) == pytest.approx(0.05, abs=0.015)
    assert held / 200 > 0.9


def test_figures_that_say_nothing_cost_little() -> None:
    rng = np.random.default_rng(3)
    treated, y = np.arange(80) < 40, (rng.random(80) < 0.5).astype(float)
    one, two = (estimate_effect(y, np.full(80, 0.5), treated, steps=z) for z in (None, rng.normal(size=(80, 4))))
    assert one and two
    assert two.estimate == pytest.approx(one.estimate, abs=one.se / 2) and two.se < 1.15 * one.se


def test_harm_and_interval_follow_the_normal() -> None:
    belief = Belief(1.0, 1.0)
    assert probability_below_zero(belief) == pytest.approx(0.158655, abs=1e-6)
    assert interval(belief, 0.95) == pytest.approx((1 - 1.959964, 1 + 1.959964), abs=1e-5)
    assert probability_below_zero(Belief(-1.0, 0.0)) == 1.0

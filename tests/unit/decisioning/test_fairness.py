"""Rates and lifts by group: intervals that cover, flags that chance seldom raises, and silence where few are."""

import numpy as np
import pytest
from kizuna.decisioning.choosing.keeping_back import kept_for_chance
from kizuna.decisioning.fairness import group_lifts, group_rates, grouping, holm, rate_gap


def test_values_and_bands_make_groups_and_unknown_is_none() -> None:
    words = grouping("industry", np.array(["retail", None, "food", "retail"], dtype=object))
    assert words.labels == ("food", "retail") and words.code.tolist() == [1, -1, 0, 1]
    ages = grouping("age_years", np.array([29.9, 30.0, np.nan, 71.0]), (30.0, 60.0))
    assert ages.labels == ("< 30", "30 – 60", "≥ 60") and ages.code.tolist() == [0, 1, -1, 2]
    answers = grouping("is_active", np.array([1.0, 0.0, np.nan]))
    assert answers.labels == ("no", "yes") and answers.code.tolist() == [1, 0, -1]


def test_a_group_that_is_treated_much_more_is_flagged_and_so_are_those_it_leaves_behind() -> None:
    groups = grouping("part", np.repeat(np.array(["a", "b", "c"], dtype=object), 400))
    treated = np.concatenate([np.arange(400) < 200, np.arange(400) < 80, np.arange(400) < 110])
    rates = group_rates(groups, treated)
    assert [rate.rate for rate in rates] == [0.5, 0.2, 0.275]
    assert [rate.flagged for rate in rates] == [True, True, True] and rate_gap(rates) == pytest.approx(0.3)
    assert all(rate.low < rate.rate < rate.high for rate in rates)


def test_chance_alone_seldom_raises_any_flag_however_many_groups_there_are() -> None:
    rng = np.random.default_rng(3)
    groups = grouping("part", np.repeat(np.array([f"g{i}" for i in range(10)], dtype=object), 150))
    alarms = [any(rate.flagged for rate in group_rates(groups, rng.random(1_500) < 0.3)) for _ in range(300)]
    assert np.mean(alarms) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_few_units_are_said_to_be_too_few_and_never_flagged() -> None:
    groups = grouping("part", np.repeat(np.array(["many", "few"], dtype=object), [500, 8]))
    many, few = sorted(group_rates(groups, np.arange(508) >= 500), key=lambda rate: -rate.units)
    assert few.too_few and not few.flagged and not many.too_few
    assert rate_gap([many, few]) == 0.0


def test_a_lift_is_found_where_it_is_and_none_where_an_arm_is_thin() -> None:
    rng = np.random.default_rng(5)
    n = 3_000
    part = np.repeat(np.array(["gains", "nothing", "thin"], dtype=object), [1_500, 1_450, 50])
    is_policy = rng.random(n) < 0.7
    is_policy[2_950:] = True
    before = rng.normal(100.0, 20.0, n)
    outcome = before + rng.normal(0.0, 5.0, n) + 4.0 * is_policy * (part == "gains")
    gains, nothing, thin = group_lifts(grouping("part", part), outcome, before, is_policy)
    assert gains.lift is not None and gains.lift.low > 2.0 and gains.flagged
    assert nothing.lift is not None and nothing.lift.low < 0.0 < nothing.lift.high
    assert thin.lift is None and not thin.flagged


def test_holm_rejects_step_by_step() -> None:
    tested = np.array([True, True, True, False])
    assert holm([0.01, 0.02, 0.2, 0.0001], tested).tolist() == [True, True, False, False]
    assert holm([0.03, 0.03, 0.03, 1.0], tested).tolist() == [False] * 4


def test_what_is_kept_for_chance_covers_its_draws() -> None:
    rng = np.random.default_rng(9)
    probability, use = rng.random((200, 3)) / 4, rng.uniform(0.0, 100.0, (200, 3))
    drawn = [
        sum(row[j] for row, p, u in zip(use, probability.cumsum(axis=1), rng.random(200), strict=True)
            for j in [int(np.searchsorted(p, u))] if j < 3)
        for _ in range(200)
    ]  # fmt: skip
    kept = kept_for_chance(probability, use)
    assert np.mean(np.array(drawn) <= kept) > 0.93 and kept < 1.2 * np.mean(drawn)
    assert kept_for_chance(np.ones((4, 1)), np.full((4, 1), 3.0)) == 12.0, "no chance, no room for it"

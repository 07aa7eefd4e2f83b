import math

import numpy as np
import pytest
from kizuna.decisioning.value.acquisition import MOST_MOVED, recommended_shift, source_value

RNG = np.random.default_rng(8)


def source(name: str, mean: float, cac: float, customers: int = 400, sd: float = 5_000.0) -> object:
    return source_value(name, RNG.normal(mean, sd, customers), cac * customers, mean / 2, 24)


def test_a_source_is_measured_by_its_mean_interval_ratio_and_payback() -> None:
    value = np.array([10_000.0, 20_000.0, 30_000.0])
    found = source_value("web", value, 15_000.0, 6_000.0, 24)
    assert (found.cac_jpy, found.ltv_jpy, found.ratio) == (5_000, 20_000, 4.0)
    assert found.payback_months == pytest.approx(10.0)
    half = 4.302653 * 10_000 / math.sqrt(3)
    assert (found.low_jpy, found.high_jpy) == (pytest.approx(20_000 - half), pytest.approx(20_000 + half))
    assert found.ratio_low == pytest.approx(found.low_jpy / 5_000)


def test_the_interval_covers_the_mean_as_often_as_it_says() -> None:
    covered = 0
    for _ in range(600):
        found = source_value("web", RNG.exponential(1_000.0, 200), 1.0, 1.0, 24)
        covered += found.low_jpy <= 1_000.0 <= found.high_jpy
    assert covered / 600 == pytest.approx(0.945, abs=0.03)


def test_spend_moves_from_the_worst_to_the_best_and_by_no_more_than_the_bound() -> None:
    shift = recommended_shift(
        [source("ads", 10_000, 12_000), source("friends", 40_000, 4_000), source("web", 20_000, 6_000)]
    )
    assert shift is not None and (shift.from_source, shift.to_source) == ("ads", "friends")
    assert shift.share == pytest.approx(MOST_MOVED) and shift.amount_jpy == pytest.approx(MOST_MOVED * 12_000 * 400)
    assert 0 < shift.gain_low_jpy < shift.gain_high_jpy


@pytest.mark.parametrize(
    "sources",
    [
        [],
        [source("ads", 10_000, 12_000)],
        [source("ads", 10_000, 12_000, 99), source("friends", 40_000, 4_000)],  # too few customers
        [source("ads", 20_000, 5_000, sd=90_000), source("web", 22_000, 5_000, sd=90_000)],  # not beyond doubt
        [source("ads", 2_000, 12_000), source("web", 6_000, 9_000)],  # the better one loses money too
    ],
)
def test_without_certainty_nothing_is_recommended(sources: list[object]) -> None:
    assert recommended_shift(sources) is None


def test_what_can_not_be_told_is_none_in_plain_values() -> None:
    plain = source_value("web", [], 1_000.0, 0.0, 24).as_dict()
    assert plain["cac_jpy"] is plain["ltv_jpy"] is plain["payback_months"] is None and plain["customers"] == 0

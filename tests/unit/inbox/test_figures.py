"""Figures carry sign, unit and interval, in both languages."""

from datetime import UTC, date, datetime
from math import inf, nan

import pytest
from kizuna.domain.brief import Metric
from kizuna.domain.report import Estimate
from kizuna.inbox import figures

DROPPED = Estimate(value=-0.041, low=-0.068, high=-0.014)


def test_a_difference_shows_its_sign_and_interval() -> None:
    assert figures.with_interval(DROPPED, figures.points) == "−4.1 [−6.8, −1.4]"
    assert figures.lift(0.124) == "+12.4%"


@pytest.mark.parametrize("tiny", [0.0, -0.0, 0.0001, -0.0001])
def test_what_rounds_to_zero_has_no_sign(tiny: float) -> None:
    assert figures.lift(tiny) == "0.0%"


def test_yen_reads_as_each_language_writes_it() -> None:
    assert figures.yen("en", -1234.4, signed=True) == "−¥1,234"
    assert figures.yen("ja", 1234.4, signed=True) == "+1,234円"


def test_what_is_not_known_is_not_a_figure() -> None:
    assert figures.lift(nan) == figures.yen("ja", nan) == figures.yen("en", nan) == "–"
    assert figures.percent(inf) == "∞%"


def test_probabilities_never_round_to_certainty() -> None:
    shown = [figures.probability(p) for p in (0.0, 0.001, 0.5, 0.999, 1.0)]
    assert shown == ["0%", "<1%", "50%", ">99%", "100%"]


def test_a_small_p_is_not_zero() -> None:
    assert figures.p_value(0.00004) == "< 0.001"


def test_each_metric_has_its_unit() -> None:
    assert figures.metric("en", Metric.CHURN_RATE, 0.0612) == "6.1%"
    assert figures.metric("ja", Metric.LTV, 41_200) == "41,200円"


def test_days_and_moments_read_as_each_language_writes_them() -> None:
    assert figures.day("ja", date(2026, 4, 1)) == "2026年4月1日"
    assert figures.moment("en", datetime(2026, 4, 1, 9, 5, tzinfo=UTC)) == "1 Apr 2026 09:05 UTC"

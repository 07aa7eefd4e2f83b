"""A source is stale by its own rhythm, and by no other."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from kizuna.customers.diagnosis.freshness import freshness

TODAY = date(2026, 11, 21)


def days_ago(*days: int) -> list[date]:
    return sorted(TODAY - timedelta(days=day) for day in days)


def test_daily_rows_that_end_yesterday_are_fresh() -> None:
    found = freshness(days_ago(*range(1, 100)), TODAY)
    assert found is not None
    assert (found.days_since, found.usual_gap_days, found.longest_gap_days) == (1, 1, 1)
    assert not found.is_stale
    assert found.hole is None


def test_daily_rows_that_end_five_days_ago_are_stale() -> None:
    found = freshness(days_ago(*range(5, 100)), TODAY)
    assert found is not None
    assert found.is_stale


def test_weekly_rows_that_end_twelve_days_ago_are_fresh() -> None:
    found = freshness(days_ago(*range(12, 300, 7)), TODAY)
    assert found is not None
    assert found.usual_gap_days == 7
    assert not found.is_stale


def test_a_company_that_rests_at_weekends_is_not_stale_on_monday() -> None:
    monday = date(2026, 11, 23)
    working = [monday - timedelta(days=n) for n in range(3, 200) if (monday - timedelta(days=n)).weekday() < 5]
    found = freshness(sorted(working), monday)
    assert found is not None
    assert found.days_since == 3
    assert not found.is_stale


def test_few_monthly_files_have_a_rhythm() -> None:
    months = [date(2026, month, 1) for month in range(1, 9)]
    fresh, stale = freshness(months, date(2026, 9, 25)), freshness(months, date(2026, 11, 21))
    assert fresh is not None
    assert stale is not None
    assert (fresh.is_stale, stale.is_stale) == (False, True)


def test_a_few_answers_at_odd_times_have_none() -> None:
    found = freshness(days_ago(200, 199, 198, 150, 100, 99, 98), TODAY)
    assert found is not None
    assert found.usual_gap_days is None
    assert not found.is_stale


def test_no_new_customer_for_a_month_is_no_alarm() -> None:
    days = days_ago(*range(30, 200))
    of_events, of_customers = freshness(days, TODAY), freshness(days, TODAY, comes_by_itself=False)
    assert of_events is not None
    assert of_customers is not None
    assert (of_events.is_stale, of_customers.is_stale) == (True, False)


def test_a_hole_is_named_and_does_not_make_the_rhythm_slow() -> None:
    days = [*range(1, 40), *range(60, 120)]
    found = freshness(days_ago(*days), TODAY)
    assert found is not None
    assert found.hole == (TODAY - timedelta(days=60), TODAY - timedelta(days=39))
    after = freshness(days_ago(*(day + 6 for day in days)), TODAY)
    assert after is not None
    assert after.is_stale


def test_without_rows_there_is_nothing_to_tell() -> None:
    assert freshness([], TODAY) is None
    assert freshness([TODAY + timedelta(days=9)], TODAY) is None


@given(st.sets(st.integers(0, 800), min_size=1))
def test_somebody_seen_today_is_never_stale(days: set[int]) -> None:
    found = freshness(days_ago(0, *days), TODAY)
    assert found is not None
    assert found.days_since == 0
    assert not found.is_stale

"""How far a table was read, and from where on it is read again."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from kizuna.customers.sources.watermark import read_from, remembered
from kizuna.domain.errors import UserError

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def local(*numbers: int) -> datetime:
    """As databases hand over moments whose column has no zone."""
    return datetime(*numbers, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("highest", "late", "again"),
    [
        (local(2026, 11, 20, 9, 30), None, local(2026, 11, 17, 9, 30)),
        (datetime(2026, 11, 20, 9, tzinfo=UTC), timedelta(hours=6), datetime(2026, 11, 20, 3, tzinfo=UTC)),
        (date(2026, 11, 20), timedelta(hours=6), date(2026, 11, 19)),
        ("2026-11-20 09:30:00", timedelta(days=1), "2026-11-19"),
        ("2026-11-20T09:30:00+09:00", None, "2026-11-17"),
    ],
)
def test_moments_are_read_again_from_before_the_newest(highest: Any, late: timedelta | None, again: Any) -> None:
    mark = remembered(highest, NOW)
    assert mark is not None
    assert read_from(mark, late) == (again, True)


@pytest.mark.parametrize("highest", [7, -3, Decimal("12.50"), 10**25])
def test_numbers_know_no_lateness(highest: Any) -> None:
    mark = remembered(highest, NOW)
    assert mark is not None
    assert read_from(mark, timedelta(days=9)) == (highest, False)


@pytest.mark.parametrize("far", [local(2099, 1, 1), datetime(2099, 1, 1, tzinfo=UTC), date(2099, 1, 1), "2099-01-01"])
def test_a_mistyped_year_does_not_hide_what_comes_after_it(far: Any) -> None:
    mark = remembered(far, NOW)
    assert mark is not None
    assert mark["value"].startswith("2026-11-23")


@pytest.mark.parametrize("odd", [True, b"x", "20 Nov 2026", ""])
def test_what_cannot_be_compared_is_refused(odd: Any) -> None:
    with pytest.raises(UserError, match="must be a column of moments or numbers"):
        remembered(odd, NOW)


def test_nothing_seen_is_nothing_to_remember() -> None:
    assert remembered(None, NOW) is None

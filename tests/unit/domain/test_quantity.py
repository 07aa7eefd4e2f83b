import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizuna.domain.quantity import BusinessDays, Duration, Jpy, Share, write_duration
from pydantic import TypeAdapter, ValidationError

SHARE: TypeAdapter[float] = TypeAdapter(Share)
DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)
JPY: TypeAdapter[float] = TypeAdapter(Jpy)
BUSINESS_DAYS: TypeAdapter[int] = TypeAdapter(BusinessDays)


@pytest.mark.parametrize(("text", "value"), [("10 %", 0.1), ("10%", 0.1), ("2.5 %", 0.025), (0.1, 0.1), (1, 1.0)])
def test_share_is_read_as_people_write_it(text: object, value: float) -> None:
    assert SHARE.validate_python(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["10", "ten %", "1e2 %", "-5 %", "101 %", True, math.nan, math.inf, "％"])
def test_share_refuses_what_is_none(text: object) -> None:
    with pytest.raises(ValidationError):
        SHARE.validate_python(text)


@pytest.mark.parametrize(
    ("text", "value"), [("3 JPY", 3), ("200,000 JPY", 200_000), ("1_000_000 JPY", 1_000_000), ("0.5 JPY", 0.5), (7, 7)]
)
def test_amount_is_read_as_people_write_it(text: object, value: float) -> None:
    assert JPY.validate_python(text) == value


@pytest.mark.parametrize("text", ["3", "3 EUR", "2,5 JPY", "1,0000 JPY", "-3 JPY", "9" * 400 + " JPY", True, math.nan])
def test_amount_refuses_what_could_be_misread(text: object) -> None:
    with pytest.raises(ValidationError):
        JPY.validate_python(text)


@given(st.integers(1, 99_999), st.sampled_from(["d", "h"]))
def test_duration_survives_being_written_and_read(number: int, unit: str) -> None:
    value = DURATION.validate_python(f"{number}{unit}")
    assert DURATION.validate_python(write_duration(value)) == value


@pytest.mark.parametrize("text", ["0d", "30", 30, "1.5d", "-1d", "999999999999d", "30 w", True, None])
def test_duration_refuses_what_is_none(text: object) -> None:
    with pytest.raises(ValidationError):
        DURATION.validate_python(text)


@pytest.mark.parametrize(("text", "days"), [("3 business days", 3), ("1 business day", 1), (5, 5)])
def test_business_days_are_read_as_people_write_them(text: object, days: int) -> None:
    assert BUSINESS_DAYS.validate_python(text) == days


@pytest.mark.parametrize("text", ["3 days", "0 business days", "99 business days", True, 0])
def test_business_days_refuse_what_is_none(text: object) -> None:
    with pytest.raises(ValidationError):
        BUSINESS_DAYS.validate_python(text)

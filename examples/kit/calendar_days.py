"""Calendar arithmetic on arrays of days since 1970-01-01. Days of the month stay within 1 to 28."""

from datetime import date, timedelta

import numpy as np

from .arrays import Ints

EPOCH = date(1970, 1, 1)
DAY_SECONDS = 86_400
WEEKDAY_SHARE = (0.19, 0.19, 0.19, 0.19, 0.16, 0.04, 0.04)
"""How a week's activity spreads over Monday to Sunday."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def to_date(day: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(day))


def weekday(day: int) -> int:
    """0 is Monday."""
    return (day + 3) % 7


def month_of(days: Ints) -> Ints:
    """Months since 1970-01."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)


def month_start(months: Ints) -> Ints:
    """The first day of a month."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int32)


def day_of_month(days: Ints) -> Ints:
    """1 to 31."""
    return days - month_start(month_of(days)) + 1


def add_months(days: Ints, months: Ints | int) -> Ints:
    """The same day of the month, so many months later."""
    later: Ints = month_start(month_of(days) + np.asarray(months, np.int32)) + day_of_month(days) - 1
    return later


def tame(days: Ints) -> Ints:
    """The days, with those after the 28th of a month moved to the 28th."""
    return days - np.maximum(day_of_month(days) - 28, 0)

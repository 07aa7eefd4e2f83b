"""Figures as people read them: signs, percent, points, yen, dates, intervals."""

import math
from collections.abc import Callable
from datetime import date, datetime

from ..domain.brief import Language, Metric
from ..domain.report import Estimate

UNKNOWN = "–"
MINUS = "−"
_SHARES = frozenset({Metric.CHURN_RATE, Metric.REPEAT_RATE, Metric.UPGRADES})
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Form = Callable[[float], str]


def number(value: float, digits: int = 0, signed: bool = False) -> str:
    """`1,234.5`, with a true minus, and with a plus where `signed`; zero has no sign."""
    if math.isnan(value):
        return UNKNOWN
    shown = "∞" if math.isinf(value) else f"{abs(value):,.{digits}f}"
    if not any(c in shown for c in "123456789∞"):
        return shown
    return (MINUS if value < 0 else "+" if signed else "") + shown


def percent(share: float, digits: int = 1) -> str:
    """0.124 as `12.4%`."""
    return _after(number(100 * share, digits), "%")


def lift(share: float) -> str:
    """A relative change, always with its sign."""
    return _after(number(100 * share, 1, signed=True), "%")


def points(share: float) -> str:
    """A difference of shares in percentage points, always with its sign: 0.015 as `+1.5`."""
    return number(100 * share, 1, signed=True)


def probability(share: float) -> str:
    """A probability in percent; never rounded to certainty."""
    if 0 < share < 0.01:
        return "<1%"
    if 0.99 < share < 1:
        return ">99%"
    return percent(share, 0)


def p_value(p: float) -> str:
    """`= 0.412`, or `< 0.001`."""
    return "< 0.001" if p < 0.001 else f"= {number(p, 3)}"


def yen(language: Language, amount: float, signed: bool = False) -> str:
    """`¥1,234` in English, `1,234円` in Japanese."""
    shown = number(amount, 0, signed)
    if shown == UNKNOWN:
        return shown
    if language == "ja":
        return f"{shown}円"
    sign = shown[0] if shown[0] in f"+{MINUS}" else ""
    return f"{sign}¥{shown.removeprefix(sign)}"


def metric(language: Language, kind: Metric, value: float) -> str:
    """A mean of the goal's metric in its own unit."""
    return percent(value) if kind in _SHARES else yen(language, value)


def interval(estimate: Estimate, form: Form) -> str:
    """`[−6.8, −1.4]`."""
    return f"[{form(estimate.low)}, {form(estimate.high)}]"


def with_interval(estimate: Estimate, form: Form) -> str:
    """`−4.1 [−6.8, −1.4]`."""
    return f"{form(estimate.value)} {interval(estimate, form)}"


def day(language: Language, on: date) -> str:
    """`1 Apr 2026`, or `2026年4月1日`."""
    if language == "ja":
        return f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def short_day(language: Language, on: date) -> str:
    """`1 Apr`, or `4月1日`: where the year is known."""
    return f"{on.month}月{on.day}日" if language == "ja" else f"{on.day} {_MONTHS[on.month - 1]}"


def moment(language: Language, at: datetime) -> str:
    """Day, minute and time zone, in the zone that the value comes with."""
    zone = at.tzname()
    return f"{day(language, at)} {at:%H:%M}" + (f" {zone}" if zone else "")


def _after(shown: str, unit: str) -> str:
    return shown if shown == UNKNOWN else f"{shown}{unit}"

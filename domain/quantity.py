"""Quantities as people write them in YAML: `10 %`, `30d`, `24h`, `3 JPY`, `3 business days`."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

_DURATION = re.compile(r"^([0-9]{1,5})\s*(d|h|days?|hours?)$")
_MONEY = re.compile(r"^([0-9]{1,15}|[0-9]{1,3}(?:[,_][0-9]{3}){1,4})(\.[0-9]{1,6})?\s*JPY$")
_POINTS = re.compile(r"^([0-9]{1,3}(?:\.[0-9]{1,6})?) points?$")
_BUSINESS_DAYS = re.compile(r"^([0-9]{1,2}) business days?$")


def parse_share(value: Any) -> Any:
    """`10 %` -> 0.1; numbers pass as they are."""
    if isinstance(value, bool):
        raise ValueError("write a share as `10 %` or 0.1")
    if isinstance(value, str):
        number = value.strip().removesuffix("%").strip()
        if value.strip().endswith("%") and re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", number):
            return float(number) / 100
        raise ValueError("write a share as `10 %` or 0.1")
    return value


def parse_duration(value: Any) -> Any:
    """`30d` or `24h` -> timedelta."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.match(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError("write a duration as `30d` or `24h`")
    number = int(match[1])
    return timedelta(days=number) if match[2].startswith("d") else timedelta(hours=number)


def write_duration(value: timedelta) -> str:
    hours = int(value.total_seconds() // 3600)
    return f"{hours // 24}d" if hours % 24 == 0 else f"{hours}h"


def parse_jpy(value: Any) -> Any:
    """`3 JPY` or `200,000 JPY` -> float of yen."""
    if isinstance(value, bool) or not isinstance(value, str):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        raise ValueError("write an amount as `200000 JPY`")
    match = _MONEY.match(value.strip())
    if not match:
        raise ValueError("write an amount as `200000 JPY`")
    return float(re.sub("[,_]", "", match[1]) + (match[2] or ""))


def parse_business_days(value: Any) -> Any:
    """`3 business days` -> 3."""
    if isinstance(value, str):
        match = _BUSINESS_DAYS.match(value.strip())
        if not match:
            raise ValueError("write it as `3 business days`")
        return int(match[1])
    if isinstance(value, bool):
        raise ValueError("write it as `3 business days`")
    return value


def parse_points(value: Any) -> Any:
    """`10 points` -> 0.1: a difference of two shares, in percentage points; numbers pass as they are."""
    if isinstance(value, bool):
        raise ValueError("write a difference of shares as `10 points`")
    if isinstance(value, str):
        match = _POINTS.match(value.strip())
        if not match:
            raise ValueError("write a difference of shares as `10 points`")
        return float(match[1]) / 100
    return value


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than nothing")
    return value


Share = Annotated[
    float,
    BeforeValidator(parse_share),
    Field(ge=0, le=1, allow_inf_nan=False),
    WithJsonSchema(
        {
            "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": "%$"}],
            "examples": ["10 %"],
        }
    ),
]
Points = Annotated[
    float,
    BeforeValidator(parse_points),
    Field(ge=0, le=1, allow_inf_nan=False),
    WithJsonSchema(
        {
            "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": " points?$"}],
            "examples": ["10 points"],
        }
    ),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    AfterValidator(_positive),
    PlainSerializer(write_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\d+\s*(d|h|days?|hours?)$", "examples": ["30d", "24h"]}),
]
Jpy = Annotated[
    float,
    BeforeValidator(parse_jpy),
    Field(ge=0, allow_inf_nan=False),
    WithJsonSchema(
        {
            "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": "JPY$"}],
            "examples": ["200000 JPY"],
        }
    ),
]
BusinessDays = Annotated[
    int,
    BeforeValidator(parse_business_days),
    Field(ge=1, le=60),
    WithJsonSchema({"type": "string", "pattern": r"^\d+ business days?$", "examples": ["3 business days"]}),
]

#: A plain mail address (RFC 5321 without quoted local parts; ASCII, since SMTPUTF8 can't be assumed).
EmailAddress = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        max_length=254,
        examples=["hello@company.example"],
    ),
]
#: What customers and reviewers read.
Language = Literal["ja", "en"]
#: A lower-case name that can stand in file names, addresses and logs.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,47}$", examples=["summer_rescue"])]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["20:00"])]


def _known_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ValueError(f"{name!r} is no time zone; write it like `Asia/Tokyo`") from error
    return name


TimeZone = Annotated[str, AfterValidator(_known_time_zone), Field(examples=["Asia/Tokyo"])]

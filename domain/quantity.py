"""Quantities as people write them in YAML: `10 %`, `30d`, `24h`, `3 JPY`, `3 business days`."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

_DURATION = re.compile(r"^(\d+)\s*(d|h|days?|hours?)$")
_MONEY = re.compile(r"^(\d[\d_,]*(?:\.\d+)?)\s*JPY$")
_BUSINESS_DAYS = re.compile(r"^(\d+) business days?$")


def parse_share(value: Any) -> Any:
    """`10 %` -> 0.1; numbers pass as they are."""
    if isinstance(value, str):
        number = value.strip().removesuffix("%").strip()
        if value.strip().endswith("%") and re.fullmatch(r"-?\d+(\.\d+)?", number):
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
    return float(match[1].replace(",", "").replace("_", ""))


def parse_business_days(value: Any) -> Any:
    """`3 business days` -> 3."""
    if isinstance(value, str):
        match = _BUSINESS_DAYS.match(value.strip())
        if not match:
            raise ValueError("write it as `3 business days`")
        return int(match[1])
    return value


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than nothing")
    return value


Share = Annotated[
    float,
    BeforeValidator(parse_share),
    Field(ge=0, le=1),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": "%$"}]}
    ),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    AfterValidator(_positive),
    PlainSerializer(write_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\d+\s*(d|h)$", "examples": ["30d", "24h"]}),
]
Jpy = Annotated[
    float,
    BeforeValidator(parse_jpy),
    Field(ge=0),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": "JPY$"}]}),
]
BusinessDays = Annotated[
    int,
    BeforeValidator(parse_business_days),
    Field(ge=1, le=60),
    WithJsonSchema({"type": "string", "pattern": r"^\d+ business days?$"}),
]

#: A plain mail address (RFC 5321 without quoted local parts; ASCII, since SMTPUTF8 can't be assumed).
EmailAddress = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", max_length=254),
]

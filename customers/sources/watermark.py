"""How far a table was read, by a column that only grows; and from where on to read again."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ...domain.errors import UserError

#: How long rows may take to appear behind newer ones, where the brief does not say.
LATE = timedelta(days=3)
#: No moment further ahead is remembered: one mistyped year would hide all that comes after it.
_AHEAD = timedelta(days=1)


def remembered(highest: Any, now: datetime) -> dict[str, str] | None:
    """The highest value seen, for JSON; `now` is in UTC. Raises UserError for a value that can't be compared."""
    if highest is None:
        return None
    if isinstance(highest, bool | bytes):
        raise UserError(f"must be a column of moments or numbers, not of {type(highest).__name__}")
    if isinstance(highest, datetime):
        latest = now + _AHEAD if highest.tzinfo else (now + _AHEAD).replace(tzinfo=None)
        return {"kind": "moment", "value": min(highest, latest).isoformat()}
    if isinstance(highest, date):
        return {"kind": "date", "value": min(highest, (now + _AHEAD).date()).isoformat()}
    if isinstance(highest, str):
        return {"kind": "text", "value": min(_day_of(highest), (now + _AHEAD).date()).isoformat()}
    return {"kind": "number", "value": str(highest)}


def read_from(mark: Mapping[str, str], late: timedelta | None) -> tuple[Any, bool]:
    """(value, whether rows with exactly this value come again). Numbers know no lateness: only greater ones are new."""
    behind = LATE if late is None else late
    value = mark["value"]
    if mark["kind"] == "moment":
        return datetime.fromisoformat(value) - behind, True
    if mark["kind"] == "date":
        return date.fromisoformat(value) - _whole_days(behind), True
    if mark["kind"] == "text":  # written with the year first, text sorts as moments do
        return (date.fromisoformat(value) - _whole_days(behind)).isoformat(), True
    return (int(value) if value.lstrip("-").isdigit() else Decimal(value)), False


def now_in_utc() -> datetime:
    return datetime.now(UTC)


def _day_of(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        hint = "text must begin with a day like 2026-01-31"
        raise UserError(f"must be a column of moments or numbers ({hint})") from None


def _whole_days(behind: timedelta) -> timedelta:
    return timedelta(days=behind.days + (1 if behind % timedelta(days=1) else 0))

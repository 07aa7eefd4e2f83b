"""Guardrails as the brief states them: limits that no agent can cross."""

from zoneinfo import ZoneInfo

from pydantic import Field

from .model import Frozen
from .quantity import ClockTime, Duration, Share, TimeZone


class Cap(Frozen):
    """At most so many messages to one unit in a window, over all actions and channels."""

    messages: int = Field(ge=1)
    per: Duration


class QuietHours(Frozen):
    """No message leaves in these hours, nor on weekends where the brief says so."""

    start: ClockTime = Field(alias="from")
    until: ClockTime
    time_zone: TimeZone
    weekends: bool = True

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Guardrails(Frozen):
    """Limits that no agent can cross."""

    caps: tuple[Cap, ...] = Field(min_length=1)
    gap: Duration
    quiet_hours: QuietHours
    discount_ceiling: Share

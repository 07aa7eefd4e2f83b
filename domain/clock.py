"""Business time. It is passed in, so that fast-forward and tests run the code of production."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from .brief import QuietHours


class Clock(Protocol):
    """Tells what time it is for the business (quiet hours, waits, expiry); never used for leases."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A moment that moves only when told to: for tests and fast-forward."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        return self.moment


def after_business_days(moment: datetime, days: int, quiet: QuietHours) -> datetime:
    """The same clock time `days` working days (Monday to Friday in the brief's time zone) later."""
    local = moment.astimezone(quiet.zone)
    while days:
        local += timedelta(days=1)
        days -= local.weekday() < 5
    return local.astimezone(UTC)


def is_quiet(moment: datetime, quiet: QuietHours) -> bool:
    """Whether no message may leave now (the start belongs to the quiet hours, the end does not)."""
    local = moment.astimezone(quiet.zone)
    if quiet.weekends and local.weekday() >= 5:
        return True
    now = local.strftime("%H:%M")
    if quiet.start <= quiet.until:
        return quiet.start <= now < quiet.until
    return now >= quiet.start or now < quiet.until


def next_loud_moment(moment: datetime, quiet: QuietHours) -> datetime:
    """The first moment from `moment` on at which messages may leave."""
    local = moment.astimezone(quiet.zone)
    while is_quiet(local, quiet):
        hour, minute = map(int, quiet.until.split(":"))
        end = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        local = end if end > local else end + timedelta(days=1)
    return local.astimezone(UTC)

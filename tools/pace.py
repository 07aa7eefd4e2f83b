"""How many messages may leave in an hour, counted over a sliding window."""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from ..domain.errors import NotSentYet

_HOUR = timedelta(hours=1)


def _real_time() -> datetime:
    return datetime.now(UTC)


class Pace:
    """At most `per_hour` messages in any hour; None means no limit. `earlier`: when the last hour's messages left."""

    def __init__(
        self, per_hour: int | None, earlier: Iterable[datetime] = (), now: Callable[[], datetime] = _real_time
    ) -> None:
        self.per_hour, self._now = per_hour, now
        self._left = deque(sorted(earlier))

    def check(self) -> None:
        """Raises NotSentYet, with the time until there is room again, where the hour is full."""
        if self.per_hour is None:
            return
        now = self._now()
        while self._left and self._left[0] <= now - _HOUR:
            self._left.popleft()
        if len(self._left) >= self.per_hour:
            room = self._left[len(self._left) - self.per_hour] + _HOUR
            raise NotSentYet(f"{self.per_hour} mails left within the hour already", retry_after=room - now)

    def note(self) -> None:
        """One more left."""
        if self.per_hour is not None:
            self._left.append(self._now())

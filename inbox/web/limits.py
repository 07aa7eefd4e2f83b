"""How often somebody may try to log in: few failures for each login and address, more for an address."""

import threading
import time
from collections import deque

WINDOW_SECONDS = 15 * 60
PER_LOGIN = 5
PER_ADDRESS = 30
_MOST_KEYS = 10_000


class Attempts:
    """Failed log-ins of the last quarter of an hour, kept in memory: a restart forgets them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: dict[tuple[str, ...], deque[float]] = {}

    def are_too_many(self, login: str, address: str) -> bool:
        """Whether this login from this address, or this address, has to wait."""
        with self._lock:
            return self._count((login, address)) >= PER_LOGIN or self._count((address,)) >= PER_ADDRESS

    def failed(self, login: str, address: str) -> None:
        with self._lock:
            if len(self._failed) >= _MOST_KEYS:
                self._forget_old()
            for key in ((login, address), (address,)):
                self._failed.setdefault(key, deque(maxlen=PER_ADDRESS)).append(time.monotonic())

    def succeeded(self, login: str, address: str) -> None:
        with self._lock:
            self._failed.pop((login, address), None)

    def _count(self, key: tuple[str, ...]) -> int:
        times = self._failed.get(key)
        while times and times[0] < time.monotonic() - WINDOW_SECONDS:
            times.popleft()
        return len(times or ())

    def _forget_old(self) -> None:
        for key in [key for key in self._failed if not self._count(key)]:
            del self._failed[key]

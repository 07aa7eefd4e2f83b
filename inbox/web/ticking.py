"""The campaign goes on while the inbox is open: a tick every so often, and soon after each decision."""

import logging
import threading

from ...domain.errors import KizunaError
from ...service.keeping import Workspace, keep_current
from ...service.running import tick
from ...service.standing import status
from .security import told

_log = logging.getLogger("kizuna.inbox")
#: Decisions come in rows; one tick takes them all.
_SOON_SECONDS = 1.0


class Ticker:
    """One background thread. The campaign's lease holds that it never works beside cron or another process."""

    def __init__(self, workspace: Workspace, every_seconds: float) -> None:
        self._workspace = workspace
        self._every = every_seconds
        self._wanted = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def soon(self) -> None:
        """Something was decided: don't wait for the next turn."""
        self._wanted.set()

    def stop(self, timeout_seconds: float = 60.0) -> None:
        """Let the tick under way come to its end; what it can't finish, the next process goes on with."""
        self._over.set()
        self._wanted.set()
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while not self._over.is_set():
            self._once()
            if self._wanted.wait(self._every):
                self._over.wait(_SOON_SECONDS)
                self._wanted.clear()

    def _once(self) -> None:
        """A tick that fails is told in the log and tried again at the next turn; the pages go on."""
        try:
            keep_current(self._workspace)
            if status(self._workspace).state == "not started":
                return
            if tick(self._workspace).busy:
                self._over.wait(_SOON_SECONDS)
        except KizunaError as error:
            _log.error("tick: %s", error)
        except Exception as error:
            _log.error("tick: %s", told(error))

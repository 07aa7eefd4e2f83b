"""Orders to the launcher: ticks and workers in processes of their own, killed or stopped where a test says."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

LAUNCHER = Path(__file__).with_name("launcher.py")


@dataclass
class Launcher:
    """The server that forks children, started once per session."""

    folder: Path
    server: subprocess.Popen[str] = field(init=False)
    ordered: int = 0

    def __post_init__(self) -> None:
        self.server = subprocess.Popen(
            [sys.executable, str(LAUNCHER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        assert self.server.stdin is not None and self.server.stdout is not None
        self.server.stdin.close()
        self.server.stdout.close()
        self.server.wait(timeout=30)

    def spawn(self, do: str, folder: Path, now: datetime, **how: Any) -> "Child":
        """Begin a `tick`, or a worker's round (`work`). `at`, `side` and `deed` say where it is killed or stopped."""
        self.ordered += 1
        out = self.folder / f"{self.ordered}.json"
        order = {"do": do, "folder": str(folder), "now": now.isoformat(), "out": str(out), **how}
        return Child(self, self._ask({"spawn": order})["pid"], out)

    def run(self, do: str, folder: Path, now: datetime, **how: Any) -> dict[str, Any] | None:
        """Its answer, once it is done; None if it was killed."""
        return self.spawn(do, folder, now, **how).wait()

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self.server.stdin is not None and self.server.stdout is not None
        self.server.stdin.write(json.dumps(order) + "\n")
        self.server.stdin.flush()
        answer: dict[str, Any] = json.loads(self.server.stdout.readline())
        return answer


@dataclass
class Child:
    """A process under way."""

    launcher: Launcher
    pid: int
    out: Path

    def wait(self) -> dict[str, Any] | None:
        """Its answer, once it is done; None if it was killed. Fails with its traceback if it failed."""
        status = self.launcher._ask({"wait": self.pid})["status"]
        if status == -9:
            return None
        assert status == 0, Path(f"{self.out}.err").read_text(encoding="utf-8")
        answer: dict[str, Any] = json.loads(self.out.read_text(encoding="utf-8"))
        return answer

"""Runs ticks in processes that can die: a server that has imported everything forks one child per order.

Started as a script. Reads one JSON order a line on standard input, answers with one JSON line. Orders:
`{"spawn": {...}}` -> `{"pid": n}`; `{"wait": n}` -> `{"status": n, "signal": n}`, once the child is gone.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

# Everything a tick imports on its way, so that a child starts at once.
import kizuna.store.migrations.run  # noqa: F401
from kizuna.domain.clock import FixedClock
from kizuna.service import running
from kizuna.tools.folder_outbox import FolderOutbox
from langgraph.checkpoint.sqlite import SqliteSaver
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from world import World  # type: ignore[import-not-found]  # this folder is the path of the script


class Probe:
    """Counts the moments at which something becomes durable, and does something to the process at one of them."""

    def __init__(self, at: int, side: str, deed: str) -> None:
        self.at, self.side, self.deed = at, side, deed
        self.labels: list[str] = []

    def watch(self, owner: Any, method: str, label: Callable[..., str]) -> None:
        """Count the calls of a method."""
        original = getattr(owner, method)

        @wraps(original)
        def watched(*args: Any, **kwargs: Any) -> Any:
            self.labels.append(label(*args, **kwargs))
            mine = len(self.labels)
            self._strike(mine, "before")
            result = original(*args, **kwargs)
            self._strike(mine, "after")
            return result

        setattr(owner, method, watched)

    def _strike(self, event: int, side: str) -> None:
        if (event, side) == (self.at, self.side):
            os.kill(os.getpid(), signal.SIGKILL if self.deed == "kill" else signal.SIGSTOP)


def _watch_all(probe: Probe) -> None:
    probe.watch(SQLiteDialect_pysqlite, "do_commit", lambda *_: "commit")
    probe.watch(SqliteSaver, "put", lambda _self, _config, checkpoint, *_: f"checkpoint:{_next(checkpoint)}")
    probe.watch(SqliteSaver, "put_writes", lambda _self, _config, writes, *_: f"writes:{_written(writes)}")
    probe.watch(FolderOutbox, "send", lambda *_, **__: "send")


def _next(checkpoint: Any) -> str:
    """The nodes that follow this checkpoint."""
    names = [name for name in checkpoint["channel_values"] if name.startswith("branch:to:")]
    return ",".join(sorted(name.removeprefix("branch:to:") for name in names))


def _written(writes: Any) -> str:
    return ",".join(sorted({name for name, _ in writes if name.startswith(("branch:to:", "__"))}))


def _child(order: dict[str, Any]) -> None:
    probe = Probe(order.get("at", 0), order.get("side", "before"), order.get("deed", "kill"))
    _watch_all(probe)
    answer: dict[str, Any] = {}
    with World(Path(order["folder"]), FixedClock(datetime.fromisoformat(order["now"]))) as world:
        if order["do"] == "tick":
            status = running.tick(world.workspace)
            answer = {"state": status.state, "busy": status.busy}
        else:
            answer = {"counts": world.worker().run().counts}
    Path(order["out"]).write_text(json.dumps({**answer, "labels": probe.labels}), encoding="utf-8")


def _spawn(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        with open(order["out"] + ".err", "w", encoding="utf-8") as errors:
            os.dup2(errors.fileno(), 2)
            _child(order)
            os._exit(0)
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)


def serve() -> None:
    """Answer orders until the input ends."""
    for line in sys.stdin:
        order = json.loads(line)
        if "spawn" in order:
            answer = {"pid": _spawn(order["spawn"])}
        else:
            _, status = os.waitpid(order["wait"], 0)
            answer = {"status": os.waitstatus_to_exitcode(status)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()

"""Drives the graphs' threads: start, wake, go on after a crash. One worker at a time, one pending question at most."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command

from ..agents import graph
from ..agents.workspace import Context, Workspace

#: Refuses an answer to a question that is not pending (LangGraph keeps the name of this switch internal).
_STRICT_RESUME = "__pregel_strict_resume"
#: Only JSON's own types are ever in our state; anything else in a checkpoint is refused.
_SERDE = JsonPlusSerializer(allowed_msgpack_modules=None)


@dataclass
class Threads:
    """The compiled graphs over one checkpoint store."""

    campaign: Any
    review: Any
    context: Context

    def drive_campaign(self, name: str, *, wake: bool) -> None:
        """Start the campaign's thread, finish what a crash interrupted, and wake it if asked to."""
        first = {"campaign": name, "cycle": 1, "revision": 0, "counts": {}}
        self._drive(self.campaign, f"campaign/{name}", first, wake)

    def drive_review(self, review_id: str, ask: dict[str, Any]) -> None:
        """Open the thread of a decided review, if need be, and let it draw the consequences."""
        thread = f"review/{review_id}"
        self._drive(self.review, thread, {"review": review_id, "ask": ask}, wake=False)
        self._drive(self.review, thread, {}, wake=True)

    def asks(self, name: str) -> dict[str, Any] | None:
        """What the campaign's thread is waiting for: the payload of its interrupt."""
        pending = self.campaign.get_state(_config(f"campaign/{name}")).interrupts
        return pending[0].value if pending else None

    def stands_at(self, name: str) -> tuple[str, ...]:
        """The nodes at which the campaign's thread waits; none when it has come to its end."""
        return tuple(self.campaign.get_state(_config(f"campaign/{name}")).next)

    def _drive(self, compiled: Any, thread: str, first: dict[str, Any], wake: bool) -> None:
        config = _config(thread)
        seen = compiled.get_state(config)
        if seen.created_at is None:
            given: Any = first
        elif seen.interrupts:
            if not wake:
                return
            given = Command(resume={seen.interrupts[0].id: {"wake": True}})
        elif seen.tasks:  # `next` leaves out a node whose writes are kept already, but not applied
            given = None  # a crash came between two nodes, or inside one: it runs again
        else:
            return
        compiled.invoke(given, config, context=self.context, durability="sync", version="v2")


def forget_reviews(workspace: Workspace, review_ids: Iterable[str]) -> None:
    """Delete the threads of these reviews, and what the file still holds of them."""
    with _checkpoints(workspace) as saver:
        for review_id in review_ids:
            saver.delete_thread(f"review/{review_id}")
        if isinstance(saver, SqliteSaver):
            saver.conn.commit()
            saver.conn.execute("VACUUM")
            saver.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _config(thread: str) -> dict[str, Any]:
    return {"configurable": {"thread_id": thread, _STRICT_RESUME: True}}


@contextmanager
def open_threads(workspace: Workspace) -> Iterator[Threads]:
    """The graphs over this workspace's checkpoints: a SQLite file, or the PostgreSQL that the store is in."""
    context = Context(str(workspace.brief_path), workspace)
    with _checkpoints(workspace) as saver:
        yield Threads(
            campaign=graph.campaign().compile(checkpointer=saver, name="campaign"),
            review=graph.review().compile(checkpointer=saver, name="review"),
            context=context,
        )


@contextmanager
def _checkpoints(workspace: Workspace) -> Iterator[BaseCheckpointSaver[Any]]:
    url = os.environ.get("KIZUNA_STORE_URL", "")
    if url.startswith("postgresql"):
        from langgraph.checkpoint.postgres import PostgresSaver

        with PostgresSaver.from_conn_string(url.replace("postgresql+psycopg", "postgresql")) as postgres:
            postgres.serde = _SERDE
            postgres.setup()
            yield postgres
        return
    path = workspace.private / "checkpoints.db"
    connection = sqlite3.connect(path, check_same_thread=False, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        yield SqliteSaver(connection, serde=_SERDE)
    finally:
        connection.close()

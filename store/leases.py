"""Leases: one worker at a time per thing. Real time, so that a crash frees it whatever the business clock says."""

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col

from .database import Store
from .tables import LeaseRow

LEASE_SECONDS = 60.0


class Busy(Exception):
    """Somebody else holds the lease."""


def new_owner() -> str:
    """Names this worker: where it runs, its process, and which of the process's workers it is."""
    return f"{_host()}|{os.getpid()}|{secrets.token_hex(4)}"


def is_dead(owner: str) -> bool:
    """Whether the owner was a process of this very host that is gone; of others nothing is known."""
    host, pid, _ = owner.split("|")
    if host != _host():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _host() -> str:
    """The host and, where there is one, the process namespace: a container's numbers mean nothing outside it."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return f"{socket.gethostname()}/{space}"


def _take(session: Session, name: str, owner: str, seconds: float) -> bool:
    now = datetime.now(UTC)
    row = session.get(LeaseRow, name)
    if row is None:
        session.add(LeaseRow(name=name, owner=owner, until=now + timedelta(seconds=seconds)))
        return True
    if row.owner != owner and row.until > now and not is_dead(row.owner):
        return False
    row.owner, row.until = owner, now + timedelta(seconds=seconds)
    session.add(row)
    return True


@contextmanager
def lease(store: Store, name: str, seconds: float = LEASE_SECONDS) -> Iterator[str]:
    """Hold `name` while the block runs, renewed in the background; raises Busy when it is held elsewhere."""
    owner = new_owner()
    with store.write() as session:
        taken = _take(session, name, owner, seconds)
    if not taken:
        raise Busy(name)
    ended = threading.Event()
    keeper = threading.Thread(target=_keep, args=(store, name, owner, seconds, ended), daemon=True)
    keeper.start()
    try:
        yield owner
    finally:
        ended.set()
        keeper.join()
        with store.write() as session:
            session.exec(delete(LeaseRow).where(col(LeaseRow.name) == name, col(LeaseRow.owner) == owner))


def _keep(store: Store, name: str, owner: str, seconds: float, ended: threading.Event) -> None:
    while not ended.wait(seconds / 3):
        with store.write() as session:
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            session.exec(
                update(LeaseRow).where(col(LeaseRow.name) == name, col(LeaseRow.owner) == owner).values(until=until)
            )

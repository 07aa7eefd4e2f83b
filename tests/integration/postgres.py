"""A PostgreSQL for tests: the one that TEST_POSTGRES_URL names, or one started here with Debian's programs."""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, text
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from .world import World

_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
_NUMBERS = itertools.count(1)


@contextmanager
def a_server() -> Iterator[str]:
    """The address of a server's own database; skips where there is no server and none can be started."""
    named = os.environ.get("TEST_POSTGRES_URL")
    if named:
        yield named
        return
    if not (_PROGRAMS / "initdb").exists():
        pytest.skip(f"no PostgreSQL: TEST_POSTGRES_URL names none, and {_PROGRAMS} is not there")
    folder = Path(tempfile.mkdtemp(prefix="kizuna-postgres-"))
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    if user is not None:
        shutil.chown(folder, user)
    run = {"user": user, "check": True, "stdout": subprocess.DEVNULL, "cwd": folder}
    data, socket = folder / "data", folder
    subprocess.run([_PROGRAMS / "initdb", "-D", data, "-U", "kizuna", "-A", "trust", "-N"], **run)
    options = f"-k {socket} -c listen_addresses='' -c fsync=off"
    pg_ctl = [_PROGRAMS / "pg_ctl", "-D", data, "-w", "-l", folder / "log"]
    subprocess.run([*pg_ctl, "-o", options, "start"], **run)
    try:
        yield f"postgresql+psycopg://kizuna@/postgres?host={socket}"
    finally:
        subprocess.run([*pg_ctl, "-m", "immediate", "stop"], **run)
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str, template: str = "template1") -> str:
    """The address of a fresh database."""
    name = f"kizuna_{os.getpid()}_{next(_NUMBERS)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def drop_database(server: str, url: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)'))
    engine.dispose()


def move_in(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this world live in another database, with all that it holds."""
    tables = SQLModel.metadata.sorted_tables
    with world.workspace.store.engine.connect() as connection:
        held = {table: [dict(row._mapping) for row in connection.execute(table.select())] for table in tables}
    monkeypatch.setenv("KIZUNA_STORE_URL", url)
    world.reopen()
    with world.workspace.store.engine.begin() as connection:
        for table, rows in held.items():
            if rows:
                connection.execute(insert(table), rows)
        connection.execute(text("SELECT setval('attempt_id_seq', 1000000)"))

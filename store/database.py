"""Opening the store: one place for connections, pragmas and transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlmodel import Session

from ..domain.errors import UserError

#: PostgreSQL takes this lock for every writing transaction, so that checks and writes are one, as on SQLite.
_WRITE_LOCK = 7_203_771


class Store:
    """A database with two ways in: `read()` and `write()`. A write transaction excludes every other one."""

    def __init__(self, url: str) -> None:
        """Open `url` (SQLAlchemy form). SQLite files run in WAL mode with synchronous=FULL."""
        self.url = url
        self.engine: Engine = create_engine(url, hide_parameters=True)  # no customer in an error message
        self._is_sqlite = self.engine.dialect.name == "sqlite"
        if self._is_sqlite:
            event.listen(self.engine, "connect", _set_pragmas)
            event.listen(self.engine, "begin", _begin)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view; nothing is written."""
        with self.engine.connect() as connection, Session(connection) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """All or nothing: commits at the end, rolls back on any error."""
        with self.engine.connect() as bare:
            connection = bare.execution_options(kizuna_write=True)
            with connection.begin():
                if not self._is_sqlite:
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})"))
                with Session(connection, expire_on_commit=False) as session:
                    yield session
                    session.flush()

    def upgrade(self) -> None:
        """Bring the schema to this version (Alembic)."""
        from .migrations.run import upgrade

        with self.engine.connect() as bare:
            connection = bare.execution_options(kizuna_write=True)
            with connection.begin():
                upgrade(connection)

    def compact(self) -> bool:
        """Give up what was deleted: rewrite the file, empty the write-ahead log. False while somebody still reads it.

        On PostgreSQL a plain VACUUM: the space is used again, and overwritten then.
        """
        if not self._is_sqlite:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM"))
            return True
        raw = self.engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy = cursor.fetchone()
            return busy is not None and busy[0] == 0
        finally:
            raw.close()

    def close(self) -> None:
        self.engine.dispose()


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def open_store(url: str) -> Store:
    """Open and upgrade the store; a database that can't be reached is the user's to mend."""
    from sqlalchemy.exc import OperationalError

    store = Store(url)
    try:
        store.upgrade()
    except OperationalError as error:
        raise UserError(f"the database can't be opened: {error.orig}") from error
    return store


def _set_pragmas(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # transactions begin in _begin, not where the driver guesses
    cursor = raw.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=30000",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("kizuna_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

"""Reads a company's own database, through SQLAlchemy: SQLite, PostgreSQL, a warehouse, anything with a dialect."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr
from sqlalchemy import (
    URL,
    ColumnClause,
    Connection,
    Engine,
    Executable,
    bindparam,
    column,
    create_engine,
    event,
    make_url,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from ..domain.errors import UserError
from .source_table import Question, without_secrets

_ROWS_AT_A_TIME = 10_000
_READS = ("select", "with", "values", "table")
#: Dialects that take a transaction which can't write from a statement; PostgreSQL's driver has an option for it.
_READ_ONLY_STATEMENT = {
    "sqlite": "PRAGMA query_only = ON",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
}


def sqlite_address(path: Path) -> SecretStr:
    """The URL of an SQLite file that is opened to read alone."""
    return SecretStr(f"sqlite:///file:{quote(str(path))}?mode=ro&uri=true")


class SourceDatabase:
    """One connection within one transaction that reads: all questions see the same state where the database can."""

    def __init__(self, connection: Connection, called: str) -> None:
        self._connection = connection
        self._called = called

    def columns(self, question: Question) -> tuple[str, ...]:
        empty = select(text("*")).select_from(_rows(question)).where(text("1 = 0"))
        return tuple(self._connection.execute(empty).keys())

    def chunks(self, question: Question) -> Iterator[Sequence[Sequence[Any]]]:
        statement, bound = _statement(question, self.columns(question))
        options = {"stream_results": True, "yield_per": _ROWS_AT_A_TIME}
        yield from self._connection.execute(statement, bound, execution_options=options).partitions()


@contextmanager
def open_database(address: SecretStr, called: str) -> Iterator[SourceDatabase]:
    """The database at an SQLAlchemy URL; faults call it `called`, never by its address.

    Raises UserError where it can't be reached, lacks a table or column, or refuses the query.
    """
    url = _url(address, called)
    try:
        engine = _engine(url)
        try:
            with engine.connect() as connection:
                yield SourceDatabase(_read_only(connection), called)
                connection.rollback()
        finally:
            engine.dispose()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error)
        passwords = (url.password, quote(url.password or ""))
        raise UserError(f"{called}: {without_secrets(reason, address, *passwords)}") from None
    except ModuleNotFoundError as error:
        raise UserError(f"{called}: reading {url.drivername} needs the Python package `{error.name}`") from None


def _url(address: SecretStr, called: str) -> URL:
    try:
        return make_url(address.get_secret_value())
    except (ArgumentError, ValueError):
        hint = "write it like postgresql+psycopg://user:password@host/name"
        raise UserError(f"{called}: its environment variable holds no SQLAlchemy URL ({hint})") from None


def _engine(url: URL) -> Engine:
    """Without a pool: a connection is there while something is read, and no longer."""
    try:
        engine = create_engine(url, hide_parameters=True, poolclass=NullPool)
    except NoSuchModuleError:
        raise ModuleNotFoundError(name=f"for SQLAlchemy's {url.drivername}") from None
    statement = _READ_ONLY_STATEMENT.get(engine.dialect.name)
    if statement:

        @event.listens_for(engine, "connect")
        def _forbid_writing(raw: Any, _record: Any) -> None:
            cursor = raw.cursor()
            cursor.execute(statement)
            cursor.close()

    return engine


def _read_only(connection: Connection) -> Connection:
    if connection.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return connection


def _statement(question: Question, columns: Sequence[str]) -> tuple[Executable, dict[str, Any]]:
    statement: Any = select(*[column(name) for name in columns]).select_from(_rows(question))
    if question.after is None or question.watermark is None:
        return statement, {}
    mark: ColumnClause[Any] = column(question.watermark)
    newer = mark >= bindparam("after") if question.inclusive else mark > bindparam("after")
    return statement.where(or_(newer, mark.is_(None))), {"after": question.after}


def _rows(question: Question) -> Any:
    """The table, or the query in brackets. Its colons are its own: nothing in it is a parameter."""
    if question.table is not None:
        schema, _, name = question.table.rpartition(".")
        return table(name, schema=schema or None)
    query = str(question.query).strip().rstrip(";")
    if not query.lower().lstrip("( \n\t").startswith(_READS):
        raise UserError("`query:` must be one SELECT: the database is only read")
    return text(f"({query.replace(':', chr(92) + ':')}) AS feed")

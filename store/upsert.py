"""Insert-or-leave and insert-or-update for both databases, in bulk through Core."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

_CHUNK = 5_000


def insert_new(session: Session, table: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    """Insert; rows whose key exists already stay as they are. This is what makes a node safe to run twice."""
    for start in range(0, len(rows), _CHUNK):
        statement = _insert(session, table).on_conflict_do_nothing()
        session.execute(statement, rows[start : start + _CHUNK])


def insert_or_update(session: Session, table: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    """Insert, or overwrite every column of the row with the same primary key; rows that stand so are not touched."""
    keys = [column.name for column in _core(table).primary_key.columns]
    rows = _changed(session, table, keys, rows)
    if not rows:
        return
    insert = _insert(session, table)
    changed = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    statement = insert.on_conflict_do_update(index_elements=keys, set_=changed)
    for start in range(0, len(rows), _CHUNK):
        session.execute(statement, rows[start : start + _CHUNK])


def _changed(
    session: Session, table: type[SQLModel], keys: list[str], rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Only the rows that differ from what is stored: reading unchanged sources again writes nothing."""
    if not rows:
        return []
    core, names = _core(table), list(rows[0])
    first = core.c[keys[0]]
    wanted = [row[keys[0]] for row in rows]
    stored = session.execute(
        select(*(core.c[name] for name in names)).where(first >= min(wanted), first <= max(wanted))
    )
    standing = {tuple(row) for row in stored}
    return [row for row in rows if tuple(row[name] for name in names) not in standing]


def _core(table: type[SQLModel]) -> Any:
    return table.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


def _insert(session: Session, table: type[SQLModel]) -> Any:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(_core(table))

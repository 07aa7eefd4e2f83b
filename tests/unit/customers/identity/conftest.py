"""A few invented people in tables as the opening of the sources makes them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from kizuna.customers.contract.model import contract

_TYPES = {"text": "VARCHAR", "date": "DATE", "timestamp": "TIMESTAMP", "number": "DOUBLE", "boolean": "BOOLEAN"}
Row = dict[str, Any]
Tables = dict[str, Sequence[Row]]


class Sources:
    """The views of a few entities, and what they hold now."""

    def __init__(self, tables: Tables, unit: str) -> None:
        self.connection = duckdb.connect(config={"threads": 2})
        self.entities: dict[str, tuple[str, ...]] = {}
        for source in contract(unit):  # type: ignore[arg-type]
            if source.name in tables:
                self._put(source.name, source.columns, tables[source.name])

    def _put(self, name: str, columns: Sequence[Any], rows: Sequence[Row]) -> None:
        described = ", ".join(f"{column.name} {_TYPES.get(column.type, 'BIGINT')}" for column in columns)
        self.connection.execute(f"CREATE TABLE {name}_rows ({described})")
        for row in rows:
            places = ", ".join("?" for _ in row)
            query = f"INSERT INTO {name}_rows ({', '.join(row)}) VALUES ({places})"
            self.connection.execute(query, list(row.values())).fetchall()
        self.connection.execute(f"CREATE VIEW {name} AS SELECT * FROM {name}_rows")
        self.entities[name] = tuple(column.name for column in columns)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()


SourcesOf = Callable[..., Sources]


@pytest.fixture
def sources() -> Iterator[SourcesOf]:
    """`sources(persons=[...], orders=[...])`; `identifiers` are always there."""
    with ExitStack() as stack:

        def make(*, unit: str = "person", **tables: Sequence[Row]) -> Sources:
            made = Sources({"identifiers": [], **tables}, unit)
            stack.callback(made.connection.close)
            return made

        yield make


def person(ident: str, name: str = "山田 太郎", **more: Any) -> Row:
    """A record of an invented person; `born` and `since` are dates as text."""
    born = {"birth_date": date.fromisoformat(more.pop("born"))} if "born" in more else {}
    since = date.fromisoformat(more.pop("since", "2024-01-01"))
    return {"person_id": ident, "full_name": name, "language": "ja", "created_on": since, **born, **more}


def consent(ident: str, state: str, day: str, channel: str = "email") -> Row:
    at = datetime.fromisoformat(day)
    return {"contact_id": ident, "channel": channel, "purpose": "marketing", "state": state, "recorded_at": at}

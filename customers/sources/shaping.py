"""Rows that repeat a customer, or have no id: one is kept, or an id is made of the row itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import duckdb

from ...domain.sources import Feed
from ..contract.model import Source
from .mapping import cells
from .reading import Reading

_ID_LETTERS = 16


@dataclass(frozen=True)
class Shaped:
    """A reading with `one_per:` and `row_id:` applied."""

    reading: Reading
    kept_rows: Callable[[], Sequence[int]] | None = None  #: the rows of the file that were kept, from 0; None: all


def shaped(connection: duckdb.DuckDBPyConnection, source: Source, feed: Feed, reading: Reading) -> Shaped:
    """The same rows in the same order, with a column `row_id`; or of each value of `one_per` one row alone."""
    if feed.row_id is None and feed.one_per is None:
        return Shaped(reading)
    names = [f"c{number}" for number in range(len(reading.header))]
    rows = f"(SELECT *, row_number() OVER () - 1 AS row_number FROM {reading.relation})"  # noqa: S608
    if feed.row_id is not None:
        rows = _with_ids(rows, names)
        names = [*names, "row_id"]
    if feed.one_per is not None:
        rows = _one_per(rows, source, feed, reading.header)
    relation = f"(SELECT {', '.join(names)} FROM {rows} ORDER BY row_number)"  # noqa: S608

    def kept_rows() -> list[int]:
        query = f"SELECT row_number FROM {rows} ORDER BY row_number"  # noqa: S608
        return [row for (row,) in connection.execute(query, list(reading.parameters)).fetchall()]

    return Shaped(replace(reading, relation=relation), kept_rows if feed.one_per is not None else None)


def _with_ids(rows: str, names: Sequence[str]) -> str:
    """The same row has the same id whenever it is read; rows that are alike are told apart by their order."""
    text = ", ".join(f"coalesce({name}, '')" for name in names)
    return (
        f"(SELECT * EXCLUDE (digest), digest || '-' || row_number() OVER (PARTITION BY digest ORDER BY row_number)"  # noqa: S608
        f" AS row_id FROM (SELECT *, left(md5(concat_ws(chr(31), {text})), {_ID_LETTERS}) AS digest FROM {rows}))"
    )


def _one_per(rows: str, source: Source, feed: Feed, header: Sequence[str]) -> str:
    """Rows without a value stay: they are faults, and are told as such."""
    column = next(column for column in source.columns if column.header == feed.one_per)
    key = cells(source, feed, header)[column.name]
    first = f"c{header.index(feed.first_by)} NULLS LAST, " if feed.first_by else ""
    return (
        f"(SELECT * FROM {rows} QUALIFY {key} IS NULL"  # noqa: S608
        f" OR row_number() OVER (PARTITION BY {key} ORDER BY {first}row_number) = 1)"
    )

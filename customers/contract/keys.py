"""Which rows are the same: repeats, second rows of a key, rows that refer to nothing, newer rows for older ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np

from ...domain.refusals import NO_SUCH, rule_of
from .cells import Rule
from .model import Column, Source

#: `_fault` of a row that only repeats another one: no fault, and no row.
REPEATED = 0


@dataclass
class Verdict:
    """The numbers in `_fault`: the rules of cells from 1, then others as they are met."""

    rules: list[tuple[Column, Rule]]
    others: dict[int, tuple[str, str]] = field(default_factory=dict)
    waits: set[int] = field(default_factory=set)  #: those of rows that may be good later
    is_used: bool = False  #: any row has a number

    def __post_init__(self) -> None:
        self._headers = {number: (column.header, rule.broken) for number, (column, rule) in enumerate(self.rules, 1)}

    def other(self, column: Column | None, name: str, rule: str) -> int:
        """A number for a rule that looks at more than one cell; `name` is the column to show."""
        number = len(self.rules) + len(self.others) + 1
        self.others[number] = (name, rule)
        self._headers[number] = (column.header if column is not None else name, rule)
        return number

    def told(self, number: int) -> tuple[str, str]:
        """(the column as the file calls it, the rule)"""
        return self._headers[number]


def mark_repeated(connection: duckdb.DuckDBPyConnection, source: Source, table: str, verdict: Verdict) -> int:
    """Mark second rows of a key: as repeats where all cells are equal, else as faulty. Returns how many repeat."""
    if source.several:
        connection.execute(f"ALTER TABLE {table} ADD COLUMN _nth BIGINT DEFAULT 1")
        if not _is_unique(connection, table, source.key):
            _number(connection, table, source.key)
        return 0
    repeats = 0
    columns = {column.name: column for column in source.columns}
    for key in dict.fromkeys((source.key, *((column.name,) for column in source.columns if column.unique))):
        if not _is_unique(connection, table, key):
            column = columns[key[0]]
            number = verdict.other(column, key[0], "twice")
            if key == source.key:
                repeats = _mark(connection, table, REPEATED, _later_of_same(source.column_names, table))
            _mark(connection, table, number, _later_of_same(key, table))
            verdict.is_used = True
    return repeats


def mark_empty(connection: duckdb.DuckDBPyConnection, source: Source, table: str, verdict: Verdict) -> None:
    """Mark rows that fill in none of the columns of which they need one."""
    if not source.one_of:
        return
    columns = {column.name: column for column in source.columns}
    first, *others = (columns[name] for name in source.one_of)
    number = verdict.other(first, first.name, rule_of("empty_without", ", ".join(c.header for c in others)))
    empty = " AND ".join(f"{name} IS NULL" for name in ("_fault", *source.one_of))
    verdict.is_used |= _mark(connection, table, number, f"SELECT rowid FROM {table} WHERE {empty}") > 0  # noqa: S608


def mark_unknown(connection: duckdb.DuckDBPyConnection, source: Source, table: str, verdict: Verdict) -> None:
    """Mark rows that refer to something that is not there."""
    for column in source.columns:
        if column.references:
            parent, key = column.references.split(".")
            rows = f"""
                SELECT {table}.rowid FROM {table} ANTI JOIN {parent} ON {table}.{column.name} = {parent}.{key}
                WHERE {table}._fault IS NULL AND {table}.{column.name} IS NOT NULL
            """  # noqa: S608 - all names come from the contract
            number = verdict.other(column, column.name, rule_of(NO_SUCH, column.references))
            verdict.waits.add(number)
            verdict.is_used |= _mark(connection, table, number, rows) > 0
    (used,) = connection.execute(f"SELECT count(_fault) > 0 FROM {table}").fetchall()[0]  # noqa: S608
    verdict.is_used |= used


def merge_newer(
    connection: duckdb.DuckDBPyConnection, source: Source, table: str, into: str, stored: Mapping[str, str]
) -> int:
    """Add the rows of a later batch to those of earlier ones, where the same key stands for the later row.

    `table` is gone afterwards. Returns how many rows said what was there already.
    """
    names = ", ".join(stored)
    for helper in ("_fault", "_cells"):
        connection.execute(f"ALTER TABLE {table} DROP COLUMN {helper}")
    found = "SELECT 1 FROM information_schema.tables WHERE table_name = ?"
    if not connection.execute(found, [into]).fetchall():
        connection.execute(f"ALTER TABLE {table} RENAME TO {into}")
        return 0
    key = key_of(source)
    repeated = _count(connection, f"SELECT count(*) FROM {table} SEMI JOIN {into} ON {_same(table, into, stored)}")  # noqa: S608
    for unique in dict.fromkeys((key, *((column.name,) for column in source.columns if column.unique))):
        old = f"SELECT {into}.rowid FROM {into} SEMI JOIN {table} ON {_same(table, into, unique)}"  # noqa: S608
        connection.execute(f"DELETE FROM {into} WHERE rowid IN ({old})")  # noqa: S608
    connection.execute(f"INSERT INTO {into} SELECT {names} FROM {table}")  # noqa: S608
    connection.execute(f"DROP TABLE {table}")
    return repeated


def key_of(source: Source) -> tuple[str, ...]:
    """The columns that tell good rows apart."""
    return (*source.key, "_nth") if source.several else source.key


def _same(one: str, other: str, columns: Sequence[str] | Mapping[str, str]) -> str:
    return " AND ".join(f"{one}.{name} IS NOT DISTINCT FROM {other}.{name}" for name in columns)


def _is_unique(connection: duckdb.DuckDBPyConnection, table: str, key: Sequence[str]) -> bool:
    """Whether no key stands there twice. Sorting hashes is the cheapest way to be sure of a yes; a no may be one pair
    of different keys with the same hash, which is looked at closely then."""
    query = f"SELECT hash({', '.join(key)}) AS hash FROM {table} WHERE _fault IS NULL"  # noqa: S608
    hashes = np.asarray(connection.execute(query).fetchnumpy()["hash"])
    hashes.sort()
    return not bool((hashes[1:] == hashes[:-1]).any())


def _number(connection: duckdb.DuckDBPyConnection, table: str, key: Sequence[str]) -> None:
    """`_nth`: the first, second, … row of its key, in the order of the file."""
    connection.execute(f"""
        UPDATE {table} SET _nth = numbered.nth FROM (
            SELECT rowid AS row, row_number() OVER (PARTITION BY {", ".join(key)} ORDER BY rowid) AS nth
            FROM {table} WHERE _fault IS NULL
        ) AS numbered WHERE {table}.rowid = numbered.row AND numbered.nth > 1
    """)  # noqa: S608


def _later_of_same(columns: Sequence[str], table: str) -> str:
    """Rows that have the same cells here as a good row further up."""
    return f"""
        SELECT row FROM (
            SELECT rowid AS row, row_number() OVER (PARTITION BY {", ".join(columns)} ORDER BY rowid) AS nth
            FROM {table} WHERE _fault IS NULL
        ) WHERE nth > 1
    """  # noqa: S608


def _mark(connection: duckdb.DuckDBPyConnection, table: str, number: int, rows: str) -> int:
    query = f"UPDATE {table} SET _fault = {number} WHERE rowid IN ({rows})"  # noqa: S608
    return _count(connection, query)


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])

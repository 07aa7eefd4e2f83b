"""Check the rows of one entity: every cell is text at first, and read as the contract says.

Most rows are written as the contract wants, and one pass reads them. Only rows with a cell that is not go through the
careful reading of `cells.py`. What breaks a rule is set aside in `<entity>_aside`, the others are in `<entity>_rows`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb

from ...domain.errors import ContractBroken
from ...domain.refusals import RowFault
from ..erased import Door
from ..sources.rows import Batch
from .cells import SQL_TYPES, Rule, careful_layers, is_plain, quick_cast, rules
from .keys import Verdict, mark_empty, mark_repeated, mark_unknown, merge_newer
from .model import Column, Source
from .rejects import lost_lines, rejected_rows, with_swallowed

DESCRIBED_PER_FILE = 1_000
VALUE_SHOWN = 80
#: Where fewer rows than this share are odd they are corrected in place; otherwise all rows are written anew.
_FEW = 0.1


@dataclass
class Loaded:
    """What came of the batches of one entity."""

    read: int = 0
    kept: int = 0
    faulty: int = 0
    waiting: int = 0  #: rows with nothing wrong but that they came before what they name
    repeated: int = 0  #: rows that say what another row says already
    faults: list[RowFault] = field(default_factory=list)  #: at most 1,000 per file
    origins: list[str] = field(default_factory=list)
    marks: dict[str, object] = field(default_factory=dict)
    is_whole: bool = True  #: every batch held all rows of its origin
    whole_origins: list[str] = field(default_factory=list)
    _described: dict[str, int] = field(default_factory=dict)

    def describe(self, fault: RowFault) -> None:
        """Keep a fault, as long as its file has not too many of them."""
        self._described[fault.file] = self._described.get(fault.file, 0) + 1
        if self._described[fault.file] <= DESCRIBED_PER_FILE:
            self.faults.append(fault)


def load(
    connection: duckdb.DuckDBPyConnection, source: Source, batches: Iterable[Batch], door: Door | None = None
) -> Loaded:
    """Read the batches into `<entity>_rows` and `<entity>_aside`.

    What the entity refers to must be there as tables or views. Of two batches with the same key, the later one's row
    stays. `door` keeps erased people out.
    """
    loaded = Loaded()
    make_aside(connection, source)
    for batch in batches:
        try:
            _load_batch(connection, source, batch, door, loaded)
        except duckdb.Error as error:
            raise ContractBroken(_unreadable(batch, error)) from error
    if not loaded.origins:  # then there may be no table yet
        columns = ", ".join(f"{name} {kind}" for name, kind in stored_columns(source).items())
        connection.execute(f"CREATE TABLE IF NOT EXISTS {source.name}_rows ({columns})")
    (loaded.kept,) = _one(connection, f"SELECT count(*) FROM {source.name}_rows")  # noqa: S608
    return loaded


def stored_columns(source: Source) -> dict[str, str]:
    """The columns of good rows, with their SQL types; `_nth` tells rows of the same key apart."""
    return {column.name: SQL_TYPES[column.type] for column in source.columns} | (
        {"_nth": "BIGINT"} if source.several else {}
    )


def make_aside(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """The table of rows set aside: where each stands and why, and its cells as far as they can be read.

    `_waits`: it refers to something that is not known yet, and may be good later. `_since`: when one first waited for
    that; NULL until an ingest says it (ingest/waiting.py).
    """
    columns = {column.name: SQL_TYPES[column.type] for column in source.columns}
    columns |= {"_origin": "VARCHAR", "_line": "BIGINT", "_column": "VARCHAR", "_value": "VARCHAR", "_rule": "VARCHAR"}
    columns |= {"_waits": "BOOLEAN", "_since": "TIMESTAMP"}
    listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"CREATE TABLE IF NOT EXISTS {source.name}_aside ({listed})")


def make_empty(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Make the view `<source>` of an entity that is not there: typed, without rows."""
    columns = ", ".join(f"CAST(NULL AS {SQL_TYPES[column.type]}) AS {column.name}" for column in source.columns)
    connection.execute(f"CREATE VIEW {source.name} AS SELECT {columns} WHERE FALSE")


def _load_batch(
    connection: duckdb.DuckDBPyConnection, source: Source, batch: Batch, door: Door | None, loaded: Loaded
) -> None:
    table = f"{source.name}_new"
    connection.execute(_quick_pass(source, batch, table), batch.parameters)
    read, odd = _one(connection, f"SELECT count(*), count(_cells) FROM {table}")  # noqa: S608
    verdict = Verdict(_rules(source, batch))
    if odd:
        _careful_pass(connection, source, batch, table, verdict, in_place=odd < read * _FEW)
    rejected = [RowFault(batch.origin, *found) for found in rejected_rows(connection, batch, VALUE_SHOWN)]
    lost = lost_lines(connection, source, batch, table, read) if rejected else 0
    rejected = with_swallowed(rejected, lost)
    if door is not None:
        door.take_out(connection, source, table)
    mark_empty(connection, source, table, verdict)
    loaded.repeated += mark_repeated(connection, source, table, verdict)
    mark_unknown(connection, source, table, verdict)
    _set_aside(connection, source, batch, verdict, rejected, loaded)
    loaded.read += read + max(len(rejected), lost)
    loaded.faulty += max(len(rejected), lost)
    loaded.repeated += merge_newer(connection, source, table, f"{source.name}_rows", stored_columns(source))
    loaded.origins.append(batch.origin)
    loaded.marks |= batch.mark
    loaded.is_whole = loaded.is_whole and batch.is_whole
    if batch.is_whole:
        loaded.whole_origins.append(batch.origin)


def _quick_pass(source: Source, batch: Batch, table: str) -> str:
    """One pass: cells cast as they should be written; a row with any other cell keeps all its cells in `_cells`."""
    columns = source.columns
    raw = ", ".join(f"{batch.cells[column.name]} AS raw_{column.name}" for column in columns)
    casts = ", ".join(f"{quick_cast(column, f'raw_{column.name}')} AS {column.name}" for column in columns)
    plain = " AND ".join(is_plain(column, f"raw_{column.name}", column.name) for column in columns)
    cells = ", ".join(f"raw_{column.name}" for column in columns)
    return f"""
        CREATE TABLE {table} AS
        SELECT {", ".join(source.column_names)}, CAST(NULL AS USMALLINT) AS _fault,
            CASE WHEN {plain} THEN NULL ELSE [{cells}] END AS _cells
        FROM (SELECT *, {casts} FROM (SELECT {raw} FROM {batch.relation}))
    """  # noqa: S608 - all names come from the contract


def _rules(source: Source, batch: Batch) -> list[tuple[Column, Rule]]:
    return [
        (column, rule) for column in source.columns for rule in rules(column, f"raw_{column.name}", batch.time_zone)
    ]


def _careful_pass(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    batch: Batch,
    table: str,
    verdict: Verdict,
    *,
    in_place: bool,
) -> None:
    """Read the odd rows again, and say of each that is faulty which rule it breaks first (`_fault`, from 1)."""
    cells = ", ".join(f"_cells[{number}] AS raw_{column.name}" for number, column in enumerate(source.columns, 1))
    where = "WHERE _cells IS NOT NULL" if in_place else ""
    good = ", ".join(f"{column.name} AS good_{column.name}" for column in source.columns)
    query = f"SELECT rowid AS _row, _cells, {good}, {cells} FROM {table} {where}"  # noqa: S608
    layers = [careful_layers(column, f"raw_{column.name}", batch.time_zone) for column in source.columns]
    for depth in range(max(map(len, layers))):
        named = [f"{sql} AS {name}" for own in layers if depth < len(own) for name, sql in own[depth].items()]
        query = f"SELECT *, {', '.join(named)} FROM ({query})"  # noqa: S608
    cases = " ".join(f"WHEN {rule.is_broken} THEN {number}" for number, (_, rule) in enumerate(verdict.rules, 1))
    fault = f"CAST(CASE {cases} END AS USMALLINT)"
    if in_place:
        read = ", ".join(f"{name} = odd.{name}" for name in source.column_names)
        connection.execute(f"CREATE TEMP TABLE odd AS SELECT *, {fault} AS _now FROM ({query})")  # noqa: S608
        connection.execute(f"UPDATE {table} SET {read}, _fault = odd._now FROM odd WHERE {table}.rowid = odd._row")  # noqa: S608
        connection.execute("DROP TABLE odd")
        return
    either = ", ".join(f"CASE WHEN _cells IS NULL THEN good_{n} ELSE {n} END AS {n}" for n in source.column_names)
    fault = f"CASE WHEN _cells IS NOT NULL THEN {fault} END AS _fault"
    connection.execute(f"CREATE TABLE {table}_read AS SELECT {either}, {fault}, _cells FROM ({query})")  # noqa: S608
    connection.execute(f"DROP TABLE {table}")
    connection.execute(f"ALTER TABLE {table}_read RENAME TO {table}")


def _set_aside(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    batch: Batch,
    verdict: Verdict,
    rejected: list[RowFault],
    loaded: Loaded,
) -> None:
    """Move faulty and waiting rows to `<entity>_aside`, count and describe them. Those rejected are not counted."""
    table = f"{source.name}_new"
    found = connection.execute(
        f"SELECT rowid, _fault, {_shown(source, verdict)} FROM {table} WHERE _fault > 0 ORDER BY rowid"  # noqa: S608
    ).fetchall()
    lines = batch.lines_of([row for row, _, _ in found], [fault.line for fault in rejected]) if found else {}
    faults = [RowFault(batch.origin, lines.get(row, 0), *_cell(verdict, number, value)) for row, number, value in found]
    for fault in sorted([*faults, *rejected], key=lambda fault: fault.line):
        loaded.describe(fault)
    waiting = sum(number in verdict.waits for _, number, _ in found)
    loaded.waiting += waiting
    loaded.faulty += len(found) - waiting
    if faults:
        _keep_faulty(connection, source, batch.origin, [row for row, _, _ in found], faults)
    _keep_rejected(connection, source, rejected)
    if verdict.is_used:
        connection.execute(f"DELETE FROM {table} WHERE _fault IS NOT NULL")  # noqa: S608


def _cell(verdict: Verdict, number: int, value: str | None) -> tuple[str, str, str]:
    """(column as the file calls it, cell, rule)"""
    column, rule = verdict.told(number)
    return column, value or "", rule


def _keep_faulty(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    origin: str,
    rows: list[int],
    faults: list[RowFault],
) -> None:
    """Copy the rows, with where they stand and why, to `<entity>_aside`."""
    told = {
        "row": rows,
        "line": [fault.line for fault in faults],
        "column": [fault.column for fault in faults],
        "value": [fault.value for fault in faults],
        "rule": [fault.rule for fault in faults],
        "waits": [fault.waits for fault in faults],
    }
    unnested = ", ".join(f"unnest(${name}) AS _{name}" for name in told)
    connection.execute(f"CREATE TEMP TABLE told AS SELECT {unnested}", told)
    names = ", ".join(source.column_names)
    connection.execute(
        f"INSERT INTO {source.name}_aside SELECT {names}, $origin, _line, _column, _value, _rule, _waits, NULL "  # noqa: S608
        f"FROM {source.name}_new JOIN told ON {source.name}_new.rowid = _row ORDER BY _row",
        {"origin": origin},
    )
    connection.execute("DROP TABLE told")


def _shown(source: Source, verdict: Verdict) -> str:
    """SQL for the cell that broke the rule, as it was written."""
    of_rules = [
        f"WHEN {number} THEN _cells[{source.columns.index(column) + 1}]"
        for number, (column, _) in enumerate(verdict.rules, 1)
    ]
    others = [f"WHEN {number} THEN CAST({column} AS VARCHAR)" for number, (column, _) in verdict.others.items()]
    cases = " ".join([*of_rules, *others])
    return f"left(CASE _fault {cases} END, {VALUE_SHOWN})" if cases else "''"


def _keep_rejected(connection: duckdb.DuckDBPyConnection, source: Source, rejected: list[RowFault]) -> None:
    """What is no CSV has no cells, so nobody can tell whose it is: its text is not kept."""
    if rejected:
        connection.executemany(
            f"INSERT INTO {source.name}_aside (_origin, _line, _rule, _waits) VALUES (?, ?, ?, FALSE)",  # noqa: S608
            [(fault.file, fault.line, fault.rule) for fault in rejected],
        )


def _unreadable(batch: Batch, error: duckdb.Error) -> str:
    line = batch.odd_ending()
    if line is None:
        letters = batch.encoding.upper()
        return f"{batch.origin} can't be read as {letters} text with commas: {str(error).splitlines()[0]}"
    return (
        f"{batch.origin}:{line}: this line ends in another way than the first; save the file with one kind of line end"
    )


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row: tuple[int, ...] = connection.execute(query).fetchall()[0]
    return row

"""Load one source file: every cell is read as text, then cast as the contract says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from .lines import lines_at_bytes, lines_of_rows, written_lines
from .model import WRITTEN_AS, Column, Source

_DESCRIBED_PER_FILE = 1_000
_VALUE_SHOWN = 80
_REJECTS = {
    "MISSING COLUMNS": "too few columns",
    "TOO MANY COLUMNS": "too many columns",
    "UNQUOTED VALUE": "a quote is opened or closed in the wrong place",
    "INVALID STATE": "a quote is opened or closed in the wrong place",
    "INVALID ENCODING": "the encoding is not UTF-8",
    "LINE SIZE OVER MAXIMUM": "the row is too long (is a quote never closed?)",
}
_SQL_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}


@dataclass(frozen=True)
class RowFault:
    """A row set aside: where it stands, the first cell that broke a rule, and the rule."""

    file: str
    line: int
    column: str
    value: str
    rule: str

    def __str__(self) -> str:
        cell = f"{self.column}: {self.value!r}" if self.column else f"{self.value!r}"
        return f"line {self.line}: {cell}: {self.rule}"


@dataclass(frozen=True)
class Loaded:
    """What came of one file."""

    kept: int
    faulty: int
    faults: list[RowFault]


def load(connection: duckdb.DuckDBPyConnection, source: Source, path: Path, header: list[str]) -> Loaded:
    """Make the view `<source>` of the rows that keep the contract; report the others."""
    rules = [(column.header, rule) for column in source.columns for rule, _ in _cell_rules(column)]
    connection.execute(_load_statement(source, header), [_without_wildcards(path)])
    for column in source.columns:
        if column.unique:
            rules.append((column.header, "stands there twice"))
            _mark(connection, source, column, len(rules), _repeated(source, column))
        if column.references:
            rules.append((column.header, f"no such {column.references}"))
            _mark(connection, source, column, len(rules), _dangling(source, column))
    read, broken = _one(connection, f"SELECT count(*), count(_fault) FROM {source.name}_rows")  # noqa: S608
    where = "WHERE _fault IS NULL" if broken else ""
    connection.execute(
        f"CREATE VIEW {source.name} AS SELECT * EXCLUDE (_fault, _value) FROM {source.name}_rows {where}"  # noqa: S608
    )
    rejected = _rejected_rows(connection, source, path)
    lost = _lost_lines(connection, source, path, read) if rejected else 0
    faults = _broken_rows(connection, source, path, rules, rejected) if broken else []
    faults = sorted([*faults, *rejected], key=lambda fault: fault.line)
    return Loaded(read - broken, broken + max(len(rejected), lost), faults[:_DESCRIBED_PER_FILE])


def make_empty(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Make the view `<source>` of a file that is not there: typed, without rows."""
    columns = ", ".join(f"CAST(NULL AS {_SQL_TYPES[column.type]}) AS {column.name}" for column in source.columns)
    connection.execute(f"CREATE VIEW {source.name} AS SELECT {columns} WHERE FALSE")


def _load_statement(source: Source, header: list[str]) -> str:
    """One pass over the file. `_fault` numbers the first broken rule of a row, `_value` is that cell."""
    columns = source.columns
    raw = ", ".join(f"{_raw(column, header)} AS raw_{column.name}" for column in columns)
    casts = ", ".join(f"{_cast(column)} AS {column.name}" for column in columns)
    broken = [(column, condition) for column in columns for _, condition in _cell_rules(column)]
    fault = " ".join(f"WHEN {condition} THEN {number}" for number, (_, condition) in enumerate(broken, 1))
    value = " ".join(f"WHEN {number} THEN raw_{column.name}" for number, (column, _) in enumerate(broken, 1))
    types = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(header)))
    return f"""
        CREATE TABLE {source.name}_rows AS
        SELECT {", ".join(source.column_names)}, CAST(_number AS UTINYINT) AS _fault,
            left(CASE _number {value} END, {_VALUE_SHOWN}) AS _value
        FROM (SELECT *, CASE {fault} END AS _number FROM (SELECT *, {casts} FROM (SELECT {raw} FROM read_csv(
            ?, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = {{{types}}},
            store_rejects = true, rejects_table = 'rejects_{source.name}', rejects_scan = 'scan_{source.name}'))))
    """  # noqa: S608 - all names come from the contract


def _raw(column: Column, header: list[str]) -> str:
    """The cell as text; NULL where it is empty, or the file lacks the column."""
    if column.header not in header:
        return "CAST(NULL AS VARCHAR)"
    return f"nullif(c{header.index(column.header)}, '')"


def _cast(column: Column) -> str:
    raw = f"raw_{column.name}"
    casts = {
        "text": raw,
        "integer": f"TRY_CAST({raw} AS BIGINT)",
        "number": f"TRY_CAST({raw} AS DOUBLE)",
        "boolean": f"CASE lower({raw}) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END",
        "date": f"TRY_CAST({raw} AS DATE)",
        # A cast of text to TIMESTAMP ignores the offset; only TIMESTAMPTZ reads it.
        "timestamp": f"CASE WHEN right({raw}, 1) = 'Z' THEN TRY_CAST({raw} AS TIMESTAMP)"
        f" ELSE TRY_CAST({raw} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END",
    }
    return casts[column.type]


def _cell_rules(column: Column) -> Iterator[tuple[str, str]]:
    """(rule in words, SQL condition under which a cell breaks it)."""
    raw, cell = f"raw_{column.name}", column.name
    if column.required:
        yield "must not be empty", f"{raw} IS NULL"
    written = {
        "integer": f"NOT regexp_full_match({raw}, '-?[0-9]{{1,18}}')",
        "number": f"NOT regexp_full_match({raw}, '-?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?') OR NOT isfinite({cell})",
        "boolean": "FALSE",
        "date": f"length({raw}) <> 10",
        "timestamp": f"length({raw}) < 20 OR (right({raw}, 1) <> 'Z' AND substr({raw}, -6, 1) NOT IN ('+', '-'))",
    }
    if column.type in written:
        unreadable = f"{cell} IS NULL OR {written[column.type]}"
        yield f"is not {WRITTEN_AS[column.type]}", f"{raw} IS NOT NULL AND ({unreadable})"
    elif column.allowed:
        allowed = ", ".join(f"'{value}'" for value in column.allowed)
        yield f"must be one of {', '.join(column.allowed)}", f"{raw} NOT IN ({allowed})"
    elif not column.references:
        yield "holds a NUL character", f"contains({raw}, chr(0))"


def _repeated(source: Source, column: Column) -> str:
    return f"""
        SELECT row FROM (
            SELECT rowid AS row, row_number() OVER (PARTITION BY {column.name} ORDER BY rowid) AS nth
            FROM {source.name}_rows WHERE _fault IS NULL
        ) WHERE nth > 1
    """  # noqa: S608


def _dangling(source: Source, column: Column) -> str:
    parent, key = column.references.split(".")
    return (
        f"SELECT rowid FROM {source.name}_rows WHERE _fault IS NULL "  # noqa: S608
        f"AND {column.name} IS NOT NULL AND {column.name} NOT IN (SELECT {key} FROM {parent})"
    )


def _mark(connection: duckdb.DuckDBPyConnection, source: Source, column: Column, number: int, rows: str) -> None:
    connection.execute(
        f"UPDATE {source.name}_rows SET _fault = {number}, _value = left({column.name}, {_VALUE_SHOWN}) "  # noqa: S608
        f"WHERE rowid IN ({rows})"
    )


def _rejected_rows(connection: duckdb.DuckDBPyConnection, source: Source, path: Path) -> list[RowFault]:
    """Rows that are no CSV at all."""
    found = connection.execute(
        f"SELECT line_byte_position, min(error_type::VARCHAR), any_value(csv_line) FROM rejects_{source.name} "  # noqa: S608
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    lines = lines_at_bytes(path, [offset - 1 for offset, _, _ in found])
    return [
        RowFault(
            source.file, lines[offset - 1], "", (text or "").strip()[:_VALUE_SHOWN], _REJECTS.get(kind, kind.lower())
        )
        for offset, kind, text in found
    ]


def _lost_lines(connection: duckdb.DuckDBPyConnection, source: Source, path: Path, read: int) -> int:
    """Lines that belong to no row that was read: a quote never closed swallows all that follows."""
    breaks = " + ".join(
        f"coalesce(sum(length({column.name}) - length(replace({column.name}, chr(10), ''))), 0)"
        for column in source.columns
        if column.type == "text"
    )
    (within,) = _one(connection, f"SELECT {breaks} FROM {source.name}_rows")  # noqa: S608
    return written_lines(path) - 1 - read - int(within)


def _broken_rows(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    path: Path,
    rules: list[tuple[str, str]],
    rejected: list[RowFault],
) -> list[RowFault]:
    """Rows that are CSV but break a rule."""
    found = connection.execute(
        f"SELECT rowid, _fault, _value FROM {source.name}_rows WHERE _fault IS NOT NULL "  # noqa: S608
        f"ORDER BY rowid LIMIT {_DESCRIBED_PER_FILE}"
    ).fetchall()
    lines = lines_of_rows(path, [row for row, _, _ in found], [fault.line for fault in rejected])
    return [
        RowFault(source.file, lines.get(row, 0), rules[number - 1][0], value or "", rules[number - 1][1])
        for row, number, value in found
    ]


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row: tuple[int, ...] = connection.execute(query).fetchall()[0]
    return row


def _without_wildcards(path: Path) -> str:
    """The path as a pattern that fits nothing but itself."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))

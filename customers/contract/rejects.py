"""Rows that are no CSV at all, and lines that a quote never closed has swallowed."""

from collections.abc import Iterator

import duckdb

from ..sources.rows import Batch
from .model import Source

_WHY = {
    "MISSING COLUMNS": "too few columns",
    "TOO MANY COLUMNS": "too many columns",
    "UNQUOTED VALUE": "a quote is opened or closed in the wrong place",
    "INVALID STATE": "a quote is opened or closed in the wrong place",
    "INVALID ENCODING": "the encoding is not {encoding}",
    "LINE SIZE OVER MAXIMUM": "the row is too long (is a quote never closed?)",
}


def rejected_rows(
    connection: duckdb.DuckDBPyConnection, batch: Batch, shown: int
) -> Iterator[tuple[int, str, str, str]]:
    """(line, no column, the first `shown` letters of the row, why it is no CSV), by their place in the file."""
    if batch.rejects is None:
        return
    found = connection.execute(
        f"SELECT line_byte_position, min(error_type::VARCHAR), any_value(csv_line) FROM rejects_{batch.rejects} "  # noqa: S608
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    lines = batch.lines_at_bytes([offset - 1 for offset, _, _ in found])
    for offset, kind, text in found:
        why = _WHY.get(kind, kind.lower()).format(encoding=batch.encoding.upper())
        yield lines[offset - 1], "", (text or "").strip()[:shown], why


def lost_lines(connection: duckdb.DuckDBPyConnection, source: Source, batch: Batch, table: str, read: int) -> int:
    """Lines that belong to no row that was read: a quote never closed swallows all that follows."""
    written = batch.written_lines()
    if written is None:
        return 0
    breaks = " + ".join(
        f"coalesce(sum(length({column.name}) - length(replace({column.name}, chr(10), ''))), 0)"
        for column in source.columns
        if column.type == "text"
    )
    within = connection.execute(f"SELECT {breaks} FROM {table}").fetchall()[0][0]  # noqa: S608
    return written - 1 - read - int(within)

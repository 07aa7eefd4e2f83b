"""Rows that are no CSV at all, and lines that a quote never closed has swallowed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import duckdb

from ...domain.refusals import NEVER_CLOSED, RowFault, code_of, rule_of
from ..sources.rows import Batch
from .model import Source

#: What DuckDB calls it -> the rule.
_RULES = {
    "MISSING COLUMNS": "too_few_columns",
    "TOO MANY COLUMNS": "too_many_columns",
    "UNQUOTED VALUE": "misplaced_quote",
    "INVALID STATE": "misplaced_quote",
    "INVALID ENCODING": "wrong_encoding",
    "LINE SIZE OVER MAXIMUM": "too_long",
}


def rejected_rows(
    connection: duckdb.DuckDBPyConnection, batch: Batch, shown: int
) -> Iterator[tuple[int, str, str, str]]:
    """(line, no column, the first `shown` letters of the row, the rule), by their place in the file."""
    if batch.rejects is None:
        return
    found = connection.execute(
        f"SELECT line_byte_position, min(error_type::VARCHAR), any_value(csv_line) FROM rejects_{batch.rejects} "  # noqa: S608
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    lines = batch.lines_at_bytes([offset - 1 for offset, _, _ in found])
    for offset, kind, text in found:
        code = _RULES.get(kind, "no_row")
        of_what = {"wrong_encoding": batch.encoding.upper(), "no_row": kind.lower()}.get(code, "")
        yield lines[offset - 1], "", (text or "").strip()[:shown], rule_of(code, of_what)


def with_swallowed(rejected: Sequence[RowFault], lost: int) -> list[RowFault]:
    """The same rows; where more lines are lost than they are, the last quote is said to have swallowed the others."""
    told = list(rejected)
    quotes = [number for number, fault in enumerate(told) if code_of(fault.rule) in ("misplaced_quote", "too_long")]
    if lost > len(told) and quotes:
        told[quotes[-1]] = replace(told[quotes[-1]], rule=rule_of(NEVER_CLOSED, str(lost - len(told))))
    return told


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

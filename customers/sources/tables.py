"""The tables of a feed: rows of a database come by a nameless file of text cells."""

import csv
import hashlib
import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import duckdb

from ...domain.errors import Fault, FaultyFile, UserError
from ...domain.sources import Database, Feed
from ...tools.secret import secret_from
from ...tools.source_database import open_database, sqlite_address
from ...tools.source_lake import open_lake
from ...tools.source_table import Question, Tables
from ..contract.model import Source
from .faults import BRIEF, brief_faults, header_faults, place_of
from .files import definition_of, known_as, paths_of
from .mapping import cells
from .reading import Reading
from .rows import Batch
from .shaping import shaped
from .text import path_of
from .watermark import now_in_utc, read_from, remembered


def name_of(database: Database) -> str:
    """What faults call a database: its file, or the variable that holds its address."""
    return str(database.file or database.url_env or database.spark_env)


def origin_of(feed: Feed) -> str:
    """`table orders of SHOP_DATABASE_URL`; a query goes by the first letters of its digest."""
    assert feed.database is not None
    asked = hashlib.sha256(str(feed.query).encode()).hexdigest()[:8]
    what = f"table {feed.table}" if feed.table else f"query {asked}"
    return f"{what} of {name_of(feed.database)}"


def open_tables(database: Database, folder: Path) -> AbstractContextManager[Tables]:
    """The database that a feed names, to read. Raises UserError where it is not there."""
    name = name_of(database)
    if database.file is not None:
        paths = paths_of(folder, database.file)
        if len(paths) != 1:
            raise UserError(f"{name}: no such SQLite file in {folder}")
        return open_database(sqlite_address(paths[0].resolve()), name)
    if database.spark_env is not None:
        return open_lake(secret_from(database.spark_env), name)
    return open_database(secret_from(str(database.url_env)), name)


def table_batches(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    feed: Feed,
    number: int,
    folder: Path,
    since: Mapping[str, Any],
    counted: dict[str, int],
) -> Iterator[Batch]:
    """What is new in one table or query; `number` is the feed's place in the brief's list."""
    assert feed.database is not None
    origin = known_as(origin_of(feed), counted)
    definition = definition_of(source, feed)
    mark = since.get(origin)
    mark = mark if mark and mark["definition"] == definition else None
    question = _question(feed, mark)
    with open_tables(feed.database, folder) as tables, tempfile.TemporaryFile() as spool:
        header = tables.columns(question)
        if faults := brief_faults(source, feed, number) or header_faults(source, feed, number, origin, header):
            raise FaultyFile(faults)
        try:
            highest = remembered(_spool(tables, question, header, spool), now_in_utc())
        except UserError as error:
            raise FaultyFile([Fault(BRIEF, 0, place_of(source, number, "watermark"), str(error))]) from None
        digest = hashlib.file_digest(spool, "sha256").hexdigest()
        if mark and mark["sha256"] == digest:
            return
        watermark = highest or (mark and mark["watermark"])
        reading = _reading(header, path_of(spool.fileno()))
        result = shaped(connection, source, feed, reading)
        yield Batch(
            entity=source.name,
            origin=origin,
            relation=result.reading.relation,
            parameters=reading.parameters,
            cells=cells(source, feed, header),
            time_zone=feed.time_zone,
            rejects=None,
            mark={origin: {"definition": definition, "sha256": digest, "watermark": watermark}},
            is_whole=question.after is None,
            kept_rows=result.kept_rows,
        )


def _question(feed: Feed, mark: Mapping[str, Any] | None) -> Question:
    after, inclusive = None, False
    if feed.watermark and mark and mark["watermark"]:
        after, inclusive = read_from(mark["watermark"], feed.late)
    return Question(feed.table, feed.query, feed.watermark, after, inclusive)


def _spool(tables: Tables, question: Question, header: Sequence[str], spool: IO[bytes]) -> Any:
    """Write the rows as CSV; returns the highest watermark among them."""
    place = header.index(question.watermark) if question.watermark is not None else None
    highest = None
    text = io.TextIOWrapper(spool, encoding="utf-8", errors="replace", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)  # else a lone carriage return ends a row
    for chunk in tables.chunks(question):
        writer.writerows([as_text(value) for value in row] for row in chunk)
        if place is not None:
            highest = _highest(highest, (row[place] for row in chunk))
    text.detach()
    spool.seek(0)
    return highest


def _highest(known: Any, values: Iterable[Any]) -> Any:
    try:
        return max((value for value in (known, *values) if value is not None), default=None)
    except TypeError:
        raise UserError("this column mixes kinds of values that can't be compared") from None


def as_text(value: Any) -> str:
    """A database's value as a text cell: moments and dates as ISO 8601 has them, nothing for NULL."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value.tzinfo else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)


def _reading(header: tuple[str, ...], path: Path) -> Reading:
    types = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(header)))
    relation = (
        "read_csv(?, header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
        f"new_line = '\\n', columns = {{{types}}})"
    )
    return Reading(header, relation, (str(path),))

"""A file of any format as a relation of text columns c0, c1, … in the order of its header."""

import csv
import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import duckdb

from ...domain.errors import Fault, FaultyFile
from ...domain.sources import Feed
from .copying import cut_in_place, private_copy
from .looking import Look
from .mapping import quoted
from .text import Text, path_of
from .whole_lines import WholeLines

PARQUET = frozenset({".parquet", ".pq"})
JSON = frozenset({".json", ".jsonl", ".ndjson"})
_HEADER_BYTES = 1 << 20
#: JSON names its columns in every object; so many are looked at, since one may leave out what it has not.
_OBJECTS_LOOKED_AT = 10_000
_ARRAY = "(SELECT json AS object FROM read_json_objects(?, format = 'array'))"
#: One object on each line; a line that is no JSON has no cell.
_LINES = (
    "(SELECT CASE WHEN json_valid(line) THEN line END AS object FROM read_csv(?, header = false, auto_detect = false, "
    "delim = '\x01', quote = '', escape = '', columns = {'line': 'VARCHAR'}) WHERE trim(line) <> '')"
)
_numbers = itertools.count()


@dataclass(frozen=True)
class Reading:
    """What `SELECT … FROM relation` needs, and how rows count in the file."""

    header: tuple[str, ...]
    relation: str
    parameters: tuple[str, ...]
    rejects: str | None = None
    text: Text | None = None
    absent: frozenset[str] = frozenset()  #: names asked for that no JSON object has, as far as was looked

    @property
    def found(self) -> tuple[str, ...]:
        """The names that the file has."""
        return tuple(name for name in self.header if name not in self.absent)


@dataclass(frozen=True)
class Form:
    """How a file is written: its format by its name, the rest by its feed."""

    kind: str  #: `csv`, `json` or `parquet`
    encoding: str
    separator: str
    gzipped: bool

    @property
    def is_cut_in_place(self) -> bool:
        return self.kind != "parquet" and cut_in_place(self.encoding, gzipped=self.gzipped)

    @property
    def needs_copy(self) -> bool:
        return self.encoding != "utf-8" or self.gzipped or self.separator == "spaces"


def form_of(path: Path, feed: Feed) -> Form:
    gzipped = path.suffix.lower() == ".gz"
    suffix = (path.with_suffix("") if gzipped else path).suffix.lower()
    kind = "parquet" if suffix in PARQUET else "json" if suffix in JSON else "csv"
    return Form(kind, feed.encoding, feed.separator, gzipped and kind != "parquet")


@contextmanager
def opened(
    connection: duckdb.DuckDBPyConnection, name: str, file: BinaryIO, look: Look, form: Form, wanted: Sequence[str]
) -> Iterator[Reading]:
    """The part of a file that `look` found, readable within the block.

    `name` is what faults call it; `wanted` are names to look for in JSON, where an object leaves out what it has not.
    """
    if form.kind == "parquet":
        yield _parquet(connection, path_of(file.fileno()))
        return
    if look.at_rest and not look.start and not form.needs_copy:
        yield _text(connection, name, path_of(file.fileno()), look, form, wanted)
        return
    header = first_row(file) if look.start and form.kind == "csv" else b""
    copy = private_copy(
        file, look, encoding=form.encoding, spaces=form.separator == "spaces", gzipped=form.gzipped, header=header
    )
    with closing(copy):
        yield _text(connection, name, path_of(copy.fileno()), look, form, wanted, header.count(b"\n"))


def first_row(file: BinaryIO) -> bytes:
    """The header row with its line end; a quoted name may hold line breaks."""
    file.seek(0)
    lines = WholeLines()
    for line in iter(lambda: file.readline(_HEADER_BYTES), b""):
        if row := lines.feed(line):
            return row
    return b""


def header_of(path: Path, separator: str) -> tuple[str, ...]:
    """The names in the first row of a UTF-8 file."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        try:
            return tuple(cell.strip() for cell in next(csv.reader(file, delimiter=separator), []))
        except csv.Error:
            return ()


def _text(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    path: Path,
    look: Look,
    form: Form,
    wanted: Sequence[str],
    header_lines: int = 0,
) -> Reading:
    skipped = look.start_line - header_lines
    if form.kind == "csv":
        separator = "\t" if form.separator == "spaces" else form.separator
        return _csv(Text(path, separator, form.encoding, skipped_lines=skipped))
    with path.open("rb") as file:
        is_array = file.read(_HEADER_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["
    text = None if is_array else Text(path, "", form.encoding, skipped_lines=skipped, is_quoted=False)
    try:
        return _objects(connection, _ARRAY if is_array else _LINES, path, text, wanted)
    except duckdb.Error as error:
        raise FaultyFile([Fault(name, 0, "", f"can't be read as JSON: {str(error).splitlines()[0]}")]) from None


def _csv(text: Text) -> Reading:
    header = header_of(text.path, text.separator)
    types = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(header)))
    rejects = f"feed_{next(_numbers)}"
    relation = (
        f"read_csv(?, header = true, auto_detect = false, delim = '{text.separator}', quote = '\"', escape = '\"', "
        f"columns = {{{types}}}, store_rejects = true, rejects_table = 'rejects_{rejects}', "
        f"rejects_scan = 'scan_{rejects}')"
    )
    return Reading(header, relation, (str(text.path),), rejects, text)


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> Reading:
    columns = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    cells = ", ".join(f"{_as_text(name, kind)} AS c{number}" for number, (name, kind, *_) in enumerate(columns))
    relation = f"(SELECT {cells} FROM read_parquet(?))"  # noqa: S608 - names are quoted
    return Reading(tuple(name for name, *_ in columns), relation, (str(path),))


def _as_text(name: str, kind: str) -> str:
    column = '"' + name.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f"CAST({column} AS VARCHAR)"


def _objects(
    connection: duckdb.DuckDBPyConnection, objects: str, path: Path, text: Text | None, wanted: Sequence[str]
) -> Reading:
    query = f"SELECT object FROM {objects} WHERE object IS NOT NULL LIMIT {_OBJECTS_LOOKED_AT}"  # noqa: S608
    sample = connection.execute(query, [str(path)]).fetchall()
    keys = {".".join(place): place for (value,) in sample for place in _places(json.loads(value))}
    absent = [name for name in wanted if name not in keys]
    keys |= {name: tuple(name.split(".")) for name in absent}
    paths = ", ".join(quoted("$" + "".join(f'."{part}"' for part in place)) for place in keys.values())
    cells = ", ".join(f"cells[{number + 1}] AS c{number}" for number in range(len(keys)))
    relation = f"(SELECT {cells} FROM (SELECT json_extract_string(object, [{paths}]) AS cells FROM {objects}))"  # noqa: S608
    return Reading(tuple(keys), relation, (str(path),), None, text, frozenset(absent))


def _places(value: object, within: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The way to each plain value; to those in an object within the object, over its key."""
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _places(inner, (*within, key))
        elif '"' not in key:
            yield (*within, key)

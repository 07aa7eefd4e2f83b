"""The first rows of a file or table that nobody has described yet: its encoding, its separator, its cells."""

import codecs
import csv
import gzip
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from ...domain.errors import UserError
from ...domain.sources import Database, Feed
from ...tools.source_table import Question
from .faults import LOOKED_AT, why_no_text
from .looking import look
from .reading import form_of, opened
from .tables import as_text, name_of, open_tables

Encoding = Literal["utf-8", "cp932", "euc-jp", "utf-16"]
Separator = Literal[",", ";", "\t", "|", "spaces"]
_BYTES = 1 << 20
_ROWS = 1_000
_SEPARATORS: tuple[Separator, ...] = (",", "\t", ";", "|")
_BOMS: tuple[tuple[bytes, Encoding], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LETTERS = re.compile(r"[ぁ-んァ-ヶ一-龠々]")
#: What EUC-JP looks like when it is read as cp932, and hardly any export is full of.
_HALF_WIDTH = re.compile(r"[｡-ﾟ]")


@dataclass(frozen=True)
class Sample:
    """The header and the first rows, as text; and how the feed must say that the file is written."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    encoding: Encoding = "utf-8"
    separator: Separator = ","

    def column(self, name: str) -> list[str]:
        """The cells of a column that are not empty."""
        place = self.header.index(name)
        return [row[place].strip() for row in self.rows if row[place].strip()]


def sample_file(path: Path) -> Sample:
    """The beginning of a CSV, JSON or Parquet file. Raises UserError where it can't be read."""
    try:
        form = form_of(path, Feed(file=path.name))
        if form.kind != "csv":
            return _by_duckdb(path)
        with gzip.open(path) if form.gzipped else path.open("rb") as file:
            raw = file.read(_BYTES)
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror or error}") from None
    encoding = encoding_of(raw)
    if problem := why_no_text(raw[:LOOKED_AT], encoding):
        raise UserError(f"{path}: {problem[0]} ({problem[1]})")
    text = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)("replace").decode(raw)
    if len(raw) == _BYTES:
        text = text[: text.rfind("\n") + 1]
    separator = separator_of(text)
    table = [row for row in _split(text, separator) if row][: _ROWS + 1]
    if not table:
        raise UserError(f"{path} is empty")
    return _sample(table[0], table[1:], encoding, separator)


def sample_table(database: Database, folder: Path, *, table: str | None, query: str | None = None) -> Sample:
    """The first rows of a table or query. Raises UserError where the database can't be read."""
    question = Question(table, query)
    with open_tables(database, folder) as tables:
        try:
            header = tables.columns(question)
            chunk = next(tables.chunks(question), [])
        except UserError as error:
            raise UserError(f"{name_of(database)}: {error}") from None
        return _sample(header, [[as_text(value) for value in row] for row in chunk[:_ROWS]], "utf-8", ",")


def encoding_of(raw: bytes) -> Encoding:
    """By its byte order mark, else the first that reads all; between cp932 and EUC-JP, what looks like Japanese."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return encoding
    if _decoded(raw, "utf-8") is not None:
        return "utf-8"
    candidates: tuple[Encoding, ...] = ("cp932", "euc-jp")
    texts = {name: text for name in candidates if (text := _decoded(raw, name)) is not None}
    if not texts:  # a few broken letters: the encoding that explains most of them
        texts = {name: raw.decode(name, "ignore") for name in ("utf-8", *candidates)}
    return max(texts, key=lambda name: _japanese(texts[name]))


def _decoded(raw: bytes, encoding: str) -> str | None:
    """The text; None where it can't be. A letter cut in two at the end is none the worse."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(raw)
    except UnicodeDecodeError:
        return None


def _japanese(text: str) -> int:
    return len(_LETTERS.findall(text)) - 2 * len(_HALF_WIDTH.findall(text))


def separator_of(text: str) -> Separator:
    """The one that splits most of the first rows into the same number of columns as the header, and into most."""
    best: tuple[float, Separator] = (0.0, ",")
    for separator in (*_SEPARATORS, "spaces"):
        rows = [row for row in _split(text[:65_536], separator) if row][:50]
        columns = len(rows[0]) if rows else 0
        if columns < 2 or (separator == "spaces" and best[0]):
            continue
        alike = sum(len(row) == columns for row in rows[:-1]) / max(len(rows) - 1, 1)
        best = max(best, (alike * columns if alike >= 0.8 else 0.0, separator), key=lambda found: found[0])
    return best[1]


def _split(text: str, separator: str) -> list[list[str]]:
    if separator == "spaces":
        return [line.split() for line in text.splitlines()]
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        return []


def _sample(header: Sequence[str], rows: Sequence[Sequence[str]], encoding: Encoding, separator: Separator) -> Sample:
    """Rows that are too short or too long are the contract check's matter, not ours."""
    names = tuple(cell.strip() for cell in header)
    return Sample(names, tuple(tuple(row) for row in rows if len(row) == len(names)), encoding, separator)


def _by_duckdb(path: Path) -> Sample:
    feed = Feed(file=path.name)
    with duckdb.connect() as connection, path.open("rb") as file:
        found = look(file, None, by_lines=True, tail_will_do=False)
        if found is None:
            raise UserError(f"{path} is empty")
        with opened(connection, path.name, file, found, form_of(path, feed), ()) as reading:
            query = f"SELECT * FROM {reading.relation} LIMIT {_ROWS}"  # noqa: S608
            rows = connection.execute(query, list(reading.parameters)).fetchall()
    return _sample(reading.header, [[cell or "" for cell in row] for row in rows], "utf-8", ",")

"""What is wrong with a mapping: told with the brief's place, and with what was probably meant."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from ...domain.errors import Fault
from ...domain.place import dotted
from ...domain.sources import Feed
from ..contract.model import Column, Source
from .mapping import wanted_header
from .reading import Form

BRIEF = "brief"
#: A workbook or a picture shows itself in its first bytes; a stray control character is a fault of its row.
LOOKED_AT = 4_096
_NO_LETTERS = bytes(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1b"))
_MOSTLY_TEXT = 0.97
_OTHER_SEPARATORS = (";", "\t", "|", ",")
#: How like the wanted name another one must be to count as a slip, where the wanted one may be missing.
_SURELY_MEANT = 0.8


def place_of(source: Source, number: int, *more: str) -> str:
    """`sources.feeds.orders.0.columns.ordered_at`."""
    return dotted(("sources", "feeds", source.name, number, *more))


def brief_faults(source: Source, feed: Feed, number: int) -> list[Fault]:
    """Columns that the contract does not have, or that are filled twice."""
    named = {"columns": list(feed.columns), "values": list(feed.values), "constants": list(feed.constants)}
    faults = [
        _unknown(source, name, place_of(source, number, key, name))
        for key, names in named.items()
        for name in names
        if name not in source.headers
    ]
    for key, name in (("one_per", feed.one_per), ("row_id", feed.row_id)):
        if name is not None and name not in source.headers:
            faults.append(_unknown(source, name, place_of(source, number, key)))
    for name in feed.constants:
        if name in feed.columns:
            place = place_of(source, number, "constants", name)
            faults.append(Fault(BRIEF, 0, place, "`columns:` names it as well", "keep one of the two"))
    return faults


def _unknown(source: Source, name: str, place: str) -> Fault:
    close = difflib.get_close_matches(name, source.headers, n=1, cutoff=0.6)
    hint = f"did you mean `{close[0]}`?" if close else f"it has {', '.join(source.headers)}"
    return Fault(BRIEF, 0, place, f"{source.name} has no column `{name}`", hint)


def header_faults(source: Source, feed: Feed, number: int, origin: str, header: Sequence[str]) -> list[Fault]:
    """What the mapping wants and the header row lacks.

    A file that names its columns as the contract does must have them all but the optional ones. With a mapping, only
    the required ones must be found. A column that may be missing is a fault where another of nearly its name stands
    there: a misspelt one would be ignored in silence.
    """
    if not header:
        return [Fault(origin, 1, "", "the file is empty: the header row is missing")]
    if len(header) == 1 and (others := [other for other in _OTHER_SEPARATORS if other in header[0]]):
        hint = f"say `separator: {others[0]!r}` in the feed"
        return [Fault(origin, 1, "", "the columns are separated by something else", hint)]
    faults = list(_named_there(source, feed, number, origin, header))
    for column in _by_header(source.columns):
        if column.header not in feed.columns and column.header not in feed.constants and column.header != feed.row_id:
            faults += _same_name(source, feed, column, origin, header)
    return faults


def text_faults(origin: str, file: BinaryIO, form: Form) -> list[Fault]:
    """What is wrong with a file that should be text, by its first bytes."""
    problem = None if form.kind == "parquet" or form.gzipped else why_no_text(_first_bytes(file), form.encoding)
    return [Fault(origin, 0, "", *problem)] if problem else []


def why_no_text(raw: bytes, encoding: str) -> tuple[str, str] | None:
    """(problem, hint) of bytes that are no text, whatever their name ends with; None where they may be some."""
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "this is a workbook or an archive, no text", "save it as CSV (UTF-8)"
    if encoding != "utf-16" and len(raw.translate(None, _NO_LETTERS)) < _MOSTLY_TEXT * len(raw):
        return "this is no text: it is full of control characters", "export it again; UTF-16 needs `encoding: utf-16`"
    return None


def _first_bytes(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(LOOKED_AT)


def _by_header(columns: Iterable[Column]) -> list[Column]:
    """Each name once: for persons, account and contact are the same column."""
    return list({column.header: column for column in reversed(list(columns))}.values())[::-1]


def _named_there(source: Source, feed: Feed, number: int, origin: str, header: Sequence[str]) -> Iterator[Fault]:
    """Every name of the file's that the brief gives must be in the file, once."""
    named: list[tuple[tuple[str, ...], str]] = [(("columns", key), name) for key, name in feed.columns.items()]
    named += [((key,), name) for key, name in (("first_by", feed.first_by), ("watermark", feed.watermark)) if name]
    for keys, name in named:
        place = place_of(source, number, *keys)
        if header.count(name) > 1:
            yield Fault(BRIEF, 0, place, f"{origin} has the column `{name}` twice")
        elif name not in header:
            close = difflib.get_close_matches(name, header, n=1, cutoff=0.5)
            hint = f"did you mean `{close[0]}`?" if close else f"it has {', '.join(header)}"
            yield Fault(BRIEF, 0, place, f"{origin} has no column `{name}`", hint)


def _same_name(source: Source, feed: Feed, column: Column, origin: str, header: Sequence[str]) -> Iterator[Fault]:
    name = column.header
    if header.count(name) > 1:
        yield Fault(origin, 1, name, "this column stands there twice")
    elif name not in header:
        close = _meant(source, feed, column, header)
        is_needed = column.required or _is_the_last_hope(source, feed, column, header)
        if close or is_needed or not (column.optional or feed.columns):
            yield Fault(origin, 1, name, "this column is missing", f"did you mean {close!r}?" if close else "")


def _is_the_last_hope(source: Source, feed: Feed, column: Column, header: Sequence[str]) -> bool:
    """Whether it is the first of columns of which a row needs one, and none of them is there."""
    if column.header not in {other.header for other in source.columns if other.name in source.one_of[:1]}:
        return False
    stand_ins = [other for other in source.columns if other.name in source.one_of]
    return not any(wanted_header(other, feed) in header or other.header in feed.constants for other in stand_ins)


def _meant(source: Source, feed: Feed, column: Column, header: Sequence[str]) -> str | None:
    """The column that nobody knows and that may be the one that is missing."""
    known = {*source.headers, *(wanted_header(other, feed) for other in source.columns)}
    spare = [other for other in header if other not in known]
    of_accounts = [other.name for other in source.columns if other.header == column.header and other.name in spare]
    cutoff = _SURELY_MEANT if column.optional else 0.6
    return next(iter([*difflib.get_close_matches(column.header, spare, n=1, cutoff=cutoff), *of_accounts]), None)

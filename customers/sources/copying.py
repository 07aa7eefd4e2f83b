"""A private copy of a text file in the one form that DuckDB reads offline: UTF-8, one byte between columns."""

import gzip
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from ...domain.errors import UserError
from .encodings import to_utf8
from .looking import Look, chunks
from .whole_lines import WholeLines

_CHUNK = 1 << 20


def private_copy(file: BinaryIO, look: Look, *, encoding: str, spaces: bool, gzipped: bool, header: bytes) -> BinaryIO:
    """A nameless file that is gone when it is closed, even by a crash: it may hold personal data.

    `header` is put before the tail of a file that grew. Raises UserError for a broken gzip file.
    """
    parts = _unzipped(file) if gzipped else _with(header if look.start else b"", chunks(file, look.start, look.end))
    if encoding != "utf-8":
        parts = to_utf8(parts, encoding)
    if look.may_go_on and not cut_in_place(encoding, gzipped=gzipped):
        parts = _whole(parts)
    if spaces:
        parts = _with_tabs(parts)
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        copy.writelines(parts)
        copy.flush()
    except BaseException:
        copy.close()
        raise
    return copy


def cut_in_place(encoding: str, *, gzipped: bool) -> bool:
    """Whether line ends and quotes can be told from the file's own bytes: in UTF-16 and gzip they can't."""
    return encoding != "utf-16" and not gzipped


def _with(first: bytes, parts: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from parts


def _unzipped(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    try:
        with gzip.GzipFile(fileobj=file) as content:
            while part := content.read(_CHUNK):
                yield part
    except EOFError:
        raise UserError("the gzip file ends too early: is it still being written?") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"the gzip file is broken ({error})") from None


def _whole(parts: Iterable[bytes]) -> Iterator[bytes]:
    lines = WholeLines()
    for part in parts:
        yield lines.feed(part)


def _with_tabs(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Columns set apart by blanks, set apart by one tab. Line by line, so that faults find their line."""
    held = b""
    for part in parts:
        *lines, held = (held + part).split(b"\n")
        yield b"".join(b"\t".join(line.split()) + b"\n" for line in lines)
    if held.strip():
        yield b"\t".join(held.split())

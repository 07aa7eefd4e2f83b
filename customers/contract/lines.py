"""Where rows stand in a source file. Needed only for files with faults: a field may hold line breaks."""

from collections.abc import Collection, Iterator
from pathlib import Path

_CHUNK = 1 << 20


def lines_at_bytes(path: Path, offsets: Collection[int]) -> dict[int, int]:
    """The line (from 1) of the first text at or after each byte offset; line ends there are passed over."""
    lines: dict[int, int] = {}
    position, line = 0, 1
    with path.open("rb") as file:
        for offset in sorted(set(offsets)):
            while position < offset and (chunk := file.read(min(_CHUNK, offset - position))):
                line += chunk.count(b"\n")
                position += len(chunk)
            ahead = file.peek(_CHUNK)
            lines[offset] = line + ahead[: len(ahead) - len(ahead.lstrip(b"\r\n"))].count(b"\n")
    return lines


def lines_of_rows(path: Path, rows: Collection[int], left_out: Collection[int], separator: str = ",") -> dict[int, int]:
    """The line in which each row starts. Rows count from 0, without the header and the lines left out."""
    found: dict[int, int] = {}
    wanted = set(rows)
    for row, line in enumerate(_row_starts(path, set(left_out), separator.encode())):
        if row in wanted:
            found[row] = line
            if len(found) == len(wanted):
                break
    return found


def _row_starts(path: Path, left_out: Collection[int], separator: bytes) -> Iterator[int]:
    quoted = header_read = False
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            starts_row = not quoted and bool(line.strip())
            if b'"' in line:
                quoted = _quoted_after(line, quoted, separator)
            if starts_row and header_read and number not in left_out:
                yield number
            header_read = header_read or bool(line.strip() and not quoted)


def _quoted_after(line: bytes, quoted: bool, separator: bytes) -> bool:
    """Whether the next line goes on within quotes."""
    just_closed = False
    for position, piece in enumerate(line.split(b'"')[:-1]):
        if quoted:
            quoted, just_closed = False, True
        else:
            escaped = just_closed and not piece
            quoted = escaped or piece.endswith(separator) or (position == 0 and not piece)
            just_closed = False
    return quoted


def written_lines(path: Path) -> int:
    """How many lines are not blank."""
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())


def odd_ending(path: Path, separator: str = ",") -> int | None:
    """The first line, outside quotes, that ends in another way than the header; None where all end alike."""
    quoted, usual = False, b""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if b'"' in line:
                quoted = _quoted_after(line, quoted, separator.encode())
            ending = line[len(line.rstrip(b"\r\n")) :]
            usual = usual or ending
            if not quoted and (ending not in {usual, b""} or b"\r" in line.rstrip(b"\r\n")):
                return number
    return None

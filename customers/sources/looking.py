"""What changed in a file since it was read last: nothing, its end, or anything."""

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from .whole_lines import WholeLines

#: A file touched this recently may be in the making: only its whole lines are read, from a copy.
AT_REST_SECONDS = 60.0
#: A last line without its end counts as whole when nobody touched the file for so long.
SETTLED_SECONDS = 2.0
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Look:
    """The part of a file that is to be read: bytes `start` to `end`."""

    start: int  #: 0, or what was read last time where the file only grew
    start_line: int  #: line ends before `start`
    end: int
    end_line: int  #: line ends before `end`
    sha256: str  #: of all bytes before `end`
    state: tuple[int, ...]  #: size, times and inode when it was looked at
    at_rest: bool
    may_go_on: bool  #: somebody may be in the middle of a line

    @property
    def mark(self) -> dict[str, Any]:
        """What to remember. The state says "unchanged" without reading, so only that of a file at rest is kept."""
        state = list(self.state) if self.at_rest else None
        return {"size": self.end, "lines": self.end_line, "sha256": self.sha256, "state": state}


def look(file: BinaryIO, mark: Mapping[str, Any] | None, *, by_lines: bool, tail_will_do: bool) -> Look | None:
    """What is to be read of an open file; None where it holds nothing new since `mark`.

    `by_lines`: of a file in the making, only its whole lines. `tail_will_do`: rows that were read need not come again.
    """
    state = state_of(file)
    size = state[0]
    if mark and mark["state"] == list(state) and mark["size"] == size:
        return None
    at_rest = _seconds_since(state) > AT_REST_SECONDS
    is_ended = by_lines and _last_byte(file, size) == b"\n"
    may_go_on = not (at_rest or is_ended or has_settled(file, state))
    digest, known, lines = hashlib.sha256(), 0, 0
    if mark and mark["size"] <= size:
        for chunk in chunks(file, 0, mark["size"]):
            digest.update(chunk)
        is_same = digest.hexdigest() == mark["sha256"]
        known = mark["size"] if is_same and _ends_there(file, mark["size"]) else 0
        lines = mark["lines"] if is_same and "lines" in mark else _line_ends(file, mark["size"])
    else:
        file.seek(0)
    end, more = _take_rest(file, size, digest, whole_lines=by_lines and not at_rest and (is_ended or may_go_on))
    if end < size and is_ended and has_settled(file, state):  # a quote that nobody will close: its rows are faults
        more += _take_all(file, end, size, digest)
        end = size
    if mark and known == end and not (mark["size"] and not size and has_settled(file, state)):  # emptied is no news
        return None
    start = known if tail_will_do else 0
    return Look(start, lines if start else 0, end, lines + more, digest.hexdigest(), state, at_rest, may_go_on)


def state_of(file: BinaryIO) -> tuple[int, ...]:
    """Size, times of change and inode: equal means untouched. Nobody can set the second time."""
    stat = os.fstat(file.fileno())
    return (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)


def has_settled(file: BinaryIO, state: tuple[int, ...]) -> bool:
    """Whether nobody touches a file for a moment; waits for it, at most two seconds."""
    wait = SETTLED_SECONDS - _seconds_since(state)
    if wait > 0:
        time.sleep(min(wait, SETTLED_SECONDS))
    return state_of(file) == state


def _seconds_since(state: tuple[int, ...]) -> float:
    return time.time() - max(state[1], state[2]) / 1e9


def _last_byte(file: BinaryIO, size: int) -> bytes:
    file.seek(max(size - 1, 0))
    return file.read(1)


def chunks(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """The bytes from `start` to `end`, and none that came later."""
    file.seek(start)
    position = start
    while position < end and (chunk := file.read(min(_CHUNK, end - position))):
        position += len(chunk)
        yield chunk


def _line_ends(file: BinaryIO, until: int) -> int:
    """How many there are among the first bytes."""
    return sum(chunk.count(b"\n") for chunk in chunks(file, 0, until))


def _ends_there(file: BinaryIO, position: int) -> bool:
    """Whether a line ends at this position: otherwise the last line read then goes on now."""
    if position == 0:
        return True
    file.seek(position - 1)
    around = file.read(2)
    file.seek(position)
    return around[:1] == b"\n" or around[1:] in (b"\n", b"\r", b"")


def _take_rest(file: BinaryIO, size: int, digest: Any, *, whole_lines: bool) -> tuple[int, int]:
    """Digest from here on; returns where it ends, and the line ends in it."""
    end, ends = file.tell(), 0
    lines = WholeLines()
    for chunk in chunks(file, end, size):
        taken = lines.feed(chunk) if whole_lines else chunk
        digest.update(taken)
        end += len(taken)
        ends += taken.count(b"\n")
    return end, ends


def _take_all(file: BinaryIO, start: int, end: int, digest: Any) -> int:
    """Digest all that is left; returns the line ends in it."""
    ends = 0
    for chunk in chunks(file, start, end):
        digest.update(chunk)
        ends += chunk.count(b"\n")
    return ends

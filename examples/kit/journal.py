"""Days are lived once: a journal makes good a crash in the middle of one, by living the same day again."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path


class DayOutOfOrder(ValueError):
    """Days are lived one after the other; live the days before this one first."""


@dataclass(frozen=True)
class Begun:
    """A day that was begun and is not lived yet."""

    sizes: dict[str, int]
    """How long each file was when the day began, in bytes."""
    again: bool
    """A crash came in between: what the day had appended is cut off, what it had replaced stays."""


def begin_day(data: Path, journal: Path, day: date, *, files: Iterable[str], appended: Iterable[str]) -> Begun:
    """Note how long the files are; after a crash, cut off what the day had written to those that only grow."""
    if journal.exists():
        began = json.loads(journal.read_text(encoding="ascii"))
        if began["day"] == day.isoformat():
            for name in appended:
                _cut(data / f"{name}.csv", began["sizes"][name])
            return Begun(began["sizes"], True)
    sizes = {name: (data / f"{name}.csv").stat().st_size for name in files}
    part = journal.with_suffix(".part")
    part.write_text(json.dumps({"day": day.isoformat(), "sizes": sizes}), encoding="ascii")
    part.replace(journal)
    return Begun(sizes, False)


def _cut(path: Path, size: int) -> None:
    if path.stat().st_size > size:
        os.truncate(path, size)


def append_lines(path: Path, lines: list[str]) -> None:
    """Add rows at the end of a file."""
    if lines:
        with path.open("a", encoding="utf-8", newline="") as file:
            file.writelines(lines)


def replace_lines(path: Path, keep: int, lines: list[str]) -> None:
    """Keep the first bytes of a file and replace the rest, in one step."""
    part = path.with_suffix(".part")
    with part.open("wb") as new:
        with path.open("rb") as old:
            while keep and (block := old.read(min(keep, 1 << 20))):
                new.write(block)
                keep -= len(block)
        new.write("".join(lines).encode())
    part.replace(path)

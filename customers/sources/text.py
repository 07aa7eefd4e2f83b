"""A text file as DuckDB reads it: the company's own, or a private copy in UTF-8 of which nothing stays on disk."""

import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ..contract.lines import lines_at_bytes, lines_of_rows, odd_ending, written_lines


def path_of(descriptor: int) -> Path:
    """A path by which this process reads an open file, renamed or deleted though it may be."""
    folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    return Path(folder, str(descriptor))


@dataclass(frozen=True)
class Text:
    """Where the rows stand, and how its lines count in the company's file."""

    path: Path
    separator: str
    encoding: str  #: of the company's file
    skipped_lines: int = 0  #: lines of the company's file left out after the header: read before
    is_quoted: bool = True  #: whether a quoted field may go over several lines

    def lines_of(self, rows: Collection[int], left_out: Collection[int]) -> dict[int, int]:
        """Row number (from 0) -> line in the company's file."""
        if not self.is_quoted:
            return self._lines_of_plain(rows)
        here = {line - self.skipped_lines for line in left_out}
        found = lines_of_rows(self.path, rows, here, separator=self.separator)
        return {row: line + self.skipped_lines for row, line in found.items()}

    def _lines_of_plain(self, rows: Collection[int]) -> dict[int, int]:
        """One row on each line that is not blank."""
        wanted, found = set(rows), {}
        row = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    if row in wanted:
                        found[row] = number + self.skipped_lines
                    row += 1
        return found

    def lines_at_bytes(self, offsets: Collection[int]) -> dict[int, int]:
        """Byte offset in what DuckDB reads -> line in the company's file."""
        return {offset: line + self.skipped_lines for offset, line in lines_at_bytes(self.path, offsets).items()}

    def written_lines(self) -> int:
        return written_lines(self.path)

    def odd_ending(self) -> int | None:
        line = odd_ending(self.path, separator=self.separator)
        return line + self.skipped_lines if line is not None and line > 1 else line

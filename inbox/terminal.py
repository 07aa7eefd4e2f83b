"""How the terminal's pages are set: headings, lines and quiet tables; text from people stays text."""

import re
from collections.abc import Sequence
from typing import Literal

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .words import clean

Cell = str | Text

#: What stays together on a line: a space, a Latin word, or one wide character with its brackets and punctuation.
_WIDE = "\u2e80-\ufeff\uff00-\uffef"
_CLOSERS = "、。，．・：；！？％」』）］】〜ーぁぃぅぇぉっゃゅょァィゥェォッャュョ"
_UNIT = re.compile(f"\\s|[「『（［【“(]*(?:[^\\s{_WIDE}]+|[{_WIDE}])[{_CLOSERS}”)]*|[「『（［【“(]+|[{_CLOSERS}”)]+")


#: A word of the first column, which names its row, is broken only where it is longer.
_LONGEST_KEPT = 24


class Sheet:
    """Writes to one console, never reading markup out of what it is given."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def blank(self) -> None:
        self._console.print()

    def heading(self, words: str) -> None:
        self.blank()
        self.line(words, "bold")

    def line(self, words: str, style: str = "", indent: int = 0) -> None:
        for row in wrapped(clean(words), self._console.width - indent):
            self._print(Text(row, style=style), indent)

    def rows(self, rows: Sequence[Sequence[Cell]], header: Sequence[str] = (), figures: Sequence[int] = ()) -> None:
        """A table without lines; the columns named in `figures` are set to the right."""
        table = Table(box=None, show_header=bool(header), header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
        for place in range(len(header or rows[0])):
            title = Text(clean(header[place])) if header else ""
            kept = min(_LONGEST_KEPT, max(map(_longest_word, (row[0] for row in rows)))) if rows and not place else None
            side: Literal["right", "left"] = "right" if place in figures else "left"
            table.add_column(title, justify=side, overflow="fold", min_width=kept)
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(clean(cell)) for cell in row))
        options = self._console.options.update(width=self._console.width - 2)
        for line in self._console.render_lines(table, options, pad=False):
            text = Text.assemble(*((part.text, part.style or "") for part in line))
            text.rstrip()
            self._print(text, 2)

    def _print(self, text: Text, indent: int) -> None:
        self._console.print(Text(" " * indent) + text, no_wrap=True, overflow="ignore", crop=False)


def _longest_word(cell: Cell) -> int:
    """Cells of the longest word that has no good place to break: names of actions, not Japanese."""
    return max((len(word) for word in str(cell).split() if cell_len(word) == len(word)), default=0)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most that many cells; Japanese breaks anywhere but before closing punctuation."""
    lines, line = [], ""
    for unit in _UNIT.findall(text):
        if cell_len(line + unit.rstrip()) <= width:
            line += unit
            continue
        lines.append(line.rstrip())
        *full, line = chop_cells(unit.lstrip(), width) or [""]
        lines += full
    return [*(done for done in lines if done), line.rstrip()]

"""What a day brought: new rows for the source files, and what is worth counting."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .arrays import Column, Columns
from .calendar_days import to_date


class Happened:
    """A day's new rows by file, as columns. The rows get ids later: their day, and their place in it."""

    def __init__(self, day: int) -> None:
        self.day = day
        self.counts: dict[str, int] = {}
        self._blocks: dict[str, list[Columns]] = {}
        self._rows: dict[str, list[Mapping[str, Any]]] = {}

    def count(self, what: str, more: int = 1) -> None:
        """Add to a figure of the day's summary."""
        self.counts[what] = self.counts.get(what, 0) + more

    def add(self, file: str, **columns: Column) -> None:
        """Many rows at once, as columns of equal length."""
        if len(next(iter(columns.values()))):
            self._blocks.setdefault(file, []).append(columns)

    def row(self, file: str, **values: Any) -> None:
        """One row."""
        self._rows.setdefault(file, []).append(values)

    def next_place(self, file: str) -> int:
        """The place in the day, from 1, that the first of the next columns will have (there are no single rows)."""
        if file in self._rows:
            raise ValueError(f"{file} has single rows, which come after all columns")
        return 1 + sum(len(next(iter(block.values()))) for block in self._blocks.get(file, ()))

    def mail_event(self, person: int, kind: str, moment: int, message_id: str) -> None:
        """A row that the mail provider would log."""
        self.row("mail_events", person=person, kind=MAIL_KINDS.index(kind), moment=moment, message_id=message_id)
        self.count(kind)

    @property
    def files(self) -> set[str]:
        """The files that have new rows."""
        return {*self._blocks, *self._rows}

    def columns(self, file: str) -> Columns:
        """All new rows of a file, with `written` (the day, as 20260131) and `place` (from 1) for their ids.

        A column that some rows lack is empty there, if it holds text, and -1 if it holds numbers.
        """
        blocks = [*self._blocks.get(file, ()), *_as_columns(self._rows.get(file, []))]
        whole = joined(blocks)
        count = len(next(iter(whole.values())))
        written = int(to_date(self.day).strftime("%Y%m%d"))
        places = np.arange(1, count + 1, dtype=np.int32)
        return {**whole, "written": np.full(count, written, np.int32), "place": places}


MAIL_KINDS = ("sent", "opened", "clicked", "bounced", "complained", "unsubscribed")


def _as_columns(rows: list[Mapping[str, Any]]) -> list[Columns]:
    """Rows of equal shape become columns; text stays text."""
    shapes: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        shapes.setdefault(tuple(row), []).append(row)
    return [{name: _column([row[name] for row in alike]) for name in shape} for shape, alike in shapes.items()]


def _column(values: list[Any]) -> Column:
    return np.array(values, object if isinstance(values[0], str) else np.int64)


def joined(blocks: list[Columns]) -> Columns:
    """Blocks one after the other; what a block lacks is empty (text) or -1 (numbers)."""
    kinds = {name: column.dtype for block in blocks for name, column in block.items()}
    lengths = [len(next(iter(block.values()))) for block in blocks]
    return {
        name: np.concatenate(
            [
                block[name] if name in block else _lacking(length, kind)
                for block, length in zip(blocks, lengths, strict=True)
            ]
        )
        for name, kind in kinds.items()
    }


def _lacking(length: int, kind: Any) -> Column:
    return np.full(length, None if kind.hasobject else -1, kind)

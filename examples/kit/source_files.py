"""Writing the source files: columns of numbers become rows of text inside DuckDB."""

import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import numpy as np

from .arrays import Columns


class SourceFiles:
    """The CSV files of one company, written block by block. New ones begin with their header alone."""

    def __init__(
        self, folder: Path, headers: Mapping[str, str], selects: Mapping[str, str], *, is_new: bool = True
    ) -> None:
        self.folder, self._headers, self._selects = folder, headers, selects
        self.rows = dict.fromkeys(headers, 0)
        if is_new:
            folder.mkdir(parents=True, exist_ok=True)
            for name, header in headers.items():
                (folder / f"{name}.csv").write_text(header + "\n", encoding="utf-8", newline="")
        self._connection = _engine().cursor()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def add(self, name: str, columns: Columns) -> None:
        """Append the rows to a file; `number` counts them through all blocks, from 1."""
        count = _length(columns)
        if not count:
            return
        first = self.rows[name] + 1
        self.rows[name] += count
        part = self._written(name, {**columns, "number": np.arange(first, first + count, dtype=np.int64)})
        with (self.folder / f"{name}.csv").open("ab") as whole, part.open("rb") as block:
            shutil.copyfileobj(block, whole, 1 << 20)
        part.unlink()

    def add_lines(self, name: str, lines: Sequence[str]) -> None:
        """Append rows that are text already."""
        self.rows[name] += len(lines)
        with (self.folder / f"{name}.csv").open("a", encoding="utf-8", newline="") as file:
            file.writelines(lines)

    def replace(self, name: str, columns: Columns) -> None:
        """Write a file anew, in one step: its header, then these rows."""
        part = self.folder / f"{name}.new"
        with part.open("wb") as whole:
            whole.write((self._headers[name] + "\n").encode())
            if _length(columns):
                rows = self._written(name, columns)
                with rows.open("rb") as block:
                    shutil.copyfileobj(block, whole, 1 << 20)
                rows.unlink()
        part.replace(self.folder / f"{name}.csv")

    def _written(self, name: str, columns: Columns) -> Path:
        part = self.folder / f"{name}.part"
        self._connection.register("block", columns)
        self._connection.execute(
            f"COPY (SELECT {self._selects[name]} FROM block) TO '{part}' (FORMAT csv, HEADER false)"  # noqa: S608
        )
        self._connection.unregister("block")
        return part


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """One for the process: opening it takes longer than writing a day."""
    return duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})


def _length(columns: Columns) -> int:
    return len(next(iter(columns.values())))

"""What a feed hands over: rows as text, and how each column of the contract is found in them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from .text import Text


@dataclass(frozen=True)
class Batch:
    """Rows of one file or table, readable until the next batch is asked for.

    The ingest keeps `{**since, **mark}` once the rows are committed. A whole batch stands for all rows that ever came
    from its `origin`; another one brings rows that come on top (of a database with a late window: some of them again).
    """

    entity: str
    origin: str  #: how faults call it, and the key of its mark: `pos/2026-10.csv`, `table orders of SHOP_DATABASE_URL`
    relation: str  #: SQL to stand after FROM; all its columns are VARCHAR; in the order of the file
    parameters: tuple[Any, ...]  #: for the `?` in `relation`
    cells: dict[str, str]  #: contract column -> SQL expression over the relation: VARCHAR, NULL where the cell is empty
    time_zone: str | None  #: for moments without an offset; None: they are refused
    rejects: str | None  #: DuckDB's `rejects_<this>` and `scan_<this>` hold rows that are no CSV; None: there are none
    mark: dict[str, Any]  #: JSON; what to remember of the origin
    is_whole: bool  #: all rows of the origin, not only new ones
    text: Text | None = None  #: the text file that DuckDB reads, None for tables and Parquet
    kept_rows: Callable[[], Sequence[int]] | None = None  #: the file's rows (from 0) in the relation; None: all

    @property
    def encoding(self) -> str:
        """What the file was said to be written in, for faults about letters."""
        return self.text.encoding if self.text else "utf-8"

    def lines_of(self, rows: Collection[int], left_out: Collection[int]) -> dict[int, int]:
        """Row number of the relation (from 0) -> line in the file; of a table, the number of the row from 1.

        `left_out` are the lines of rows that are no CSV and so are not in the relation.
        """
        if self.kept_rows is None:
            return self._lines_in_file(rows, left_out)
        kept = self.kept_rows()
        lines = self._lines_in_file([kept[row] for row in rows], left_out)
        return {row: lines[kept[row]] for row in rows if kept[row] in lines}

    def _lines_in_file(self, rows: Collection[int], left_out: Collection[int]) -> dict[int, int]:
        return self.text.lines_of(rows, left_out) if self.text else {row: row + 1 for row in rows}

    def lines_at_bytes(self, offsets: Collection[int]) -> dict[int, int]:
        """Byte offset, as DuckDB's table of rejects has it less 1, -> line in the file."""
        return self.text.lines_at_bytes(offsets) if self.text else {}

    def written_lines(self) -> int | None:
        """How many lines with something in them DuckDB was given, with the header row; None where rows are left out."""
        return self.text.written_lines() if self.text and self.kept_rows is None else None

    def odd_ending(self) -> int | None:
        """The first line that ends in another way than the header; None where all end alike."""
        return self.text.odd_ending() if self.text else None

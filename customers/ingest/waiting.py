"""Rows that came before what they refer to: they are tried again once there is more of it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ..contract.model import Source
from ..sources.rows import Batch
from .shelf import Shelf


@dataclass(frozen=True)
class Waiting(Batch):
    """Rows set aside earlier, which know their lines."""

    lines: tuple[int, ...] = ()

    def lines_of(self, rows: Collection[int], left_out: Collection[int]) -> dict[int, int]:
        return {row: self.lines[row] for row in rows}


def waiting_batches(shelf: Shelf, source: Source) -> Iterator[Waiting]:
    """The waiting rows of an entity, one batch per file that they came from."""
    aside = shelf.entities[source.name].aside
    if aside is None:
        return
    file = f"read_parquet({shelf.files([aside])})"
    query = f"SELECT _origin, list(_line ORDER BY file_row_number) FROM read_parquet({shelf.files([aside])}, file_row_number = true) WHERE _waits GROUP BY _origin ORDER BY _origin"  # noqa: S608, E501
    for origin, lines in shelf.connection.execute(query).fetchall():
        yield Waiting(
            entity=source.name,
            origin=origin,
            relation=f"(SELECT * FROM {file} WHERE _waits AND _origin = ?)",  # noqa: S608
            parameters=(origin,),
            cells={column.name: f"CAST({column.name} AS VARCHAR)" for column in source.columns},
            time_zone="UTC",
            rejects=None,
            mark={},
            is_whole=False,
            lines=tuple(lines),
        )

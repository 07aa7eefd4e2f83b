"""Rows that came before what they refer to: they are tried again once there is more of it.

Nothing is wrong with them yet, so they don't count as faulty. What has not come after `PATIENCE` never will: from then
on they do. Whether an id is missing for so long is told by the first row that ever named it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from ..contract.model import Source
from ..sources.rows import Batch
from .manifest import Manifest
from .parts import Part, paths
from .shelf import Shelf

#: Orders that arrive before their customers do so by hours or days: exports run nightly, some weekly.
PATIENCE = timedelta(days=7)


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


def note_since(shelf: Shelf, source: Source, old: Part | None, now: datetime | None) -> None:
    """Say of the rows that wait now since when one has waited for the same id; `now` is naive UTC."""
    aside, run = f"{source.name}_aside", shelf.connection.execute
    run(f"UPDATE {aside} SET _since = $now WHERE _waits AND _since IS NULL", {"now": now})  # noqa: S608
    if old is not None:
        run(f"""
            UPDATE {aside} SET _since = earlier.since FROM (
                SELECT _column, _value, min(_since) AS since FROM ({_earlier(shelf, source, old)})
                WHERE _waits GROUP BY ALL
            ) AS earlier
            WHERE _waits AND {aside}._column = earlier._column AND {aside}._value = earlier._value
                AND earlier.since < {aside}._since
        """)  # noqa: S608


def overdue(
    shelf: Shelf, source: Source, old: Part | None, whole: Collection[str], now: datetime | None, *, retried: bool
) -> int:
    """How many rows of an entity have waited too long: of those set aside now, and earlier but for the files in
    `whole`, which were read anew, and for those that were `retried`."""
    if now is None:
        return 0
    rows = f"SELECT _since, _origin FROM {source.name}_aside WHERE _waits"  # noqa: S608
    if old is not None and not retried:
        earlier = f"SELECT _since, _origin FROM ({_earlier(shelf, source, old)}) WHERE _waits"  # noqa: S608
        rows += f" UNION ALL {earlier} AND _origin NOT IN (SELECT unnest($whole::VARCHAR[]))"
    told = {"until": now - PATIENCE} | ({"whole": list(whole)} if "$whole" in rows else {})
    query = f"SELECT count(*) FROM ({rows}) WHERE _since < $until"  # noqa: S608
    return int(shelf.connection.execute(query, told).fetchall()[0][0])


def overdue_by_entity(manifest: Manifest, folder: Path, now: datetime) -> dict[str, int]:
    """How many published rows of each entity have waited too long for what they name; `now` is aware."""
    until, found = naive(now) - PATIENCE, {}
    with duckdb.connect() as connection:
        for name, entity in manifest.entities.items():
            if entity.waiting and entity.aside is not None:
                aside = f"read_parquet({paths(folder, [entity.aside])})"
                names = {row[0] for row in connection.execute(f"DESCRIBE FROM {aside}").fetchall()}
                if "_since" in names:
                    query = f"SELECT count(*) FROM {aside} WHERE _waits AND _since < ?"  # noqa: S608
                    found[name] = int(connection.execute(query, [until]).fetchall()[0][0])
    return found


def naive(moment: datetime) -> datetime:
    """The same moment in UTC as DuckDB's TIMESTAMP has it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _earlier(shelf: Shelf, source: Source, old: Part) -> str:
    """The rows set aside earlier; a part of an older version says nothing of since when they wait."""
    empty = f"SELECT * FROM {source.name}_aside LIMIT 0"  # noqa: S608
    return f"({empty}) UNION ALL BY NAME SELECT * FROM read_parquet({shelf.files([old])})"  # noqa: S608

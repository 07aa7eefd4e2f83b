"""The door to the sources: what is new in the feeds of one entity, batch by batch."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from ...domain.sources import Feed
from ..contract.model import Source
from .files import file_batches
from .rows import Batch
from .tables import table_batches

__all__ = ["Batch", "batches", "feeds_of"]


def feeds_of(source: Source, feeds: Mapping[str, Sequence[Feed]]) -> tuple[Feed, ...]:
    """The brief's feeds of an entity; one that it does not name is read from `<entity>.csv`."""
    return tuple(feeds.get(source.name, ())) or (Feed(file=source.file),)


def batches(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    feeds: Sequence[Feed],
    folder: Path,
    since: Mapping[str, Any],
) -> Iterator[Batch]:
    """What is new in these feeds since the marks in `since` (origin -> mark; empty: everything).

    A file that only grew yields its tail, an unchanged one nothing, any other all of its rows. Each batch can be read
    until the next one is asked for; commit only after the last, because a file that somebody wrote into while it was
    read raises UserError then. Raises FaultyFile where headers do not fit the contract.
    """
    counted: dict[str, int] = {}
    for number, feed in enumerate(feeds):
        read = file_batches if feed.database is None else table_batches
        yield from read(connection, source, feed, number, folder, since, counted)

"""The published parts of all entities within one ingest: shown as views, so that new rows can be held against them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ...domain.sources import Feed
from ..contract.keys import key_of
from ..contract.load import make_empty, stored_columns
from ..contract.model import Source
from .manifest import Entity
from .parts import Part, paths, relation, write_part

#: Rows in a group of a Parquet file as DuckDB writes it; within one there is nothing to skip.
_GROUP_ROWS = 122_880
#: By what a row is tied to its unit, closest first.
_UNITS = ("account_id", "contact_id", "order_id")


@dataclass
class Shelf:
    """What is on the shelf while an ingest is at work; nothing of it counts before its manifest is kept."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    sources: Mapping[str, Source]
    entities: dict[str, Entity]
    gained: set[str] = field(default_factory=set)  #: entities with new keys
    lost: set[str] = field(default_factory=set)  #: entities that lost keys
    _shown: set[str] = field(default_factory=set)

    def show(self, name: str) -> None:
        """Make the view `<entity>` of what is published of it, with all that was put on the shelf in this ingest."""
        if name in self._shown:
            return
        self._shown.add(name)
        source, entity = self.sources[name], self.entities[name]
        if entity.rows:
            rows = relation(self.folder, entity.parts, entity.gone, source.column_names)
            self.connection.execute(f"CREATE VIEW {name} AS {rows}")
        else:
            make_empty(self.connection, source)

    def live(self, name: str) -> str:
        """SQL for the good rows as stored, with the place of each."""
        entity = self.entities[name]
        return relation(self.folder, entity.parts, entity.gone, stored_columns(self.sources[name]), places=True)

    def write(self, query: str, name: str) -> Part | None:
        return write_part(self.connection, query, self.folder, name)

    def write_rows(self, source: Source, rows: str, count: int) -> Part | None:
        """A part with so many rows of an entity. In a large one the rows of a unit lie together: whoever asks for a few
        units reads a few groups of rows, and ids in order take half the time to read."""
        columns = ", ".join(stored_columns(source))
        query = f"SELECT {columns} FROM {rows}"  # noqa: S608 - all names come from the contract
        unit = next((column for column in _UNITS if column in source.column_names), None)
        if unit is not None and count > _GROUP_ROWS:
            query += f" ORDER BY {', '.join((unit, *key_of(source)))}"
        return self.write(query, source.name)

    def files(self, parts: Sequence[Part]) -> str:
        return paths(self.folder, parts)

    def put(self, name: str, entity: Entity) -> None:
        """Take this for the entity from now on."""
        self.entities[name] = entity
        if name in self._shown:
            self.connection.execute(f"DROP VIEW {name}")
            self._shown.discard(name)


def definition_of(source: Source, feeds: Sequence[Feed]) -> str:
    """Changes with the contract and the feeds of an entity: rows read by another definition are read again."""
    columns = [(column.name, column.header, column.type, column.references) for column in source.columns]
    said = [source.key, source.keeps, source.several, columns, [feed.model_dump(mode="json") for feed in feeds]]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:20]

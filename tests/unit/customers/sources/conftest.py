"""Feeds read into plain rows, as the ingest would."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from kizuna.customers.contract.model import Source, contract
from kizuna.customers.sources.batch import Batch, batches
from kizuna.domain.sources import Feed


@dataclass
class Shelf:
    """A data folder with one entity's feeds, and the marks that an ingest would keep."""

    folder: Path
    source: Source
    connection: duckdb.DuckDBPyConnection
    marks: dict[str, Any] = field(default_factory=dict)
    open: list[Iterator[Batch]] = field(default_factory=list)

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def append(self, name: str, content: bytes | str) -> None:
        with (self.folder / name).open("ab") as file:
            file.write(content if isinstance(content, bytes) else content.encode())

    def batches(self, *feeds: Feed) -> Iterator[Batch]:
        yield from batches(self.connection, self.source, feeds, self.folder, self.marks)

    def first(self, feed: Feed) -> Batch:
        """The next batch of a feed, readable until the test ends."""
        self.open.append(self.batches(feed))
        return next(self.open[-1])

    def rows(self, *feeds: Feed, columns: str = "") -> list[tuple[Any, ...]]:
        """The cells of all new rows; their marks are kept."""
        found: list[tuple[Any, ...]] = []
        for batch in self.batches(*feeds):
            found += cells_of(self.connection, batch, columns)
            self.marks |= batch.mark
        return found


def cells_of(connection: duckdb.DuckDBPyConnection, batch: Batch, columns: str = "") -> list[tuple[Any, ...]]:
    names = columns.split() or [name for name, cell in batch.cells.items() if cell != "CAST(NULL AS VARCHAR)"]
    cells = ", ".join(batch.cells[name] for name in names)
    return connection.execute(f"SELECT {cells} FROM {batch.relation}", list(batch.parameters)).fetchall()


@pytest.fixture(autouse=True)
def every_file_is_at_rest(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's files are seconds old. `fresh_files` leaves them so."""
    if "fresh_files" not in request.fixturenames:
        monkeypatch.setattr("kizuna.customers.sources.looking.AT_REST_SECONDS", -3600.0)


@pytest.fixture
def fresh_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as being written, as they do for a minute, and their writers never rest."""
    monkeypatch.setattr("kizuna.customers.sources.looking.has_settled", lambda *_: False)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Callable[..., Shelf]]:
    opened = []

    def make(entity: str = "orders", unit: Any = "person") -> Shelf:
        connection = duckdb.connect(config={"threads": 2, "preserve_insertion_order": True})
        opened.append(connection)
        source = next(source for source in contract(unit) if source.name == entity)
        return Shelf(tmp_path, source, connection)

    yield make
    for connection in opened:
        connection.close()

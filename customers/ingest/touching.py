"""Which units an ingest concerns: whose rows are new, changed or gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ..contract.model import Source, UnitKind
from ..visitors import IDENTIFIERS, accounts_of_changed
from .manifest import Manifest, Touched
from .parts import paths
from .shelf import Shelf

#: Entities that belong to no unit, and that figures of all units rest on.
_OF_ALL = frozenset({"products", "acquisition_costs"})
#: So many readings are remembered one by one; whoever looks less often takes it that all units were touched.
REMEMBERED = 64


def units_since(manifest: Manifest, number: int, folder: Path) -> list[str] | None:
    """The units that readings after this number concern; None: all, or it is too long ago to tell."""
    if number == manifest.number:
        return []
    later = [one for one in manifest.touched if one.number > number]
    is_complete = len(manifest.touched) < REMEMBERED or manifest.touched[0].number <= number
    if not is_complete or any(one.part is None for one in later):
        return None
    parts = [one.part for one in later if one.part is not None]
    if not parts:
        return []
    with duckdb.connect(config={"threads": 1}) as connection:
        query = f"SELECT DISTINCT unit_id FROM read_parquet({paths(folder, parts)}) ORDER BY unit_id"  # noqa: S608
        return [unit for (unit,) in connection.execute(query).fetchall()]


@dataclass
class Touch:
    """Collects units while the entities are read."""

    shelf: Shelf
    is_first: bool
    unit: UnitKind

    def __post_init__(self) -> None:
        self._all = self.is_first
        self.shelf.connection.execute("CREATE TEMP TABLE touched (unit_id VARCHAR PRIMARY KEY)")

    def note(self, source: Source, rows: int) -> None:
        """Note whom the rows in `<entity>_changed` concern."""
        if not rows or self._all:
            return
        if source.name in _OF_ALL:
            self._all = True
            return
        by_visitor = accounts_of_changed(source)
        if by_visitor:
            self.shelf.show(IDENTIFIERS)
        for query in [*self._queries(source), *by_visitor]:
            self.shelf.connection.execute(f"INSERT OR IGNORE INTO touched {query}")

    def units(self) -> list[str] | None:
        """The units, in order; None: all."""
        if self._all:
            return None
        query = "SELECT unit_id FROM touched ORDER BY unit_id"
        return [unit for (unit,) in self.shelf.connection.execute(query).fetchall()]

    def written(self, earlier: Sequence[Touched], number: int) -> tuple[Touched, ...]:
        """What is remembered now of the latest readings."""
        if self._all:
            return (Touched(number, None),)
        part = self.shelf.write("SELECT unit_id FROM touched ORDER BY unit_id", "touched")
        mine = (Touched(number, part),) if part is not None else ()
        return (*earlier, *mine)[-REMEMBERED:]

    def _queries(self, source: Source) -> list[str]:
        rows, columns = f"{source.name}_changed", source.column_names
        if "person_id" in columns:
            return [f"SELECT DISTINCT person_id FROM {rows}"]  # noqa: S608 - all names come from the contract
        if "account_id" in columns:
            return [f"SELECT DISTINCT account_id FROM {rows} WHERE account_id IS NOT NULL"]  # noqa: S608
        if "contact_id" in columns and self.unit == "person":
            return [f"SELECT DISTINCT contact_id FROM {rows}"]  # noqa: S608
        for column, home in (("contact_id", "contacts"), ("order_id", "orders")):
            if column in columns:
                self.shelf.show(home)
                return [f"SELECT DISTINCT {home}.account_id FROM {rows} JOIN {home} USING ({column})"]  # noqa: S608
        return []

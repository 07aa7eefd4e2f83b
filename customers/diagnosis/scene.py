"""All that the search for gaps looks at, gathered once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from ...domain.diagnosis import EntityFigures, Gap, GapKind, Link, Severity
from ..contract.model import Source
from ..opening import Customers
from .costs import Costs
from .shape import rows_with_account
from .worth import Stake, stake_of


@dataclass(frozen=True)
class Scene:
    """The sources as they were found, and what they are wanted for."""

    customers: Customers
    cursor: duckdb.DuckDBPyConnection  #: holds the temporary table `worth`
    as_of: date
    allowed: float  #: share of faulty rows over which a run stops
    sources: Mapping[str, Source]
    entities: Mapping[str, EntityFigures]
    links: tuple[Link, ...]
    costs: Costs
    all: Stake  #: all customers
    overdue: Mapping[str, int]  #: rows of each entity that have waited too long for what they name
    identity_found: bool = False  #: records of one person are put together already

    def stake_in(self, entity: str) -> Stake:
        """The customers who have a row of the entity; all where rows belong to nobody, or there are none."""
        rows = rows_with_account(self.sources[entity]) if entity in self.sources else None
        figures = self.entities.get(entity)
        if rows is None or figures is None or not figures.rows:
            return self.all
        return stake_of(self.cursor, f"SELECT account_id FROM {rows}")  # noqa: S608

    def stake_where(self, chosen: str) -> Stake:
        return stake_of(self.cursor, chosen)

    def count(self, query: str) -> int:
        row = self.cursor.execute(query).fetchone()
        self.cursor.fetchall()
        return int(row[0]) if row and row[0] is not None else 0


def gap(kind: GapKind, severity: Severity, entity: str, stake: Stake, **more: object) -> Gap:
    """A gap with the customers whom it concerns."""
    return Gap(kind, severity, entity, customers=stake.customers, yearly_jpy=stake.yearly_jpy, **more)  # type: ignore[arg-type]

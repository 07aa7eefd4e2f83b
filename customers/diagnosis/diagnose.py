"""The diagnosis of the sources, from the rows that could be read and the faults of those that could not."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb

from ...domain.diagnosis import Diagnosis, EntityFigures
from ..contract.model import contract
from ..features.catalogue import build_features
from ..opening import Customers
from ..table import FeatureTable
from .costs import Costs, Wishes, needs
from .entities import look_at
from .gaps import find_gaps
from .journey import channels, steps
from .lineage import entities_of
from .links import links
from .reading import Read
from .scene import Scene
from .worth import weigh

#: So many customers tell which features are known; more would cost minutes for a million.
SAMPLE = 5_000


def diagnose(
    read: Read,
    *,
    as_of: date,
    wishes: Wishes,
    faulty_rows_allowed: float,
    identity_found: bool = False,
    overdue: Mapping[str, int] | None = None,
) -> Diagnosis:
    """How well the sources fit together on the day `as_of`, and what each gap costs. Money in JPY a year.

    `overdue`: rows per entity that have waited too long for what they name, by the readings so far.
    """
    customers = read.customers
    cursor = customers.cursor()
    try:
        everybody = weigh(cursor, customers.model, as_of)
        sources = {source.name: source for source in contract(customers.unit)}
        entities = tuple(look_at(read, cursor, source, as_of, everybody.customers) for source in sources.values())
        by_name = {figures.entity: figures for figures in entities}
        followed = links(customers, cursor, sources.values(), entities)
        table, sampled = _features(customers, cursor, as_of, everybody.customers, wishes.folder)
        scene = Scene(
            customers=customers,
            cursor=cursor,
            as_of=as_of,
            allowed=faulty_rows_allowed,
            sources=sources,
            entities=by_name,
            links=followed,
            costs=Costs(wishes, table, customers.row_counts),
            all=everybody,
            overdue=overdue or {},
            identity_found=identity_found,
        )
        seen = channels(cursor, everybody.customers, _needed(wishes), wishes.channels)
        return Diagnosis(
            as_of=as_of,
            data_until=_data_until(entities),
            customers=everybody.customers,
            yearly_jpy=everybody.yearly_jpy,
            faulty_rows_allowed=faulty_rows_allowed,
            entities=entities,
            links=followed,
            channels=seen,
            steps=steps(customers, cursor, seen, by_name, followed),
            gaps=find_gaps(scene, read.faults),
            sampled=sampled,
        )
    finally:
        cursor.close()


def _features(
    customers: Customers, cursor: duckdb.DuckDBPyConnection, as_of: date, count: int, folder: Path | None
) -> tuple[FeatureTable | None, int]:
    """The features of all customers, or of a sample that is the same each time."""
    if not count:
        return None, 0
    if count <= SAMPLE:
        return build_features(customers, as_of, folder=folder), 0
    query = f"SELECT account_id FROM accounts ORDER BY hash(account_id), account_id LIMIT {SAMPLE}"  # noqa: S608
    chosen = [unit for (unit,) in cursor.execute(query).fetchall()]
    return build_features(customers, as_of, chosen, folder=folder), len(chosen)


def _needed(wishes: Wishes) -> frozenset[str]:
    """The entities that the brief's actions look at."""
    return frozenset(
        entity for action in wishes.actions for name in needs(action) for entity in entities_of(name, wishes.folder)
    )


def _data_until(entities: Sequence[EntityFigures]) -> date | None:
    return max((figures.freshness.last for figures in entities if figures.freshness), default=None)

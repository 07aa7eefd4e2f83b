"""Opening what is published: the same tables that a whole reading of the sources gives, without reading them again."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from ...domain.refusals import RowFault
from ..contract.load import DESCRIBED_PER_FILE
from ..contract.model import Model, Source, UnitKind, contract
from ..identity.unify import Who
from ..opening import MOMENTS, Customers, connect, finish, is_wanted, show
from .manifest import Entity, Manifest
from .parts import paths, relation

#: Up to so many rows, an entity is held in memory; of a larger one, queries read only the columns that they need.
IN_MEMORY_ROWS = 2_000_000
#: The same for whoever asks one question only, of some units perhaps.
IN_MEMORY_ROWS_ONCE = 50_000


def open_published(
    manifest: Manifest,
    folder: Path,
    *,
    unit: UnitKind,
    model: Model,
    only: Collection[str] | None = None,
    scratch: Path | None = None,
    who: Who | None = None,
    in_memory_rows: int = IN_MEMORY_ROWS,
) -> Customers:
    """The published rows of all entities, or `only` of those named. See `open_sources`.

    Queries may read the folder of parts, and `scratch`, and no other file. An entity of more than `in_memory_rows`
    is not loaded: each query reads what it needs of it.
    """
    connection = connect()
    try:
        customers = Customers(connection, {}, [], {}, None, unit, model)
        has_views = False
        customers.data_until = _latest_moment(customers, manifest, folder, only)
        for source in contract(unit):
            if is_wanted(source, only):
                entity = manifest.entities.get(source.name, Entity())
                has_views |= _open(customers, source, entity, folder, in_memory_rows)
        finish(customers, [folder] * has_views + ([scratch] if scratch is not None else []), who)
    except BaseException:
        connection.close()
        raise
    return customers


def _latest_moment(
    customers: Customers, manifest: Manifest, folder: Path, only: Collection[str] | None
) -> datetime | None:
    """The newest event, visit or order of the entities to be opened; asked of one part at a time, DuckDB knows it from
    the file's statistics."""
    queries: list[str] = []
    for name, column in MOMENTS:
        entity = manifest.entities.get(name, Entity())
        if only is None or name in only:
            rows = (relation(folder, [part], entity.gone, [column]) for part in entity.parts)
            queries += [f"SELECT max({column}) FROM ({query})" for query in rows]  # noqa: S608
    found = customers.connection.execute(" UNION ALL ".join(queries)).fetchall() if queries else []
    return max((moment.replace(tzinfo=UTC) for (moment,) in found if moment is not None), default=None)


def _open(customers: Customers, source: Source, entity: Entity, folder: Path, in_memory_rows: int) -> bool:
    """Make the table or view of one entity; True where it is a view of files."""
    is_large = entity.rows > in_memory_rows
    if entity.rows:
        rows = relation(folder, entity.parts, entity.gone, source.column_names)
        kind = "VIEW" if is_large else "TABLE"
        customers.connection.execute(f"CREATE {kind} {source.name}_rows AS {rows}")
    show(customers.connection, source, f"{source.name}_rows" if entity.rows else None)
    customers.row_counts[source.name] = entity.rows
    customers.fault_counts[source.name] = entity.set_aside
    if entity.aside is not None:
        query = f"""
            SELECT _origin, _line, coalesce(_column, ''), coalesce(_value, ''), _rule
            FROM read_parquet({paths(folder, [entity.aside])}) ORDER BY _origin, _line LIMIT {DESCRIBED_PER_FILE}
        """  # noqa: S608
        customers.faults += [RowFault(*row) for row in customers.connection.execute(query).fetchall()]
    return is_large

"""Opening what is published: the same tables that a whole reading of the sources gives, without reading them again."""

from collections.abc import Collection
from pathlib import Path

from ..contract.load import DESCRIBED_PER_FILE, RowFault
from ..contract.model import Model, Source, UnitKind, contract
from ..identity.unify import Who
from ..opening import Customers, connect, finish, is_wanted, show
from .manifest import Entity, Manifest
from .parts import paths, relation

#: Up to so many rows, an entity is held in memory; of a larger one, queries read only the columns that they need.
IN_MEMORY_ROWS = 2_000_000


def open_published(
    manifest: Manifest,
    folder: Path,
    *,
    unit: UnitKind,
    model: Model,
    only: Collection[str] | None = None,
    scratch: Path | None = None,
    who: Who | None = None,
) -> Customers:
    """The published rows of all entities, or `only` of those named. See `open_sources`.

    Queries may read the folder of parts, and `scratch`, and no other file.
    """
    connection = connect()
    try:
        customers = Customers(connection, {}, [], {}, None, unit, model)
        has_views = False
        for source in contract(unit):
            if is_wanted(source, only):
                entity = manifest.entities.get(source.name, Entity())
                has_views |= _open(customers, source, entity, folder)
        finish(customers, [folder] * has_views + ([scratch] if scratch is not None else []), who)
    except BaseException:
        connection.close()
        raise
    return customers


def _open(customers: Customers, source: Source, entity: Entity, folder: Path) -> bool:
    """Make the table or view of one entity; True where it is a view of files."""
    is_large = entity.rows > IN_MEMORY_ROWS
    if entity.rows:
        rows = relation(folder, entity.parts, entity.gone, source.column_names)
        kind = "VIEW" if is_large else "TABLE"
        customers.connection.execute(f"CREATE {kind} {source.name}_rows AS {rows}")
    show(customers.connection, source, f"{source.name}_rows" if entity.rows else None)
    customers.row_counts[source.name] = entity.rows
    customers.fault_counts[source.name] = entity.faulty
    if entity.aside is not None:
        query = f"""
            SELECT _origin, _line, coalesce(_column, ''), coalesce(_value, ''), _rule
            FROM read_parquet({paths(folder, [entity.aside])}) ORDER BY _origin, _line LIMIT {DESCRIBED_PER_FILE}
        """  # noqa: S608
        customers.faults += [RowFault(*row) for row in customers.connection.execute(query).fetchall()]
    return is_large

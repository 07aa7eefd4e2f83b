"""New rows held against the published ones: repeats are dropped, newer rows take the place of older ones."""

from dataclasses import dataclass, replace
from datetime import datetime

from ...domain.refusals import NO_SUCH, rule_of
from ..contract.keys import key_of
from ..contract.load import stored_columns
from ..contract.model import Source
from .parts import Part
from .shelf import Shelf


@dataclass
class Added:
    """What became of the good rows of one entity."""

    new: int = 0
    changed: int = 0
    repeated: int = 0
    removed: int = 0  #: rows that a whole reading no longer holds


def replace_all(shelf: Shelf, source: Source) -> Added:
    """Of a state, the whole new reading stands; `<entity>_changed` holds the rows that differ, old and new."""
    name, entity = source.name, shelf.entities[source.name]
    columns = ", ".join(stored_columns(source))
    run = shelf.connection.execute
    rows = f"SELECT {columns} FROM {name}_rows"  # noqa: S608 - all names come from the contract
    old = shelf.live(name) if entity.rows else f"SELECT *, NULL AS _part, NULL AS _at FROM {name}_rows WHERE FALSE"  # noqa: S608
    old = f"SELECT {columns} FROM ({old})"  # noqa: S608
    run(f"CREATE TEMP TABLE {name}_came AS {rows} EXCEPT ALL {old}")
    run(f"CREATE TEMP TABLE {name}_went AS {old} EXCEPT ALL {rows}")
    run(f"CREATE TEMP VIEW {name}_changed AS FROM {name}_came UNION ALL FROM {name}_went")
    key = ", ".join(source.key)
    came, went = _count(shelf, f"{name}_came"), _count(shelf, f"{name}_went")
    changed = _count(shelf, f"(SELECT {key} FROM {name}_came INTERSECT SELECT {key} FROM {name}_went)")  # noqa: S608
    if came or went:
        part = shelf.write(rows, name)
        shelf.put(name, replace(entity, parts=(part,) if part else (), gone=None))
    if came > changed:
        shelf.gained.add(name)
    if went > changed:
        shelf.lost.add(name)
    total = _count(shelf, f"{name}_rows")
    return Added(new=came - changed, changed=changed, repeated=total - came, removed=went - changed)


def add(shelf: Shelf, source: Source) -> Added:
    """Of events, new rows come on top; `<entity>_changed` holds them, and those that they replaced."""
    name, entity = source.name, shelf.entities[source.name]
    stored = stored_columns(source)
    columns = ", ".join(stored)
    added = Added()
    run = shelf.connection.execute
    if entity.rows and _count(shelf, f"{name}_rows"):
        added.repeated, added.changed = _meet(shelf, source)
        run(f"CREATE TEMP VIEW {name}_changed AS SELECT {columns} FROM {name}_rows UNION ALL FROM {name}_old")  # noqa: S608
    else:
        run(f"CREATE TEMP VIEW {name}_changed AS SELECT {columns} FROM {name}_rows")  # noqa: S608
    part = shelf.write_rows(source, f"{name}_rows", _count(shelf, f"{name}_rows"))
    if part is not None:
        entity = shelf.entities[name]
        shelf.put(name, replace(entity, parts=(*entity.parts, part)))
        added.new = part.rows - added.changed
        shelf.gained.add(name)
    return added


def _meet(shelf: Shelf, source: Source) -> tuple[int, int]:
    """Drop the new rows that are published already, take back the published ones that have a newer row.

    Returns how many there were of each; `<entity>_old` holds the rows taken back.
    """
    name = source.name
    keys = dict.fromkeys((key_of(source), *((column.name,) for column in source.columns if column.unique)))
    run = shelf.connection.execute
    same = " AND ".join(f"fresh.{column} IS NOT DISTINCT FROM live.{column}" for column in stored_columns(source))
    any_key = " OR ".join("(" + " AND ".join(f"fresh.{c} = live.{c}" for c in key) + ")" for key in keys)
    run(f"""
        CREATE TEMP TABLE {name}_met AS SELECT fresh.rowid AS _row, live.*, {same} AS _same
        FROM {name}_rows AS fresh JOIN ({shelf.live(name)}) AS live ON {any_key}
    """)  # noqa: S608 - all names come from the contract
    repeated = run(f"DELETE FROM {name}_rows WHERE rowid IN (SELECT _row FROM {name}_met WHERE _same)").fetchall()[0][0]  # noqa: S608
    query = f"SELECT * EXCLUDE (_row, _same) FROM {name}_met WHERE NOT _same"  # noqa: S608
    run(f"CREATE TEMP TABLE {name}_back AS {query}")
    run(f"CREATE TEMP TABLE {name}_old AS SELECT * EXCLUDE (_part, _at) FROM {name}_back")  # noqa: S608
    changed = _count(shelf, f"{name}_back")
    if changed:
        take_back(shelf, source, f"SELECT DISTINCT _part, _at FROM {name}_back")  # noqa: S608
    return int(repeated), changed


def take_back(shelf: Shelf, source: Source, places: str) -> None:
    """The rows at these places (`_part`, `_at`) are no longer there."""
    name, entity = source.name, shelf.entities[source.name]
    query = places
    if entity.gone is not None:
        query = f"FROM read_parquet({shelf.files([entity.gone])}) UNION FROM ({places})"
    gone = shelf.write(query, f"{name}-gone")
    assert gone is not None, "nothing to take back"
    counted = f"SELECT _part, count(*) FROM read_parquet({shelf.files([gone])}) GROUP BY _part"  # noqa: S608
    counts = dict(shelf.connection.execute(counted).fetchall())
    parts = tuple(replace(part, gone=counts.get(part.file, 0)) for part in entity.parts)
    shelf.put(name, replace(entity, parts=parts, gone=gone))


def set_orphans_aside(shelf: Shelf, source: Source, since: datetime | None) -> int:
    """Published rows whose account, contact or order is there no more wait for it from now on, set aside."""
    name, orphans = source.name, 0
    for column in source.columns:
        parent, _, key = column.references.partition(".")
        if not column.references or parent not in shelf.lost or not shelf.entities[name].rows:
            continue
        shelf.show(parent)
        table = f"{name}_orphans_{column.name}"
        shelf.connection.execute(
            f"CREATE TEMP TABLE {table} AS SELECT live.* FROM ({shelf.live(name)}) AS live "  # noqa: S608
            f"ANTI JOIN {parent} ON live.{column.name} = {parent}.{key} WHERE live.{column.name} IS NOT NULL"
        )
        if found := _count(shelf, table):
            orphans += found
            names = ", ".join(source.column_names)
            rule = rule_of(NO_SUCH, column.references)
            told = {"file": source.file, "column": column.header, "rule": rule, "since": since}
            shelf.connection.execute(
                f"INSERT INTO {name}_aside SELECT {names}, $file, 0, $column, {column.name}, $rule, TRUE, $since "  # noqa: S608
                f"FROM {table}",
                told,
            )
            take_back(shelf, source, f"SELECT _part, _at FROM {table}")  # noqa: S608
    return orphans


def keep_aside(shelf: Shelf, source: Source, old: Part | None, whole: list[str], *, retried: bool) -> None:
    """Keep the rows set aside now and earlier, but for those of feeds that were read anew, or that were tried again."""
    name, entity = source.name, shelf.entities[source.name]
    query = f"SELECT * FROM {name}_aside"  # noqa: S608 - all names come from the contract
    if old is not None:
        listed = ", ".join("'" + origin.replace("'", "''") + "'" for origin in whole) or "''"
        waits = "AND NOT _waits" if retried else ""
        query = (
            f"SELECT * FROM read_parquet({shelf.files([old])}) WHERE _origin NOT IN ({listed}) {waits} "  # noqa: S608
            f"UNION BY NAME {query} ORDER BY _origin, _line"
        )
    part = shelf.write(query, f"{name}-aside")
    waiting = 0
    if part is not None:
        counted = f"SELECT count(*) FROM read_parquet({shelf.files([part])}) WHERE _waits"  # noqa: S608
        waiting = shelf.connection.execute(counted).fetchall()[0][0]
    shelf.put(name, replace(entity, aside=part, waiting=waiting))


def _count(shelf: Shelf, rows: str) -> int:
    return int(shelf.connection.execute(f"SELECT count(*) FROM {rows}").fetchall()[0][0])  # noqa: S608

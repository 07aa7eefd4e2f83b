"""Taking erased people out of everything that is published: parts, rows set aside, touched units."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import duckdb

from ..contract.model import Source, UnitKind, contract
from ..erased import ID_COLUMNS, KeepOut, take_out
from ..opening import connect
from ..visitors import KIND, visitors_of
from .manifest import Entity, Manifest, Touched
from .parts import Part, paths, write_part

Erased = Mapping[str, set[str]]


def forget(manifest: Manifest, folder: Path, unit: UnitKind, keep_out: KeepOut, erasures: int) -> Manifest:
    """The manifest of the same rows without the erased. The files that it no longer names are for the caller to delete.

    A part with one of them is written anew, and rows that are gone leave it as well; the other parts stay as they are.
    """
    connection = connect()
    try:
        sources = {source.name: source for source in contract(unit) if source.name in manifest.entities}
        erased = _erased(connection, manifest, folder, sources, keep_out)
        entities = dict(manifest.entities)
        if any(erased.values()):
            for name, source in sources.items():
                entities[name] = _without(connection, entities[name], folder, source, erased)
        touched = [_less(connection, one, folder, erased["unit"]) for one in manifest.touched]
        return Manifest(manifest.number + 1, entities, touched, erasures)
    finally:
        connection.close()


def visitors_of_erased(manifest: Manifest, folder: Path, unit: UnitKind, keep_out: KeepOut) -> set[tuple[str, str]]:
    """(`visitor`, id) of each cookie or device that published rows tie to the erased: keep them out, and then `forget`.

    The company's files may name a visitor longer than they say whose it was.
    """
    connection = connect()
    try:
        sources = {source.name: source for source in contract(unit) if source.name in manifest.entities}
        erased = _erased(connection, manifest, folder, sources, keep_out)
        found: set[str] = set()
        for name, source in sources.items():
            for files in _files(folder, manifest.entities[name]):
                found |= visitors_of(connection, source, files, erased)
        return {(KIND, visitor) for visitor in found - erased[KIND]}
    finally:
        connection.close()


def _erased(
    connection: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    folder: Path,
    sources: Mapping[str, Source],
    keep_out: KeepOut,
) -> dict[str, set[str]]:
    """All ids in the parts that an erased person had; the same address under another id is theirs, too."""
    erased: dict[str, set[str]] = {"contact": set(), "unit": set(), KIND: set()}
    for name, source in sources.items():
        entity = manifest.entities[name]
        for files in _files(folder, entity):
            for column in source.column_names:
                if kinds := ID_COLUMNS.get(column, ()):
                    found = _values(connection, f"SELECT DISTINCT {column} FROM {files} WHERE {column} IS NOT NULL")  # noqa: S608
                    for kind in kinds:
                        erased[kind] |= {value for value in found if keep_out(kind, value)}
            if name in ("contacts", "persons"):
                ident = "person_id" if name == "persons" else "contact_id"
                query = f"SELECT {ident}, email FROM {files} WHERE email IS NOT NULL AND {ident} IS NOT NULL"  # noqa: S608
                found_by = connection.execute(query).fetchall()
                erased["contact"] |= {value for value, email in found_by if keep_out("email", email)}
    if "persons" in sources:  # a person is both
        erased["unit"] = erased["contact"] = erased["unit"] | erased["contact"]
    return erased


def _files(folder: Path, entity: Entity) -> list[str]:
    """The rows of an entity as relations, those that are gone among them."""
    groups = [group for group in (entity.parts, (entity.aside,) if entity.aside else ()) if group]
    return [f"read_parquet({paths(folder, group)})" for group in groups]


def _without(
    connection: duckdb.DuckDBPyConnection, entity: Entity, folder: Path, source: Source, erased: Erased
) -> Entity:
    parts, gone = [], entity.gone
    for part in entity.parts:
        fresh = _part_without(connection, part, gone, folder, source, source.name, erased)
        parts += [fresh] if fresh is not None else []
    stale = {part.file for part in entity.parts} - {part.file for part in parts}
    if gone is not None and stale:
        listed = ", ".join(f"'{file}'" for file in sorted(stale))
        query = f"SELECT * FROM read_parquet({paths(folder, [gone])}) WHERE _part NOT IN ({listed})"  # noqa: S608
        gone = write_part(connection, query, folder, f"{source.name}-gone")
    aside = entity.aside
    if aside is not None:
        aside = _part_without(connection, aside, None, folder, source, f"{source.name}-aside", erased)
    return replace(entity, parts=tuple(parts), gone=gone, aside=aside)


def _part_without(
    connection: duckdb.DuckDBPyConnection,
    part: Part,
    gone: Part | None,
    folder: Path,
    source: Source,
    name: str,
    erased: Erased,
) -> Part | None:
    """The part without them, written anew; the same part where it has none of them."""
    table = f"{source.name}_kept"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * EXCLUDE (file_row_number), file_row_number AS _at "  # noqa: S608
        f"FROM read_parquet({paths(folder, [part])}, file_row_number = true)"
    )
    if not take_out(connection, table, source.column_names, erased):
        return part
    if gone is not None:
        query = f"SELECT _at FROM read_parquet({paths(folder, [gone])}) WHERE _part = ?"  # noqa: S608
        connection.execute(f"DELETE FROM {table} WHERE _at IN ({query})", [part.file])  # noqa: S608
    return write_part(connection, f"SELECT * EXCLUDE (_at) FROM {table} ORDER BY _at", folder, name)  # noqa: S608


def _less(connection: duckdb.DuckDBPyConnection, touched: Touched, folder: Path, units: Iterable[str]) -> Touched:
    if touched.part is None or not units:
        return touched
    ids = {"ids": sorted(units)}
    connection.execute("CREATE OR REPLACE TEMP TABLE erased_units AS SELECT unnest($ids::VARCHAR[]) AS unit_id", ids)
    query = f"SELECT unit_id FROM read_parquet({paths(folder, [touched.part])}) ANTI JOIN erased_units USING (unit_id)"  # noqa: S608
    part = write_part(connection, query, folder, "touched")
    return Touched(touched.number, part)  # without a part it stands for all: nobody is left out


def _values(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return [value for (value,) in connection.execute(query).fetchall()]

"""Snapshots: a feature table as an immutable Parquet file, named by its content."""

import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from ..domain.errors import UserError
from .rules import identifier
from .table import FeatureTable, from_query

_UNIT = "unit_id"


@dataclass(frozen=True)
class SnapshotFile:
    """A published snapshot: where it lies, how many units it holds, and the SHA-256 of its bytes."""

    path: Path
    rows: int
    digest: str


def publish(table: FeatureTable, folder: Path, name: str) -> SnapshotFile:
    """Write `<name>-<digest>.parquet`. The same table under the same name is the same file, written once."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ValueError(f"{name!r} can't name a snapshot")
    folder.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix=f".{name}-", suffix=".part", dir=folder)
    os.close(handle)
    try:
        _write(table, Path(part))
        digest = _digest(Path(part))
        path = folder / f"{name}-{digest[:16]}.parquet"
        os.replace(part, path)
    finally:
        Path(part).unlink(missing_ok=True)
    sync_folder(folder)
    return SnapshotFile(path, len(table), digest)


def load(path: Path, digest: str | None = None, only: Sequence[str] | None = None) -> FeatureTable:
    """The table of a snapshot, or `only` these columns. With `digest`, a file whose bytes differ is refused."""
    _as_published(path, digest)
    with duckdb.connect(config={"threads": 2}) as connection:
        wanted = "*" if only is None else ", ".join(map(identifier, (_UNIT, *only)))
        query = f"SELECT {wanted} FROM read_parquet(?)"  # noqa: S608 - the names are quoted
        result = connection.execute(query, [_pattern(path)]).fetchnumpy()
    return from_query(result, _UNIT)


def moves(before: SnapshotFile, now: SnapshotFile, column: str) -> dict[tuple[str | None, str | None], int]:
    """Units by the column's text in the one snapshot and in the other; None where they have none or are not there.

    Raises UserError as `load` does.
    """
    for file in (before, now):
        _as_published(file.path, file.digest)
    name = identifier(column)
    query = (
        f"SELECT b.{name}, n.{name}, count(*) FROM read_parquet($before) b "  # noqa: S608 - the names are quoted
        f"FULL JOIN read_parquet($now) n USING ({_UNIT}) GROUP BY ALL"
    )
    with duckdb.connect(config={"threads": 2}) as connection:
        places = {"before": _pattern(before.path), "now": _pattern(now.path)}
        return {(left, joined): units for left, joined, units in connection.execute(query, places).fetchall()}


def find(path: Path, unit_id: str) -> dict[str, Any] | None:
    """The figures of one unit in a snapshot; None where the unit, or the file, is not there."""
    if not path.is_file():
        return None
    with duckdb.connect(config={"threads": 1}) as connection:
        query = f"SELECT * FROM read_parquet($path) WHERE {_UNIT} = $unit"  # noqa: S608 - a column's name of ours
        result = connection.execute(query, {"path": _pattern(path), "unit": unit_id})
        names = [column[0] for column in result.description or ()]
        row = result.fetchone()
    return dict(zip(names, row, strict=True)) if row is not None else None


def row_of(path: Path, unit_id: str) -> FeatureTable | None:
    """The table of one unit alone; None where the unit, or the file, is not there."""
    if not path.is_file():
        return None
    with duckdb.connect(config={"threads": 1}) as connection:
        query = f"SELECT * FROM read_parquet($path) WHERE {_UNIT} = $unit"  # noqa: S608 - a column's name of ours
        table = from_query(connection.execute(query, {"path": _pattern(path), "unit": unit_id}).fetchnumpy(), _UNIT)
    return table if len(table) else None


def without(path: Path, unit_id: str, name: str) -> SnapshotFile | None:
    """Publish the snapshot again beside itself, less one unit; None where the unit is not in it."""
    table = load(path)
    left = [i for i, unit in enumerate(table.unit_ids) if unit != unit_id]
    return publish(table.pick(np.array(left, dtype=int)), path.parent, name) if len(left) < len(table) else None


def _write(table: FeatureTable, path: Path) -> None:
    arrays: dict[str, Any] = {_UNIT: np.array(table.unit_ids, dtype=object), **table.columns}
    columns = ", ".join(
        f"CAST(nullif({identifier(name)}, 'nan') AS DOUBLE) AS {identifier(name)}"
        if values.dtype.kind == "f"
        else f"CAST({identifier(name)} AS VARCHAR) AS {identifier(name)}"
        for name, values in arrays.items()
    )
    # One thread: the same table gives the same bytes.
    with duckdb.connect(config={"threads": 1, "pandas_analyze_sample": 0}) as connection:
        connection.register("arrays", arrays)
        target = str(path).replace("'", "''")
        connection.execute(f"COPY (SELECT {columns} FROM arrays) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")  # noqa: S608
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _as_published(path: Path, digest: str | None) -> None:
    if not path.is_file():
        raise UserError(f"the snapshot {path} is gone; take a new one")
    if digest is not None and _digest(path) != digest:
        raise UserError(f"the snapshot {path} was changed after it was published; take a new one")


def _pattern(path: Path) -> str:
    """The path as DuckDB takes it: a pattern that fits nothing else."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, as fsync makes the bytes of a file."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Parts: immutable Parquet files named by their content, each readable by its owner alone."""

import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ..snapshot import sync_folder

#: A file that no manifest names is swept away once it is so old: until then somebody may still be reading it.
READ_FOR_SECONDS = 3_600.0


@dataclass(frozen=True)
class Part:
    """A published file: its name in the folder of parts, how many rows it holds, the SHA-256 of its bytes."""

    file: str
    rows: int
    digest: str
    gone: int = 0  #: rows that a later reading replaced or took back

    @classmethod
    def of(cls, said: dict[str, Any]) -> "Part":
        return cls(**said)


def write_part(connection: duckdb.DuckDBPyConnection, query: str, folder: Path, name: str) -> Part | None:
    """Write the rows of a query as `<name>-<digest>.parquet` and make it durable; None where there are none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = folder / f".{name}-{secrets.token_hex(4)}.part"
    try:
        target = str(made).replace("'", "''")
        rows = connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)").fetchall()[0][0]
        if not rows:
            return None
        made.chmod(0o600)
        with made.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        part = Part(f"{name}-{digest[:20]}.parquet", int(rows), digest)
        os.replace(made, folder / part.file)
    finally:
        made.unlink(missing_ok=True)
    sync_folder(folder)
    return part


def relation(
    folder: Path, parts: Sequence[Part], gone: Part | None, columns: Iterable[str], *, places: bool = False
) -> str:
    """SQL for the rows of parts, less those that are gone; with `places`, where each stands: `_part` and `_at`."""
    names = ", ".join(columns)
    there = ", parse_filename(filename) AS _part, file_row_number AS _at" if places else ""
    extra = ", filename = true, file_row_number = true"
    whole = [part for part in parts if not part.gone or gone is None]
    torn = [part for part in parts if part.gone and gone is not None]
    queries = []
    if whole:
        queries.append(f"SELECT {names}{there} FROM read_parquet({paths(folder, whole)}{extra if places else ''})")  # noqa: S608
    if torn and gone is not None:
        queries.append(
            f"SELECT {names}{there} FROM read_parquet({paths(folder, torn)}{extra}) AS torn "  # noqa: S608
            f"ANTI JOIN read_parquet({paths(folder, [gone])}) AS gone "
            "ON gone._part = parse_filename(torn.filename) AND gone._at = torn.file_row_number"
        )
    return " UNION ALL ".join(queries)


def paths(folder: Path, parts: Iterable[Part]) -> str:
    """A list of files for DuckDB; a folder with wildcards in its name is that folder."""
    listed = (str(folder / part.file) for part in parts)
    return "[" + ", ".join(_literal(path) for path in listed) + "]"


def sweep(folder: Path, named: Iterable[str], *, at_once: bool = False) -> int:
    """Delete what no manifest names, if nobody can be reading it any more; returns how many files."""
    keep, swept = set(named), 0
    for path in folder.glob("*") if folder.is_dir() else ():
        is_old = at_once or time.time() - path.stat().st_mtime > READ_FOR_SECONDS
        if path.name not in keep and is_old:
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def _literal(path: str) -> str:
    pattern = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)
    return "'" + pattern.replace("'", "''") + "'"

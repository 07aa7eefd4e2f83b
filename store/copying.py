"""A copy of the store for somebody to try things on; the original is only read, and not one byte of it changes."""

import shutil
import time
from pathlib import Path

from sqlalchemy import insert, select

from ..domain.errors import UserError
from .database import Store, open_store, sqlite_url
from .tables import CampaignRow

_TRIES = 5
_CHUNK = 5_000


def copy_of_file(source: Path, target: Path) -> Store:
    """A copy of a SQLite store at `target`, brought to this version there; an empty one where there is no source.

    The file and its write-ahead log are copied as they lie: opening the original would already write beside it.
    """
    for _ in range(_TRIES):
        if _copied_at_rest(source, target):
            return open_store(sqlite_url(target))
        time.sleep(0.2)
    raise UserError(f"{source} is written to all the time; try again when the campaign rests")


def copy_of_database(url: str, target: Path) -> Store:
    """The rows of another database, read in one transaction, in a SQLite store at `target`."""
    source, copy = Store(url), open_store(sqlite_url(target))
    try:
        with source.engine.connect() as theirs, copy.write() as ours:
            for table in CampaignRow.metadata.sorted_tables:
                rows = theirs.execute(select(table)).mappings()
                while part := rows.fetchmany(_CHUNK):
                    ours.execute(insert(table), [dict(row) for row in part])
    finally:
        source.close()
    return copy


def _copied_at_rest(source: Path, target: Path) -> bool:
    """Copy the files; False where one of them changed meanwhile."""
    files = [(source.with_name(source.name + end), target.with_name(target.name + end)) for end in ("", "-wal")]
    before = [_stamp(file) for file, _ in files]
    for file, copy in files:
        copy.unlink(missing_ok=True)
        if file.exists():
            shutil.copyfile(file, copy)
    return before == [_stamp(file) for file, _ in files]


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size

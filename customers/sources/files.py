"""The files of a feed: which there are, and what is new in each."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from ...domain.errors import FaultyFile, UserError
from ...domain.sources import Feed
from ..contract.model import Source
from .faults import brief_faults, header_faults, text_faults
from .looking import Look, look, state_of
from .mapping import cells, wanted_headers
from .reading import Form, Reading, form_of, opened
from .rows import Batch
from .shaping import shaped


def paths_of(folder: Path, pattern: str) -> list[Path]:
    """The files that a feed names, by name. Raises UserError for one outside the folder."""
    wanted = Path(pattern)
    if wanted.is_absolute() or ".." in wanted.parts:
        raise UserError(f"`file: {pattern}` must lie below the data folder {folder}")
    if (folder / pattern).is_file():
        return [folder / pattern]
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def definition_of(source: Source, feed: Feed) -> str:
    """Changes with the mapping and the contract: what was read by another definition is read again."""
    plain = feed.model_dump(mode="json", exclude={"late"})
    contract = [(column.name, column.header, column.type) for column in source.columns]
    return hashlib.sha256(json.dumps([plain, contract], sort_keys=True).encode()).hexdigest()[:16]


def known_as(origin: str, counted: dict[str, int]) -> str:
    """The origin's name; where several feeds read the same place, the second is `… (feed 2)`."""
    counted[origin] = counted.get(origin, 0) + 1
    return origin if counted[origin] == 1 else f"{origin} (feed {counted[origin]})"


def file_batches(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    feed: Feed,
    number: int,
    folder: Path,
    since: Mapping[str, Any],
    counted: dict[str, int],
) -> Iterator[Batch]:
    """What is new in the files of one feed; `number` is its place in the brief's list."""
    definition = definition_of(source, feed)
    for path in paths_of(folder, str(feed.file)):
        origin = known_as(path.relative_to(folder).as_posix(), counted)
        mark = since.get(origin)
        mark = mark if mark and mark["definition"] == definition else None
        try:
            yield from _of_file(connection, source, feed, number, path, origin, mark)
        except FaultyFile:
            raise
        except UserError as error:
            raise UserError(f"{origin}: {error}") from None


def _of_file(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    feed: Feed,
    number: int,
    path: Path,
    origin: str,
    mark: Mapping[str, Any] | None,
) -> Iterator[Batch]:
    form = form_of(path, feed)
    with path.open("rb") as file:
        if faults := text_faults(origin, file, form):
            raise FaultyFile(faults)
        found = look(file, mark, by_lines=form.is_cut_in_place, tail_will_do=_tail_will_do(feed, form))
        if found is None:
            return
        with opened(connection, origin, file, found, form, wanted_headers(source, feed)) as reading:
            faults = brief_faults(source, feed, number)
            if not faults and not (found.start and form.kind == "json"):  # a few new objects need not have everything
                faults = header_faults(source, feed, number, origin, reading.found)
            if faults:
                raise FaultyFile(faults)
            yield _batch(connection, source, feed, origin, reading, found, form)
        if found.at_rest and state_of(file) != found.state:
            raise UserError("somebody wrote into this file while it was read; nothing of it was kept, read it again")


def _tail_will_do(feed: Feed, form: Form) -> bool:
    """Whether new lines can be read without the old ones."""
    return form.is_cut_in_place and feed.one_per is None and feed.row_id is None


def _batch(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    feed: Feed,
    origin: str,
    reading: Reading,
    found: Look,
    form: Form,
) -> Batch:
    result = shaped(connection, source, feed, reading)
    # A gzip or UTF-16 file in the making is read whole next time: nothing says where its whole lines end.
    remembered = None if found.may_go_on and not form.is_cut_in_place else found.mark
    return Batch(
        entity=source.name,
        origin=origin,
        relation=result.reading.relation,
        parameters=reading.parameters,
        cells=cells(source, feed, reading.header),
        time_zone=feed.time_zone,
        rejects=reading.rejects,
        mark={origin: remembered and {**remembered, "definition": definition_of(source, feed)}},
        is_whole=not found.start,
        text=reading.text,
        kept_rows=result.kept_rows,
    )

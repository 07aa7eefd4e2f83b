"""Reads sources as far as they can be read: nothing stops it, and what was wrong is kept instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...domain.errors import Fault, FaultyFile, UserError
from ...domain.sources import Feed
from ..contract.load import Loaded, load
from ..contract.missing import check_files
from ..contract.model import Model, Source, UnitKind, contract
from ..erased import Door, KeepOut
from ..opening import Customers, connect, finish, show
from ..sources.batch import batches, feeds_of


@dataclass
class Read:
    """What could be read; rows that broke a rule are in the tables `<entity>_aside`. Close `customers`."""

    customers: Customers
    faults: list[Fault] = field(default_factory=list)  #: files and columns that are missing or can't be read
    told_twice: dict[str, int] = field(default_factory=dict)  #: rows that say what another row says, key and all


def read_what_there_is(
    folder: Path,
    *,
    unit: UnitKind,
    model: Model,
    feeds: Mapping[str, Sequence[Feed]] | None = None,
    keep_out: KeepOut | None = None,
) -> Read:
    """Like `open_sources`, but an entity that can't be read is empty, and no limit of faulty rows holds."""
    read = Read(Customers(connect(), {}, [], {}, None, unit, model))
    sources, feeds = contract(unit), feeds or {}
    try:
        read.faults += _missing(folder, sources, feeds, unit, model)
        door = Door(keep_out) if keep_out is not None else None
        for source in sources:
            _read_one(read, source, feeds_of(source, feeds), folder, door)
        finish(read.customers, [])
    except BaseException:
        read.customers.close()
        raise
    return read


def _missing(
    folder: Path, sources: Sequence[Source], feeds: Mapping[str, Sequence[Feed]], unit: UnitKind, model: Model
) -> list[Fault]:
    try:
        check_files(folder, sources, feeds, unit=unit, model=model)
    except FaultyFile as error:
        return error.faults
    return []


def _read_one(read: Read, source: Source, feeds: Sequence[Feed], folder: Path, door: Door | None) -> None:
    customers = read.customers
    loaded = Loaded()
    try:
        loaded = load(customers.connection, source, batches(customers.connection, source, feeds, folder, {}), door)
    except FaultyFile as error:
        read.faults += error.faults
    except UserError as error:  # a file that is no text, a database that does not answer
        read.faults.append(Fault(source.file, 0, "", str(error)))
    is_there = bool(loaded.origins)
    show(customers.connection, source, f"{source.name}_rows" if is_there else None)
    customers.row_counts[source.name] = loaded.kept
    customers.fault_counts[source.name] = loaded.faulty + loaded.waiting
    customers.faults += loaded.faults
    read.told_twice[source.name] = loaded.repeated

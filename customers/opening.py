"""Read the source files: good rows go on, bad rows are set aside with file, line and rule."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from ..domain.errors import Fault, FaultyFile
from ..domain.refusals import RowFault
from ..domain.sources import Feed
from .contract.limit import check_limit
from .contract.load import Loaded, load, make_empty
from .contract.missing import check_files
from .contract.model import Model, Source, UnitKind, contract
from .erased import Door, KeepOut
from .identity.unify import Unified, Who, unify_persons
from .sources.batch import batches, feeds_of
from .visitors import IDENTIFIERS, Anonymous, names_visitors, tie_visitors

__all__ = ["Customers", "RowFault", "open_sources"]
_MACROS = """
    CREATE MACRO was_active(started_on, cancelled_on, moment) AS
    started_on < moment AND coalesce(cancelled_on >= moment, TRUE);
    CREATE MACRO net_jpy(kind, amount_jpy) AS CASE kind WHEN 'refund' THEN -abs(amount_jpy) ELSE amount_jpy END;
"""
#: A person is their own account and its one contact; the name stays with the contact.
_PERSONS = """
    CREATE VIEW accounts AS SELECT person_id AS account_id, CAST(NULL AS VARCHAR) AS company_name,
        CAST(NULL AS VARCHAR) AS industry, CAST(NULL AS BIGINT) AS employees, CAST(NULL AS VARCHAR) AS country,
        created_on, acquisition_source, rep_id, language, full_name FROM persons;
    CREATE VIEW contacts AS SELECT person_id AS contact_id, person_id AS account_id, full_name, email,
        CAST(NULL AS VARCHAR) AS job_title, TRUE AS is_primary, language, created_on, postal_address, phone,
        full_name_kana, birth_date FROM persons;
"""
#: Where it shows how far the sources reach.
MOMENTS = (
    ("app_events", "happened_at"),
    ("orders", "ordered_at"),
    ("web_events", "happened_at"),
    ("store_visits", "visited_at"),
)


@dataclass
class Customers:
    """The source data that kept their contract, ready for queries. Close it, or use it in a `with`."""

    connection: duckdb.DuckDBPyConnection
    row_counts: dict[str, int]  #: rows per source that keep the contract and belong to somebody
    faults: list[RowFault]  #: rows set aside, at most 1,000 described per file
    fault_counts: dict[str, int]  #: all rows set aside, per source
    data_until: datetime | None  #: the latest event, visit or order in the sources
    unit: UnitKind = "account"
    model: Model = "subscription"
    unified: Unified | None = None  #: what came of finding records of one person, where the brief asks for it
    anonymous: dict[str, Anonymous] = field(default_factory=dict)  #: of the entities that have such rows

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the same data: an unfinished result blocks only itself."""
        return self.connection.cursor()

    def is_present(self, as_of: date) -> bool:
        """Whether the sources hold nothing that happened after the day of `as_of`."""
        return self.data_until is None or self.data_until.date() <= as_of

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> "Customers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect() -> duckdb.DuckDBPyConnection:
    """An in-memory database that keeps rows in the order of their files."""
    # A checkpoint would rewrite all rows read so far, for a database that lives in memory alone.
    config: dict[str, Any] = {"threads": 2, "preserve_insertion_order": True, "checkpoint_threshold": "1TB"}
    return duckdb.connect(config=config)


def open_sources(
    folder: Path,
    *,
    unit: UnitKind = "account",
    model: Model = "subscription",
    faulty_rows_allowed: float,
    only: Collection[str] | None = None,
    keep_out: KeepOut | None = None,
    feeds: Mapping[str, Sequence[Feed]] | None = None,
    scratch: Path | None = None,
    who: Who | None = None,
) -> Customers:
    """Read the source files of a folder whole, or `only` those named (with what they refer to); nothing is kept.

    `unit` and `model` are the brief's: they say which files there must be. Any other may be missing, and is empty
    then. Whatever the unit, the tables have accounts and contacts; a person is both. `keep_out` says who was erased:
    they are in no table. `feeds` are the brief's, where rows come from elsewhere than `<entity>.csv`. `scratch` is the
    one folder that queries may write to, for engines that read files. `who` makes one customer of all records of one
    person. Raises when a file is missing or breaks its
    contract too often.
    """
    sources = contract(unit)
    feeds = feeds or {}
    check_files(folder, sources, feeds, unit=unit, model=model)
    connection = connect()
    try:
        customers = Customers(connection, {}, [], {}, None, unit, model)
        door = Door(keep_out) if keep_out is not None else None
        faults: list[Fault] = []
        for source in sources:
            if not is_wanted(source, only):
                continue
            try:
                found = batches(connection, source, feeds_of(source, feeds), folder, {})
                loaded = load(connection, source, found, door)
            except FaultyFile as error:
                faults += error.faults
                loaded = Loaded()
            show(connection, source, f"{source.name}_rows" if loaded.origins else None)
            if not faults:
                _count(customers, source, loaded, faulty_rows_allowed)
        if faults:
            raise FaultyFile(faults)
        finish(customers, [scratch] if scratch is not None else [], who)
    except BaseException:
        connection.close()
        raise
    return customers


def is_wanted(source: Source, only: Collection[str] | None) -> bool:
    """Whether an entity is among those asked for; persons stand for accounts and contacts.

    Whose visits they are is said by the identifiers.
    """
    if only is None or source.name in only:
        return True
    if source.name == IDENTIFIERS:
        return any(names_visitors(other) and other.name in only for other in contract())
    return source.name == "persons" and "accounts" in only


def show(connection: duckdb.DuckDBPyConnection, source: Source, rows: str | None) -> None:
    """Make the view `<entity>` of a relation with good rows; None: there are none."""
    if rows is None:
        make_empty(connection, source)
    else:
        connection.execute(f"CREATE VIEW {source.name} AS SELECT {', '.join(source.column_names)} FROM {rows}")  # noqa: S608


def finish(customers: Customers, folders: Sequence[Path], who: Who | None = None) -> None:
    """Make one customer of all records of a person, give visitors' events to customers, and make what is in no file.

    From then on queries reach no file outside these folders.
    """
    connection = customers.connection
    if who is not None:
        _unify(customers, who)
    if "persons" in customers.row_counts:
        connection.execute(_PERSONS)
        customers.row_counts["accounts"] = customers.row_counts["contacts"] = customers.row_counts["persons"]
    customers.data_until = customers.data_until or _latest_moment(customers)
    customers.anonymous = tie_visitors(connection, contract(customers.unit), customers.row_counts)
    for name, anonymous in customers.anonymous.items():
        customers.row_counts[name] -= anonymous.left
    connection.execute(_MACROS)
    if folders:
        connection.execute("SET allowed_directories = $folders", {"folders": [str(folder) for folder in folders]})
    connection.execute("SET enable_external_access = false")


def _unify(customers: Customers, who: Who) -> None:
    entities = {source.name: source.column_names for source in contract(customers.unit)}
    there = {name: columns for name, columns in entities.items() if name in customers.row_counts}
    customers.unified = unify_persons(customers.connection, there, who)
    for name in {"persons", "contacts"} & customers.row_counts.keys():
        customers.row_counts[name] = customers.unified.customers


def _count(customers: Customers, source: Source, loaded: Loaded, allowed: float) -> None:
    customers.row_counts[source.name] = loaded.kept
    faulty = loaded.faulty + loaded.waiting  # nothing is kept, so nothing can wait
    customers.fault_counts[source.name] = faulty
    customers.faults += loaded.faults
    file = loaded.origins[0] if len(loaded.origins) == 1 else source.name
    check_limit(file, faulty=faulty, rows=loaded.read, known=0, allowed=allowed, faults=loaded.faults)


def _latest_moment(customers: Customers) -> datetime | None:
    """The newest event, visit or order among the sources that were read."""
    latest: list[datetime | None] = []
    for source, column in MOMENTS:
        if customers.row_counts.get(source):
            latest += customers.connection.execute(f"SELECT max({column}) FROM {source}").fetchone() or []  # noqa: S608
    return max((moment.replace(tzinfo=UTC) for moment in latest if moment is not None), default=None)

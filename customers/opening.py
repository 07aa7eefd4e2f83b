"""Read the source files: good rows go on, bad rows are set aside with file, line and rule."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from ..domain.errors import ContractBroken
from .contract.headers import read_headers
from .contract.lines import odd_ending
from .contract.load import RowFault, load, make_empty
from .contract.model import Model, Source, UnitKind, contract
from .erased import KeepOut, leave_out

__all__ = ["Customers", "RowFault", "open_sources"]
_FAULTS_SHOWN = 5
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
_MOMENTS = (
    ("app_events", "happened_at"),
    ("orders", "ordered_at"),
    ("web_events", "happened_at"),
    ("store_visits", "visited_at"),
)


@dataclass
class Customers:
    """The source data that kept their contract, ready for queries. Close it, or use it in a `with`."""

    connection: duckdb.DuckDBPyConnection
    row_counts: dict[str, int]  #: rows per source that keep the contract
    faults: list[RowFault]  #: rows set aside, at most 1,000 described per file
    fault_counts: dict[str, int]  #: all rows set aside, per source
    data_until: datetime | None  #: the latest event, visit or order in the sources
    unit: UnitKind = "account"
    model: Model = "subscription"

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


def open_sources(
    folder: Path,
    *,
    unit: UnitKind = "account",
    model: Model = "subscription",
    faulty_rows_allowed: float,
    only: Collection[str] | None = None,
    keep_out: KeepOut | None = None,
) -> Customers:
    """Read the source files of a folder, or `only` those named (with what they refer to).

    `unit` and `model` are the brief's: they say which files there must be. Any other may be missing, and is empty
    then. Whatever the unit, the tables have accounts and contacts; a person is both. `keep_out` says who was erased:
    they are in no table. Raises when a file is missing or breaks its contract too often.
    """
    sources = contract(unit)
    headers = read_headers(folder, sources, unit=unit, model=model)
    # A checkpoint would rewrite all rows read so far, for a database that lives in memory alone.
    config: dict[str, Any] = {"threads": 2, "preserve_insertion_order": True, "checkpoint_threshold": "1TB"}
    connection = duckdb.connect(config=config)
    try:
        customers = Customers(connection, {}, [], {}, None, unit, model)
        for source in sources:
            if only is not None and source.name not in only and not (source.name == "persons" and "accounts" in only):
                continue
            _read(customers, source, folder / source.file, headers[source.name], faulty_rows_allowed)
        if keep_out is not None:
            customers.row_counts |= leave_out(connection, customers.row_counts, keep_out)
        if "persons" in customers.row_counts:
            connection.execute(_PERSONS)
            customers.row_counts["accounts"] = customers.row_counts["contacts"] = customers.row_counts["persons"]
        customers.data_until = _latest_moment(customers)
        connection.execute(_MACROS)
        connection.execute("SET enable_external_access = false")
    except BaseException:
        connection.close()
        raise
    return customers


def _read(customers: Customers, source: Source, path: Path, header: list[str] | None, allowed: float) -> None:
    """Load a file; without a header there is none."""
    if header is None:
        make_empty(customers.connection, source)
        customers.row_counts[source.name] = customers.fault_counts[source.name] = 0
        return
    try:
        loaded = load(customers.connection, source, path, header)
    except duckdb.Error as error:
        raise ContractBroken(_unreadable(path, error)) from error
    customers.row_counts[source.name] = loaded.kept
    customers.fault_counts[source.name] = loaded.faulty
    customers.faults += loaded.faults
    rows = loaded.kept + loaded.faulty
    if loaded.faulty > allowed * rows:
        raise ContractBroken(_too_many(source.file, loaded.faulty, rows, allowed, loaded.faults))


def _unreadable(path: Path, error: duckdb.Error) -> str:
    line = odd_ending(path)
    if line is None:
        return f"{path.name} can't be read as UTF-8 text with commas: {str(error).splitlines()[0]}"
    return f"{path.name}:{line}: this line ends in another way than the first; save the file with one kind of line end"


def _too_many(file: str, faulty: int, rows: int, allowed: float, faults: list[RowFault]) -> str:
    lines = [
        f"{file}: {faulty:,} of {rows:,} rows ({faulty / rows:.1%}) break the contract; the brief allows {allowed:.1%}."
    ]
    lines += [f"  {fault}" for fault in faults[:_FAULTS_SHOWN]]
    if faulty > _FAULTS_SHOWN:
        lines.append(f"  … and {faulty - min(len(faults), _FAULTS_SHOWN):,} more")
    if any("encoding" in fault.rule for fault in faults):
        lines.append("Save the file as UTF-8.")
    lines.append("Correct the export, or raise `sources: faulty_rows_allowed:` in the brief.")
    return "\n".join(lines)


def _latest_moment(customers: Customers) -> datetime | None:
    """The newest event, visit or order among the sources that were read."""
    latest: list[datetime | None] = []
    for source, column in _MOMENTS:
        if customers.row_counts.get(source):
            latest += customers.connection.execute(f"SELECT max({column}) FROM {source}").fetchone() or []  # noqa: S608
    return max((moment.replace(tzinfo=UTC) for moment in latest if moment is not None), default=None)

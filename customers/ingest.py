"""Read the source files: good rows go on, bad rows are set aside with file, line and rule."""

import csv
import difflib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType

import duckdb

from ..domain.errors import ContractBroken, Fault, FaultyFile
from .contract import Source, contract
from .lines import odd_ending
from .load import RowFault, load

__all__ = ["Customers", "RowFault", "open_sources"]
_FAULTS_SHOWN = 5
_WAS_ACTIVE = """
    CREATE MACRO was_active(started_on, cancelled_on, moment) AS
    started_on < moment AND coalesce(cancelled_on >= moment, TRUE)
"""


@dataclass
class Customers:
    """The source data that kept their contract, ready for queries. Close it, or use it in a `with`."""

    connection: duckdb.DuckDBPyConnection
    row_counts: dict[str, int]  #: rows per source that keep the contract
    faults: list[RowFault]  #: rows set aside, at most 1,000 described per file
    fault_counts: dict[str, int]  #: all rows set aside, per source
    data_until: datetime | None  #: the latest thing that happened in the sources

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


def open_sources(folder: Path, *, faulty_rows_allowed: float, only: Collection[str] | None = None) -> Customers:
    """Read the source files of a folder, or `only` those named (with what they refer to).

    Raises when a file is missing or breaks its contract too often.
    """
    headers = _read_headers(folder)
    connection = duckdb.connect(config={"threads": 2, "preserve_insertion_order": True})
    try:
        customers = Customers(connection, {}, [], {}, None)
        for source in contract():
            if only is not None and source.name not in only:
                continue
            _read(customers, source, folder / source.file, headers[source.name], faulty_rows_allowed)
        customers.data_until = _latest_moment(customers)
        connection.execute(_WAS_ACTIVE)
        connection.execute("SET enable_external_access = false")
    except BaseException:
        connection.close()
        raise
    return customers


def _read(customers: Customers, source: Source, path: Path, header: list[str], allowed: float) -> None:
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


def _read_headers(folder: Path) -> dict[str, list[str]]:
    if not folder.is_dir():
        raise FaultyFile([Fault(str(folder), 0, "", "no such folder", "see `sources: folder:` in the brief")])
    headers: dict[str, list[str]] = {}
    faults: list[Fault] = []
    for source in contract():
        path = folder / source.file
        if not path.is_file():
            faults.append(Fault(source.file, 0, "", f"missing in {folder}", _near(source.file, folder)))
            continue
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            header = [cell.strip() for cell in next(csv.reader(file), [])]
        headers[source.name] = header
        faults += _header_faults(source, header)
    if faults:
        raise FaultyFile(faults)
    return headers


def _near(file: str, folder: Path) -> str:
    close = difflib.get_close_matches(file, sorted(path.name for path in folder.glob("*.csv")), n=1)
    return f"did you mean to name {close[0]!r} so?" if close else ""


def _header_faults(source: Source, header: list[str]) -> list[Fault]:
    if not header:
        return [Fault(source.file, 1, "", "the file is empty: the header row is missing")]
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return [Fault(source.file, 1, "", "the columns are not separated by commas")]
    spare = [name for name in header if name not in source.column_names]
    faults = []
    for name in source.column_names:
        if header.count(name) > 1:
            faults.append(Fault(source.file, 1, name, "this column stands there twice"))
        elif name not in header:
            close = difflib.get_close_matches(name, spare, n=1)
            hint = f"did you mean {close[0]!r}?" if close else ""
            faults.append(Fault(source.file, 1, name, "this column is missing", hint))
    return faults


def _latest_moment(customers: Customers) -> datetime | None:
    """The newest event or order among the sources that were read."""
    latest: list[datetime | None] = []
    for source, column in (("app_events", "happened_at"), ("orders", "ordered_at")):
        if source in customers.row_counts:
            latest += customers.connection.execute(f"SELECT max({column}) FROM {source}").fetchone() or []  # noqa: S608
    return max((moment.replace(tzinfo=UTC) for moment in latest if moment is not None), default=None)

"""What checking costs: orders and events as CSV read with every rule of the contract, against bare DuckDB and pandas.

    python benchmarks/ingest.py [--rows 1000000] [--folder DIR]

`--rows` events and a tenth as many orders, of a tenth as many persons. The bare reading is DuckDB's `read_csv` of the
same columns with the types given, into tables; pandas reads the same columns with the types given (extra `bench`).
`checked` is `open_sources`: types, required and allowed values, unique ids, references. `published` is a first ingest:
the same, and immutable Parquet parts on the disk with their digests; its peer writes the bare tables as Parquet, too.
Each runs in a process of its own with two threads; CPU is user and system time of the whole process with its imports.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from kizuna.customers.contract.cells import SQL_TYPES
from kizuna.customers.contract.model import contract
from kizuna.customers.ingest.manifest import Manifest
from kizuna.customers.ingest.reading import Terms, ingest
from kizuna.customers.opening import open_sources

ENTITIES = ("persons", "orders", "app_events")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="How many events.")
    parser.add_argument("--folder", type=Path, help="Where the data are made, and found again.")
    parser.add_argument("--contender", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.contender:
        CONTENDERS[given.contender](given.folder)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        if not (folder / "app_events.csv").exists():
            make_company(folder, given.rows)
        compare(folder, given.rows)


def compare(folder: Path, rows: int) -> None:
    """Run every contender and print what it took; the speed of ours is the peer's CPU over ours."""
    print(f"{rows:,} events, {rows // 10:,} orders, {rows // 10:,} persons; load {os.getloadavg()[0]:.1f}")
    took = {name: _run(name, folder) for name in CONTENDERS}
    print(f"{'':<22}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}{'speed':>8}  against")
    for name, (cpu, wall, peak) in took.items():
        peer = PEERS.get(name)
        ratio = f"{took[peer][0] / cpu:>8.2f}  {peer}" if peer and cpu else ""
        print(f"{name:<22}{cpu:>8.1f}{wall:>8.1f}{peak:>9.0f}{ratio}")


def make_company(folder: Path, events: int) -> None:
    """Persons, orders and events of no real company, spread over a year."""
    folder.mkdir(parents=True, exist_ok=True)
    units = max(events // 10, 1)
    moment = "strftime(TIMESTAMP '2025-11-01' + INTERVAL (hash(range * 7) % 31536000) SECOND, '%Y-%m-%dT%H:%M:%SZ')"
    person = f"'P' || lpad(CAST(hash(range + 1) % {units} AS VARCHAR), 8, '0')"
    tables = {
        "persons": (units, "'P' || lpad(CAST(range AS VARCHAR), 8, '0') AS person_id, 'Person ' || range AS full_name, "
                    "'p' || range || '@mail.example' AS email, 'ja' AS language, '2025-01-10' AS created_on"),
        "orders": (units, f"'o' || range AS order_id, {person} AS person_id, {moment} AS ordered_at, "
                   "'purchase' AS kind, CAST(hash(range) % 20000 AS VARCHAR) AS amount_jpy"),
        "app_events": (events, f"'e' || range AS event_id, {person} AS person_id, "
                       f"['login', 'search', 'list'][CAST(1 + hash(range) % 3 AS BIGINT)] AS feature, "
                       f"{moment} AS happened_at"),
    }  # fmt: skip
    with duckdb.connect(config={"threads": 2}) as connection:
        for name, (rows, columns) in tables.items():
            target = f"{folder}/{name}.csv"
            connection.execute(f"COPY (SELECT {columns} FROM range({rows})) TO '{target}' (HEADER)")  # noqa: S608
    (folder / "reps.csv").write_text(
        "rep_id,full_name,email,language,works_from,works_until,time_zone\n", encoding="utf-8"
    )


def bare(folder: Path, parts: Path | None = None) -> None:
    """DuckDB alone."""
    with duckdb.connect(config={"threads": 2}) as connection:
        for name in ENTITIES:
            path = folder / f"{name}.csv"
            types = ", ".join(f"'{column}': '{kind}'" for column, kind in _types(name, path).items())
            connection.execute(
                f"CREATE TABLE {name} AS SELECT * FROM read_csv(?, header = true, auto_detect = false, delim = ',', "  # noqa: S608
                f"quote = '\"', escape = '\"', columns = {{{types}}})",
                [str(path)],
            )
            if parts is not None:
                connection.execute(f"COPY {name} TO '{parts}/{name}.parquet' (FORMAT parquet, COMPRESSION zstd)")


def bare_to_parquet(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as parts:
        bare(folder, Path(parts))


def by_pandas(folder: Path) -> None:
    import pandas as pd

    kinds = {"VARCHAR": "string", "DOUBLE": "float64", "BIGINT": "Int64"}
    for name in ENTITIES:
        types = _types(name, folder / f"{name}.csv")
        moments = [column for column, kind in types.items() if kind in ("DATE", "TIMESTAMP")]
        plain = {column: kinds[kind] for column, kind in types.items() if column not in moments}
        pd.read_csv(folder / f"{name}.csv", dtype=plain, parse_dates=moments, date_format="ISO8601")


def checked(folder: Path) -> None:
    open_sources(folder, unit="person", model="transactions", faulty_rows_allowed=0.0).close()


def published(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as parts:
        ingest(Terms(folder, Path(parts), "person", "transactions"), Manifest())


def _types(name: str, path: Path) -> dict[str, str]:
    source = next(source for source in contract("person") if source.name == name)
    known = {column.header: SQL_TYPES[column.type] for column in source.columns}
    with path.open(encoding="utf-8") as file:
        return {header: known[header] for header in file.readline().strip().split(",")}


def _run(name: str, folder: Path) -> tuple[float, float, float]:
    began = time.monotonic()
    command = [sys.executable, __file__, "--contender", name, "--folder", str(folder)]
    process = subprocess.Popen(command)  # noqa: S603 - ourselves
    _, status, used = os.wait4(process.pid, 0)
    if status:
        print(f"{name} did not run")
        return 0.0, 0.0, 0.0
    return used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024


CONTENDERS = {
    "bare DuckDB": bare,
    "bare DuckDB to Parquet": bare_to_parquet,
    "pandas": by_pandas,
    "checked": checked,
    "published": published,
}
PEERS = {"checked": "bare DuckDB", "published": "bare DuckDB to Parquet", "pandas": "bare DuckDB"}

if __name__ == "__main__":
    main()

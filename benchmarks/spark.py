"""What every feature costs on DuckDB and on Spark on this machine, from the same Parquet files into Parquet files.

    python benchmarks/spark.py [--customers 1000000] [--events 10000000] [--folder DIR] [--memory 3g]

Needs Java 17 and the extras `spark` and `bench`. Each engine runs in a process of its own with both cores; CPU is
user and system time of that process and of the Java below it, start included; memory the highest that all of them
had. The results are compared cell by cell (1e-9 of the size). The data are those of features.py.

Spark pays where one machine can't hold or write what has to be sorted and joined, or where the data lie on a cluster
already. It does not pay for speed: the same columns take several times the CPU.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
from kizuna.benchmarks.features import AS_OF, make_data
from kizuna.customers.contract.model import contract
from kizuna.customers.features.catalogue import feature_query, feature_tables
from kizuna.customers.features.on_spark import write_features_on_spark
from kizuna.customers.features.queries import named_parameters
from kizuna.tools.spark import open_spark

_TYPES = {"text": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT", "boolean": "BOOLEAN", "date": "DATE"}
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="Where the data are made, and found again.")
    parser.add_argument("--memory", default="3g", help="How much each engine may use, as Spark writes it.")
    parser.add_argument("--engine", choices=["duckdb", "spark"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.engine:
        (on_duckdb if given.engine == "duckdb" else on_spark)(given.folder, given.memory)
        print(json.dumps(_took()))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        if not (folder / "done").exists():
            make_data(folder, given.customers, given.events)
        _make_the_rest(folder)
        compare(folder, given)


def compare(folder: Path, given: argparse.Namespace) -> None:
    """Run both, print what they took, and see that the results are the same."""
    print(f"{given.customers:,} customers, {given.events:,} events; load {os.getloadavg()[0]:.1f}")
    print(f"{'':<8}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}{'CPU of DuckDB':>15}")
    took = {engine: _run(engine, folder, given.memory) for engine in ("duckdb", "spark")}
    for engine, (cpu, wall, peak) in took.items():
        print(f"{engine:<8}{cpu:>9.1f}{wall:>9.1f}{peak:>9.0f}{cpu / took['duckdb'][0]:>14.1f}x")
    print(f"cells that differ: {_differing(folder)}")


def _run(engine: str, folder: Path, memory: str) -> tuple[float, float, float]:
    """CPU seconds, wall seconds, peak megabytes."""
    own = [sys.executable, __file__, "--engine", engine, "--folder", str(folder), "--memory", memory]
    started = time.perf_counter()
    settings = {**os.environ, "SPARK_DRIVER_MEMORY": memory}
    done = subprocess.run(own, env=settings, capture_output=True, text=True)  # noqa: S603
    wall = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{engine} failed:\n{done.stderr}")
    cpu, peak = json.loads(done.stdout.splitlines()[-1])
    return cpu, wall, peak


def on_duckdb(folder: Path, memory: str) -> None:
    limit: dict[str, Any] = {"threads": 2, "memory_limit": f"{memory.removesuffix('g')}GB"}
    limit |= {"temp_directory": str(folder / "spill")}
    with duckdb.connect(config={**limit, "preserve_insertion_order": False}) as connection:
        for entity in feature_tables():
            connection.execute(f"CREATE VIEW {entity} AS FROM '{folder / entity}.parquet'")
        target = folder / "duckdb.out"
        connection.execute(f"COPY ({feature_query()}) TO '{target}' (FORMAT parquet)", _told(folder))


def on_spark(folder: Path, memory: str) -> None:
    out = folder / "spark.out"
    shutil.rmtree(out, ignore_errors=True)
    tables = {entity: [folder / f"{entity}.parquet"] for entity in feature_tables()}
    with open_spark(None, folder) as session:
        write_features_on_spark(session, tables, _told(folder), out)


def _told(folder: Path) -> dict[str, object]:
    told: dict[str, object] = {"as_of": AS_OF, "present": True, "transactions": True}
    rows = {source.name: folder / f"{source.name}.parquet" for source in contract()}
    told |= {f"has_{name}": file.exists() and _rows(file) > 0 for name, file in rows.items()}
    return {name: told[name] for name in named_parameters()}


def _rows(file: Path) -> int:
    return int(duckdb.execute("SELECT count(*) FROM read_parquet(?)", [str(file)]).fetchall()[0][0])


def _make_the_rest(folder: Path) -> None:
    """Files without rows for the entities that the data have none of."""
    types = {**_TYPES, "timestamp": "TIMESTAMP"}
    for source in contract():
        file = folder / f"{source.name}.parquet"
        if not file.exists():
            columns = ", ".join(f"CAST(NULL AS {types[column.type]}) AS {column.name}" for column in source.columns)
            duckdb.execute(f"COPY (SELECT {columns} WHERE FALSE) TO '{file}' (FORMAT parquet)")


def _took() -> tuple[float, float]:
    """CPU seconds and peak megabytes of this process and all below it."""
    cpu = peak = 0.0
    for process in _family(os.getpid()):
        times = (process / "stat").read_text().rsplit(")", 1)[1].split()
        cpu += sum(int(ticks) for ticks in times[11:15]) / _TICKS
        lines = (process / "status").read_text().splitlines()
        peak += next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)
    return cpu, peak


def _family(parent: int) -> Iterator[Path]:
    yield Path(f"/proc/{parent}")
    for task in Path(f"/proc/{parent}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _differing(folder: Path) -> int:
    """How many cells differ; units that only one of them has count whole."""
    ours, theirs = f"read_parquet('{folder}/duckdb.out')", f"read_parquet('{folder}/spark.out/*.parquet')"
    columns = [(row[0], row[1]) for row in duckdb.execute(f"DESCRIBE FROM {ours}").fetchall() if row[0] != "unit_id"]
    same = " + ".join(
        f"CAST(a.{name} IS DISTINCT FROM b.{name}"
        + (f" AND NOT coalesce(abs(a.{name} - b.{name}) <= 1e-9 * abs(a.{name}), FALSE)" if kind == "DOUBLE" else "")
        + " AS BIGINT)"
        for name, kind in columns
    )
    query = f"""SELECT sum(CASE WHEN a.unit_id IS NULL OR b.unit_id IS NULL THEN {len(columns)} ELSE {same} END)
        FROM {ours} a FULL JOIN {theirs} b ON a.unit_id = b.unit_id"""  # noqa: S608
    return int(duckdb.execute(query).fetchall()[0][0])


if __name__ == "__main__":
    main()

"""What features cost: Kizuna's compiled query against a hand-written one, pandas and Polars for the same columns.

    python -m kizuna.benchmarks.features [--customers 1000000] [--events 10000000] [--folder DIR] [--all-only]

Needs the extra `bench` (pandas, polars, pyarrow). Each contender runs in a process of its own, on the same Parquet
files, with two threads, and writes its result as Parquet; the results are then compared cell by cell. CPU is user and
system time of the whole process with its imports, memory the highest it ever had. The peers' code is in
`features_by_*.py`; they compute the 42 columns of COLUMNS, which touch every large table, because nobody writes all
of them by hand. The last line is every feature there is.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from kizuna.benchmarks.features_by_pandas import by_pandas
from kizuna.benchmarks.features_by_polars import by_polars
from kizuna.benchmarks.features_by_sql import HAND_WRITTEN
from kizuna.customers.contract.model import contract
from kizuna.customers.features.catalogue import feature_query
from kizuna.customers.features.queries import named_parameters

AS_OF = date(2026, 11, 21)
COLUMNS = (
    "tenure_days", "events_30d", "events_prev_30d", "events_90d", "active_days_30d", "days_since_last_event",
    "activity_change_30d", "views_30d", "compares_30d", "carts_30d", "web_days_30d", "views_change_30d",
    "mails_sent_90d", "mails_opened_90d", "mails_clicked_90d", "mails_unopened_90d", "mail_open_rate_90d",
    "mail_click_rate_90d", "days_since_last_open", "days_since_last_click", "opens_change_30d", "mails_bounced_365d",
    "revenue_365d_jpy", "revenue_90d_jpy", "revenue_change_90d", "orders_365d", "orders_90d", "orders_total",
    "orders_change_90d", "days_since_last_order", "days_since_first_order", "days_between_orders",
    "order_overdue_ratio", "mean_order_value_jpy", "largest_order_jpy", "discount_share_365d", "refunds_365d",
    "online_share_365d", "open_tickets", "open_unhappy_tickets", "unhappy_tickets_90d", "tickets_90d",
)  # fmt: skip
_TYPES = {"text": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT", "boolean": "BOOLEAN", "date": "DATE"}
#: Of ten events: four uses of the app, two and a half on the web, as many of mails, and one order; tickets are few.
_SHARES = {"app_events": 0.4, "web_events": 0.25, "mail_events": 0.25, "orders": 0.1, "tickets": 0.01}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="Where the data are made, and found again.")
    parser.add_argument("--all-only", action="store_true", help="Only every feature, no peers.")
    parser.add_argument("--memory", default="1500MB", help="DuckDB's memory limit, the same for both queries.")
    parser.add_argument("--contender", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.contender:
        CONTENDERS[given.contender](given.folder, given.memory)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        if not (folder / "done").exists():
            make_data(folder, given.customers, given.events)
        compare(folder, given)


def compare(folder: Path, given: argparse.Namespace) -> None:
    """Run every contender, print what it took, and see that all results are the same."""
    names = ["everything"] if given.all_only else list(CONTENDERS)
    print(f"{given.customers:,} customers, {given.events:,} events; load {os.getloadavg()[0]:.1f}")
    print(f"{'':<14}{'columns':>8}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}{'ours/peer':>11}")
    took = {name: _run(name, folder, given.memory) for name in names}
    for name, (cpu, wall, peak) in took.items():
        columns = len(duckdb.read_parquet(str(folder / f"{name}.out")).columns) - 1
        ratio = f"{took['kizuna'][0] / cpu:>11.2f}" if name not in ("kizuna", "everything") else ""
        print(f"{name:<14}{columns:>8}{cpu:>9.1f}{wall:>9.1f}{peak:>9.0f}{ratio}")
    for name in names:
        if name not in ("kizuna", "everything"):
            print(f"cells of {name} that differ from Kizuna's: {_differing(folder, name)}")


def _run(name: str, folder: Path, memory: str) -> tuple[float, float, float]:
    """CPU seconds, wall seconds, highest resident megabytes of a process of its own."""
    own = [sys.executable, __file__, "--contender", name, "--folder", str(folder), "--memory", memory]
    started = time.perf_counter()
    process = subprocess.Popen(own, env={**os.environ, "POLARS_MAX_THREADS": "2"})  # noqa: S603 - our own program
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{name} failed")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - started, _peak_mb(usage)


def _peak_mb(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / 1024


def _differing(folder: Path, name: str) -> int:
    """How many cells differ by more than 1e-9 of their size; units that only one of them has count whole."""
    same = " + ".join(
        f"CAST(NOT coalesce(a.{c} = b.{c} OR abs(a.{c} - b.{c}) <= 1e-9 * abs(b.{c}) OR isnan(a.{c}) AND b.{c} IS NULL,"
        f" a.{c} IS NULL AND b.{c} IS NULL OR isnan(coalesce(a.{c}, 0)) AND b.{c} IS NULL) AS BIGINT)"
        for c in COLUMNS
    )
    ours, theirs = (f"'{folder / side}.out'" for side in ("kizuna", name))
    query = f"""SELECT sum(CASE WHEN a.unit_id IS NULL OR b.unit_id IS NULL THEN {len(COLUMNS)} ELSE {same} END)
        FROM read_parquet({theirs}) a FULL JOIN read_parquet({ours}) b ON a.unit_id = b.unit_id"""  # noqa: S608 - our own names
    return int(duckdb.execute(query).fetchall()[0][0])


def _database(folder: Path, memory: str) -> duckdb.DuckDBPyConnection:
    """The contract's tables as views over the files; those without a file are empty."""
    config: dict[str, Any] = {"threads": 2, "memory_limit": memory, "temp_directory": str(folder / "spill")}
    connection = duckdb.connect(config={**config, "preserve_insertion_order": False})
    for source in contract():
        file = folder / f"{source.name}.parquet"
        there = set(connection.read_parquet(str(file)).columns) if file.exists() else set()
        types = {**_TYPES, "timestamp": "TIMESTAMP"}
        columns = (c.name if c.name in there else f"CAST(NULL AS {types[c.type]}) AS {c.name}" for c in source.columns)
        rows = f"FROM read_parquet('{file}')" if there else "WHERE FALSE"
        connection.execute(f"CREATE VIEW {source.name} AS SELECT {', '.join(columns)} {rows}")
    return connection


def _asked(folder: Path, memory: str, query: str, name: str) -> None:
    with _database(folder, memory) as connection:
        told = {"as_of": AS_OF, "present": True, "transactions": True}
        told |= {f"has_{source.name}": (folder / f"{source.name}.parquet").exists() for source in contract()}
        asked = {key: value for key, value in told.items() if f"${key} " in query or f"${key})" in query}
        connection.execute(f"COPY ({query}) TO '{folder / name}.out' (FORMAT parquet)", asked)


def by_kizuna(folder: Path, memory: str) -> None:
    """Our definitions, compiled, for the compared columns."""
    _asked(folder, memory, feature_query(names=COLUMNS), "kizuna")


def by_everything(folder: Path, memory: str) -> None:
    """Every feature there is."""
    assert named_parameters()
    _asked(folder, memory, feature_query(), "everything")


def by_hand(folder: Path, memory: str) -> None:
    """What somebody who knows DuckDB would write for the same columns."""
    _asked(folder, memory, HAND_WRITTEN, "by hand")


CONTENDERS: dict[str, Callable[[Path, str], None]] = {
    "kizuna": by_kizuna,
    "by hand": by_hand,
    "polars": lambda folder, _: by_polars(folder, AS_OF, COLUMNS),
    "pandas": lambda folder, _: by_pandas(folder, AS_OF, COLUMNS),
    "everything": by_everything,
}


def make_data(folder: Path, customers: int, events: int) -> None:
    """Fictional rows over two years, the same for the same sizes: drawn by hashing the row's number."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 2, "memory_limit": "3GB", "temp_directory": str(folder / "spill")}) as made:
        made.execute("CREATE MACRO drawn(n, salt, size) AS hash(n * 31 + salt) % size")
        made.execute(
            "CREATE MACRO moment(n, salt) AS TIMESTAMP '2024-11-21' + to_seconds(drawn(n, salt, 63072000)::BIGINT)"
        )
        made.execute(f"CREATE MACRO account(n, salt) AS 'A' || lpad(drawn(n, salt, {customers})::VARCHAR, 8, '0')")
        made.execute("CREATE MACRO one_of(n, salt, words) AS words[1 + drawn(n, salt, len(words))::BIGINT]")
        for name, columns in _MADE.items():
            count = customers if name not in _SHARES else int(events * _SHARES[name])
            count = min(count, 2000) if name == "products" else count
            query = f"SELECT {columns} FROM range({count}) AS r(n)"  # noqa: S608 - our own names
            made.execute(f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")
    (folder / "done").touch()


_KNOWN = "'A' || lpad(n::VARCHAR, 8, '0')"
_MADE = {
    "accounts": f"""{_KNOWN} AS account_id, 'Company ' || n AS company_name, 'tools' AS industry, 20 AS employees,
        'JP' AS country, DATE '2023-01-01' + drawn(n, 1, 1000)::INTEGER AS created_on, 'search' AS acquisition_source,
        'R1' AS rep_id, 'ja' AS language""",
    "contacts": f"""'C' || lpad(n::VARCHAR, 8, '0') AS contact_id, {_KNOWN} AS account_id, 'n' AS full_name,
        'n@mail.example' AS email, NULL::VARCHAR AS job_title, TRUE AS is_primary, 'ja' AS language,
        DATE '2023-01-01' AS created_on, NULL::VARCHAR AS postal_address, NULL::VARCHAR AS phone,
        NULL::VARCHAR AS full_name_kana, NULL::DATE AS birth_date""",
    "subscriptions": f"""'S' || n AS subscription_id, {_KNOWN} AS account_id, 'team' AS plan, 5::BIGINT AS seats,
        3200::DOUBLE AS monthly_price_jpy, DATE '2024-01-01' + drawn(n, 2, 900)::INTEGER AS started_on,
        DATE '2027-01-01' AS renews_on, NULL::DATE AS cancelled_on, NULL::DATE AS cancellable_on,
        NULL::DATE AS paused_until""",
    "products": """'P' || n AS product_id, 'n' AS name_ja, 'n' AS name_en,
        one_of(n, 3, ['tea', 'cups', 'pots', 'sweets']) AS category, (500 + drawn(n, 4, 9000))::DOUBLE AS price_jpy,
        NULL::VARCHAR AS page_url, CASE WHEN drawn(n, 5, 4) = 0 THEN 30.0 END::DOUBLE AS replenish_days""",
    "orders": """'O' || n AS order_id, account(n, 6) AS account_id, moment(n, 7) AS ordered_at,
        one_of(n, 8, ['purchase', 'purchase', 'purchase', 'purchase', 'subscription', 'add_on', 'refund']) AS kind,
        (500 + drawn(n, 9, 20000))::DOUBLE AS amount_jpy,
        CASE WHEN drawn(n, 10, 3) = 0 THEN 300.0 END::DOUBLE AS discount_jpy,
        one_of(n, 11, ['online', 'online', 'store', NULL]) AS channel""",
    "app_events": """'E' || n AS event_id, account(n, 12) AS account_id, 'C' || right(account(n, 12), 8) AS contact_id,
        one_of(n, 13, ['login', 'login', 'reports', 'alerts', 'api', 'sharing', 'exports', 'forecasts']) AS feature,
        moment(n, 14) AS happened_at""",
    "web_events": """'W' || n AS event_id, account(n, 15) AS account_id,
        one_of(n, 16, ['view', 'view', 'view', 'search', 'compare', 'cart', 'visit']) AS kind,
        'P' || drawn(n, 17, 2000) AS product_id, moment(n, 18) AS happened_at""",
    "mail_events": """'M' || n AS event_id, 'C' || right(account(n, 19), 8) AS contact_id,
        one_of(n, 20, ['sent', 'sent', 'sent', 'sent', 'opened', 'opened', 'clicked', 'bounced']) AS kind,
        moment(n, 21) AS happened_at, NULL::VARCHAR AS message_id""",
    "tickets": """'T' || n AS ticket_id, account(n, 22) AS account_id, NULL::VARCHAR AS contact_id,
        moment(n, 23) AS opened_at,
        CASE WHEN drawn(n, 24, 5) > 0 THEN moment(n, 23) + INTERVAL 2 DAY END AS closed_at, 'bug' AS topic,
        one_of(n, 25, ['happy', 'neutral', 'unhappy', NULL]) AS mood, NULL::VARCHAR AS text, 'mail' AS channel""",
}
_MADE["order_lines"] = """'O' || n AS order_id, 'P' || drawn(n, 26, 2000) AS product_id,
        (1 + drawn(n, 27, 3))::DOUBLE AS quantity, (500 + drawn(n, 28, 9000))::DOUBLE AS unit_price_jpy"""
_SHARES["order_lines"] = _SHARES["orders"]

if __name__ == "__main__":
    main()

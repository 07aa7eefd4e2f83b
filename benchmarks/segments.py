"""Signals, segments, movements with their reasons, and proposals, for a million made-up customers.

    python benchmarks/segments.py [--customers N]

The peer for the life cycle is hand-written SQL: the same rules as one CASE per snapshot in DuckDB, joined, counted; it
says who moved, not why. CPU seconds (user and system) are measured, wall time is shown beside them.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import numpy as np
from kizuna.customers.features.catalogue import catalogue
from kizuna.customers.rules import names_in
from kizuna.customers.signals.finding import find_signals, signal_rules
from kizuna.customers.signals.movements import find_moves
from kizuna.customers.signals.proposing import propose
from kizuna.customers.signals.segments import clustered_by, families, packaged_families, places
from kizuna.customers.table import FeatureTable
from kizuna.store import segments as kept
from kizuna.store.database import open_store, sqlite_url

T = TypeVar("T")


def main() -> None:
    """Print a line for each step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    customers = parser.parse_args().customers
    before, now = snapshots(customers)
    ours = families("is_active and churn_risk >= 0.15")
    print(
        f"{customers:,} customers, {len(now.columns)} features, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    print(f"{'':46}{'CPU s':>8}{'wall s':>8}")
    counted = measured("hand-written SQL: life cycle of both, flows", lambda: by_hand(before, now))
    placed = measured(f"places in {sum(len(f.segments) for f in ours)} segments", lambda: places(ours, now))
    moves = measured("movements of all families, with reasons", lambda: find_moves(ours, before, now))
    flows = {(flow.left, flow.joined): flow.units for flow in moves[0].flows()}
    assert flows == counted, "both count the same flows"
    signals = measured("signals", lambda: find_signals(now, before))
    known = [placed[family.name] == n for family in ours for n in range(len(family.segments))]
    proposals = measured("proposals", lambda: propose(now, known))
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(sqlite_url(Path(folder) / "store.db"))
        rows = [dict(_movement(each.family.name, move)) for each in moves for move in each]
        with store.write() as session:
            measured(f"store: {len(rows):,} movements", lambda: kept.keep_movements(session, rows))
        store.close()
    print(f"signals found: {sum(map(len, signals)):,}; proposals: {len(proposals)}")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def snapshots(customers: int) -> tuple[FeatureTable, FeatureTable]:
    """Two snapshots of a shop, a month apart: most figures stay, those of one customer in five change."""
    rng = np.random.default_rng(7)
    columns: dict[str, Any] = {}
    used = {name for rule in signal_rules() for name in (*names_in(rule.when), *rule.evidence)}
    used |= {name for family in packaged_families() for segment in family.segments for name in names_in(segment.rule)}
    used |= set(clustered_by(subscriptions=False))
    for feature in (feature for feature in catalogue() if feature.name in used):
        if feature.type == "text":
            values = list(feature.values) or ["a", "b", "c"]
            columns[feature.name] = np.array(values, dtype=object)[rng.integers(0, len(values), customers)]
        elif feature.unit in ("ratio", "probability"):
            columns[feature.name] = rng.beta(1, 4, customers)
        else:
            columns[feature.name] = rng.poisson(3 if feature.unit != "days" else 90, customers).astype(float)
    unknown = {"tenure_days": np.full(customers, np.nan)}
    columns |= {**unknown, "is_active": (rng.random(customers) < 0.9) * 1.0, "ltv_jpy": rng.gamma(2, 9_000, customers)}
    columns["order_overdue_ratio"] = rng.gamma(1, 1, customers)
    before = FeatureTable([f"P{n:08}" for n in range(customers)], columns)
    changed = rng.random(customers) < 0.2
    for name in ("order_overdue_ratio", "orders_365d", "days_since_last_visit", "churn_risk"):
        columns = {**columns, name: np.where(changed, rng.permutation(columns[name]), columns[name])}
    return before, FeatureTable(before.unit_ids, columns).pick(rng.permutation(customers))


def by_hand(before: FeatureTable, now: FeatureTable) -> dict[tuple[str | None, str | None], int]:
    """Flows within the life cycle, as an engineer would count them in SQL."""
    cycle = packaged_families()[0].segments
    case = "CASE " + " ".join(f"WHEN {segment.rule} THEN '{segment.name}'" for segment in cycle) + " END"
    names = {feature.name for feature in catalogue()} & {name for name in now.columns if name in case}
    types = {feature.name: feature.type for feature in catalogue()}
    with duckdb.connect(config={"threads": 2, "pandas_analyze_sample": 0}) as connection:
        for relation, table in (("before", before), ("now", now)):
            connection.register(
                relation, {"unit": np.array(table.unit_ids, dtype=object)} | {n: table[n] for n in names}
            )
        chosen = ", ".join(_known(name, types[name]) for name in sorted(names))
        part = "SELECT unit, {case} AS place FROM (SELECT unit, {chosen} FROM {relation})"
        was, came = (part.format(case=case, chosen=chosen, relation=relation) for relation in ("before", "now"))
        query = f"""SELECT was.place, came.place, count(*) FROM ({was}) was JOIN ({came}) came USING (unit)
            WHERE was.place IS DISTINCT FROM came.place GROUP BY ALL"""  # noqa: S608 - packaged rules
        return {(left, joined): units for left, joined, units in connection.execute(query).fetchall()}


def _known(name: str, kind: str) -> str:
    if kind == "text":
        return name
    value = f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END"
    return f"CAST({value} AS BOOLEAN) AS {name}" if kind == "boolean" else f"{value} AS {name}"


def _movement(family: str, move: Any) -> dict[str, Any]:
    key = {"campaign": "made-up", "as_of": date(2026, 4, 1), "family": family, "unit_id": move.unit_id}
    return {**key, "came_from": move.left, "went_to": move.joined, "why": move.why}


def measured(what: str, do: Callable[[], T]) -> T:
    """Do it and print what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = do()
    print(f"{what:46}{time.process_time() - cpu:8.2f}{time.perf_counter() - wall:8.2f}")
    return result


if __name__ == "__main__":
    main()

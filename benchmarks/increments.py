"""What 10,000 new events cost on top of 10 million: reading them and refreshing the features of whom they concern.

    python benchmarks/increments.py [--rows 10000000] [--new 10000] [--folder DIR]

First everything is read, published and computed; then events are appended to the file, read, and the features of the
touched customers computed again. The refreshed table is compared with one computed anew. CPU is user and system time
of the process, without its imports.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np
from ingest import make_company  # type: ignore[import-not-found]  # beside this file
from kizuna.customers.features.building import build_features
from kizuna.customers.ingest.manifest import Manifest
from kizuna.customers.ingest.opening import IN_MEMORY_ROWS_ONCE, open_published
from kizuna.customers.ingest.reading import Ingest, Terms, ingest
from kizuna.customers.ingest.refresh import FeatureParts, read_features, refresh
from kizuna.customers.opening import Customers

AS_OF = date(2026, 11, 1)
T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="How many events there are at first.")
    parser.add_argument("--new", type=int, default=10_000, help="How many are added.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_company(folder, given.rows)
        terms = Terms(folder, folder / "parts", "person", "transactions")
        print(f"{given.rows:,} events, {given.new:,} new; load {os.getloadavg()[0]:.1f}")
        first, read_all = _timed(lambda: ingest(terms, Manifest()))
        base, compute_all = _timed(lambda: _refreshed(terms, first, None))
        _append(folder / "app_events.csv", given.new, max(given.rows // 10, 1))
        second, read_new = _timed(lambda: ingest(terms, first.manifest))
        fresh, compute_new = _timed(lambda: _refreshed(terms, second, base))
        print(f"{'':<12}{'read':>9}{'features':>10}{'CPU s':>8}")
        print(f"{'everything':<12}{read_all:>9.2f}{compute_all:>10.2f}{read_all + compute_all:>8.2f}")
        print(f"{'what is new':<12}{read_new:>9.2f}{compute_new:>10.2f}{read_new + compute_new:>8.2f}")
        print(
            f"share: {(read_new + compute_new) / (read_all + compute_all):.1%}; customers touched: {_touched(second):,}"
        )
        print(f"cells that differ from a table made anew: {_differing(terms, second, fresh)}")


def _refreshed(terms: Terms, found: Ingest, standing: FeatureParts | None) -> FeatureParts:
    with _opened(terms, found) as customers:
        return refresh(
            customers,
            standing,
            sources=found.manifest.number,
            touched=found.touched,
            as_of=AS_OF,
            folder=terms.folder / "features",
        )


def _opened(terms: Terms, found: Ingest) -> Customers:
    return open_published(
        found.manifest, terms.parts, unit="person", model="transactions", in_memory_rows=IN_MEMORY_ROWS_ONCE
    )


def _append(path: Path, rows: int, units: int) -> None:
    chance = random.Random(7)  # noqa: S311 - a benchmark
    with path.open("a", encoding="utf-8") as file:
        for number in range(rows):
            person = f"P{chance.randrange(units):08}"
            file.write(f"new{number},{person},login,2026-10-{chance.randint(1, 31):02}T01:02:03Z\n")


def _touched(found: Ingest) -> int:
    return len(found.touched or ())


def _differing(terms: Terms, found: Ingest, fresh: FeatureParts) -> int:
    table = read_features(terms.folder / "features", fresh)
    with _opened(terms, found) as customers:
        anew = build_features(customers, AS_OF)
    assert table.unit_ids == anew.unit_ids
    differing = 0
    for name, values in anew.columns.items():
        same = values == table[name] if values.dtype == object else np.isclose(values, table[name], equal_nan=True)
        differing += int(np.count_nonzero(~np.asarray(same, dtype=bool)))
    return differing


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = _cpu()
    result = work()
    return result, _cpu() - began


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


if __name__ == "__main__":
    start = time.monotonic()
    main()
    print(f"wall {time.monotonic() - start:.0f} s")

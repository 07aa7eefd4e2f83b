"""How right a grouping of records is, over pairs: every two records of one person should be together, and no others."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np


@dataclass(frozen=True)
class Score:
    """Precision and recall over pairs of records, and what it cost."""

    method: str
    precision: float
    recall: float
    cpu_s: float
    records: int

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def line(self, bare_cpu_s: float | None = None) -> str:
        speed = f"{self.records / self.cpu_s:>10,.0f}" if self.cpu_s else f"{'':>10}"
        ratio = f"{bare_cpu_s / self.cpu_s:>7.2f}" if bare_cpu_s and self.cpu_s else f"{'':>7}"
        figures = f"{self.precision:>8.5f} {self.recall:>7.4f} {self.f1:>7.4f} {self.cpu_s:>8.2f}"
        return f"{self.method:<58} {figures} {speed} {ratio}"


HEADER = f"{'method':<58} {'prec.':>8} {'recall':>7} {'F1':>7} {'CPU s':>8} {'records/s':>10} {'/ bare':>7}"


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(work: Callable[[], Any]) -> float:
    """CPU seconds, of all threads."""
    start = cpu_seconds()
    work()
    return cpu_seconds() - start


def load_average() -> str:
    with open("/proc/loadavg", encoding="utf-8") as file:
        return f"load {file.read().split()[0]}, {time.strftime('%H:%M')}"


def put_truth(connection: duckdb.DuckDBPyConnection, truth: np.ndarray) -> None:
    connection.register("given_truth", {"number": np.arange(len(truth)), "who": np.ascontiguousarray(truth)})
    connection.execute("CREATE OR REPLACE TABLE truth AS SELECT * FROM given_truth")
    connection.unregister("given_truth")


def score(connection: duckdb.DuckDBPyConnection, method: str, cpu_s: float, labels: str = "identity_labels") -> Score:
    """Of the labels in a table (number, label); who is not in it stands alone."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE scored AS SELECT truth.number, who, coalesce(label, -1 - truth.number) AS label
        FROM truth LEFT JOIN {labels} ON {labels}.number = truth.number"""  # noqa: S608
    )

    def pairs(by: str) -> float:
        groups = f"SELECT count(*) AS n FROM scored GROUP BY {by}"  # noqa: S608
        query = f"SELECT coalesce(sum(n * (n - 1) / 2), 0) FROM ({groups})"  # noqa: S608
        return float(connection.execute(query).fetchall()[0][0])

    right, found, there = pairs("who, label"), pairs("label"), pairs("who")
    records = int(connection.execute("SELECT count(*) FROM truth").fetchall()[0][0])
    return Score(method, right / found if found else 1.0, right / there, cpu_s, records)

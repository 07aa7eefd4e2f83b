"""Rows that are hard on features: boundaries, ties, zeros, unknown values and odd texts, in every entity.

Amounts are quarters of a yen, so that sums are exact in whatever order an engine adds them.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import duckdb
from kizuna.customers.contract.model import Column, Source, contract

Rows = dict[str, list[tuple[Any, ...]]]

#: A leap day, the day after one, a month's first and last day, and the day of the export.
DATES = (date(2024, 2, 29), date(2024, 3, 1), date(2025, 3, 1), date(2025, 12, 31), date(2026, 1, 1))
TYPES = {
    "duckdb": {"text": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT", "boolean": "BOOLEAN", "date": "DATE"},
    "postgres": {
        "text": "TEXT",
        "number": "DOUBLE PRECISION",
        "integer": "BIGINT",
        "boolean": "BOOLEAN",
        "date": "DATE",
    },
}
_UNITS = 40
_ROWS = 1200
_EDGES = (timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1), timedelta(hours=12))
_SPANS = (0, 1, 29, 30, 31, 59, 60, 61, 89, 90, 91, 180, 181, 364, 365, 366, 400, 1500)
_AMOUNTS = (0.0, 0.25, -0.25, 1.0, 3.5, 1000.0, 1000.0, 32000.0, -500.0, 99999999.75)
_TEXTS = (
    "a",
    "B",
    "b",
    "Ä",
    "ä",
    "_",
    "10",
    "9",
    "-1",
    "7.5",
    "1e3",
    "nan",
    "９",
    "9\n",
    " 9",
    "",
    "絆",
    "'; --",
    "é",
    "Z",
)
#: What is drawn from something narrower, so that ties and matches are frequent.
_NUMBERS = {
    "quantity": (0.0, 1.0, 1.0, 2.0, 3.0), "replenish_days": (0.0, 7.5, 30.0, 200.0), "unit_price_jpy": (100.0, 150.25),
    "price_jpy": (100.0, 800.0, 800.0, 50000.5), "quota": (0.0, 100.0, 500.0), "used": (0.0, 50.0, 100.0, 600.0),
}  # fmt: skip
_WORDS: dict[str, tuple[str, ...]] = {
    "app_events.feature": ("login", "alerts", "api", "API", "共有", "reports"),
    "usage.metric": ("reports", "visits"),
    "survey_answers.survey": ("nps", "yearly"),
    "products.category": ("茶", "tea", "Tea", "_", "é"),
}


def hostile_rows(seed: int) -> Rows:
    """Rows of every entity, by its columns; parents first."""
    chance = Random(seed)
    numbers = count()
    rows: Rows = {}
    for source in contract():
        size = {"accounts": _UNITS, "contacts": _UNITS * 2, "products": 24, "reps": 3}.get(source.name, _ROWS)
        size = _UNITS - 8 if source.name == "subscriptions" else size
        rows[source.name] = [
            tuple(_cell(chance, source, column, row, rows, numbers) for column in source.columns) for row in range(size)
        ]
    return rows


def _cell(chance: Random, source: Source, column: Column, row: int, rows: Rows, numbers: Iterator[int]) -> Any:
    if source.name == "subscriptions" and column.name == "account_id":
        return rows["accounts"][row][0]
    if column.references:
        entity, _, _ = column.references.partition(".")
        whole = source.name == "contacts" or entity == "reps"
        there = len(rows[entity]) - (0 if whole else 4)  # of some, nothing else is known
        return rows[entity][int(there * chance.random())][0]
    if source.name == "web_events" and column.name == "product_id" and chance.random() < 0.8:
        return chance.choice(rows["products"])[0]
    if column.unique:
        return f"{chance.choice('aBÄz')}{next(numbers)}"
    if not column.required and chance.random() < 0.15:
        return None
    if column.allowed:
        return chance.choice(column.allowed)
    return _value(chance, source, column)


def _value(chance: Random, source: Source, column: Column) -> Any:
    if column.type in ("date", "timestamp"):
        midnight = datetime.combine(chance.choice(DATES), datetime.min.time())
        moment = midnight - timedelta(days=chance.choice(_SPANS)) + chance.choice(_EDGES)
        if source.name == "accounts":
            moment -= timedelta(days=1400)
        return moment.date() if column.type == "date" else moment
    if column.type == "boolean":
        return chance.random() < 0.5
    if column.type == "integer":
        return chance.choice((0, 1, 2, 12))
    if column.type == "number":
        return chance.choice(_NUMBERS.get(column.name, _AMOUNTS))
    return chance.choice(_WORDS.get(f"{source.name}.{column.name}", _TEXTS))


def fill_duckdb(connection: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    """The tables as `Customers` has them."""
    for source in contract():
        types = {**TYPES["duckdb"], "timestamp": "TIMESTAMP"}
        columns = ", ".join(f"{column.name} {types[column.type]}" for column in source.columns)
        connection.execute(f"CREATE TABLE {source.name} ({columns})")
        lists = ", ".join(f"unnest(CAST(? AS {types[column.type]}[]))" for column in source.columns)
        given = [list(values) for values in zip(*rows[source.name], strict=True)]
        connection.execute(f"INSERT INTO {source.name} SELECT {lists}", given)


def parameters(as_of: date, *, present: bool, transactions: bool, absent: tuple[str, ...] = ()) -> dict[str, Any]:
    """What the query must be told, whatever it asks for."""
    told: dict[str, Any] = {"as_of": as_of, "present": present, "transactions": transactions}
    return told | {f"has_{source.name}": source.name not in absent for source in contract()}


def utc(moment: datetime) -> datetime:
    """The same moment with its zone, for an engine that asks for one."""
    return moment.replace(tzinfo=UTC)

"""Every feature means the same on DuckDB and on PostgreSQL, cell by cell, on rows that are hard on them."""

import math
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from kizuna.customers.contract.model import contract
from kizuna.customers.features.catalogue import catalogue, feature_query
from sqlalchemy import Connection, create_engine, text

from .feature_rows import DATES, TYPES, Rows, fill_duckdb, hostile_rows, parameters
from .postgres import drop_database, new_database

pytestmark = pytest.mark.postgres
Table = dict[str, dict[str, Any]]
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module", params=SEEDS)
def engines(request: pytest.FixtureRequest, postgres: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, Connection]]:
    rows = hostile_rows(request.param)
    url = new_database(postgres)
    engine = create_engine(url)
    with duckdb.connect() as embedded, engine.connect() as server:
        fill_duckdb(embedded, rows)
        fill_postgres(server, rows)
        yield embedded, server
    engine.dispose()
    drop_database(postgres, url)


def fill_postgres(server: Connection, rows: Rows) -> None:
    types = {**TYPES["postgres"], "timestamp": "TIMESTAMP"}
    for source in contract():
        columns = ", ".join(f"{column.name} {types[column.type]}" for column in source.columns)
        server.execute(text(f"CREATE TABLE {source.name} ({columns})"))
        places = ", ".join(f":p{number}" for number in range(len(source.columns)))
        given = [{f"p{number}": value for number, value in enumerate(row)} for row in rows[source.name]]
        server.execute(text(f"INSERT INTO {source.name} VALUES ({places})"), given)


def on_duckdb(connection: duckdb.DuckDBPyConnection, told: dict[str, Any]) -> Table:
    query = feature_query()
    asked = {name: value for name, value in told.items() if f"${name} " in query or f"${name})" in query}
    cursor = connection.execute(query, asked)
    names = [column[0] for column in cursor.description]
    return {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}


def on_postgres(server: Connection, told: dict[str, Any]) -> Table:
    result = server.exec_driver_sql(feature_query("postgres"), told)
    return {row[0]: dict(row._mapping) for row in result}


def is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    return bool(one == other)


@pytest.mark.parametrize("as_of", DATES, ids=str)
@pytest.mark.parametrize("present, transactions", [(True, True), (False, False)])
def test_every_cell_is_the_same_on_both_engines(
    engines: tuple[duckdb.DuckDBPyConnection, Connection], as_of: date, present: bool, transactions: bool
) -> None:
    embedded, server = engines
    absent = () if present else ("app_events", "points", "web_events")
    told = parameters(as_of, present=present, transactions=transactions, absent=absent)
    here, there = on_duckdb(embedded, told), on_postgres(server, told)
    assert list(here) == list(there) and here
    odd = [
        (unit, name, value, there[unit][name])
        for unit, row in here.items()
        for name, value in row.items()
        if not is_same(value, there[unit][name])
    ]
    assert odd == []


def test_the_rows_give_every_feature_more_than_one_value(
    engines: tuple[duckdb.DuckDBPyConnection, Connection],
) -> None:
    """A feature that is the same for everybody would be compared in name only."""
    seen: dict[str, set[Any]] = {}
    for as_of in DATES:
        for row in on_duckdb(engines[0], parameters(as_of, present=True, transactions=as_of < DATES[2])).values():
            for name, value in row.items():
                seen.setdefault(name, set()).add(value)
    computed = {feature.name for feature in catalogue() if feature.source != "score"}
    assert {name for name in computed if len(seen[name] - {None}) < 2} == set()

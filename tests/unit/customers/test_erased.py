"""Erased people are in no table, whatever the files still hold; everybody else is as before."""

from collections.abc import Iterator

import duckdb
import pytest
from kizuna.customers.erased import leave_out

SOURCES = {
    "contacts": "contact_id, account_id, email",
    "accounts": "account_id",
    "tickets": "account_id, contact_id, text",
    "consents": "contact_id, state",
    "persons": "person_id, email",
    "orders": "account_id, amount",
    "referrals": "account_id, referred_account_id",
}


def load(connection: duckdb.DuckDBPyConnection, source: str, *rows: tuple[str | None, ...]) -> None:
    """As the loader leaves it: all rows in `<source>_rows`, the good ones in the view."""
    columns = SOURCES[source].split(", ")
    spec = ", ".join(f"{column} VARCHAR" for column in columns)
    connection.execute(f"CREATE TABLE {source}_rows ({spec}, _fault INTEGER, _value VARCHAR)")
    connection.executemany(
        f"INSERT INTO {source}_rows VALUES ({', '.join('?' * len(columns))}, NULL, NULL)", [list(row) for row in rows]
    )
    connection.execute(f"CREATE VIEW {source} AS SELECT * EXCLUDE (_fault, _value) FROM {source}_rows")


@pytest.fixture
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def left(connection: duckdb.DuckDBPyConnection, source: str) -> list[tuple[str | None, ...]]:
    return connection.execute(f"SELECT * FROM {source} ORDER BY ALL").fetchall()


def test_an_erased_contact_leaves_and_the_account_stays(tables: duckdb.DuckDBPyConnection) -> None:
    load(tables, "accounts", ("A1",), ("A2",))
    load(tables, "contacts", ("C1", "A1", "a@x.example"), ("C2", "A1", "b@x.example"), ("C3", "A2", None))
    load(tables, "tickets", ("A1", "C1", "my name is One"), ("A1", "C2", "hello"), ("A2", None, "hm"))
    load(tables, "consents", ("C1", "granted"), ("C2", "granted"))
    counts = leave_out(tables, list(SOURCES), lambda kind, value: (kind, value) == ("contact", "C1"))
    assert counts == {"accounts": 2, "contacts": 2, "tickets": 3, "consents": 1}
    assert left(tables, "contacts") == [("C2", "A1", "b@x.example"), ("C3", "A2", None)]
    assert left(tables, "tickets") == [("A1", "C2", "hello"), ("A1", None, None), ("A2", None, "hm")]


def test_an_erased_account_leaves_with_all_that_is_about_it(tables: duckdb.DuckDBPyConnection) -> None:
    load(tables, "accounts", ("A1",), ("A2",))
    load(tables, "contacts", ("C1", "A1", None), ("C3", "A2", None))
    load(tables, "orders", ("A1", "5"), ("A2", "6"))
    erased = {("unit", "A1"), ("contact", "C1")}
    leave_out(tables, list(SOURCES), lambda kind, value: (kind, value) in erased)
    assert (left(tables, "accounts"), left(tables, "contacts")) == ([("A2",)], [("C3", "A2", None)])
    assert left(tables, "orders") == [("A2", "6")]


@pytest.mark.parametrize("known_by", [("contact", "P1"), ("unit", "P1"), ("email", "a@x.example")])
def test_an_erased_person_leaves_every_file(tables: duckdb.DuckDBPyConnection, known_by: tuple[str, str]) -> None:
    load(tables, "persons", ("P1", "a@x.example"), ("P2", "b@x.example"))
    load(tables, "orders", ("P1", "5"), ("P2", "6"))
    load(tables, "referrals", ("P2", "P1"), ("P1", "P2"))
    leave_out(tables, list(SOURCES), lambda kind, value: (kind, value) == known_by)
    assert left(tables, "persons") == [("P2", "b@x.example")]
    assert left(tables, "orders") == [("P2", "6")]
    assert left(tables, "referrals") == [("P2", None)], "that somebody was recommended stays, whom does not"


def test_where_nobody_is_known_nothing_changes(tables: duckdb.DuckDBPyConnection) -> None:
    load(tables, "contacts", ("C1", "A1", "a@x.example"))
    assert leave_out(tables, ["contacts", "orders"], lambda kind, value: False) == {"contacts": 1}

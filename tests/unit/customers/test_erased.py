"""Erased people come in by no source, whatever the files still hold; everybody else is as before."""

from collections.abc import Callable, Iterator

import duckdb
import pytest
from kizuna.customers.contract.model import Column, Source
from kizuna.customers.erased import Door

#: People before what they did, as in the contract.
COLUMNS = {
    "accounts": "account_id",
    "contacts": "contact_id, account_id, email",
    "persons": "person_id, email",
    "tickets": "account_id, contact_id, text",
    "consents": "contact_id, state",
    "orders": "account_id, amount",
    "referrals": "account_id, referred_account_id",
}
Rows = list[tuple[str | None, ...]]


class Sources:
    """Tables read one after the other, each through the door."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, keep_out: Callable[[str, str], bool]) -> None:
        self.connection, self.door = connection, Door(keep_out)

    def read(self, **rows: Rows) -> None:
        for name in [name for name in COLUMNS if name in rows]:
            columns = tuple(Column(name=column, type="text") for column in COLUMNS[name].split(", "))
            spec = ", ".join(f"{column.name} VARCHAR" for column in columns)
            self.connection.execute(f"CREATE TABLE {name}_new ({spec})")
            places = ", ".join("?" * len(columns))
            self.connection.executemany(f"INSERT INTO {name}_new VALUES ({places})", [list(row) for row in rows[name]])
            self.door.take_out(self.connection, Source(name, columns), f"{name}_new")
            self.connection.execute(f"CREATE VIEW {name} AS SELECT * FROM {name}_new")

    def left(self, name: str) -> Rows:
        return self.connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def test_an_erased_contact_leaves_and_the_account_stays(connection: duckdb.DuckDBPyConnection) -> None:
    sources = Sources(connection, lambda kind, value: (kind, value) == ("contact", "C1"))
    sources.read(
        accounts=[("A1",), ("A2",)],
        contacts=[("C1", "A1", "a@x.example"), ("C2", "A1", "b@x.example"), ("C3", "A2", None)],
        tickets=[("A1", "C1", "my name is One"), ("A1", "C2", "hello"), ("A2", None, "hm")],
        consents=[("C1", "granted"), ("C2", "granted")],
    )
    assert sources.left("contacts") == [("C2", "A1", "b@x.example"), ("C3", "A2", None)]
    assert sources.left("tickets") == [("A1", "C2", "hello"), ("A1", None, None), ("A2", None, "hm")]
    assert sources.left("consents") == [("C2", "granted")]
    assert not sources.door.met_anew()


def test_an_erased_account_leaves_with_all_that_is_about_it(connection: duckdb.DuckDBPyConnection) -> None:
    sources = Sources(connection, lambda kind, value: (kind, value) in {("unit", "A1"), ("contact", "C1")})
    sources.read(
        accounts=[("A1",), ("A2",)],
        contacts=[("C1", "A1", None), ("C-new", "A1", None), ("C3", "A2", None)],
        consents=[("C-new", "granted"), ("C3", "granted")],
        orders=[("A1", "5"), ("A2", "6")],
    )
    assert (sources.left("accounts"), sources.left("contacts")) == ([("A2",)], [("C3", "A2", None)])
    assert (sources.left("orders"), sources.left("consents")) == ([("A2", "6")], [("C3", "granted")])
    assert sources.door.met_anew() == {("contact", "C-new")}, "to be kept out from now on"


@pytest.mark.parametrize("known_by", [("contact", "P1"), ("unit", "P1"), ("email", "a@x.example")])
def test_an_erased_person_leaves_every_file(connection: duckdb.DuckDBPyConnection, known_by: tuple[str, str]) -> None:
    sources = Sources(connection, lambda kind, value: (kind, value) == known_by)
    sources.read(
        persons=[("P1", "a@x.example"), ("P2", "b@x.example")],
        orders=[("P1", "5"), ("P2", "6")],
        referrals=[("P2", "P1"), ("P1", "P2")],
    )
    assert sources.left("persons") == [("P2", "b@x.example")]
    assert sources.left("orders") == [("P2", "6")]
    assert sources.left("referrals") == [("P2", None)], "that somebody was recommended stays, whom does not"


def test_who_is_there_is_asked_about_once(connection: duckdb.DuckDBPyConnection) -> None:
    asked: list[str] = []

    def keep_out(kind: str, value: str) -> bool:
        asked.extend([value] if kind == "unit" else [])
        return False

    sources = Sources(connection, keep_out)
    sources.read(accounts=[("A1",)], orders=[("A1", "5"), ("A1", "6"), ("A9", "7")])
    assert sorted(set(asked)) == ["A1", "A9"] and asked.count("A1") == 1
    assert len(sources.left("orders")) == 3

"""Tables of a company's databases as feeds: SQLite always, PostgreSQL where there is one."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kizuna.customers.contract.model import contract
from kizuna.customers.sources.batch import batches
from kizuna.domain.errors import FaultyFile, UserError
from kizuna.domain.sources import Database, Feed
from sqlalchemy import create_engine, text

COLUMNS = {"order_id": "no", "person_id": "customer", "ordered_at": "bought_at", "kind": "type", "amount_jpy": "total"}
TABLE = "CREATE TABLE sales (no INTEGER, customer TEXT, bought_at TIMESTAMP, type TEXT, total NUMERIC(12, 2))"


class Shop:
    """A database with a table of sales, and a reader that remembers how far it came."""

    def __init__(self, url: str, database: Database, folder: Path) -> None:
        self.engine = create_engine(url)
        self.database, self.folder = database, folder
        self.marks: dict[str, Any] = {}
        self.connection = duckdb.connect(config={"preserve_insertion_order": True})
        self.run(TABLE)

    def run(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def sell(self, number: int, day: str, total: float = 100) -> None:
        self.run(f"INSERT INTO sales VALUES ({number}, 'P1', '{day} 09:30:00', 'sale', {total})")

    def feed(self, **more: Any) -> Feed:
        asked = {"table": "sales", "columns": COLUMNS, "values": {"kind": {"sale": "purchase"}}, **more}
        return Feed(database=self.database, **asked)

    def read(self, **more: Any) -> list[tuple[Any, ...]]:
        source = next(source for source in contract("person") if source.name == "orders")
        found: list[tuple[Any, ...]] = []
        self.whole = None
        for batch in batches(self.connection, source, [self.feed(**more)], self.folder, self.marks):
            self.whole = batch.is_whole
            cells = ", ".join(batch.cells[name] for name in ("order_id", "ordered_at", "kind", "amount_jpy"))
            found += self.connection.execute(f"SELECT {cells} FROM {batch.relation}", list(batch.parameters)).fetchall()
            self.marks |= batch.mark
        return found

    def numbers(self, **more: Any) -> list[str]:
        return [row[0] for row in self.read(**more)]

    def close(self) -> None:
        self.connection.close()
        self.engine.dispose()


@pytest.fixture(params=["file", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    database = Database(file="shop.db") if request.param == "file" else Database(url_env="SHOP_DATABASE_URL")
    if request.param == "postgres":
        from .postgres import drop_database, new_database

        server = request.getfixturevalue("postgres")
        url = new_database(server)
    monkeypatch.setenv("SHOP_DATABASE_URL", url)
    made = Shop(url, database, tmp_path)
    yield made
    made.close()
    if request.param == "postgres":
        drop_database(server, url)


def test_the_rows_of_a_table_come_as_text(shop: Shop) -> None:
    shop.sell(1, "2026-10-01", 1200.50)
    [(number, moment, kind, amount)] = shop.read()
    assert (number, moment[:19], kind, float(amount)) == ("1", "2026-10-01 09:30:00", "purchase", 1200.5)
    assert shop.whole is True


def test_a_table_that_did_not_change_yields_nothing(shop: Shop) -> None:
    shop.sell(1, "2026-10-01")
    assert shop.numbers() == ["1"]
    assert shop.numbers() == []
    shop.sell(2, "2026-10-02")
    assert shop.numbers() == ["1", "2"]
    assert shop.whole is True


def test_with_a_watermark_only_newer_rows_and_those_of_the_late_window_come(shop: Shop) -> None:
    for day in range(1, 10):
        shop.sell(day, f"2026-10-0{day}")
    assert len(shop.numbers(watermark="bought_at", late="2d")) == 9
    shop.sell(10, "2026-10-08")  # late
    shop.sell(11, "2026-10-10")
    shop.sell(12, "2026-10-02")  # later than late
    assert sorted(shop.numbers(watermark="bought_at", late="2d"), key=int) == ["7", "8", "9", "10", "11"]
    assert shop.whole is False
    assert shop.numbers(watermark="bought_at", late="2d") != []  # the window moved on with the newest row
    assert shop.numbers(watermark="bought_at", late="2d") == []


def test_with_a_number_as_watermark_only_greater_ones_come(shop: Shop) -> None:
    shop.sell(1, "2026-10-01")
    assert shop.numbers(watermark="no") == ["1"]
    shop.sell(2, "2026-01-01")
    assert shop.numbers(watermark="no") == ["2"]


def test_rows_without_a_watermark_are_not_forgotten(shop: Shop) -> None:
    shop.sell(1, "2026-10-01")
    assert shop.numbers(watermark="bought_at", late="1d") == ["1"]
    shop.run("INSERT INTO sales VALUES (2, 'P1', NULL, 'sale', 5)")
    assert sorted(shop.numbers(watermark="bought_at", late="1d")) == ["1", "2"]


def test_a_query_is_read_with_its_colons_and_percents(shop: Shop) -> None:
    shop.sell(1, "2026-10-01")
    query = "SELECT *, ':x' AS colon FROM sales WHERE type LIKE 's%' AND ':a' <> ':b';"
    assert shop.numbers(table=None, query=query, watermark="bought_at") == ["1"]
    shop.sell(2, "2026-10-09")
    assert shop.numbers(table=None, query=query, watermark="bought_at", late="1h") == ["1", "2"]


@pytest.mark.parametrize("query", ["DELETE FROM sales", "DROP TABLE sales", "INSERT INTO sales (no) VALUES (9)"])
def test_a_query_that_writes_is_refused(shop: Shop, query: str) -> None:
    shop.sell(1, "2026-10-01")
    with pytest.raises(UserError, match="must be one SELECT"):
        shop.read(table=None, query=query)
    assert shop.numbers() == ["1"]


def test_no_way_through_a_query_changes_a_row(shop: Shop) -> None:
    shop.sell(1, "2026-10-01")
    for query in (
        "WITH gone AS (DELETE FROM sales RETURNING *) SELECT * FROM gone",
        "SELECT 1) AS x; DELETE FROM sales --",
    ):
        with pytest.raises(UserError):
            shop.read(table=None, query=query)
    assert shop.numbers() == ["1"]


def test_a_missing_table_or_column_is_told_without_the_address(shop: Shop) -> None:
    with pytest.raises(UserError, match="nowhere") as raised:
        shop.read(table="nowhere")
    assert str(raised.value).startswith(("shop.db: ", "SHOP_DATABASE_URL: "))
    with pytest.raises(FaultyFile, match=r"sources\.feeds\.orders\.0\.columns\.order_id: table sales of .* `nr`"):
        shop.read(columns={**COLUMNS, "order_id": "nr"})
    with pytest.raises(FaultyFile, match=r"sources\.feeds\.orders\.0\.watermark: table sales of .* no column `when`"):
        shop.read(watermark="when")


def test_a_watermark_of_plain_words_is_refused(shop: Shop) -> None:
    shop.sell(1, "2026-10-01")
    with pytest.raises(FaultyFile, match=r"orders\.0\.watermark: must be a column of moments or numbers"):
        shop.read(watermark="type")


@pytest.mark.parametrize(
    "address",
    ["postgresql+psycopg://u:hunter%402@127.0.0.1:1/x", "nosuch://u:hunter@2@h/x", "hunter@2", "sqlite+nodriver:///x"],
)
def test_no_message_holds_a_password(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DATABASE_URL", address)
    feed = Feed(database=Database(url_env="SHOP_DATABASE_URL"), table="sales")
    source = next(source for source in contract("person") if source.name == "orders")
    with duckdb.connect() as connection, pytest.raises(UserError) as raised:
        list(batches(connection, source, [feed], tmp_path, {}))
    assert "hunter" not in str(raised.value)
    assert "SHOP_DATABASE_URL" in str(raised.value)


def test_an_address_that_is_not_set_is_told(tmp_path: Path) -> None:
    feed = Feed(database=Database(url_env="NOT_SET_DATABASE_URL"), table="sales")
    source = next(source for source in contract("person") if source.name == "orders")
    with duckdb.connect() as connection, pytest.raises(UserError, match="NOT_SET_DATABASE_URL, which the brief names"):
        list(batches(connection, source, [feed], tmp_path, {}))


def test_a_sqlite_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    feed = Feed(database=Database(file="shop.db"), table="sales")
    source = next(source for source in contract("person") if source.name == "orders")
    with duckdb.connect() as connection, pytest.raises(UserError, match=r"shop\.db: no such SQLite file"):
        list(batches(connection, source, [feed], tmp_path, {}))
    assert not (tmp_path / "shop.db").exists()


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=0, max_size=30)


@example(rows=[("", "0\r"), ("\r", "\n"), ('"', ',"'), ("\\", "\u2028")])
@settings(max_examples=4, deadline=None)
@given(rows=st.lists(st.tuples(words, words), min_size=1, max_size=60))
def test_any_text_comes_as_it_stands(rows: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    with sqlite3.connect(folder / "shop.db") as raw:
        raw.execute("CREATE TABLE v (id INTEGER, who TEXT, value TEXT)")
        raw.executemany("INSERT INTO v VALUES (?, ?, ?)", [(i, who, value) for i, (who, value) in enumerate(rows)])
    raw.close()
    feed = Feed(
        database=Database(file="shop.db"), table="v", constants={"kind": "interest"},
        columns={"entry_id": "id", "person_id": "who", "recorded_at": "id"},
    )  # fmt: skip
    source = next(source for source in contract("person") if source.name == "volunteered")
    with duckdb.connect(config={"preserve_insertion_order": True}) as connection:
        for batch in batches(connection, source, [feed], folder, {}):
            cells = f"{batch.cells['account_id']}, {batch.cells['value']}"
            found = connection.execute(f"SELECT {cells} FROM {batch.relation}", list(batch.parameters)).fetchall()
    assert found == [(who or None, value or None) for who, value in rows]

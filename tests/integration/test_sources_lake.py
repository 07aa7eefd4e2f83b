"""Tables of a lake through Spark Connect. Needs a server, which TEST_SPARK_CONNECT names, and PySpark's client."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from kizuna.customers.contract.model import contract
from kizuna.customers.sources.batch import batches
from kizuna.domain.errors import UserError
from kizuna.domain.sources import Database, Feed

LAKE = Database(spark_env="LAKE_SPARK")
COLUMNS = {"order_id": "no", "person_id": "customer", "ordered_at": "bought_at", "amount_jpy": "total"}
ROWS = "(1, 'P1', TIMESTAMP '2026-10-01 09:30:00', 1200.50BD), (2, 'P2', TIMESTAMP '2026-10-09 09:30:00', 5BD)"


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    address = os.environ.get("TEST_SPARK_CONNECT")
    if not address:
        pytest.skip("no Spark Connect server: TEST_SPARK_CONNECT names none")
    session_module = pytest.importorskip("pyspark.sql.connect.session", reason="the client is not there")
    monkeypatch.setenv("LAKE_SPARK", address)
    session = session_module.SparkSession.builder.remote(address).create()
    session.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    session.sql("DROP TABLE IF EXISTS sales").collect()
    session.sql("CREATE TABLE sales (no INT, customer STRING, bought_at TIMESTAMP, total DECIMAL(12, 2))").collect()
    session.sql(f"INSERT INTO sales VALUES {ROWS}").collect()
    yield session
    session.sql("DROP TABLE IF EXISTS sales").collect()
    session.client.close()
    monkeypatch.undo()
    time.tzset()


def read(folder: Path, marks: dict[str, Any], **asked: Any) -> list[tuple[Any, ...]]:
    feed = Feed(database=LAKE, columns=COLUMNS, constants={"kind": "purchase"}, **asked)
    source = next(source for source in contract("person") if source.name == "orders")
    found: list[tuple[Any, ...]] = []
    with duckdb.connect() as connection:
        for batch in batches(connection, source, [feed], folder, marks):
            cells = ", ".join(batch.cells[name] for name in ("order_id", "account_id", "ordered_at", "amount_jpy"))
            found += connection.execute(f"SELECT {cells} FROM {batch.relation}", list(batch.parameters)).fetchall()
            marks |= batch.mark
    return sorted(found)


@pytest.mark.spark
def test_a_table_of_a_lake_is_read_and_then_only_what_is_newer(
    lake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")  # moments are the lake's, wherever this machine stands
    time.tzset()
    marks: dict[str, Any] = {}
    assert read(tmp_path, marks, table="sales", watermark="bought_at", late="1d") == [
        ("1", "P1", "2026-10-01T00:30:00Z", "1200.50"),
        ("2", "P2", "2026-10-09T00:30:00Z", "5.00"),
    ]
    lake.sql("INSERT INTO sales VALUES (3, 'P1', TIMESTAMP '2026-10-09 08:00:00', 7BD)").collect()
    again = read(tmp_path, marks, table="sales", watermark="bought_at", late="1d")
    assert [row[0] for row in again] == ["2", "3"]
    assert read(tmp_path, marks, table="sales", watermark="bought_at", late="1d") == []


@pytest.mark.spark
def test_a_query_is_asked_of_the_lake(lake: Any, tmp_path: Path) -> None:
    assert [row[0] for row in read(tmp_path, {}, query="SELECT * FROM sales WHERE customer = 'P2'")] == ["2"]


@pytest.mark.spark
def test_a_missing_table_is_told_without_the_address(lake: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"LAKE_SPARK: .*nowhere") as raised:
        read(tmp_path, {}, table="nowhere")
    assert os.environ["TEST_SPARK_CONNECT"] not in str(raised.value)


def test_an_address_that_is_no_spark_connect_address_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_SPARK", "https://token@lake.example")
    with pytest.raises(UserError, match=r"LAKE_SPARK: .*sc://|pyspark") as raised:
        read(tmp_path, {}, table="sales")
    assert "token@" not in str(raised.value)

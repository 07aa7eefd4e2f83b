"""Every feature means the same on DuckDB and on Spark, cell by cell: example companies, and rows that are hard."""

import os
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest
from kizuna.agents.computing import feature_builder
from kizuna.agents.reading import open_customers
from kizuna.agents.workspace import open_workspace
from kizuna.customers.features.catalogue import build_features, feature_query
from kizuna.customers.features.on_spark import build_features_on_spark, columns_used, export_tables, features_on_spark
from kizuna.customers.opening import Customers, open_sources
from kizuna.customers.table import FeatureTable, from_query
from kizuna.domain.errors import KizunaError
from kizuna.examples.registry import EXAMPLES
from kizuna.tools.brief_file import load_brief
from kizuna.tools.spark import open_spark

from .feature_rows import fill_duckdb, hostile_rows, parameters
from .spark_session import odd_cells, quick_spark

pytestmark = [pytest.mark.spark, pytest.mark.slow]
TODAY = date(2026, 11, 21)
UNITS = 120


@pytest.fixture(scope="module", autouse=True)
def spark_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with quick_spark(tmp_path_factory.mktemp("spark")):
        yield


def on_duckdb(customers: Customers, told: dict[str, object]) -> FeatureTable:
    query = feature_query()
    asked = {name: value for name, value in told.items() if f"${name}" in query}
    return from_query(customers.connection.execute(query, asked).fetchnumpy(), "unit_id")


@pytest.mark.parametrize(
    "name, days",
    [
        ("shop", [TODAY, date(2026, 5, 1)]),
        ("box", [date(2026, 8, 31)]),
        ("service", [date(2026, 10, 1)]),
    ],
)
def test_a_company_has_the_same_features_on_both_engines(name: str, days: list[date], tmp_path: Path) -> None:
    EXAMPLES[name]().write(tmp_path, units=UNITS, seed=11, today=TODAY, no_effect=False)
    brief, _ = load_brief(tmp_path / "brief.yaml")
    scratch = tmp_path / "scratch"
    opened = open_sources(
        tmp_path / "data", unit=brief.unit, model=brief.business.model, faulty_rows_allowed=0.0, scratch=scratch
    )
    with opened as customers, features_on_spark(customers, None, scratch) as build:
        for day in days:
            expected = build_features(customers, day)
            assert len(expected) > UNITS / 2
            assert odd_cells(expected, build(day)) == []
    assert list(scratch.iterdir()) == []


def test_a_brief_that_says_spark_has_its_features_from_there(tmp_path: Path) -> None:
    EXAMPLES["saas"]().write(tmp_path, units=UNITS, seed=11, today=TODAY, no_effect=False)
    brief = tmp_path / "brief.yaml"
    text = brief.read_text(encoding="utf-8")
    brief.write_text(text.replace("\n  folder: data\n", "\n  folder: data\n  engine: spark\n"), encoding="utf-8")
    workspace = open_workspace(brief)
    with open_customers(workspace) as customers:
        with feature_builder(workspace, customers) as build:
            assert list((workspace.private / "spark").iterdir()) != []
            found = build(TODAY)
        assert odd_cells(build_features(customers, TODAY), found) == []
    workspace.store.close()
    assert len(found) > UNITS / 2
    assert list((workspace.private / "spark").iterdir()) == []


@pytest.mark.parametrize("as_of, is_present", [(date(2026, 1, 1), True), (date(2024, 3, 1), False)])
def test_hostile_rows_have_the_same_features_on_both_engines(as_of: date, is_present: bool, tmp_path: Path) -> None:
    absent = () if is_present else ("app_events", "points", "web_events")
    told = parameters(as_of, present=is_present, transactions=is_present, absent=absent)
    with duckdb.connect() as connection, open_spark(None, tmp_path) as session:
        fill_duckdb(connection, hostile_rows(seed=1))
        customers = Customers(connection, {}, [], {}, None)
        tables = export_tables(customers, tmp_path)
        expected = on_duckdb(customers, told)
        asked = {name: value for name, value in told.items() if f":{name}" in feature_query("spark")}
        found = build_features_on_spark(session, tables, asked, tmp_path)
    assert len(expected) > 20
    assert odd_cells(expected, found) == []


def test_the_comparison_finds_a_cell_that_differs() -> None:
    table = FeatureTable(["a", "b"], {"n": np.array([1.0, np.nan]), "t": np.array(["x", None], dtype=object)})
    assert odd_cells(table, table) == []
    for name, values in (("n", [1.0 + 1e-8, np.nan]), ("n", [1.0, 0.0]), ("t", np.array(["x", ""], dtype=object))):
        assert len(odd_cells(table, table.with_columns(**{name: values}))) == 1


def test_no_name_and_no_address_leaves_for_spark(tmp_path: Path) -> None:
    exported = {column.name: column for columns in columns_used().values() for column in columns}
    assert not exported.keys() & {"full_name", "full_name_kana", "birth_date", "text", "note", "comment"}
    with duckdb.connect() as connection:
        fill_duckdb(connection, hostile_rows(seed=2))
        [file] = export_tables(Customers(connection, {}, [], {}, None), tmp_path)["contacts"]
        query = f"SELECT DISTINCT unnest([email, phone, postal_address]) FROM '{file}'"
        assert {address for (address,) in connection.execute(query).fetchall()} == {"", None}


def test_a_failure_on_spark_quotes_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "accounts" in columns_used()
    query = "SELECT CAST(company_name || ' of Hanako' AS DOUBLE) AS n FROM accounts"
    with duckdb.connect() as connection, open_spark(None, tmp_path) as session:
        fill_duckdb(connection, hostile_rows(seed=3))
        tables = export_tables(Customers(connection, {}, [], {}, None), tmp_path)
        monkeypatch.setattr("kizuna.customers.features.on_spark.feature_query", lambda *_, **__: query)
        with pytest.raises(KizunaError, match="Spark could not compute the features") as failed:
            build_features_on_spark(session, tables, {}, tmp_path)
    assert "Hanako" not in f"{failed.value} {failed.value.__cause__}"


def test_ctrl_c_means_what_it_meant_before(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with open_spark(None, tmp_path):
        assert signal.getsignal(signal.SIGINT) is before


def test_spark_means_utc_whatever_the_machine_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "TZ", "Asia/Tokyo")
    with open_spark(None, tmp_path) as session:
        [row] = session.sql(
            "SELECT CAST(:day AS TIMESTAMP) = TIMESTAMP_NTZ '2026-03-01 00:00:00' AS same",
            {"day": TODAY.replace(month=3, day=1)},
        ).collect()
        assert row.same

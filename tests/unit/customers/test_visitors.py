"""Anonymous visits: good rows that are nobody's, until identifiers tie their visitor to one customer."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from kizuna.customers.contract.model import contract
from kizuna.customers.erased import Door
from kizuna.customers.features.building import build_features
from kizuna.customers.features.on_spark import export_tables
from kizuna.customers.identity.unify import Who
from kizuna.customers.ingest.forgetting import forget, visitors_of_erased
from kizuna.customers.ingest.manifest import Manifest
from kizuna.customers.ingest.opening import open_published
from kizuna.customers.ingest.reading import Ingest, Terms, ingest
from kizuna.customers.ingest.refresh import FeatureParts, read_features, refresh
from kizuna.customers.news import read_news
from kizuna.customers.opening import Customers, open_sources
from kizuna.domain.sources import Identity

from .conftest import Row, write_persons, write_sources

TODAY = date(2026, 11, 21)
Open = Callable[..., Customers]
ACCOUNTS: dict[str, list[Row]] = {
    "accounts": [{}, {"account_id": "A2"}],
    "contacts": [{}, {"contact_id": "C2", "account_id": "A2", "email": "b@x.example"}],
}


def visit(number: int, visitor: str = "", account: str = "", **more: object) -> Row:
    return {
        "event_id": f"w{number}", "account_id": account, "visitor_id": visitor, "kind": "view", "product_id": "",
        "happened_at": f"2026-11-{number:02}T01:00:00Z", **more,
    }  # fmt: skip


def tie(value: str, account: str = "A1", kind: str = "cookie", number: int = 1, **more: object) -> Row:
    return {
        "identifier_id": f"I{account}{value}{number}", "account_id": account, "kind": kind, "value": value,
        "recorded_at": "2026-11-20T00:00:00Z", **more,
    }  # fmt: skip


def whose(customers: Customers, entity: str = "web_events") -> list[tuple[Any, ...]]:
    return customers.cursor().execute(f"SELECT event_id, account_id FROM {entity} ORDER BY 1").fetchall()


def test_a_row_needs_an_account_or_a_visitor(open_company: Open) -> None:
    rows = [visit(1), visit(2, "c1"), visit(3, "", "A1"), visit(4, "c1", "nobody"), visit(5, "c2", "A1")]
    customers = open_company(faulty_rows_allowed=1.0, web_events=rows)
    assert [(fault.line, fault.column, fault.rule) for fault in customers.faults] == [
        (2, "account_id", "empty_without visitor_id"),
        (5, "account_id", "no_such accounts.account_id"),
    ]
    assert whose(customers) == [("w3", "A1"), ("w5", "A1")]
    assert customers.row_counts["web_events"] == 2
    assert (customers.anonymous["web_events"].rows, customers.anonymous["web_events"].left) == (1, 1)


def test_anonymous_traffic_stops_no_run(open_company: Open) -> None:
    customers = open_company(web_events=[visit(day, "c1") for day in range(1, 20)])
    assert customers.fault_counts["web_events"] == 0 and whose(customers) == []
    assert customers.data_until == datetime(2026, 11, 19, 1, tzinfo=UTC), "the sources reach that far all the same"


@pytest.mark.parametrize("kind", ["cookie", "device", "member_card"])
def test_a_visitor_of_one_account_is_theirs_with_all_their_past(open_company: Open, kind: str) -> None:
    customers = open_company(
        **ACCOUNTS,
        web_events=[visit(1, "c1"), visit(2, "c1"), visit(3, "c9"), visit(4, "", "A2")],
        intents=[{"event_id": "i1", "visitor_id": "c1", "kind": "quote", "happened_at": "2026-11-05T00:00:00Z"}],
        app_events=[{"account_id": "", "contact_id": "", "visitor_id": "c1"}],
        identifiers=[tie("c1", "A2", kind), tie("c1", "A2", kind, 2), tie("c9", "A2", "email")],
    )
    assert whose(customers) == [("w1", "A2"), ("w2", "A2"), ("w4", "A2")]
    assert whose(customers, "intents") == [("i1", "A2")]
    assert whose(customers, "app_events") == [("x1", "A2")]
    assert customers.row_counts["web_events"] == 3 and customers.anonymous["web_events"].tied == 2


def test_a_shared_device_ties_nobody(open_company: Open) -> None:
    customers = open_company(
        **ACCOUNTS,
        web_events=[visit(1, "c1"), visit(2, "c1", "A1")],
        identifiers=[tie("c1", "A1"), tie("c1", "A2", "device")],
    )
    assert whose(customers) == [("w2", "A1")]


def test_nobody_s_rows_make_no_unit_and_no_news(tmp_path: Path) -> None:
    folder = write_sources(
        tmp_path / "data",
        **ACCOUNTS,
        web_events=[visit(day, "c1") for day in range(10, 15)] + [visit(day, "c2") for day in range(15, 20)],
        app_events=[{"account_id": "", "contact_id": "", "visitor_id": "c2"}],
        identifiers=[tie("c1")],
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with open_sources(folder, faulty_rows_allowed=0, scratch=scratch) as customers:
        table = build_features(customers, TODAY)
        assert list(table.unit_ids) == ["A1", "A2"]
        assert list(table["web_events_90d"]) == [5, 0]
        assert [value != value for value in table["events_90d"]] == [True, True]  # NaN: nobody's app is not known
        news = read_news(customers, ["visited"], datetime(2026, 11, 1, tzinfo=UTC))
        assert {(one.unit_id, one.news_id[:2]) for one in news} == {("A1", "A1")} and len(news) == 5
        (file,) = export_tables(customers, scratch)["web_events"]
        query = "SELECT count(*), count(account_id) FROM read_parquet(?)"
        assert duckdb.execute(query, [str(file)]).fetchall() == [(5, 5)], "what Spark gets"


def test_visits_are_tied_where_only_visits_were_asked_for(tmp_path: Path) -> None:
    folder = write_sources(tmp_path, web_events=[visit(1, "c1")], identifiers=[tie("c1")])
    with open_sources(folder, faulty_rows_allowed=0, only=("reps", "accounts", "contacts", "web_events")) as customers:
        assert whose(customers) == [("w1", "A1")]


def test_records_of_one_person_that_share_a_cookie_are_no_shared_device(tmp_path: Path) -> None:
    folder = write_persons(
        tmp_path,
        reps=[{}],
        orders=[],
        persons=[{}, {"person_id": "P2", "created_on": "2026-01-10"}],
        app_events=[{"person_id": "", "visitor_id": "c1"}, {"person_id": "P2", "visitor_id": "c1"}],
        identifiers=[
            {"identifier_id": f"I{person}", "person_id": person, "kind": "cookie", "value": "c1"}
            for person in ("P1", "P2")
        ],
    )
    query = "SELECT event_id, account_id, contact_id FROM app_events ORDER BY 1"
    options: dict[str, Any] = {"unit": "person", "model": "transactions", "faulty_rows_allowed": 0}
    with open_sources(folder, **options) as apart:
        assert apart.cursor().execute(query).fetchall() == [("x2", "P2", "P2")]
    with open_sources(folder, who=Who(Identity()), **options) as united:
        assert united.row_counts["persons"] == 1
        assert united.cursor().execute(query).fetchall() == [("x1", "P1", "P1"), ("x2", "P1", "P1")]


class Shop:
    """A company whose files change, all that is published of it, and its features."""

    def __init__(self, folder: Path) -> None:
        self.data, self.parts, self.features = folder / "data", folder / "parts", folder / "features"
        self.features.mkdir()
        self.manifest = Manifest()
        self.erased: set[tuple[str, str]] = set()
        self.rows: dict[str, list[Row]] = {**ACCOUNTS, "web_events": [], "identifiers": []}
        self.standing: FeatureParts | None = None

    def read(self, **rows: list[Row]) -> Ingest:
        """Add these rows to the files and read what is new."""
        for name, added in rows.items():
            self.rows[name] = [*self.rows[name], *added]
        write_sources(self.data, **self.rows)
        keep_out = (lambda kind, value: (kind, value) in self.erased) if self.erased else None
        terms = Terms(self.data, self.parts, faulty_rows_allowed=1.0, keep_out=keep_out, erasures=len(self.erased))
        found = ingest(terms, self.manifest)
        self.manifest = found.manifest
        return found

    def open(self) -> Customers:
        return open_published(self.manifest, self.parts, unit="account", model="subscription")

    def visits(self, touched: Any) -> list[float]:
        with self.open() as customers:
            self.standing = refresh(
                customers,
                self.standing,
                sources=self.manifest.number,
                touched=touched,
                as_of=TODAY,
                folder=self.features,
            )
            kept = read_features(self.features, self.standing)
        return [float(value) for value in kept["web_events_90d"]]

    def forget(self, *erased: tuple[str, str]) -> None:
        self.erased |= set(erased)

        def keep_out(kind: str, value: str) -> bool:
            return (kind, value) in self.erased

        self.erased |= visitors_of_erased(self.manifest, self.parts, "account", keep_out)
        self.manifest = forget(self.manifest, self.parts, "account", keep_out, len(self.erased))

    def holds(self, word: str) -> list[str]:
        """Files of published rows with this word in a cell."""
        found = []
        for part in (file for file in self.manifest.files if file.endswith(".parquet")):
            rows = duckdb.execute("SELECT * FROM read_parquet(?)", [str(self.parts / part)]).fetchall()
            found += [part] * (word in repr(rows))
        return found


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_new_rows_concern_whoever_their_visitor_is_tied_to(shop: Shop) -> None:
    shop.read(web_events=[visit(1, "c1"), visit(2, "", "A2")])
    assert shop.read(identifiers=[tie("c1")]).touched == ["A1"]
    assert shop.read(web_events=[visit(4, "c1"), visit(5, "c7")]).touched == ["A1"]
    with shop.open() as customers:
        assert whose(customers) == [("w1", "A1"), ("w2", "A2"), ("w4", "A1")]
    assert shop.read(identifiers=[tie("c1", "A2")]).touched == ["A1", "A2"], "it is a shared device from now on"
    with shop.open() as customers:
        assert whose(customers) == [("w2", "A2")]


@pytest.mark.slow
def test_a_new_identifier_brings_past_visits_along_and_a_second_one_takes_them_away(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kizuna.customers.ingest.refresh._MOST_TOUCHED", 1.0)
    shop.read(web_events=[visit(1, "c1"), visit(2, "c1"), visit(3, "", "A2")])
    assert shop.visits(None) == [0, 1]
    assert shop.visits(shop.read(identifiers=[tie("c1")]).touched) == [2, 1]
    assert shop.visits(shop.read(identifiers=[tie("c1", "A2")]).touched) == [0, 1]
    assert shop.standing is not None and len(shop.standing.deltas) == 2, "they alone were computed again"


def test_an_erased_person_s_visits_go_and_neither_they_nor_their_cookie_come_back(shop: Shop) -> None:
    shop.read(
        web_events=[
            visit(1, "hers"),
            visit(2, "both"),
            visit(3, "both", "A2"),
            visit(4, "seen", "A1"),
            visit(5, "seen"),
        ],
        identifiers=[tie("hers"), tie("both"), tie("both", "A2"), tie("his", "A2")],
    )
    shop.forget(("unit", "A1"), ("contact", "C1"))
    assert {value for kind, value in shop.erased if kind == "visitor"} == {"hers", "both", "seen"}
    with shop.open() as customers:
        assert whose(customers) == [("w3", "A2")] and not customers.anonymous
    assert not shop.holds("hers") and not shop.holds("seen")
    shop.rows["identifiers"] = [tie("his", "A2"), tie("both", "A2")]  # the company no longer says whose cookie it was
    shop.read(web_events=[visit(6, "hers"), visit(7, "both"), visit(8, "his"), visit(9, "seen", "A2")])
    with shop.open() as customers:
        assert whose(customers) == [("w3", "A2"), ("w8", "A2"), ("w9", "A2")]
    assert not shop.holds("hers") and not shop.holds("seen")


def test_a_new_cookie_of_somebody_erased_is_learned_from_the_identifiers(shop: Shop) -> None:
    shop.read()
    shop.forget(("unit", "A1"), ("contact", "C1"))
    found = shop.read(identifiers=[tie("new")], web_events=[visit(1, "new"), visit(2, "other")])
    assert found.met_anew == {("visitor", "new")}
    with shop.open() as customers:
        assert customers.anonymous["web_events"].rows == 1
    assert not shop.holds("'new'")


def test_an_erased_contact_s_identifiers_leave_the_account() -> None:
    connection = duckdb.connect()
    rows = "SELECT 'I1' AS identifier_id, 'A1' AS account_id, 'C1' AS contact_id, 'cookie' AS kind, 'c1' AS value"
    connection.execute(f"CREATE TABLE identifiers_new AS {rows} UNION ALL SELECT 'I2', 'A1', NULL, 'cookie', 'c2'")
    door = Door(lambda kind, value: (kind, value) == ("contact", "C1"))
    source = next(source for source in contract() if source.name == "identifiers")
    door.take_out(connection, source, "identifiers_new")
    assert connection.execute("SELECT value FROM identifiers_new").fetchall() == [("c2",)]
    assert door.met_anew() == {("visitor", "c1")}

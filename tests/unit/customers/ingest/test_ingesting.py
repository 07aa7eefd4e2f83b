"""Incremental reading: whatever came in pieces is what a whole reading of the same files gives."""

import csv
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kizuna.customers.ingest import compacting, shelf
from kizuna.customers.ingest.forgetting import forget
from kizuna.customers.ingest.manifest import Manifest
from kizuna.customers.ingest.opening import open_published
from kizuna.customers.ingest.parts import sweep
from kizuna.customers.ingest.reading import Ingest, Terms, has_news, ingest
from kizuna.customers.ingest.touching import units_since
from kizuna.customers.ingest.waiting import overdue_by_entity
from kizuna.customers.opening import Customers, open_sources
from kizuna.domain.errors import ContractBroken, FaultyFile
from kizuna.domain.refusals import TooManyFaulty

from ..conftest import Row, write_sources


class Reader:
    """A company whose files change, and all that is published of it."""

    def __init__(self, folder: Path, **rows: list[Row]) -> None:
        self.data, self.parts = folder / "data", folder / "parts"
        self.manifest = Manifest()
        self.keep_out: Callable[[str, str], bool] | None = None
        self.allowed = 1.0
        self.now: datetime | None = None
        self.write(**rows)

    def write(self, **rows: list[Row]) -> None:
        write_sources(self.data, **rows)

    def add(self, name: str, *rows: dict[str, str]) -> None:
        """Append rows to a file, cells by column."""
        path = self.data / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        with path.open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, header, restval="").writerows(rows)

    def read(self) -> Ingest:
        found = ingest(self.terms, self.manifest)
        said = found.manifest.as_dict()
        assert Manifest.of(found.manifest.number, said).as_dict() == said
        self.manifest = found.manifest
        return found

    @property
    def terms(self) -> Terms:
        erasures = 1 if self.keep_out else 0
        return Terms(
            self.data,
            self.parts,
            faulty_rows_allowed=self.allowed,
            keep_out=self.keep_out,
            erasures=erasures,
            now=self.now,
        )

    def open(self) -> Customers:
        return open_published(self.manifest, self.parts, unit="account", model="subscription")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.open() as customers:
            return customers.cursor().execute(query).fetchall()

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.parts.glob("*")}


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def event(ident: str, account: str = "A1", at: str = "2026-11-02T00:00:00Z") -> dict[str, str]:
    return {"event_id": ident, "account_id": account, "feature": "login", "happened_at": at}


def test_reading_the_same_again_changes_nothing(reader: Reader) -> None:
    reader.add("app_events", event("e1"), event("e2"))
    first = reader.read()
    files = reader.files()
    again = reader.read()
    assert again.manifest is first.manifest and not again.news and again.touched == []
    assert not has_news(reader.terms, reader.manifest)
    assert reader.files() == files


def test_replaying_a_file_changes_nothing(reader: Reader) -> None:
    reader.add("app_events", event("e1"), event("e2"))
    reader.read()
    reader.add("app_events", event("e1"), event("e2"), event("e3"))
    news = reader.read().news["app_events"]
    assert (news.read, news.new, news.repeated, news.set_aside) == (3, 1, 2, 0)
    assert reader.rows("SELECT event_id FROM app_events ORDER BY 1") == [("e1",), ("e2",), ("e3",)]


def test_a_row_that_changed_takes_the_place_of_the_earlier_one(reader: Reader) -> None:
    reader.write(tickets=[{"ticket_id": "T1", "text": "help"}, {"ticket_id": "T2", "text": "me"}])
    reader.read()
    reader.write(tickets=[{"ticket_id": "T1", "text": "help"}, {"ticket_id": "T2", "text": "solved"}])
    news = reader.read().news["tickets"]
    assert (news.new, news.changed, news.repeated) == (0, 1, 1)
    assert reader.rows("SELECT ticket_id, text FROM tickets ORDER BY 1") == [("T1", "help"), ("T2", "solved")]


def test_amended_rows_in_a_large_part_are_taken_back_without_writing_it_anew(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compacting, "SMALL_ROWS", 10)
    reader.write(orders=[{"order_id": f"O{n}"} for n in range(100)])
    reader.read()
    large = reader.manifest.entities["orders"].parts[0]
    reader.add("orders", *({"order_id": f"O{n}", "account_id": "A1", "ordered_at": "2026-11-01T01:00:00Z",
                            "kind": "refund", "amount_jpy": "5"} for n in (3, 7)))  # fmt: skip
    assert reader.read().news["orders"].changed == 2
    entity = reader.manifest.entities["orders"]
    assert entity.parts[0].file == large.file and entity.parts[0].gone == 2 and entity.rows == 100
    assert reader.rows("SELECT count(*), count(*) FILTER (WHERE kind = 'refund') FROM orders") == [(100, 2)]
    reader.add("orders", {"order_id": "O3", "account_id": "A1", "ordered_at": "2026-11-01T01:00:00Z",
                          "kind": "refund", "amount_jpy": "6"})  # fmt: skip
    reader.read()
    assert reader.rows("SELECT amount_jpy FROM orders WHERE order_id = 'O3'") == [(6.0,)]


def test_in_a_large_part_the_rows_of_a_unit_lie_together(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_GROUP_ROWS", 3)
    reader.write(accounts=[{"account_id": "A1"}, {"account_id": "A2"}])
    reader.add("app_events", *(event(f"e{number}", f"A{1 + number % 2}") for number in range(4)))
    reader.read()
    found = reader.rows("SELECT account_id, event_id FROM app_events")
    assert found == [("A1", "e0"), ("A1", "e2"), ("A2", "e1"), ("A2", "e3")]


@pytest.mark.parametrize("is_amended", [False, True])
def test_the_newest_moment_is_known_whatever_part_it_lies_in(reader: Reader, is_amended: bool) -> None:
    reader.add("app_events", event("e1", at="2026-11-20T00:00:00Z"), event("e2"))
    reader.read()
    reader.add("app_events", *([event("e1", at="2026-11-03T00:00:00Z")] if is_amended else []), event("e3"))
    reader.read()
    with reader.open() as customers:
        newest = customers.cursor().execute("SELECT max(happened_at) FROM app_events").fetchall()[0][0]
        assert customers.data_until is not None and customers.data_until.replace(tzinfo=None) == newest


def test_many_small_parts_become_few(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compacting, "SMALL_ROWS", 3)
    monkeypatch.setattr(compacting, "FAN", 3)
    for number in range(12):
        reader.add("app_events", event(f"e{number}"))
        reader.read()
    entity = reader.manifest.entities["app_events"]
    assert entity.rows == 12 and len(entity.parts) < 2 * compacting.FAN
    assert sweep(reader.parts, reader.manifest.files, at_once=True) > 0
    assert {path.name for path in reader.parts.glob("*")} == set(reader.manifest.files)
    assert reader.rows("SELECT count(DISTINCT event_id) FROM app_events") == [(12,)]


def test_of_a_state_only_the_newest_reading_counts(reader: Reader) -> None:
    reader.write(accounts=[{}, {"account_id": "A2"}], contacts=[{}, {"contact_id": "C2", "account_id": "A2"}])
    reader.add("app_events", event("e1"), event("e2", "A2"))
    reader.read()
    reader.write(accounts=[{"company_name": "New name"}])
    found = reader.read()
    assert found.news["accounts"].changed == 1 and found.news["accounts"].removed == 1
    assert reader.rows("SELECT account_id, company_name FROM accounts") == [("A1", "New name")]
    assert reader.rows("SELECT contact_id FROM contacts") == [("C1",)]


def test_events_of_an_account_that_is_gone_wait_for_it(reader: Reader) -> None:
    reader.write(accounts=[{}, {"account_id": "A2"}], app_events=[event("e1"), event("e2", "A2")])
    reader.read()
    events = (reader.data / "app_events.csv").read_bytes()
    reader.write(accounts=[{}])
    (reader.data / "app_events.csv").write_bytes(events)
    reader.read()
    assert reader.rows("SELECT event_id FROM app_events") == [("e1",)]
    reader.write(accounts=[{}, {"account_id": "A2"}])
    (reader.data / "app_events.csv").write_bytes(events)
    reader.read()
    assert reader.rows("SELECT event_id FROM app_events ORDER BY 1") == [("e1",), ("e2",)]


def test_rows_that_come_before_their_account_are_let_in_when_it_comes(reader: Reader) -> None:
    reader.read()
    reader.add("app_events", event("e1", "A2"), event("e2"))
    news = reader.read().news["app_events"]
    assert (news.new, news.set_aside, news.waiting) == (1, 0, 1)
    assert [(fault.file, fault.line, fault.rule) for fault in news.faults] == [
        ("app_events.csv", 2, "no_such accounts.account_id")
    ]
    assert reader.manifest.entities["app_events"].waiting == 1
    reader.add("accounts", {"account_id": "A2", "company_name": "Late", "created_on": "2026-01-01", "language": "en"})
    found = reader.read()
    assert found.news["app_events"].let_in == 1 and found.touched == ["A2"]
    assert reader.manifest.entities["app_events"].aside is None
    assert reader.rows("SELECT event_id FROM app_events ORDER BY 1") == [("e1",), ("e2",)]


DAY = datetime(2026, 11, 20, 3, tzinfo=UTC)


def account(ident: str) -> dict[str, str]:
    return {"account_id": ident, "company_name": ident, "created_on": "2026-01-01", "language": "en"}


def test_rows_that_wait_stop_no_reading_until_they_have_waited_too_long(reader: Reader) -> None:
    reader.allowed, reader.now = 0.02, DAY
    reader.add("app_events", event("e0"), *(event(f"e{n}", f"A{n}") for n in range(2, 60)))
    news = reader.read().news["app_events"]
    assert (news.new, news.set_aside, news.waiting, news.overdue) == (1, 0, 58, 0)
    reader.now = DAY + timedelta(days=6)
    reader.add("accounts", account("A2"))
    assert reader.read().news["app_events"].let_in == 1
    reader.now = DAY + timedelta(days=8)
    assert overdue_by_entity(reader.manifest, reader.parts, reader.now) == {"app_events": 57}
    reader.add("accounts", account("A3"))
    with pytest.raises(TooManyFaulty) as error:
        reader.read()
    assert (error.value.kind, error.value.faulty) == ("overdue", 56)
    reader.add("accounts", *(account(f"A{n}") for n in range(4, 60)))
    assert reader.read().news["app_events"].let_in == 57
    assert reader.manifest.entities["app_events"].set_aside == 0


def test_a_late_row_waits_as_long_as_the_first_that_named_the_same(reader: Reader) -> None:
    reader.now = DAY
    reader.add("app_events", event("e1", "A9"))
    reader.read()
    reader.now = DAY + timedelta(days=8)
    reader.add("app_events", event("e2", "A9"), event("e3", "A10"))
    assert reader.read().news["app_events"].overdue == 2


def test_a_first_reading_of_another_systems_ids_is_refused(reader: Reader) -> None:
    reader.allowed = 0.5
    reader.add("app_events", *(event(f"e{n}", f"web-{n}") for n in range(100)))
    with pytest.raises(TooManyFaulty) as error:
        reader.read()
    assert error.value.kind == "strangers"


def test_a_file_that_was_emptied_is_told_and_what_was_read_stays(reader: Reader) -> None:
    reader.add("app_events", event("e1"))
    reader.read()
    (reader.data / "app_events.csv").write_bytes(b"")
    with pytest.raises(FaultyFile, match="the file is empty"):
        reader.read()
    assert reader.rows("SELECT event_id FROM app_events") == [("e1",)]


def test_a_row_set_aside_is_kept_until_its_file_is_read_anew(reader: Reader) -> None:
    reader.write(orders=[{"amount_jpy": "many"}, {"order_id": "O2"}])
    reader.read()
    with reader.open() as customers:
        assert [(f.file, f.line, f.column, f.value) for f in customers.faults] == [
            ("orders.csv", 2, "amount_jpy", "many")
        ]
        assert customers.fault_counts["orders"] == 1
    reader.write(orders=[{"amount_jpy": "5"}, {"order_id": "O2"}])
    reader.read()
    with reader.open() as customers:
        assert not customers.faults and customers.row_counts["orders"] == 2


def test_too_many_faults_publish_nothing(reader: Reader) -> None:
    reader.allowed = 0.02
    reader.write(orders=[{}] * 1)
    before = reader.read().manifest
    reader.write(orders=[{"amount_jpy": "x"}] * 30)
    with pytest.raises(ContractBroken, match=r"30 of 30 rows"):
        reader.read()
    assert reader.manifest is before and reader.rows("SELECT count(*) FROM orders") == [(1,)]


def test_a_few_faulty_new_rows_do_not_stop_a_large_source(reader: Reader) -> None:
    reader.allowed = 0.02
    reader.write(app_events=[event(f"e{n}") for n in range(1000)])
    reader.read()
    reader.add("app_events", event("f1", at="never"), event("f2"))
    assert reader.read().news["app_events"].set_aside == 1
    reader.add("app_events", *(event(f"g{n}", at="never") for n in range(30)))
    with pytest.raises(ContractBroken):
        reader.read()


def test_the_same_item_scanned_twice_is_two_lines_and_replayed_none(reader: Reader) -> None:
    line = {"order_id": "x1", "product_id": "p", "quantity": 1, "unit_price_jpy": 100}
    product = {"product_id": "p", "name_ja": "湯呑み", "name_en": "Cup", "price_jpy": 100}
    reader.write(orders=[{}], products=[product], order_lines=[line, line])
    reader.read()
    assert reader.rows("SELECT sum(quantity) FROM order_lines") == [(2.0,)]
    path = reader.data / "order_lines.csv"
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))
    assert reader.read().news["order_lines"].repeated == 2
    assert reader.rows("SELECT sum(quantity) FROM order_lines") == [(2.0,)]


def test_whom_a_reading_touches(reader: Reader) -> None:
    reader.write(
        accounts=[{"account_id": f"A{n}"} for n in (1, 2, 3)], contacts=[{}, {"contact_id": "C3", "account_id": "A3"}]
    )
    first = reader.read()
    assert first.touched is None
    reader.add("app_events", event("e1", "A2"))
    reader.add(
        "mail_events", {"event_id": "m1", "contact_id": "C3", "kind": "sent", "happened_at": "2026-11-02T00:00:00Z"}
    )
    assert reader.read().touched == ["A2", "A3"]
    reader.add("app_events", event("e2", "A1"))
    reader.read()
    assert units_since(reader.manifest, 1, reader.parts) == ["A1", "A2", "A3"]
    assert units_since(reader.manifest, 2, reader.parts) == ["A1"]
    assert units_since(reader.manifest, 3, reader.parts) == []
    assert units_since(reader.manifest, 0, reader.parts) is None


def test_an_erased_person_is_in_no_part_and_does_not_come_back(reader: Reader) -> None:
    reader.write(
        accounts=[{}, {"account_id": "A2"}],
        contacts=[{}, {"contact_id": "C-gone", "email": "gone@x.example"}],
        tickets=[
            {"contact_id": "C-gone", "text": "my words"},
            {"contact_id": "C-gone", "mood": "cross", "text": "worse"},
        ],
    )
    reader.read()
    reader.keep_out = lambda kind, value: (kind, value) in {("contact", "C-gone"), ("email", "gone@x.example")}
    reader.manifest = forget(reader.manifest, reader.parts, "account", reader.keep_out, 1)
    sweep(reader.parts, reader.manifest.files, at_once=True)
    assert reader.rows("SELECT contact_id FROM contacts") == [("C1",)]
    assert reader.rows("SELECT ticket_id, contact_id, text FROM tickets") == [("x1", None, None)]
    assert not has_news(reader.terms, reader.manifest)
    everything = open_published(reader.manifest, reader.parts, unit="account", model="subscription")
    with everything as customers:
        assert not [fault for fault in customers.faults if "gone" in str(fault)]
    reader.write(
        accounts=[{}],
        contacts=[{}, {"contact_id": "C-new", "email": "gone@x.example"}],
        mail_events=[{"contact_id": "C-new"}, {}],
        tickets=[{"contact_id": "C-new", "text": "again"}],
    )
    found = reader.read()
    assert found.met_anew == {("contact", "C-new")}
    assert reader.rows("SELECT contact_id FROM contacts") == [("C1",)]
    assert reader.rows("SELECT contact_id FROM mail_events") == [("C1",)]
    assert reader.rows("SELECT text FROM tickets WHERE contact_id IS NOT NULL OR text = 'again'") == []
    assert reader.manifest.entities["mail_events"].aside is None


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(2, 5))
def test_pieces_add_up_to_the_whole(tmp_path: Path, chance: random.Random, pieces: int) -> None:
    """Files that grow, in any order, with repeats, faults and rows before what they refer to."""
    folder = tmp_path / f"{chance.random()}"
    reader = Reader(folder, accounts=[{}])
    accounts = ["A1", *(f"A{n}" for n in range(2, 8))]
    waiting_accounts = accounts[1:]
    for _ in range(pieces):
        for account in chance.sample(waiting_accounts, k=min(2, len(waiting_accounts))):
            waiting_accounts.remove(account)
            reader.add(
                "accounts", {"account_id": account, "company_name": "x", "created_on": "2026-01-01", "language": "ja"}
            )
        events = [event(f"e{chance.randrange(30)}", "A1") for _ in range(5)]
        events += [
            event(f"f{n}", accounts[n % 9 - 1] if n % 9 < 7 else "nobody") for n in chance.sample(range(60), k=6)
        ]
        events += [event(f"g{chance.randrange(99)}", at="at noon")]
        reader.add("app_events", *events)
        reader.read()
    with open_sources(reader.data, faulty_rows_allowed=1.0) as whole, reader.open() as published:
        for name in whole.row_counts:
            query = f"SELECT * FROM {name} ORDER BY ALL"
            assert published.cursor().execute(query).fetchall() == whole.cursor().execute(query).fetchall(), name
            assert published.row_counts[name] == whole.row_counts[name]


def test_nothing_private_is_readable_by_others(reader: Reader) -> None:
    reader.read()
    assert reader.parts.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in reader.parts.glob("*"))

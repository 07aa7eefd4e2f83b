"""Who is who in the store: ids stay, nobody changes their group, people's corrections hold, an erasure takes all."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kizuna.store import erasing, identity
from kizuna.store.database import Store, open_store, sqlite_url
from kizuna.store.subjects import find_subject, holdings_of
from kizuna.store.tables import (
    ConsentRow,
    ContactRow,
    ErasureRow,
    GroupConflictRow,
    LinkRow,
    PreferenceRow,
    UnitGroupRow,
    UnitRow,
)
from sqlmodel import Session, select

from .postgres import drop_database, new_database

NOW = datetime(2026, 4, 1, tzinfo=UTC)
SECRET = b"a secret of the tests"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    """A write transaction on an empty store of either database."""
    server = request.getfixturevalue("postgres") if request.param == "postgres" else ""
    url = new_database(server) if server else sqlite_url(tmp_path / "store.db")
    store: Store = open_store(url)
    with store.write() as opened:
        yield opened
    store.close()
    if server:
        drop_database(server, url)


def link(record: str, customer: str, rule: str = "") -> dict[str, Any]:
    return {"record_id": record, "customer_id": customer, "rule": rule, "shared": "t***@example.jp", "via": ""}


def known(session: Session, *records: str) -> None:
    """Customers of one record each."""
    identity.keep(session, [link(record, record) for record in records], [], {}, "1", NOW)


def drawn(session: Session, unit: str, group: str, campaign: str = "spring") -> None:
    told = {"enrolled_cycle": 1, "in_pilot": False, "baseline_ltv_jpy": 0.0, "baseline_churn_risk": 0.0}
    session.add(UnitGroupRow(campaign=campaign, unit_id=unit, group=group, enrolled_at=NOW, **told))
    session.flush()


def merge(session: Session, alias: str, customer: str) -> None:
    identity.keep(session, [link(alias, customer, "mail")], [(alias, customer)], {}, "2", NOW + timedelta(days=1))


def groups(session: Session) -> dict[str, str]:
    return {row.unit_id: row.group for row in session.exec(select(UnitGroupRow))}


def test_keeping_the_same_twice_changes_nothing(session: Session) -> None:
    known(session, "a", "b")
    identity.keep(session, [link("a", "a"), link("b", "b")], [], {}, "1", NOW + timedelta(days=9))
    assert [(row.record_id, row.first_seen_at) for row in identity.records_of(session, "a")] == [("a", NOW)]
    assert identity.known(session).mark == "1"


def test_a_merge_of_two_groups_moves_nobody_and_is_on_record(session: Session) -> None:
    known(session, "a", "b")
    drawn(session, "a", "policy")
    drawn(session, "b", "holdout")
    merge(session, "b", "a")
    assert groups(session) == {"a": "policy", "b": "holdout"}
    (conflict,) = identity.conflicts_of(session, "a")
    assert (conflict.alias, conflict.group, conflict.alias_group) == ("b", "policy", "holdout")
    assert identity.not_one_person(session, "spring") == {"a", "b"}


def test_a_merge_within_one_group_is_no_conflict_and_the_alias_counts_with_the_customer(session: Session) -> None:
    known(session, "a", "b", "c")
    for unit in ("a", "b", "c"):
        drawn(session, unit, "policy")
    merge(session, "b", "a")
    assert identity.conflicts_of(session, "a") == []
    assert identity.not_one_person(session, "spring") == {"b"}


def test_a_customer_not_drawn_yet_takes_the_draw_of_the_alias(session: Session) -> None:
    known(session, "a", "b")
    drawn(session, "b", "holdout")
    merge(session, "b", "a")
    assert groups(session) == {"a": "holdout", "b": "holdout"}


def test_a_conflict_goes_along_when_the_customer_becomes_an_alias(session: Session) -> None:
    known(session, "a", "b", "c")
    drawn(session, "a", "policy")
    drawn(session, "b", "holdout")
    merge(session, "b", "a")
    merge(session, "a", "c")
    assert {row.alias for row in identity.conflicts_of(session, "c")} == {"b"}
    assert {row.customer_id for row in session.exec(select(LinkRow))} == {"c"}


def test_what_an_alias_withdrew_and_asked_for_holds_for_the_customer(session: Session) -> None:
    known(session, "a", "b")
    told = {"channel": "email", "purpose": "marketing", "evidence": "page"}
    session.add(ConsentRow(contact_id="a", state="granted", recorded_at=NOW, **told))
    session.add(ConsentRow(contact_id="b", state="withdrawn", recorded_at=NOW - timedelta(days=99), **told))
    session.add(PreferenceRow(contact_id="a", kind="per_month", name="", value="8", changed_at=NOW))
    session.add(PreferenceRow(contact_id="b", kind="per_month", name="", value="1", changed_at=NOW))
    session.add(PreferenceRow(contact_id="b", kind="channel", name="letter", changed_at=NOW))
    session.flush()
    merge(session, "b", "a")
    session.expire_all()
    rows = session.exec(select(ConsentRow).where(ConsentRow.contact_id == "a")).all()
    assert max(rows, key=lambda row: row.recorded_at).state == "withdrawn"
    wishes = session.exec(select(PreferenceRow).where(PreferenceRow.contact_id == "a")).all()
    assert {(row.kind, row.name, row.value) for row in wishes} == {("per_month", "", "1"), ("channel", "letter", "")}


def test_a_split_stays_and_a_join_takes_it_back(session: Session) -> None:
    known(session, "a", "b")
    merge(session, "b", "a")
    session.expire_all()
    own, other = identity.records_of(session, "a")
    identity.split(session, other, [own], by="mori", at=NOW)
    session.flush()
    assert identity.customer_of(session, "b") == "b"
    assert identity.known(session).apart == [("a", "b")]
    ours, theirs = identity.records_of(session, "a"), identity.records_of(session, "b")
    identity.join(session, ours, theirs, by="mori", at=NOW, reason="they said so")
    session.flush()
    assert identity.customer_of(session, "b") == "a"
    assert identity.known(session).apart == []
    assert identity.known(session).joined == [("a", "b")]


def test_an_erasure_finds_every_record_and_leaves_no_link(session: Session) -> None:
    known(session, "a", "b", "c")
    for ident in ("a", "b"):
        session.add(UnitRow(unit_id=ident, name="山田 太郎"))
        session.add(ContactRow(contact_id=ident, unit_id=ident, name="山田 太郎", is_primary=True))
        drawn(session, ident, "policy" if ident == "a" else "holdout")
    merge(session, "b", "a")
    session.expire_all()
    subject = find_subject(session, "b")
    assert subject is not None
    assert set(subject.ids) == {"a", "b"}
    erasing.keep_erasure(session, subject, SECRET, NOW)
    erasing.erase_rows(session, subject, holdings_of(session, subject), at=NOW, actor="mori")
    assert [row.record_id for row in session.exec(select(LinkRow))] == ["c"]
    assert not {"a", "b"} & groups(session).keys()
    (conflict,) = session.exec(select(GroupConflictRow)).all()
    assert not {conflict.unit_id, conflict.alias} & {"a", "b"}
    hashes = {row.subject_hash for row in session.exec(select(ErasureRow))}
    assert {erasing.subject_hash(SECRET, kind, "b") for kind in ("contact", "unit")} <= hashes

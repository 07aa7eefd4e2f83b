"""Erasing a person: nothing of them is left anywhere, the campaign goes on, and no source brings them back."""

import sqlite3
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from kizuna.agents.reading import open_customers
from kizuna.agents.scoring import load_snapshot
from kizuna.domain.errors import UserError
from kizuna.service import erasing
from kizuna.service.reporting import build_report
from kizuna.store import audit
from kizuna.store.comments import keep_comment
from kizuna.store.leases import lease
from kizuna.store.preferences import keep_preference
from kizuna.store.subjects import find_subject, holdings_of
from kizuna.store.tables import (
    AuditRow,
    CommentRow,
    ConsentRow,
    ContactRow,
    CycleRow,
    DecisionRow,
    DeliveryRow,
    DraftRow,
    ErasureRow,
    JourneyRow,
    ReviewRow,
    SnapshotRow,
    SuppressionRow,
    UnitGroupRow,
    UnitRow,
)
from sqlmodel import Session, SQLModel

from .conftest import Company
from .world import MORNING, World

#: Tables with nothing about a customer in them; every other table is gone through.
ABOUT_NOBODY = {
    "belief",
    "campaign",
    "cycle",
    "erasure",
    "lease",
    "login_token",
    "model_call",
    "pause",
    "person",
    "plan",
    "published",
    "rep",
    "segmentation",
    "setting",
    "snapshot",
    "variant",
    "web_session",
}


def test_every_table_is_gone_through_or_is_about_nobody(company: Company) -> None:
    """A new table has to be put on one side or the other."""
    world = company("queued")
    with world.workspace.store.read() as session:
        subject = find_subject(session, world.rows(DeliveryRow)[0].unit_id)
        assert subject is not None
        through = {str(table.__tablename__) for table in holdings_of(session, subject).rows}
    assert through | ABOUT_NOBODY == set(SQLModel.metadata.tables)
    assert not through & ABOUT_NOBODY


def traces(folder: Path, *needles: str) -> list[str]:
    """Files below that hold one of these words, in whatever coding; the company's own sources apart."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or "data" in path.parts or "world" in path.parts:
            continue
        texts = list(_texts(path))
        found += [
            f"{path.relative_to(folder)}: {needle}" for needle in needles if any(needle.encode() in t for t in texts)
        ]
    return found


def _texts(path: Path) -> Iterator[bytes]:
    raw = path.read_bytes()
    yield raw
    yield raw.replace(b"\\u", b"")
    if path.suffix == ".eml":
        for part in message_from_bytes(raw).walk():
            body = part.get_payload(decode=True)
            if isinstance(body, bytes):
                yield body
    if path.suffix == ".parquet":
        import duckdb

        yield repr(duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchall()).encode()
    if path.suffix == ".db":
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # every value as stored, JSON unescaped
                yield "|".join(_plain(value) for value in row).encode("utf-8", "replace")
        connection.close()


def _plain(value: object) -> str:
    if isinstance(value, str) and "\\u" in value:
        return value.encode().decode("unicode_escape").encode("utf-16", "surrogatepass").decode("utf-16")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def everything_about(world: World, unit: UnitRow) -> list[str]:
    """What must be found nowhere: ids, names, addresses."""
    contacts = world.rows(ContactRow, unit_id=unit.unit_id)
    words = {unit.unit_id, unit.name}
    for contact in contacts:
        words |= {contact.contact_id, contact.name, contact.email or unit.name}
    return sorted(words)


def reached(world: World, channel: str) -> DeliveryRow:
    return next(row for row in world.rows(DeliveryRow, channel=channel) if row.state in ("sent", "handed_over"))


def speak_up(world: World, contact: ContactRow) -> None:
    """The person writes a comment and chooses a language."""

    def act(session: Session) -> None:
        words = f"{contact.name} ({contact.email}) is not amused"
        row = CommentRow(
            id="c1",
            contact_id=contact.contact_id,
            unit_id=contact.unit_id,
            source="page",
            text=words,
            written_at=MORNING,
        )
        keep_comment(session, row)
        keep_preference(session, contact.contact_id, "topic", "offers", at=MORNING)

    world.write(act)


@pytest.mark.parametrize("channel", ["email", "rep_draft"])
def test_nothing_of_an_erased_person_is_left_anywhere(company: Company, channel: str) -> None:
    world = company("queued")
    world.tick()
    delivery = reached(world, channel)
    unit = world.one(UnitRow, delivery.unit_id)
    contact = world.one(ContactRow, delivery.contact_id)
    speak_up(world, contact)
    needles = everything_about(world, unit)
    before = traces(world.folder, *needles)
    kinds = {line.split(":")[0].split("/")[0] for line in before}
    assert {".kizuna", "outbox"} <= kinds, "the person can be found before"
    assert any(".parquet" in line for line in before)

    done = erasing.erase(world.workspace, unit.unit_id, by="mori")

    assert done.done and done.people == len([n for n in needles if n.startswith("C")])
    assert done.messages >= 1 and done.snapshots == 1
    assert traces(world.folder, *needles) == []


def test_the_record_still_proves_itself_and_says_that_somebody_went(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    world.tick()
    unit = reached(world, "rep_draft").unit_id
    told = sorted(row.seq for row in world.rows(AuditRow) if unit in row.subject)
    assert told
    erasing.erase(world.workspace, unit, by="mori")
    with world.workspace.store.read() as session:
        assert audit.broken_at(session) is None
    rows = {row.seq: row for row in world.rows(AuditRow)}
    last = rows[max(rows)]
    assert (last.actor, last.action, last.subject) == ("mori", "person_erased", "person")
    assert last.details == {"rows": told}
    assert all(rows[seq].salt == "" and "erased-" in rows[seq].subject for seq in told)


def test_taking_ids_out_of_the_record_without_saying_so_is_found(company: Company) -> None:
    """The triggers let an erasure through; one that is not on record breaks the chain."""
    world = company("planned")
    world.write(
        lambda session: session.connection().exec_driver_sql("UPDATE audit SET subject = 'x', salt = '' WHERE seq = 1")
    )
    with world.workspace.store.read() as session:
        assert audit.broken_at(session) == 1


def test_only_keyed_hashes_stay(company: Company) -> None:
    world = company("queued")
    unit = world.rows(DeliveryRow)[0].unit_id
    contacts = world.rows(ContactRow, unit_id=unit)
    erasing.erase(world.workspace, unit, by="mori")
    assert world.one(UnitRow, unit) is None
    for contact in contacts:
        assert world.one(ContactRow, contact.contact_id) is None
        assert not world.rows(ConsentRow, contact_id=contact.contact_id)
        assert world.one(SuppressionRow, contact.address_hash).reason == "erased"
        assert erasing.is_erased(world.workspace, contact.contact_id)
    assert len(world.rows(ErasureRow)) == 1 + sum(2 if contact.email else 1 for contact in contacts)


def test_counts_stay_under_a_name_that_leads_to_nobody(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    world.tick()
    row = reached(world, "email")
    counted = {table: len(world.rows(table)) for table in (UnitGroupRow, DecisionRow, JourneyRow, DeliveryRow)}
    erasing.erase(world.workspace, row.unit_id, by="mori")
    assert counted == {table: len(world.rows(table)) for table in counted}
    went = [d for d in world.rows(DeliveryRow) if d.unit_id.startswith("erased-")]
    assert {d.state for d in went} <= {"sent", "cancelled"} and row.message_id not in {d.message_id for d in went}
    decision = world.one(DecisionRow, went[0].decision_id)
    assert (decision.unit_id, decision.action) == (went[0].unit_id, row.action)
    group = world.one(UnitGroupRow, ("nagare-save", went[0].unit_id))
    assert group.group == decision.group
    assert not world.rows(DraftRow, unit_id=went[0].unit_id)


def test_the_campaign_goes_on_and_the_report_still_builds(company: Company) -> None:
    world = company("queued")
    world.tick()
    for channel in ("email", "rep_draft"):
        erasing.erase(world.workspace, reached(world, channel).unit_id, by="mori")
    holdout = world.rows(UnitGroupRow, group="holdout")[0].unit_id
    erasing.erase(world.workspace, holdout, by="mori")
    groups = len(world.rows(UnitGroupRow))
    world.live(days=30, hours=1)
    world.tick()
    assert [row.cycle for row in world.open("plan")] == [2]
    assert world.rows(CycleRow)[0].measurement
    report = build_report(world.workspace)
    assert sum(report.units.values()) >= groups


def test_reading_the_sources_again_does_not_bring_them_back(company: Company) -> None:
    world = company("queued")
    world.tick()
    unit = world.one(UnitRow, reached(world, "email").unit_id)
    contacts = [row.contact_id for row in world.rows(ContactRow, unit_id=unit.unit_id)]
    needles = everything_about(world, unit)
    erasing.erase(world.workspace, unit.unit_id, by="mori")
    for path in (world.folder / "data").glob("*.csv"):
        path.touch()
    world.live(days=1)
    world.tick()
    world.live(days=30)
    world.tick()
    assert world.one(UnitRow, unit.unit_id) is None
    assert not [contact for contact in contacts if world.one(ContactRow, contact)]
    newest = max(world.rows(SnapshotRow), key=lambda row: row.as_of)
    assert unit.unit_id not in load_snapshot(world.workspace, newest.name).unit_ids
    assert traces(world.folder, *needles) == []


def test_their_visits_go_too_and_their_cookie_stays_out(company: Company) -> None:
    """Those that are theirs only by an identifier as well, and when nobody says any more whose cookie it was."""
    world = company("queued")
    unit = world.rows(DeliveryRow)[0].unit_id
    visits, known = world.folder / "data" / "web_events.csv", world.folder / "data" / "identifiers.csv"
    visits.write_text(
        "event_id,account_id,visitor_id,kind,product_id,happened_at\n"
        "w1,,hers-cookie,view,,2026-03-01T00:00:00Z\nw2,,no-one-cookie,view,,2026-03-01T00:00:00Z\n",
        encoding="utf-8",
    )
    header = "identifier_id,account_id,kind,value,recorded_at\n"
    known.write_text(f"{header}i1,{unit},cookie,hers-cookie,\n", encoding="utf-8")
    query = "SELECT event_id, account_id FROM web_events"
    with open_customers(world.workspace) as customers:
        assert customers.cursor().execute(query).fetchall() == [("w1", unit)]
    assert traces(world.folder, "hers-cookie")

    erasing.erase(world.workspace, unit, by="mori")

    assert traces(world.folder, "hers-cookie") == []
    known.write_text(header, encoding="utf-8")
    with visits.open("a", encoding="utf-8") as file:
        file.write("w3,,hers-cookie,view,,2026-03-02T00:00:00Z\n")
    with open_customers(world.workspace) as customers:
        assert customers.cursor().execute(query).fetchall() == []
        assert customers.anonymous["web_events"].rows == 1
    assert traces(world.folder, "hers-cookie") == [] and traces(world.folder, "no-one-cookie")


def test_the_same_person_under_a_new_id_stays_out(company: Company) -> None:
    world = company("queued")
    contact = world.one(ContactRow, world.rows(DeliveryRow)[0].contact_id)
    erasing.erase(world.workspace, contact.contact_id, by="mori")
    path = world.folder / "data" / "contacts.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(contact.contact_id, "C999999"), encoding="utf-8")
    for name in ("consents", "mail_events", "survey_answers", "tickets", "app_events"):
        other = world.folder / "data" / f"{name}.csv"
        other.write_text(other.read_text(encoding="utf-8").replace(contact.contact_id, "C999999"), encoding="utf-8")
    world.live(days=1)
    world.tick()
    assert world.one(ContactRow, "C999999") is None


def test_an_open_batch_goes_on_without_the_erased(company: Company) -> None:
    world = company("written")
    batch = max(world.open("batch"), key=lambda row: row.summary["units"])
    drafts = world.rows(DraftRow, review_id=batch.id)
    unit = drafts[0].unit_id
    erasing.erase(world.workspace, unit, by="mori")
    left = world.one(ReviewRow, batch.id)
    assert left.state == "open" and left.summary["units"] == batch.summary["units"] - 1
    assert left.summary["drafts"] == len(world.rows(DraftRow, review_id=batch.id)) < len(drafts)
    world.approve_all()
    world.tick()
    states = world.states()
    assert states and not [key for key in states if unit in key or "erased-" in key]


def test_a_draft_that_is_theirs_alone_is_asked_about_no_more(company: Company) -> None:
    world = company("written")
    each = world.open("each")[0]
    unit = world.rows(DraftRow, review_id=each.id)[0].unit_id
    erasing.erase(world.workspace, unit, by="mori")
    assert world.one(ReviewRow, each.id) is None
    closed = [row for row in world.rows(ReviewRow, kind="each") if "erased-" in row.id]
    assert [row.state for row in closed] == ["expired"]
    world.approve_all()
    world.tick()
    assert not [key for key in world.states() if "erased-" in key]


def test_what_is_queued_for_them_does_not_leave(company: Company) -> None:
    world = company("queued")
    row = world.rows(DeliveryRow, state="queued")[0]
    erasing.erase(world.workspace, row.unit_id, by="mori")
    world.tick()
    theirs = [d for d in world.rows(DeliveryRow) if d.unit_id.startswith("erased-")]
    assert [(d.state, d.reason) for d in theirs] == [("cancelled", "erased")]


def test_one_of_several_contacts_goes_and_the_account_stays(company: Company) -> None:
    world = company("queued")
    world.tick()
    contact = next(
        world.one(ContactRow, row.contact_id)
        for row in world.rows(DeliveryRow, state="sent")
        if len(world.rows(ContactRow, unit_id=row.unit_id)) > 1
    )
    erasing.erase(world.workspace, contact.contact_id, by="mori")
    assert world.one(UnitRow, contact.unit_id) is not None
    assert traces(world.folder, contact.contact_id, contact.email, contact.name) == []


def test_while_somebody_is_at_work_it_waits_for_the_next_tick(company: Company) -> None:
    world = company("queued")
    row = world.rows(DeliveryRow, state="queued")[0]
    address = world.one(ContactRow, row.contact_id).address_hash
    with lease(world.workspace.store, "campaign/nagare-save"):
        assert not erasing.erase(world.workspace, row.contact_id, by="mori").done
        assert world.one(SuppressionRow, address) is not None, "nothing is sent meanwhile"
    world.tick()
    assert world.one(ContactRow, row.contact_id) is None
    assert not erasing.finish(world.workspace), "nothing is left to do"


def test_a_crash_in_between_is_mended_by_the_next_tick(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    world = company("queued")
    world.tick()
    unit = world.one(UnitRow, reached(world, "email").unit_id)
    needles = everything_about(world, unit)
    with monkeypatch.context() as patched:
        patched.setattr(erasing, "_sweep_snapshots", lambda workspace: (_ for _ in ()).throw(OSError("no")))
        with pytest.raises(OSError, match="no"):
            erasing.erase(world.workspace, unit.unit_id, by="mori")
    assert traces(world.folder, *needles), "the old snapshot lies there still"
    world.tick()
    assert traces(world.folder, *needles) == []


def test_nobody_with_that_id(company: Company) -> None:
    world = company("founded")
    with pytest.raises(UserError, match="nobody with the id"):
        erasing.ask(world.workspace, "C-nobody", by="mori")
    assert not world.rows(ErasureRow)

"""Reviewers, deputies and owners are told: once each, in their language, again before it expires, nothing personal."""

import json
from collections.abc import Callable, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from kizuna.domain.errors import NotSentYet
from kizuna.service import notices as telling
from kizuna.store.tables import ContactRow, IncidentRow, NoticeRow, PauseRow, PersonRow, UnitRow
from kizuna.tools.folder_outbox import FolderOutbox
from kizuna.tools.guarded_https import Answer

from .world import World

Company = Callable[..., World]
INBOX = "https://kizuna.nagare.example/inbox"
ON: Mapping[str, Any] = {"notices": {"mail": True, "inbox_url": INBOX}}


def noticed(company: Company, stage: str, changes: Mapping[str, Any] = ON) -> World:
    """A company at a stage, whose brief has asked for notices from then on."""
    world = company(stage)
    world.change_brief(changes)
    return world


def told(world: World) -> dict[str, list[EmailMessage]]:
    """Address -> the notices that lie in the folder for it, as the tick wrote them."""
    found: dict[str, list[EmailMessage]] = {}
    for path in sorted((world.folder / "outbox/notices").glob("*.eml"), key=lambda p: p.stat().st_mtime_ns):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        found.setdefault(str(mail["To"]), []).append(mail)
    return found


def names(world: World) -> set[str]:
    return {address.split("@")[0] for address in told(world)}


def test_reviewers_who_may_decide_are_told_once_when_something_waits(company: Company) -> None:
    world = noticed(company, "planned")
    for _ in range(3):
        world.tick()
    assert names(world) == {"sato", "ueda", "r01", "r03", "r05"}, "mori wrote the brief, suzuki is a deputy"
    assert all(len(mails) == 1 for mails in told(world).values())


def test_many_things_for_one_person_are_one_mail_with_the_deadline_and_the_way_to_the_inbox(company: Company) -> None:
    world = noticed(company, "written")
    world.tick()
    waiting = [row for row in world.open() if row.role == "supervisor"]
    mail = told(world)["sato@nagare.example"][0]
    text = mail.get_content()
    assert len(waiting) > 1 and f"{len(waiting)}件" in text and INBOX in text
    assert "2026-04-0" in text and "Asia/Tokyo" in text
    assert mail["Auto-Submitted"] == "auto-generated" and "nagare-save" in str(mail["Subject"])


def test_a_rep_is_told_of_their_own_drafts(company: Company) -> None:
    world = noticed(company, "written")
    world.tick()
    assignees = {row.assignee for row in world.open("each") if row.assignee}
    assert assignees and assignees <= names(world)


def test_each_person_is_told_in_their_own_language(company: Company) -> None:
    world = noticed(company, "planned")
    world.change(PersonRow, "sato", language="en")
    world.tick()
    assert "waits for your decision" in told(world)["sato@nagare.example"][0].get_content()
    assert "承認待ちが1件" in told(world)["r01@nagare.example"][0].get_content()


def test_the_deputy_is_told_after_half_of_the_time_and_all_again_before_it_expires(company: Company) -> None:
    world = noticed(company, "planned")
    world.tick()
    assert "suzuki" not in names(world)
    world.live(days=2, hours=14)  # half of the time to Monday, 10:00
    world.tick()
    assert "代理" in told(world)["suzuki@nagare.example"][0].get_content()
    assert len(told(world)["sato@nagare.example"]) == 1
    world.live(days=1, hours=11)  # within 24 hours of the end
    world.tick()
    world.tick()
    last = told(world)["sato@nagare.example"][-1]
    assert len(told(world)["sato@nagare.example"]) == 2
    assert "まもなく" in last.get_content() and "至急" in str(last["Subject"])


def test_what_was_decided_meanwhile_is_not_told(company: Company) -> None:
    world = noticed(company, "planned")
    world.approve_all("plan")
    world.tick()
    assert all("plan" not in row.subject for row in world.rows(NoticeRow))


def test_no_notice_holds_a_customers_data(company: Company) -> None:
    world = noticed(company, "written")
    world.live(days=3)
    world.tick()
    everything = "\n".join(
        f"{mail['Subject']}\n{mail.get_content()}" for mails in told(world).values() for mail in mails
    )
    customers = [row.name for row in world.rows(UnitRow)] + [row.name for row in world.rows(ContactRow)]
    customers += [row.email for row in world.rows(ContactRow)] + [row.unit_id for row in world.rows(UnitRow)]
    assert everything and [value for value in customers if value and value in everything] == []


def test_a_failed_notice_is_tried_again_with_the_same_id_and_given_up_after_five_times(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = noticed(company, "planned")
    ids: list[str] = []

    def refuse(self: FolderOutbox, message: bytes, *, message_id: str) -> str:
        if b"sato@nagare.example" in message:
            ids.append(message_id)
            raise NotSentYet("no")
        return "kept"

    monkeypatch.setattr(FolderOutbox, "keep_notice", refuse)
    for _ in range(8):
        world.tick()
        world.live(minutes=5)
    assert len(ids) == 5 and len(set(ids)) == 1
    rows = {row.recipient: row for row in world.rows(NoticeRow)}
    assert (rows["sato"].state, rows["sato"].attempts) == ("given_up", 5)
    assert (rows["ueda"].state, rows["ueda"].attempts) == ("told", 1), "one failure holds up nobody else"


def test_a_notice_that_fails_never_stops_the_tick(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    world = noticed(company, "queued")

    def break_down(self: FolderOutbox, message: bytes, *, message_id: str) -> str:
        raise OSError("disk full")

    monkeypatch.setattr(FolderOutbox, "keep_notice", break_down)
    world.approve_all()
    assert world.tick().deliveries.get("sent")


def test_an_incident_reaches_its_owner_in_the_same_tick(company: Company) -> None:
    world = noticed(company, "queued", {**ON, "reviewers": {"complaints": "kato"}})
    contact = world.rows(ContactRow)[0]
    at = f"{world.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    with (world.workspace.data / "mail_events.csv").open("a", encoding="utf-8") as file:
        file.write(f"E900001,{contact.contact_id},complained,{at},\n")
    world.live(minutes=1)
    world.tick()
    assert [row.owner for row in world.rows(IncidentRow)] == ["kato"]
    assert "苦情" in told(world)["kato@nagare.example"][0].get_content()


def test_a_campaign_that_stopped_itself_is_told_to_supervisors_and_operators(company: Company) -> None:
    world = noticed(company, "queued")
    pause = PauseRow(
        scope="nagare-save", paused_by="system", paused_at=world.clock.now(), reason="the server says stop"
    )
    world.write(lambda session: session.add(pause))
    world.tick()
    assert {"sato", "ono", "mori"} <= names(world)
    assert "the server says stop" in told(world)["ono@nagare.example"][0].get_content()


def test_who_paused_by_hand_needs_no_notice(company: Company) -> None:
    world = noticed(company, "queued")
    pause = PauseRow(scope="nagare-save", paused_by="sato", paused_at=world.clock.now(), reason="wrong price")
    world.write(lambda session: session.add(pause))
    world.tick()
    assert not world.rows(NoticeRow, kind="paused")


def test_a_webhook_gets_the_same_signed_and_with_a_key(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTICE_SECRET", "shared secret of a test")
    hook = {"url": "https://chat.nagare.example/kizuna", "secret_env": "NOTICE_SECRET"}
    world = noticed(company, "planned", {"notices": {"webhook": hook, "inbox_url": INBOX}})
    calls: list[tuple[str, dict[str, str], Any]] = []

    def post(method: str, url: str, *, headers: dict[str, str], body: bytes) -> Answer:
        calls.append((url, headers, json.loads(body)))
        return Answer(200, {}, b"")

    opened = type(world.workspace).transport.fget
    monkeypatch.setattr(type(world.workspace), "transport", property(lambda self: _with_poster(opened(self), post)))
    world.tick()
    assert {body["recipient"] for _, _, body in calls} == {"sato", "ueda", "r01", "r03", "r05"}
    url, headers, body = calls[0]
    assert url == hook["url"] and headers["Idempotency-Key"] == body["id"]
    assert headers["Kizuna-Signature"].startswith("t=") and body["items"][0]["kind"] == "waiting"
    assert not told(world), "mail was not asked for"


def _with_poster(outward: Any, post: Any) -> Any:
    outward._post = post
    return outward


def test_without_a_wish_nobody_is_told(company: Company) -> None:
    world = company("planned")
    world.tick()
    assert not world.rows(NoticeRow) and not (world.folder / "outbox/notices").exists()


def test_a_tick_that_has_nothing_to_tell_opens_no_connection(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    world = noticed(company, "planned")
    world.tick()
    monkeypatch.setattr(type(world.workspace), "transport", property(lambda self: pytest.fail("opened")))
    assert telling.send_notices(world.workspace) == 0

"""Through a real Postfix into a real Dovecot and back: what customers and reps get, and what comes back to us."""

import csv
import imaplib
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from kizuna.domain.delivery_settings import Mailboxes, Smtp
from kizuna.domain.errors import NotSentYet, PauseSending
from kizuna.domain.playbook import Channel
from kizuna.service import inbound
from kizuna.store.tables import CommentRow, ContactRow, DeliveryRow, NoticeRow, RepRow, SettingRow, SuppressionRow
from kizuna.tools.imap import RepMailboxes
from kizuna.tools.smtp import SmtpRelay
from pydantic import SecretStr

from .mail_server import PASSWORD, MailServer, a_mail_server, until
from .returned import reply
from .world import Stages, World, write_brief

pytestmark = pytest.mark.mail
BOUNCES = "bounces@nagare.example"
DRAFT = (
    b"From: r01@nagare.example\r\nTo: a@kakuu.example\r\nSubject: x\r\nMessage-ID: <d1@nagare.example>\r\n\r\nhi\r\n"
)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with a_mail_server() as started:
        started.add_mailboxes([BOUNCES, "success@nagare.example"])
        yield started


@pytest.fixture(autouse=True)
def trusted(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system trusts the server's certificate, and knows the password."""
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate.certificate))
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)


def settings(server: MailServer) -> dict[str, Any]:
    """A brief that sends: encrypted and logged in, drafts by IMAP, bounces read by IMAP."""
    mine = {"host": "127.0.0.1", "password_env": "MAIL_PASSWORD"}
    relay = {**mine, "port": server.submission, "security": "starttls", "user": "success@nagare.example"}
    return {
        "kind": "smtp",
        "smtp": {**relay, "bounces": BOUNCES},
        "mailboxes": {**mine, "port": server.imaps, "security": "tls", "user": "{mailbox}"},
        "inbound": {**mine, "port": server.imaps, "security": "tls", "user": BOUNCES},
    }


@dataclass
class Posted:
    """A campaign whose first mails went through the real server."""

    world: World
    usual: DeliveryRow
    gone: DeliveryRow
    refused: DeliveryRow
    draft: DeliveryRow

    def address(self, row: DeliveryRow) -> str:
        return self.world.one(ContactRow, row.contact_id).email


@pytest.fixture(scope="module")
def posted(server: MailServer, stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posted]:
    """Planned, approved and sent to the real server: three mails and a rep's draft."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(server.certificate.certificate))
        patch.setenv("MAIL_PASSWORD", PASSWORD)
        world = _approved(server, stages, tmp_path_factory.mktemp("posted") / "company")
        with world:
            rows = world.rows(DeliveryRow)
            mails = [row for row in rows if row.channel == "email" and world.draft(row.draft_id).language == "ja"][:3]
            posted = Posted(world, *mails, next(row for row in rows if row.channel == "rep_draft"))
            server.refuse([posted.address(posted.refused)])
            server.add_mailboxes([posted.address(posted.usual)])
            world.only([row.key for row in (*mails, posted.draft)])
            world.tick()
            yield posted


def _approved(server: MailServer, stages: Stages, folder: Path) -> World:
    world = stages.copy("founded", folder)
    domains = {row["email"].split("@")[1] for row in _contacts(world)}
    allowed = {"allow_list": [f"@{domain}" for domain in sorted(domains)]}
    write_brief(folder, {"delivery": {**settings(server), **allowed}, "notices": {"mail": True}})
    world.reopen()
    world.start()
    world.tick()
    world.approve_all("plan")
    world.tick()
    server.add_mailboxes([row.email for row in world.rows(RepRow)])
    world.approve_all()
    world.release()
    return world


def _contacts(world: World) -> list[dict[str, str]]:
    with (world.workspace.data / "contacts.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["email"] and "@" in row["email"]]


def arrived(server: MailServer, posted: Posted) -> EmailMessage:
    return server.wait_for(posted.address(posted.usual))[0]


def test_a_mail_arrives_once_as_it_was_approved(server: MailServer, posted: Posted) -> None:
    world, row = posted.world, posted.world.one(DeliveryRow, posted.usual.key)
    mail, draft = arrived(server, posted), world.draft(row.draft_id)
    assert (row.state, row.place[:4]) == ("sent", "250 ")
    assert mail["Subject"] == draft.subject and not draft.subject.isascii()
    assert mail["Message-ID"] == row.message_id
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n").strip() == draft.text.strip()
    for _ in range(2):
        world.tick()
    assert len(server.mails(posted.address(posted.usual))) == 1


def test_the_way_to_leave_in_one_click_survives_the_journey(server: MailServer, posted: Posted) -> None:
    mail = arrived(server, posted)
    assert mail["List-Unsubscribe"].strip().startswith("<https://pages.nagare.example/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Return-Path"].startswith("<bounces+") and mail["Auto-Submitted"] == "auto-generated"


def test_an_unknown_user_bounces_at_once_and_is_left_alone(posted: Posted) -> None:
    row = posted.world.one(DeliveryRow, posted.refused.key)
    contact = posted.world.one(ContactRow, row.contact_id)
    assert (row.state, row.reason) == ("bounced", "refused_by_server")
    assert posted.world.one(SuppressionRow, contact.address_hash) is not None


def test_a_real_bounce_comes_back_is_read_and_turns_the_delivery(server: MailServer, posted: Posted) -> None:
    world, key = posted.world, posted.gone.key
    server.wait_for(BOUNCES)
    until(lambda: inbound.read_inbound(world.workspace) or world.one(DeliveryRow, key).state == "bounced", server.log)
    row = world.one(DeliveryRow, key)
    assert (row.state, row.reason) == ("bounced", "refused_by_server")
    contact = world.one(ContactRow, row.contact_id)
    assert world.one(SuppressionRow, contact.address_hash).reason == "bounced"
    assert not inbound.read_inbound(world.workspace), "each message is read once"
    assert len(server.mails(BOUNCES)) >= 1, "and stays in the mailbox"


def test_a_mailbox_that_counts_anew_is_read_anew_and_nothing_counts_twice(server: MailServer, posted: Posted) -> None:
    world = posted.world
    inbound.read_inbound(world.workspace)
    [place] = [row for row in world.rows(SettingRow) if row.key.startswith("inbound/")]
    world.change(SettingRow, place.key, value=f"1:{place.value.split(':')[1]}")
    assert set(inbound.read_inbound(world.workspace)) <= {"seen", "foreign", "automatic"}


def test_a_customers_reply_sent_to_us_is_kept(server: MailServer, posted: Posted) -> None:
    world = posted.world
    raw = reply("ありがとうございます。助かりました。", posted.usual.message_id, ident="real-1")
    out = SmtpRelay(Smtp(host="127.0.0.1", port=server.smtp, security="none"), secret=b"x")
    before = len(server.mails(BOUNCES))
    out.submit(_ascii(raw), envelope="somebody@kakuu.example", recipient=BOUNCES)
    out.close()
    server.wait_for(BOUNCES, before + 1)
    assert inbound.read_inbound(world.workspace)["reply"] == 1
    assert [row.text for row in world.rows(CommentRow, source="reply")] == ["ありがとうございます。助かりました。"]


def test_a_reps_draft_lies_in_their_drafts_once_and_marked_as_one(server: MailServer, posted: Posted) -> None:
    row = posted.world.one(DeliveryRow, posted.draft.key)
    draft = posted.world.draft(row.draft_id)
    assert row.state == "handed_over" and row.place.startswith("imap/Drafts/")
    found = [mail for mail in server.mails(draft.sender.email, "Drafts") if mail["Message-ID"] == row.message_id]
    assert len(found) == 1 and r"\Draft" in found[0].flags
    assert found[0]["Subject"] == draft.subject and found[0]["X-Unsent"] == "1"


def test_reviewers_were_told_through_the_same_relay(posted: Posted) -> None:
    assert {row.state for row in posted.world.rows(NoticeRow)} == {"told"}


def test_a_draft_is_put_once_however_often_it_is_tried(server: MailServer) -> None:
    server.add_mailboxes(["r09@nagare.example"])
    way = mailboxes(server)
    target = {"message_id": "<d1@nagare.example>", "channel": Channel.REP_DRAFT, "sender": "r09@nagare.example"}
    assert way.evidence(**target, recipient=None) is None
    places = {way.send(DRAFT, **target, recipient=None) for _ in range(3)}
    assert len(places) == 1 and len(server.mails("r09@nagare.example", "Drafts")) == 1
    assert way.evidence(**target, recipient=None) in places


def test_folders_with_japanese_names_are_found(server: MailServer) -> None:
    server.add_mailboxes(["r10@nagare.example"])
    box = imaplib.IMAP4("127.0.0.1", server.imap)
    box.login("r10@nagare.example", PASSWORD)
    assert box.create('"&Tgtm+DBN-"')[0] == "OK"
    box.logout()
    target = {"message_id": "<d1@nagare.example>", "channel": Channel.REP_DRAFT, "sender": "r10@nagare.example"}
    assert mailboxes(server, folder="下書き").send(DRAFT, **target, recipient=None) == "imap/下書き/1"


def mailboxes(server: MailServer, password: str = PASSWORD, **more: Any) -> RepMailboxes:
    given = Mailboxes(
        host="127.0.0.1", port=server.imaps, security="tls", user="{mailbox}", password_env="MAIL_PASSWORD", **more
    )
    return RepMailboxes(given, SecretStr(password))


def test_a_refused_log_in_says_so_without_the_password(server: MailServer) -> None:
    target = {"message_id": "<d1@nagare.example>", "channel": Channel.REP_DRAFT, "sender": "r09@nagare.example"}
    with pytest.raises(NotSentYet, match=r"log-in of r09@nagare\.example is refused") as refused:
        mailboxes(server, "wrong-Pa55").send(DRAFT, **target, recipient=None)
    assert "wrong-Pa55" not in repr(refused.value) and refused.value.__cause__ is not None
    assert "wrong-Pa55" not in repr(refused.value.__cause__)


def relay(server: MailServer, password: str = PASSWORD, **more: Any) -> SmtpRelay:
    given = {"host": "127.0.0.1", "port": server.submission, "security": "starttls", "user": "success@nagare.example"}
    smtp = Smtp(**{**given, "password_env": "MAIL_PASSWORD", **more})
    return SmtpRelay(smtp, secret=b"x", password=SecretStr(password), sleep=lambda seconds: None)


def test_a_wrong_password_makes_everything_wait_and_is_not_repeated(server: MailServer) -> None:
    with pytest.raises(PauseSending, match="refuses the log-in") as refused:
        relay(server, "wrong-Pa55").submit(DRAFT, envelope="a@nagare.example", recipient="b@kakuu.example")
    assert "wrong-Pa55" not in repr(refused.value)


def test_a_certificate_that_nobody_vouches_for_makes_everything_wait(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(PauseSending, match="certificate"):
        relay(server).submit(DRAFT, envelope="a@nagare.example", recipient="b@kakuu.example")


def test_a_relay_that_wants_a_log_in_gets_no_mail_without(server: MailServer) -> None:
    out = relay(server, user="", password_env=None)
    with pytest.raises(PauseSending):
        out.submit(DRAFT, envelope="a@nagare.example", recipient="b@kakuu.example")
    out.close()


def _ascii(raw: bytes) -> bytes:
    return message_from_bytes(raw, policy=SMTP.clone(cte_type="7bit")).as_bytes()

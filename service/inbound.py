"""Reads the mailbox that bounces, complaints and replies come back to. Each message once; nothing forged counts."""

from collections import Counter
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from ..agents.returns import About, keep_bounce, keep_complaint, keep_reply
from ..agents.workspace import Workspace
from ..domain.bounce_address import message_behind
from ..domain.errors import UserError
from ..store import campaigns, directory, sent
from ..store.leases import Busy, lease
from ..store.tables import DeliveryRow
from ..tools.imap import Arrived, MailboxClosed, OpenMailbox, open_mailbox
from ..tools.outward import password_of
from ..tools.returned_mail import ReturnedMail, read_returned

#: No tick reads more; the rest waits for the next one.
MOST_AT_ONCE = 200
#: What a message turned out to be: news of a kind, known already, an automatic answer, or none of ours.
Found = Literal["bounce", "complaint", "reply", "seen", "automatic", "foreign", "unreadable"]


def read_inbound(workspace: Workspace) -> Counter[str]:
    """Read what came since the last look; how many of each kind. A mailbox that can't be read never stops a tick."""
    inbound = workspace.brief.delivery.inbound
    if inbound is None or workspace.brief.delivery.kind != "smtp":
        return Counter()
    place = f"inbound/{inbound.user}@{inbound.host}:{inbound.port}/{inbound.folder}"
    try:
        with (
            lease(workspace.store, place),
            open_mailbox(inbound, inbound.folder, inbound.user, password_of(inbound)) as mailbox,
        ):
            counts = _read(workspace, mailbox, place)
    except Busy:
        return Counter()  # another campaign's tick is at it
    except (MailboxClosed, UserError) as error:
        workspace.tell("inbound_closed", why=str(error))
        return Counter()
    for kind, count in sorted(counts.items()):
        workspace.tell("inbound", kind=kind, count=count)
    return counts


def take(workspace: Workspace, raw: bytes) -> Found:
    """Draw the consequences of one message, in a transaction of its own."""
    with workspace.store.write() as session:
        return _take(session, workspace, raw)


def _read(workspace: Workspace, mailbox: OpenMailbox, place: str) -> Counter[str]:
    """UIDs count from the start again when the mailbox's validity changes; what was seen is known by its own id."""
    validity = mailbox.validity()
    with workspace.store.read() as session:
        kept = (campaigns.setting(session, place) or "0:0").split(":")
    last = int(kept[1]) if int(kept[0]) == validity else 0
    counts: Counter[str] = Counter()
    for arrived in mailbox.after(last, MOST_AT_ONCE):
        counts[_settle(workspace, arrived, place, validity)] += 1
    return counts


def _settle(workspace: Workspace, arrived: Arrived, place: str, validity: int) -> Found:
    """The consequences and the mark that it was read are one transaction; what can't be read is marked as well."""
    try:
        with workspace.store.write() as session:
            found = _take(session, workspace, arrived.raw)
            campaigns.keep_setting(session, place, f"{validity}:{arrived.uid}")
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ):  # a parser's stumble over hostile bytes
        found = "unreadable"
        with workspace.store.write() as session:
            campaigns.keep_setting(session, place, f"{validity}:{arrived.uid}")
    return found


def _take(session: Session, workspace: Workspace, raw: bytes) -> Found:
    mail = read_returned(raw)
    if mail.kind == "automatic":
        return "automatic"
    proved = [left for address in mail.addressed if (left := message_behind(address, workspace.secret)) is not None]
    # A bounce counts by its token alone. Complaints and replies also by a Message-ID: who knows it had the message.
    named = proved if mail.kind == "bounce" else [*proved, *mail.ours]
    about = next((found for left in named if (found := _about(session, left)) is not None), None)
    if about is None:
        return "foreign"
    return mail.kind if _keep(session, about, mail, workspace.clock.now()) else "seen"


def _keep(session: Session, about: About, mail: ReturnedMail, now: datetime) -> bool:
    if mail.kind == "bounce":
        return mail.is_final and keep_bounce(session, about, mail.id, mail.status, now)
    if mail.kind == "complaint":
        return keep_complaint(session, about, mail.id, now)
    return keep_reply(session, about, mail.id, mail.text, now)


def _about(session: Session, left_part: str) -> About | None:
    row: DeliveryRow | None = sent.of_message(session, left_part)
    if row is None:
        return None
    contact = directory.contacts(session, [row.contact_id]).get(row.contact_id)
    campaign = campaigns.campaign(session, row.campaign)
    if contact is None or campaign is None:
        return None  # erased meanwhile
    return About(row, contact, campaigns.brief_of(campaign))

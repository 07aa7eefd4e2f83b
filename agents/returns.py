"""What follows from what came back: a bounce, a complaint, a customer's reply. Each counts once, however often read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from ..customers.voice.listening import hear
from ..customers.voice.mood import asks_to_stop
from ..domain.brief import Brief
from ..domain.decision import Reason
from ..domain.delivery import REACHED, DeliveryState
from ..store import audit, campaigns, comments, deliveries, directory, outcomes, reviews
from ..store.sent import count_sent
from ..store.tables import CommentRow, ContactRow, DeliveryRow, OutcomeRow, PauseRow
from .incidents import open_incident

#: A full mailbox is suppressed after so many bounces in so long a time.
SOFT_BOUNCES = 3
SOFT_WINDOW = timedelta(days=30)
#: The shares at which large senders' services stop a sender, from so many messages on.
BOUNCE_BRAKE = (0.05, 100)
COMPLAINT_BRAKE = (0.001, 1000)
BRAKE_WINDOW = timedelta(days=7)
_BOUNCED, _SOFT, _COMPLAINED, _REPLIED = "mail_bounced", "mail_bounced_soft", "mail_complained", "replied"


@dataclass(frozen=True)
class About:
    """The message that something came back for: its delivery, contact and the brief of its campaign."""

    delivery: DeliveryRow
    contact: ContactRow
    brief: Brief


def keep_bounce(session: Session, about: About, source_id: str, status: str, now: datetime) -> bool:
    """A message came back for good (RFC 3464); `status` as in RFC 3463. True if it was news.

    5.1.x: the address is bad, suppressed at once. 5.2.2: a full mailbox, suppressed at the third in 30 days.
    5.7.x: it is us they don't want, the campaign waits for a person. Anything else: this message is lost, no more.
    """
    kind = _SOFT if status == "5.2.2" else _BOUNCED
    if not _news(session, about, kind, source_id, status, now):
        return False
    row = about.delivery
    if row.state in REACHED:
        deliveries.end(session, row, DeliveryState.BOUNCED, now, Reason.REFUSED_BY_SERVER, row.place)
        audit.record(session, at=now, actor="inbound", action="delivery_bounced", subject=row.key)
    if status.startswith("5.1.") or (kind == _SOFT and _soft_bounces(session, about, now) >= SOFT_BOUNCES):
        directory.suppress_contact(session, row.contact_id, "bounced", now)
    if status.startswith("5.7."):
        _pause(session, about, now, f"receivers refuse our mails: {status}")
    _brake(session, about, now, _BOUNCED, BOUNCE_BRAKE, "too many mails came back")
    return True


def keep_complaint(session: Session, about: About, source_id: str, now: datetime) -> bool:
    """The customer pressed "spam" (RFC 5965): nothing is sent to them any more, and a person looks. True if news."""
    if not _news(session, about, _COMPLAINED, source_id, about.delivery.message_id, now):
        return False
    directory.suppress_contact(session, about.contact.contact_id, "complaint", now)
    _open(session, about, "complaint", source_id, now)
    _brake(session, about, now, _COMPLAINED, COMPLAINT_BRAKE, "too many customers complained")
    return True


def keep_reply(session: Session, about: About, source_id: str, text: str, now: datetime) -> bool:
    """A customer answered. Their words are kept for people; anger reaches a named person, a wish to stop is obeyed.

    Lines that stand in our own message are taken out first, or our footer would ask us to stop. True if it was news.
    """
    if not _news(session, about, _REPLIED, source_id, "", now):
        return False
    words = _without_ours(text, _our_text(session, about.delivery))
    comments.keep_comment(
        session,
        CommentRow(
            id=f"reply/{source_id}",
            contact_id=about.contact.contact_id,
            unit_id=about.contact.unit_id,
            source="reply",
            text=words,
            written_at=now,
        ),
    )
    if asks_to_stop(words):
        directory.suppress_contact(session, about.contact.contact_id, "unsubscribed", now)
        audit.record(session, at=now, actor="inbound", action="asked_to_stop", subject=about.contact.contact_id)
    if hear(words).mood == "angry":
        _open(session, about, "angry_reply", source_id, now)
    return True


def _news(session: Session, about: About, kind: str, source_id: str, value: str, now: datetime) -> bool:
    """Keep it as an outcome; False if it is there already."""
    row = {
        "id": f"{kind}/{source_id}",
        "contact_id": about.contact.contact_id,
        "unit_id": about.contact.unit_id,
        "kind": kind,
        "value": value,
        "happened_at": now,
    }
    if session.get(OutcomeRow, row["id"]) is not None:
        return False
    outcomes.keep_outcomes(session, [row])
    return True


def _soft_bounces(session: Session, about: About, now: datetime) -> int:
    seen: Sequence[OutcomeRow] = outcomes.outcomes_of(session, about.contact.unit_id, now - SOFT_WINDOW)
    return sum(row.kind == _SOFT and row.contact_id == about.contact.contact_id for row in seen)


def _open(session: Session, about: About, kind: str, source_id: str, now: datetime) -> None:
    campaign = about.delivery.campaign
    open_incident(
        session, now, brief=about.brief, campaign=campaign, contact=about.contact, kind=kind, source_id=source_id
    )


def _brake(session: Session, about: About, now: datetime, kind: str, brake: tuple[float, int], why: str) -> None:
    share, least = brake
    since = now - BRAKE_WINDOW
    sent = count_sent(session, about.delivery.campaign, since)
    bad = outcomes.count_kinds(session, since)[kind]
    if sent >= least and bad > share * sent:
        _pause(session, about, now, f"{why}: {bad} of {sent} in {BRAKE_WINDOW.days} days")


def _pause(session: Session, about: About, now: datetime, why: str) -> None:
    """Unless it is paused already; the first reason stays."""
    scope = about.delivery.campaign
    if not campaigns.pauses(session, [scope]):
        campaigns.keep_pause(session, PauseRow(scope=scope, paused_by="system", paused_at=now, reason=why))
        audit.record(session, at=now, actor="inbound", action="paused", subject=scope)


def _our_text(session: Session, row: DeliveryRow) -> str:
    draft = reviews.draft(session, row.draft_id)
    return reviews.as_draft(draft).text if draft is not None else ""


def _without_ours(text: str, ours: str) -> str:
    known = {" ".join(line.split()) for line in ours.splitlines()} - {""}
    return "\n".join(line for line in text.splitlines() if " ".join(line.split()) not in known).strip()

"""What a customer does on a page that a message led to: an answer, words, a click. Each counts once per message.

The answer moves the journey by its name alone. Words are kept for people; they reach no prompt and no fact, and can
only stop messages, never cause one (promise 8).
"""

from datetime import datetime

from sqlmodel import Session

from ..customers.voice.listening import hear
from ..customers.voice.mood import asks_to_stop
from ..domain.brief import Brief
from ..store import audit, comments, deliveries, directory, outcomes
from ..store.tables import CommentRow, ContactRow, DeliveryRow, OutcomeRow
from .incidents import open_incident

_ANSWERED, _CLICKED = "survey_answered", "mail_clicked"


def keep_answer(session: Session, delivery: DeliveryRow, answer: str, now: datetime) -> bool:
    """One answer for each message. Another one takes its place until something followed from it; False after that."""
    ident = f"{_ANSWERED}/page-{delivery.key}"
    standing = session.get(OutcomeRow, ident)
    if standing is None:
        outcomes.keep_outcomes(session, [_outcome(ident, delivery, _ANSWERED, answer, now)])
        return True
    if standing.value == answer:
        return True
    if any(row.step != delivery.step for row in deliveries.of_decision(session, delivery.decision_id)):
        return False
    standing.value = answer
    session.add(standing)
    return True


def answer_of(session: Session, delivery: DeliveryRow) -> str | None:
    """What was answered on the page that this message led to."""
    row = session.get(OutcomeRow, f"{_ANSWERED}/page-{delivery.key}")
    return row.value if row is not None else None


def message_of(outcome_id: str) -> str:
    """The key of the message whose page an answer came from; '' for an answer from elsewhere."""
    start = f"{_ANSWERED}/page-"
    return outcome_id.removeprefix(start) if outcome_id.startswith(start) else ""


def keep_words(
    session: Session, delivery: DeliveryRow, contact: ContactRow, text: str, now: datetime, brief: Brief
) -> None:
    """Keep what they wrote, as last written. A wish to be left alone is obeyed; anger reaches a named person."""
    ident = f"page/{delivery.key}"
    row = CommentRow(
        id=ident, contact_id=contact.contact_id, unit_id=contact.unit_id, source="page", text=text, written_at=now
    )
    comments.keep_comment(session, row)
    if asks_to_stop(text):
        directory.suppress_contact(session, contact.contact_id, "unsubscribed", now)
        audit.record(session, at=now, actor="customer", action="asked_to_stop", subject=contact.contact_id)
    if hear(text).mood == "angry":
        where = delivery.campaign
        open_incident(session, now, brief=brief, campaign=where, contact=contact, kind="angry_reply", source_id=ident)


def keep_click(session: Session, delivery: DeliveryRow, link: str, now: datetime) -> None:
    """Somebody, or a mail scanner, followed a link: an indicator, once, that nothing important may rest on."""
    ident = f"{_CLICKED}/page-{delivery.key}/{link}"
    outcomes.keep_outcomes(session, [_outcome(ident, delivery, _CLICKED, delivery.message_id, now)])


def _outcome(ident: str, delivery: DeliveryRow, kind: str, value: str, now: datetime) -> dict[str, object]:
    return {
        "id": ident,
        "contact_id": delivery.contact_id,
        "unit_id": delivery.unit_id,
        "kind": kind,
        "value": value,
        "happened_at": now,
    }

"""Brings what the sources say of people, consents and outcomes into the store; twice is the same as once."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from ..customers.ingest import Customers
from ..customers.outcomes import read_answers, read_mail_events
from ..customers.people import read_people
from ..store import directory, outcomes
from .workspace import Workspace

#: Sources may arrive late; what happened in this time before the last thing seen is read again.
LATE = timedelta(days=3)
#: The sources that `keep_people` and `keep_outcomes` read.
NEWS = ("accounts", "contacts", "subscriptions", "reps", "consents", "mail_events", "survey_answers")
#: Mail events after which an address gets nothing any more.
_SUPPRESSING = {"complained": "complaint", "unsubscribed": "unsubscribed", "bounced": "bounced"}


def keep_people(workspace: Workspace, customers: Customers) -> None:
    """Units, contacts, reps and consents as the sources have them now."""
    people = read_people(customers)
    with workspace.store.write() as session:
        for units in people.unit_chunks():
            directory.keep_units(session, _rows(units))
        for contacts in people.contact_chunks():
            directory.keep_contacts(session, _rows(contacts, without=("job_title",)), workspace.secret)
        for consents in people.consent_chunks():
            directory.keep_consents(session, [{**row, "evidence": row["evidence"] or ""} for row in _rows(consents)])
        directory.keep_reps(session, _rows(people.reps))


def keep_outcomes(workspace: Workspace, customers: Customers, since: datetime) -> None:
    """Answers and mail events since then; complaints, opt-outs and bounces suppress the address at once."""
    with workspace.store.read() as session:
        last = outcomes.latest_outcome(session)
    start = max(since, last - LATE) if last is not None else since
    events = read_mail_events(customers, start)
    rows = [
        _outcome(e.event_id, e.contact_id, e.unit_id, f"mail_{e.kind}", e.message_id or "", e.happened_at)
        for e in events
        if e.kind != "sent"
    ]
    rows += [
        _outcome(a.answer_id, a.contact_id, a.unit_id, "survey_answered", a.answer, a.answered_at)
        for a in read_answers(customers, start)
    ]
    gone = [(event.contact_id, event.kind) for event in events if event.kind in _SUPPRESSING]
    with workspace.store.write() as session:
        outcomes.keep_outcomes(session, rows)
        contacts = directory.contacts(session, {contact for contact, _ in gone})
        for contact_id, kind in gone:
            contact = contacts.get(contact_id)
            if contact is not None and contact.address_hash is not None:
                directory.suppress(session, [contact.address_hash], _SUPPRESSING[kind], workspace.clock.now())


def _rows(items: Sequence[Any], without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Dataclasses as rows; flat ones, so nothing needs copying."""
    if not items:
        return []
    names = [field.name for field in fields(items[0]) if field.name not in without]
    return [{name: getattr(item, name) for name in names} for item in items]


def _outcome(ident: str, contact: str, unit: str, kind: str, value: str, at: datetime) -> dict[str, Any]:
    return {
        "id": f"{kind}/{ident}",
        "contact_id": contact,
        "unit_id": unit,
        "kind": kind,
        "value": value,
        "happened_at": at,
    }

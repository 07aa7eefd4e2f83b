"""Brings what the sources say of people, consents and outcomes into the store; twice is the same as once."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from ..customers.news import SOURCES_OF, read_news
from ..customers.opening import Customers
from ..customers.outcomes import MailEvent, read_answers, read_mail_events
from ..customers.people import read_people
from ..domain.playbook import Wait
from ..store import campaigns, directory, outcomes
from .incidents import open_incident
from .workspace import Workspace

#: Sources may arrive late; what happened in this time before the last thing seen is read again.
LATE = timedelta(days=3)
#: The setting that holds when the newest thing seen in the sources happened; what pages and mailboxes tell is later.
_READ_UNTIL = "outcomes_read_until"
#: The sources that `keep_people` and `keep_outcomes` always read.
_ALWAYS = ("accounts", "contacts", "persons", "subscriptions", "reps", "consents", "mail_events", "survey_answers")
#: Mail events after which an address gets nothing any more.
_SUPPRESSING = {"complained": "complaint", "unsubscribed": "unsubscribed", "bounced": "bounced"}


def news_sources(workspace: Workspace) -> frozenset[str]:
    """The sources that `keep_people` and `keep_outcomes` read: more where an action waits for what others tell."""
    of_waits = (source for kind in _awaited(workspace) for source in SOURCES_OF[kind])
    of_model = ("orders",) if workspace.brief.business.model == "transactions" else ()
    return frozenset((*_ALWAYS, *of_waits, *of_model))


def _awaited(workspace: Workspace) -> set[str]:
    """The kinds of news that any allowed action waits for."""
    steps = (step for action in workspace.actions.values() for step in action.steps)
    return {str(step.wait.event) for step in steps if isinstance(step, Wait)} & SOURCES_OF.keys()


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
    """Answers, mail events and awaited news since then; complaints, opt-outs and bounces suppress the address at once.

    A complaint also opens an incident.
    """
    with workspace.store.read() as session:
        last = campaigns.setting(session, _READ_UNTIL)
    start = max(since, datetime.fromisoformat(last) - LATE) if last is not None else since
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
    rows += [
        _outcome(n.news_id, n.contact_id, n.unit_id, n.kind, n.value, n.happened_at)
        for n in read_news(customers, _awaited(workspace), start)
    ]
    with workspace.store.write() as session:
        outcomes.keep_outcomes(session, rows)
        _let_go(session, workspace, [event for event in events if event.kind in _SUPPRESSING])
        if rows:
            newest = max(row["happened_at"] for row in rows)
            campaigns.keep_setting(session, _READ_UNTIL, max(newest, start).isoformat())


def _let_go(session: Session, workspace: Workspace, events: list[MailEvent]) -> None:
    """These addresses get nothing any more, and who complained is for a person."""
    now = workspace.clock.now()
    contacts = directory.contacts(session, {event.contact_id for event in events})
    for event in events:
        contact = contacts.get(event.contact_id)
        if contact is None:
            continue
        directory.suppress_contact(session, contact.contact_id, _SUPPRESSING[event.kind], now)
        if event.kind == "complained":
            brief = workspace.brief
            open_incident(
                session,
                now,
                brief=brief,
                campaign=brief.name,
                contact=contact,
                kind="complaint",
                source_id=event.event_id,
            )


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

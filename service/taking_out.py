"""Everything we hold about a person, for them to see and to take along (GDPR articles 15 and 20, APPI article 33).

The file is complete: every row of the store that is about them, and their figures in every snapshot. It holds nothing
of anybody else (colleagues who reviewed a message are left out) and no secret of ours.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from ..agents import answers
from ..agents.scoring import figures_of
from ..agents.workspace import Workspace
from ..domain.brief import Language
from ..domain.errors import UserError
from ..prompts.catalogue import WordsMissing
from ..prompts.surveys import survey_of_link
from ..store import audit
from ..store.subjects import Holdings, Subject, find_subject, holdings_of, names_in
from ..store.tables import (
    AuditRow,
    CommentRow,
    ConsentRow,
    ContactRow,
    DeliveryRow,
    DraftRow,
    NoticeRow,
    OutcomeRow,
    PreferenceRow,
    ReviewRow,
    UnitRow,
)

FORMAT = "kizuna-export/1"
#: Other people's names, workings of ours, and hashes that say nothing to anybody without our key.
_COLLEAGUES = ("approved_by", "decided_by", "settled_by", "assignee", "authors", "owner", "actor", "recipient")
_WORKINGS = ("answer", "digest", "hash", "previous", "salt", "seal", "lease_until", "generation", "address_hash")
_NOT_THEIRS = frozenset({*_COLLEAGUES, *_WORKINGS})


@dataclass(frozen=True)
class Sent:
    """A message that reached them, or lies with somebody who brings it."""

    at: datetime
    subject: str
    channel: str


@dataclass(frozen=True)
class Held:
    """What the page shows, by kind; the file holds all."""

    contacts: list[ContactRow]
    unit: UnitRow | None
    consents: list[ConsentRow]
    preferences: list[PreferenceRow]
    sent: list[Sent]
    outcomes: list[OutcomeRow]
    answers: dict[str, dict[Language, str]]  #: outcome id -> the answer as they read it, where the survey is known
    comments: list[CommentRow]


def held(workspace: Workspace, ident: str) -> Held:
    """What is held about a contact, or a unit with its contacts. Raises UserError where there is nobody."""
    with workspace.store.read() as session:
        subject, holdings = _look_up(session, ident)
    sent_by = {row.key: row for row in holdings.of(DeliveryRow)}
    subjects = {row.id: row.body.get("subject", "") for row in holdings.of(DraftRow)}
    sent = [
        Sent(row.reached_at, subjects.get(row.draft_id, ""), row.channel)
        for row in holdings.of(DeliveryRow)
        if row.reached_at is not None
    ]
    return Held(
        contacts=list(subject.contacts),
        unit=subject.unit,
        consents=sorted(holdings.of(ConsentRow), key=lambda row: row.recorded_at),
        preferences=sorted(holdings.of(PreferenceRow), key=lambda row: (row.kind, row.name)),
        sent=sorted(sent, key=lambda message: message.at),
        outcomes=sorted(holdings.of(OutcomeRow), key=lambda row: row.happened_at),
        answers={
            row.id: label
            for row in holdings.of(OutcomeRow)
            if (label := _label(workspace, sent_by.get(answers.message_of(row.id)), row.value))
        },
        comments=sorted(holdings.of(CommentRow), key=lambda row: row.written_at),
    )


def export(workspace: Workspace, ident: str, *, by: str) -> dict[str, Any]:
    """All of it, ready for JSON, and on record that it was taken. Raises UserError where there is nobody."""
    now = workspace.clock.now()
    with workspace.store.write() as session:
        subject, holdings = _look_up(session, ident)
        own = names_in(holdings, holdings.own_reviews) | set(subject.ids)
        rows: dict[str, list[dict[str, Any]]] = {}
        for table, found in holdings.rows.items():
            theirs = holdings.own_reviews if table is ReviewRow else found  # a batch asks about many people
            rows[str(table.__tablename__)] = [_plain(row, subject.ids, own) for row in theirs]
        audit.record(session, at=now, actor=by, action="person_exported", subject=subject.ids[0])
    sender, language = workspace.brief.sender, workspace.brief.voice.fallback
    return {
        "format": FORMAT,
        "exported_at": now.isoformat(),
        "held_by": {
            "organisation": sender.organisation[language],
            "postal_address": sender.postal_address[language],
            "contact": sender.contact,
        },
        "processors": _processors(workspace),
        "about": list(subject.ids),
        "rows": rows,
        "figures": figures_of(workspace, subject.unit_id) if subject.unit_id is not None else {},
    }


def _look_up(session: Session, ident: str) -> tuple[Subject, Holdings]:
    subject = find_subject(session, ident)
    if subject is None:
        raise UserError(f"there is nobody with the id {ident!r}: give a contact's id, or an account's")
    return subject, holdings_of(session, subject)


def _plain(row: Any, ids: tuple[str, ...], own: set[str]) -> dict[str, Any]:
    values = {name: value for name, value in row.model_dump(mode="json").items() if name not in _NOT_THEIRS}
    if isinstance(row, AuditRow) and row.subject not in own:  # a row about many: that it names them, and no more
        return {"seq": row.seq, "at": values["at"], "action": row.action, "names": list(ids)}
    if isinstance(row, NoticeRow):
        return {name: values[name] for name in ("campaign", "subject", "kind", "way", "created_at")}
    return values


def _label(workspace: Workspace, message: DeliveryRow | None, answer: str) -> dict[Language, str] | None:
    """The words of an answer that was given on our own page."""
    if message is None:
        return None
    try:
        opened = survey_of_link(message.action, message.step, "survey", workspace.own_words)
    except WordsMissing:
        return None
    return opened[0].answers.get(answer) if opened is not None else None


def _processors(workspace: Workspace) -> list[dict[str, Any]]:
    """Who else works on the data for us: a language model, where the brief names one. It is told no known name."""
    reasoner = workspace.brief.reasoner
    if isinstance(reasoner, str):
        return []
    told = reasoner.model_dump(mode="json", exclude_none=True)
    return [{name: told[name] for name in ("model", "base_url", "processor") if name in told}]

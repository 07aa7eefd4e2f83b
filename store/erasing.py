"""Taking a person out of every table, in one transaction; counts stay under a name that leads back to nobody.

What the measurement needs (who was in which group, decided, reached, and when) stays as rows of `erased-<random>`.
Names, addresses, words, answers and comments go. Nothing here can be undone.
"""

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, func, update
from sqlmodel import Session, SQLModel, select

from ..domain.decision import Reason, decision_id
from ..domain.delivery import REACHED, DeliveryState
from ..domain.draft import bundle_digest, draft_id
from ..domain.review import ReviewState
from . import audit
from .renaming import renamed, scrubbed
from .reviews import digests_of
from .subjects import Holdings, Subject
from .tables import (
    ApartRow,
    ApprovalRow,
    AttemptRow,
    CommentRow,
    ConsentRow,
    ContactRow,
    DecisionRow,
    DeliveryRow,
    DraftRow,
    ErasureRow,
    GroupConflictRow,
    IncidentRow,
    JoinedRow,
    JourneyRow,
    LinkRow,
    MovementRow,
    NoticeRow,
    OutcomeRow,
    PreferenceRow,
    ReviewRow,
    SignalRow,
    UnitGroupRow,
    UnitRow,
    VoiceRow,
)
from .upsert import insert_new

#: Nothing of these is needed when the person is gone.
_DELETED = (
    ContactRow,
    UnitRow,
    ConsentRow,
    PreferenceRow,
    OutcomeRow,
    CommentRow,
    ApprovalRow,
    DraftRow,
    NoticeRow,
    SignalRow,
    MovementRow,
    VoiceRow,
    LinkRow,
    ApartRow,
    JoinedRow,
)
_UNDER_WAY = (DeliveryState.QUEUED.value, DeliveryState.LEASED.value)
_REACHED = frozenset(state.value for state in REACHED)

#: (kind, value) -> whether an erased person had it; kinds are `contact`, `unit`, `email` and `visitor`.
IsErased = Callable[[str, str], bool]


def subject_hash(secret: bytes, kind: str, value: str) -> str:
    """Keyed, and with a key of its own: tells only who holds the secret and the value that they belong together."""
    key = hmac.digest(secret, b"kizuna erasure", hashlib.sha256)
    plain = value.strip().lower() if kind == "email" else value
    return hmac.new(key, f"{kind}\n{plain}".encode(), hashlib.sha256).hexdigest()


def keep_erasure(session: Session, subject: Subject, secret: bytes, at: datetime) -> None:
    """From now on these people stay out, whoever reads a source again."""
    values = [("contact", row.contact_id) for row in subject.contacts]
    values += [("email", row.email) for row in subject.contacts if row.email]
    values += [("unit", ident) for ident in subject.unit_ids]
    values += [("contact", ident) for ident in subject.records]
    hashes = {subject_hash(secret, kind, value) for kind, value in values}
    insert_new(session, ErasureRow, [{"subject_hash": value, "erased_at": at} for value in sorted(hashes)])


def keep_hashes(session: Session, found: Iterable[tuple[str, str]], secret: bytes, at: datetime) -> None:
    """Keep out these as well: (kind, id) of an erased person who came back under an id of which nobody knew."""
    hashes = sorted({subject_hash(secret, kind, value) for kind, value in found})
    insert_new(session, ErasureRow, [{"subject_hash": value, "erased_at": at} for value in hashes])


def count_erased(session: Session) -> int:
    """How many hashes of erased people are kept; it only grows."""
    return session.exec(select(func.count()).select_from(ErasureRow)).one()


def who_is_erased(session: Session, secret: bytes) -> IsErased | None:
    """A question to ask of ids and addresses; None where nobody was erased."""
    hashes = frozenset(session.exec(select(ErasureRow.subject_hash)))
    return (lambda kind, value: subject_hash(secret, kind, value) in hashes) if hashes else None


def is_erased(session: Session, secret: bytes, contact_id: str) -> bool:
    return session.get(ErasureRow, subject_hash(secret, "contact", contact_id)) is not None


@dataclass(frozen=True)
class _Erasure:
    """One person leaving: what is about them, and what their things are called afterwards."""

    session: Session
    subject: Subject
    holdings: Holdings
    names: Mapping[str, str]
    at: datetime


def erase_rows(session: Session, subject: Subject, holdings: Holdings, *, at: datetime, actor: str) -> int:
    """Take them out of all tables; returns how many rows of the record they were taken out of."""
    it = _Erasure(session, subject, holdings, _new_names(subject, holdings), at)
    drafts = list(holdings.of(DraftRow))
    lost = {row.id: Counter(d.step for d in drafts if d.review_id == row.id) for row in holdings.of(ReviewRow)}
    gone = {row.id: {d.id: d.body for d in drafts if d.review_id == row.id} for row in holdings.of(ReviewRow)}
    for table in _DELETED:
        for row in holdings.of(table):
            session.delete(row)
    session.flush()
    for row in holdings.of(ReviewRow):
        _settle_review(it, row, lost[row.id], gone[row.id])
    for row in holdings.of(DecisionRow):
        _rename(it, row, **_no_action(it, row))
    for row in holdings.of(JourneyRow):
        going = row.state in ("waiting", "running")
        _rename(it, row, **({"state": "stopped", "reason": Reason.ERASED.value} if going else {}))
    for row in holdings.of(DeliveryRow):
        _rename(it, row, **_no_message(it, row))
    for row in holdings.of(AttemptRow):
        _rename(it, row, note="")
    for row in holdings.of(IncidentRow):
        settled = {} if row.settled_at else {"settled_at": at, "settled_by": "system"}
        _rename(it, row, note="", **settled)
    for row in [*holdings.of(UnitGroupRow), *holdings.of(GroupConflictRow)]:
        _rename(it, row)
    session.expire_all()
    return audit.forget(session, it.names, at=at, actor=actor)


def _new_names(subject: Subject, holdings: Holdings) -> dict[str, str]:
    """Old id -> new id, whole ids only: of the person, and of all that carries their id in its own."""
    names = {ident: f"erased-{secrets.token_hex(8)}" for ident in subject.ids}
    for row in holdings.of(DecisionRow):
        names[row.id] = decision_id(row.campaign, row.cycle, names.get(row.unit_id, row.unit_id))
    for row in holdings.of(DraftRow):
        names[row.id] = draft_id(names.get(row.decision_id, row.decision_id), row.step, row.revision)
    for row in holdings.of(DeliveryRow):
        names[row.key] = f"{names.get(row.decision_id, row.decision_id)}/{row.step}"
    for row in holdings.own_reviews:
        about = _renamed_subject(row, subject, names)
        names[row.subject], names[row.id] = about, f"{row.campaign}.{row.cycle}.{about}.{row.revision}"
    for row in holdings.of(IncidentRow):
        names[row.id] = f"erased-{secrets.token_hex(8)}"
    return {old: new for old, new in names.items() if old != new}


def _renamed_subject(row: ReviewRow, subject: Subject, names: Mapping[str, str]) -> str:
    """A review of one unit's draft is called `action.unit`, or `action.unit.step`."""
    start = f"{row.summary['action']}.{subject.unit_id}"
    if subject.unit_id is None or not (row.subject == start or row.subject.startswith(f"{start}.")):
        return row.subject
    return f"{row.summary['action']}.{names[subject.unit_id]}{row.subject[len(start) :]}"


def _no_action(it: _Erasure, row: DecisionRow) -> dict[str, Any]:
    """A decision whose messages never reached them becomes 'nothing'; one that did stays, for the measurement."""
    reached = any(d.decision_id == row.id and d.state in _REACHED for d in it.holdings.of(DeliveryRow))
    return {} if reached or row.action is None else {"action": None, "reason": Reason.ERASED.value}


def _no_message(it: _Erasure, row: DeliveryRow) -> dict[str, Any]:
    """It keeps its state and times; the Message-ID would lead back to them through any mail log."""
    domain = row.message_id.rpartition("@")[2].strip("<>")
    changes: dict[str, Any] = {"message_id": f"<erased-{secrets.token_hex(16)}@{domain}>", "place": None}
    if row.state in _UNDER_WAY:
        changes |= {"state": DeliveryState.CANCELLED.value, "reason": Reason.ERASED.value, "ended_at": it.at}
    if row.state == DeliveryState.INTENT.value:
        changes |= {"state": DeliveryState.UNCERTAIN.value, "reason": Reason.ERASED.value, "ended_at": it.at}
    return changes | {"owner": None, "lease_until": None}


def _settle_review(it: _Erasure, row: ReviewRow, lost: Counter[str], gone: Mapping[str, Mapping[str, Any]]) -> None:
    """A question that is still open goes on without them, or ends where it was about nobody else."""
    summary, answer = (scrubbed(value, it.subject.words) for value in (row.summary, row.answer))
    changes: dict[str, Any] = {"summary": _less(summary, lost, gone), "answer": answer}
    if row.applied_at is None:
        left = digests_of(it.session, row.id)
        changes["digest"] = bundle_digest(left)
        if not left:
            changes |= {"applied_at": it.at}
            if row.state == ReviewState.OPEN:
                changes |= {"state": ReviewState.EXPIRED.value, "decided_by": "system", "decided_at": it.at}
    _rename(it, row, **changes)


def _less(summary: dict[str, Any], lost: Counter[str], gone: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What a reviewer sees first, without the drafts that are gone."""
    units = summary.get("units", 0)
    left = max(0, units - 1)
    languages = Counter(summary.get("languages", {}))
    languages.subtract(Counter(body["language"] for body in gone.values()))
    return {
        **summary,
        "units": left,
        "drafts": max(0, summary.get("drafts", 0) - lost.total()),
        "messages": dict(+(Counter(summary.get("messages", {})) - lost)),
        "languages": dict(+languages),
        "cost_jpy": summary.get("cost_jpy", 0.0) * (left / units if units else 0.0),
        "flags": {key: value for key, value in summary.get("flags", {}).items() if key not in gone},
        "samples": {
            kind: [key for key in keys if key not in gone] for kind, keys in summary.get("samples", {}).items()
        },
    }


def _rename(it: _Erasure, row: SQLModel, **changes: Any) -> None:
    """Write the row under its new ids, with these changes."""
    table: Any = row.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
    values: dict[str, Any] = {}
    for column in table.columns:
        old = changes.get(column.name, getattr(row, column.name))
        new = renamed(old, it.names) if isinstance(old, str) or isinstance(column.type, JSON) else old
        if column.name in changes or new != old:
            values[column.name] = new
    if values:
        keys = [column == getattr(row, column.name) for column in table.primary_key.columns]
        it.session.execute(update(table).where(*keys).values(values))

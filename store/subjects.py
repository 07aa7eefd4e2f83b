"""Everything the store holds about one person: what an export gives them, and what an erasure goes through."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, or_
from sqlmodel import Session, SQLModel, col, select

from .tables import (
    ApprovalRow,
    AttemptRow,
    AuditRow,
    CommentRow,
    ConsentRow,
    ContactRow,
    DecisionRow,
    DeliveryRow,
    DraftRow,
    IncidentRow,
    JourneyRow,
    NoticeRow,
    OutcomeRow,
    PreferenceRow,
    ReviewRow,
    SuppressionRow,
    UnitGroupRow,
    UnitRow,
)

_CHUNK = 900


@dataclass(frozen=True)
class Subject:
    """Whom it is about: contacts, and their unit where nobody else is left in it."""

    contacts: tuple[ContactRow, ...]
    unit: UnitRow | None

    @property
    def contact_ids(self) -> tuple[str, ...]:
        return tuple(row.contact_id for row in self.contacts)

    @property
    def unit_id(self) -> str | None:
        return self.unit.unit_id if self.unit is not None else None

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids of theirs, each once."""
        return tuple(dict.fromkeys([*([self.unit.unit_id] if self.unit else []), *self.contact_ids]))

    @property
    def words(self) -> tuple[str, ...]:
        """What names them in free text: names and addresses, the longest first."""
        found = {row.name for row in self.contacts} | {row.email or "" for row in self.contacts}
        found |= {row.postal_address or "" for row in self.contacts} | ({self.unit.name} if self.unit else set())
        return tuple(sorted((word for word in found if len(word) > 1), key=lambda word: (-len(word), word)))


@dataclass(frozen=True)
class Holdings:
    """The rows about a subject, by table."""

    rows: dict[type[SQLModel], list[Any]]
    own_reviews: list[ReviewRow]
    """Reviews that ask about nobody else; the others in `rows` are batches with more people in them."""

    def of(self, table: type[SQLModel]) -> list[Any]:
        return self.rows.get(table, [])


def find_subject(session: Session, ident: str) -> Subject | None:
    """By the id of a contact or of a unit. A unit with nobody left in it goes with its last contact."""
    contact = session.get(ContactRow, ident)
    unit_id = contact.unit_id if contact is not None else ident
    unit = session.get(UnitRow, unit_id)
    everybody = session.exec(select(ContactRow).where(ContactRow.unit_id == unit_id)).all()
    if contact is None:
        return Subject(tuple(everybody), unit) if unit is not None else None
    return Subject((contact,), unit if len(everybody) == 1 else None)


def holdings_of(session: Session, subject: Subject) -> Holdings:
    """Every row that is about them. A row of the record is about them if it names one of their ids or messages."""
    people, unit = subject.contact_ids, subject.unit_id
    rows: dict[type[SQLModel], list[Any]] = {ContactRow: list(subject.contacts)}
    rows[UnitRow] = [subject.unit] if subject.unit is not None else []
    for table in (ConsentRow, PreferenceRow):
        rows[table] = _in(session, table, table.contact_id, people)
    for both in (OutcomeRow, CommentRow, IncidentRow, DecisionRow, JourneyRow, DeliveryRow):
        rows[both] = _of_either(session, both, people, unit)
    rows[SuppressionRow] = _in(session, SuppressionRow, SuppressionRow.address_hash, _hashes(subject))
    rows[UnitGroupRow] = _in(session, UnitGroupRow, UnitGroupRow.unit_id, [unit] if unit else [])
    made = {row.id for row in rows[DecisionRow]} | {row.decision_id for row in rows[DeliveryRow]}
    rows[DraftRow] = _in(session, DraftRow, DraftRow.decision_id, made)
    rows[ApprovalRow] = _in(session, ApprovalRow, ApprovalRow.draft_id, [row.id for row in rows[DraftRow]])
    rows[AttemptRow] = _in(session, AttemptRow, AttemptRow.key, [row.key for row in rows[DeliveryRow]])
    rows[ReviewRow] = _in(session, ReviewRow, ReviewRow.id, {row.review_id for row in rows[DraftRow]})
    own = [row for row in rows[ReviewRow] if row.kind == "each"]
    asked = [*(row.id for row in own), *(row.id for row in rows[IncidentRow])]
    rows[NoticeRow] = _in(session, NoticeRow, NoticeRow.subject, asked)
    rows[AuditRow] = _on_record(session, subject, rows, own)
    return Holdings(rows, own)


def names_in(holdings: Holdings, own_reviews: Iterable[ReviewRow]) -> set[str]:
    """The ids of everything that is theirs alone: decisions, drafts, deliveries, their own reviews, incidents."""
    found = {row.id for table in (DecisionRow, DraftRow, IncidentRow) for row in holdings.of(table)}
    return found | {row.key for row in holdings.of(DeliveryRow)} | {row.id for row in own_reviews}


def _hashes(subject: Subject) -> list[str]:
    return [row.address_hash for row in subject.contacts if row.address_hash is not None]


def _on_record(
    session: Session, subject: Subject, rows: dict[type[SQLModel], list[Any]], own: list[ReviewRow]
) -> list[AuditRow]:
    names = names_in(Holdings(rows, own), own) | set(subject.ids)
    found = {row.seq: row for row in _in(session, AuditRow, AuditRow.subject, names)}
    for ident in subject.ids:
        inside = cast(AuditRow.details, String).contains(json.dumps(ident), autoescape=True)
        found |= {row.seq: row for row in session.exec(select(AuditRow).where(inside))}
    return [found[seq] for seq in sorted(found)]


def _of_either(session: Session, table: Any, people: Sequence[str], unit: str | None) -> list[Any]:
    of_them = col(table.contact_id).in_(people)
    condition = or_(of_them, col(table.unit_id) == unit) if unit is not None else of_them
    return list(session.exec(select(table).where(condition)))


def _in(session: Session, table: Any, column: Any, values: Iterable[str]) -> list[Any]:
    wanted = sorted(set(values))
    found: list[Any] = []
    for start in range(0, len(wanted), _CHUNK):
        found += session.exec(select(table).where(col(column).in_(wanted[start : start + _CHUNK]))).all()
    return found

"""Everything the store holds about one person: what an export gives them, and what an erasure goes through."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import String, cast, or_
from sqlmodel import Session, SQLModel, col, select

from . import identity
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
    MovementRow,
    NoticeRow,
    OutcomeRow,
    PreferenceRow,
    ReviewRow,
    SignalRow,
    SuppressionRow,
    UnitGroupRow,
    UnitRow,
    VoiceRow,
)

_CHUNK = 900


@dataclass(frozen=True)
class Subject:
    """Whom it is about: contacts, and their unit where nobody else is left in it."""

    contacts: tuple[ContactRow, ...]
    unit: UnitRow | None
    records: tuple[str, ...] = ()
    """The ids of all records of theirs in the sources, where several were found to be one person."""

    @property
    def contact_ids(self) -> tuple[str, ...]:
        return tuple(row.contact_id for row in self.contacts)

    @property
    def unit_id(self) -> str | None:
        return self.unit.unit_id if self.unit is not None else None

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids of theirs, each once."""
        return tuple(dict.fromkeys([*([self.unit.unit_id] if self.unit else []), *self.contact_ids, *self.records]))

    @property
    def unit_ids(self) -> tuple[str, ...]:
        """The ids under which they were a unit: before a merge, a person's records were units of their own."""
        if self.unit is None:
            return ()
        return tuple(dict.fromkeys([self.unit.unit_id, *(self.records if self.unit.unit_id in self.records else ())]))

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
    ident = identity.customer_of(session, ident)
    contact = session.get(ContactRow, ident)
    unit_id = contact.unit_id if contact is not None else ident
    unit = session.get(UnitRow, unit_id)
    everybody = session.exec(select(ContactRow).where(ContactRow.unit_id == unit_id)).all()
    if contact is None:
        return _with_records(session, Subject(tuple(everybody), unit)) if unit is not None else None
    return _with_records(session, Subject((contact,), unit if len(everybody) == 1 else None))


def _with_records(session: Session, subject: Subject) -> Subject:
    """With what they were before their records were found to be one person."""
    records = identity.record_ids(session, subject.ids)
    aliases = _in(session, ContactRow, ContactRow.contact_id, set(records) - set(subject.contact_ids))
    return replace(subject, contacts=(*subject.contacts, *aliases), records=tuple(records))


def holdings_of(session: Session, subject: Subject) -> Holdings:
    """Every row that is about them. A row of the record is about them if it names one of their ids or messages."""
    people, units = subject.contact_ids, subject.unit_ids
    rows: dict[type[SQLModel], list[Any]] = {ContactRow: list(subject.contacts)}
    rows[UnitRow] = _in(session, UnitRow, UnitRow.unit_id, units)
    for table in (ConsentRow, PreferenceRow):
        rows[table] = _in(session, table, table.contact_id, people)
    for both in (OutcomeRow, CommentRow, VoiceRow, IncidentRow, DecisionRow, JourneyRow, DeliveryRow):
        rows[both] = _of_either(session, both, people, units)
    rows[SuppressionRow] = _in(session, SuppressionRow, SuppressionRow.address_hash, _hashes(subject))
    for of_units in (UnitGroupRow, SignalRow, MovementRow):
        rows[of_units] = _in(session, of_units, of_units.unit_id, units)
    rows |= {table: [] for table in identity.TABLES}
    for row in identity.everything_about(session, subject.ids):
        rows[type(row)].append(row)
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


def _of_either(session: Session, table: Any, people: Sequence[str], units: Sequence[str]) -> list[Any]:
    condition = or_(col(table.contact_id).in_(people), col(table.unit_id).in_(units))
    return list(session.exec(select(table).where(condition)))


def _in(session: Session, table: Any, column: Any, values: Iterable[str]) -> list[Any]:
    wanted = sorted(set(values))
    found: list[Any] = []
    for start in range(0, len(wanted), _CHUNK):
        found += session.exec(select(table).where(col(column).in_(wanted[start : start + _CHUNK]))).all()
    return found

"""Units, contacts, reps and consents as the sources say, and the addresses that get nothing any more."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from .tables import ConsentRow, ContactRow, IncidentRow, RepRow, SuppressionRow, UnitRow
from .upsert import insert_new, insert_or_update


def address_hash(address: str, secret: bytes) -> str:
    """Keyed, so that a copied suppression list tells nobody the addresses."""
    return hmac.new(secret, address.strip().lower().encode(), hashlib.sha256).hexdigest()


def keep_units(session: Session, rows: list[dict[str, Any]]) -> None:
    insert_or_update(session, UnitRow, rows)


def keep_contacts(session: Session, rows: list[dict[str, Any]], secret: bytes) -> None:
    hashed = [{**row, "address_hash": address_hash(row["email"], secret) if row["email"] else None} for row in rows]
    insert_or_update(session, ContactRow, hashed)


def keep_reps(session: Session, rows: list[dict[str, Any]]) -> None:
    insert_or_update(session, RepRow, rows)


def keep_consents(session: Session, rows: list[dict[str, Any]]) -> None:
    """Add records to the log of consents; what is recorded never changes."""
    insert_or_update(session, ConsentRow, rows)


def suppress(session: Session, hashes: Iterable[str], reason: str, at: datetime) -> None:
    """From now on these addresses get nothing; the first reason stays."""
    rows = [{"address_hash": value, "reason": reason, "suppressed_at": at} for value in hashes]
    insert_new(session, SuppressionRow, rows)


def suppress_contact(session: Session, contact_id: str, reason: str, at: datetime) -> None:
    """From now on this contact's address gets nothing."""
    contact = session.get(ContactRow, contact_id)
    if contact is not None and contact.address_hash is not None:
        suppress(session, [contact.address_hash], reason, at)


def suppression_of(session: Session, contact: ContactRow) -> SuppressionRow | None:
    """Why this contact's address gets nothing, if it does not."""
    return session.get(SuppressionRow, contact.address_hash) if contact.address_hash is not None else None


def lift_suppression(session: Session, contact: ContactRow, reason: str) -> bool:
    """Let the address have messages again, if this was why it had none; any other reason stands."""
    row = suppression_of(session, contact)
    if row is None or row.reason != reason:
        return False
    session.delete(row)
    return True


def consents_of(session: Session, contact_id: str) -> list[ConsentRow]:
    """The whole record of a contact's consents, oldest first."""
    query = select(ConsentRow).where(ConsentRow.contact_id == contact_id)
    return list(session.exec(query.order_by(col(ConsentRow.recorded_at), col(ConsentRow.channel))))


def unit(session: Session, unit_id: str) -> UnitRow | None:
    return session.get(UnitRow, unit_id)


def units(session: Session, unit_ids: Iterable[str]) -> dict[str, UnitRow]:
    return {row.unit_id: row for row in _by_key(session, UnitRow, col(UnitRow.unit_id), unit_ids)}


def contacts(session: Session, contact_ids: Iterable[str]) -> dict[str, ContactRow]:
    return {row.contact_id: row for row in _by_key(session, ContactRow, col(ContactRow.contact_id), contact_ids)}


def primary_contacts(session: Session) -> dict[str, str]:
    """Unit id -> the contact to write to (the first by id where several are primary)."""
    query = select(ContactRow.unit_id, ContactRow.contact_id).where(col(ContactRow.is_primary))
    rows = session.exec(query.order_by(col(ContactRow.contact_id).desc())).all()
    return dict(rows)


def units_with_incidents(session: Session) -> set[str]:
    """Units of which somebody complained, and nobody has settled it yet."""
    return set(session.exec(select(IncidentRow.unit_id).where(col(IncidentRow.settled_at).is_(None)).distinct()))


def reps(session: Session) -> dict[str, RepRow]:
    return {row.rep_id: row for row in session.exec(select(RepRow))}


def _by_key(session: Session, table: Any, key: Any, values: Iterable[str]) -> Iterable[Any]:
    wanted = list(values)
    for start in range(0, len(wanted), 900):
        yield from session.exec(select(table).where(key.in_(wanted[start : start + 900])))

"""What customers asked for on their preference page; the guardrails read the same rows."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from .tables import PreferenceRow


def preferences_of(session: Session, contact_id: str) -> list[PreferenceRow]:
    """All wishes of a contact, in a stable order; see PreferenceRow for what kinds there are."""
    query = select(PreferenceRow).where(PreferenceRow.contact_id == contact_id)
    return list(session.exec(query.order_by(col(PreferenceRow.kind), col(PreferenceRow.name))))


def keep_preference(
    session: Session,
    contact_id: str,
    kind: str,
    name: str = "",
    *,
    value: str = "",
    until: datetime | None = None,
    at: datetime,
) -> None:
    """Keep a wish; an unchanged one stays as it is, with the time when it was first made."""
    row = session.get(PreferenceRow, (contact_id, kind, name))
    if row is None:
        row = PreferenceRow(contact_id=contact_id, kind=kind, name=name, changed_at=at)
    elif (row.value, row.until) == (value, until):
        return
    row.value, row.until, row.changed_at = value, until, at
    session.add(row)


def drop_preference(session: Session, contact_id: str, kind: str, name: str = "") -> bool:
    """Forget a wish; False if there was none."""
    row = session.get(PreferenceRow, (contact_id, kind, name))
    if row is not None:
        session.delete(row)
    return row is not None


def languages_wished(session: Session, contact_ids: Iterable[str]) -> dict[str, str]:
    """Contact id -> the language that the contact asked for, where one was; it goes before what the sources say."""
    wanted, found = list(contact_ids), dict[str, str]()
    for start in range(0, len(wanted), 900):
        query = select(PreferenceRow.contact_id, PreferenceRow.value).where(
            PreferenceRow.kind == "language", col(PreferenceRow.contact_id).in_(wanted[start : start + 900])
        )
        found.update(session.exec(query).all())
    return found

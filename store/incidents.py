"""Complaints and angry replies: open until a named person settles them."""

from datetime import datetime

from sqlmodel import Session, col, select

from .tables import IncidentRow, JourneyRow

_UNDER_WAY = ("waiting", "running")


def open_new(session: Session, row: IncidentRow) -> bool:
    """Open an incident; False if the same one was opened before."""
    if session.get(IncidentRow, row.id) is not None:
        return False
    session.add(row)
    session.flush()
    return True


def incident(session: Session, incident_id: str) -> IncidentRow | None:
    return session.get(IncidentRow, incident_id)


def open_for(session: Session, campaign: str) -> list[IncidentRow]:
    """What nobody has settled yet, the oldest first."""
    query = select(IncidentRow).where(IncidentRow.campaign == campaign, col(IncidentRow.settled_at).is_(None))
    return list(session.exec(query.order_by(col(IncidentRow.opened_at), col(IncidentRow.id))))


def of_unit(session: Session, unit_id: str) -> list[IncidentRow]:
    """All incidents of a unit, settled ones too, the newest first."""
    query = select(IncidentRow).where(IncidentRow.unit_id == unit_id)
    return list(session.exec(query.order_by(col(IncidentRow.opened_at).desc(), col(IncidentRow.id))))


def settle(session: Session, row: IncidentRow, *, by: str, at: datetime, note: str) -> None:
    row.settled_at, row.settled_by, row.note = at, by, note
    session.add(row)


def journeys_under_way(session: Session, unit_id: str) -> list[str]:
    """The decisions, of any campaign, whose journeys still go on for this unit."""
    query = select(JourneyRow.decision_id).where(JourneyRow.unit_id == unit_id, col(JourneyRow.state).in_(_UNDER_WAY))
    return list(session.exec(query.order_by(col(JourneyRow.decision_id))))

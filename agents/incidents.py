"""A complaint or an angry reply: everything under way for that customer stops, and a named person is responsible."""

from datetime import datetime

from sqlmodel import Session

from ..domain.brief import Brief
from ..domain.decision import Reason
from ..store import audit, decisions, deliveries, incidents
from ..store.tables import ContactRow, IncidentRow


def open_incident(
    session: Session, now: datetime, *, brief: Brief, campaign: str, contact: ContactRow, kind: str, source_id: str
) -> bool:
    """Open it once per source; True if it was new. Nothing more leaves to the unit until it is settled.

    `kind`: 'complaint', 'angry_reply' or 'urgent_contact'. `source_id` names what it came from, never what was said.
    """
    row = IncidentRow(
        id=f"{kind}/{source_id}",
        campaign=campaign,
        unit_id=contact.unit_id,
        contact_id=contact.contact_id,
        kind=kind,
        owner=brief.complaints_owner,
        opened_at=now,
    )
    if not incidents.open_new(session, row):
        return False
    for decision_id in incidents.journeys_under_way(session, contact.unit_id):
        decisions.stop_journey(session, decision_id, Reason.COMPLAINED)
        deliveries.cancel_queued(session, decision_id, now, Reason.COMPLAINED)
    audit.record(
        session,
        at=now,
        actor="system",
        action="incident_opened",
        subject=contact.unit_id,
        details={"kind": kind, "owner": row.owner},
    )
    return True

"""Complaints and angry replies, for the person who answers for them: list and settle."""

from ..agents.workspace import Workspace
from ..domain.errors import Conflict, NotAllowed, UserError
from ..domain.playbook import Role
from ..store import audit, incidents
from ..store.tables import IncidentRow
from .people import Person

LONGEST_NOTE = 2000


def open_incidents(workspace: Workspace, by: Person) -> list[IncidentRow]:
    """What waits to be settled, the oldest first; those whose business it is see all, others none."""
    with workspace.store.read() as session:
        rows = incidents.open_for(session, workspace.brief.name)
    return [row for row in rows if may_settle(by, row)]


def may_settle(by: Person, row: IncidentRow) -> bool:
    return by.login == row.owner or Role.SUPERVISOR in by.roles


def settle(workspace: Workspace, incident_id: str, by: Person, *, note: str) -> IncidentRow:
    """Say how it was settled; from then on the customer may be written to again, where nothing else forbids it.

    Raises NotAllowed but for its owner and supervisors, UserError without words, Conflict where it is settled.
    """
    words = note.strip()
    if not words or len(words) > LONGEST_NOTE:
        raise UserError(f"say in 1 to {LONGEST_NOTE} characters how it was settled")
    now = workspace.clock.now()
    with workspace.store.write() as session:
        row = incidents.incident(session, incident_id)
        if row is None:
            raise UserError(f"there is no incident {incident_id!r}")
        if not may_settle(by, row):
            raise NotAllowed(f"this is for {row.owner}, or a supervisor")
        if row.settled_at is not None:
            raise Conflict(f"{row.settled_by} settled this already")
        incidents.settle(session, row, by=by.login, at=now, note=words)
        audit.record(session, at=now, actor=by.login, action="incident_settled", subject=row.unit_id)
    return row

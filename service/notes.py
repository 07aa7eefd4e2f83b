"""What the customer really said, as the responsible sales rep writes it back: data for people, never an instruction."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from ..agents.workspace import Workspace
from ..domain.errors import NotAllowed, UserError
from ..domain.playbook import Role
from ..store import audit, comments, directory
from ..store.tables import CommentRow, UnitRow
from .people import Person

LONGEST_NOTE = 2000
_SOURCE = "rep"


@dataclass(frozen=True)
class Note:
    """Words about a customer: the rep's, or the customer's own from a page or a reply."""

    source: str
    text: str
    at: datetime


def may_see_unit(workspace: Workspace, person: Person, unit_id: str) -> bool:
    """A rep sees their own customers; whoever plans, approves or operates sees all."""
    if person.roles.intersection((Role.SUPERVISOR, Role.MARKETER, Role.OPERATOR)):
        return True
    with workspace.store.read() as session:
        return _is_own(person, directory.unit(session, unit_id))


def may_write_note(workspace: Workspace, person: Person, unit_id: str) -> bool:
    with workspace.store.read() as session:
        return _is_own(person, directory.unit(session, unit_id))


def write_note(workspace: Workspace, person: Person, unit_id: str, text: str) -> None:
    """Keep what a customer said; only the responsible rep does that. Raises NotAllowed, UserError."""
    words = text.replace("\r\n", "\n").strip()
    if not words or len(words) > LONGEST_NOTE:
        raise UserError(f"a note has 1 to {LONGEST_NOTE} characters")
    now = workspace.clock.now()
    with workspace.store.write() as session:
        if not _is_own(person, directory.unit(session, unit_id)):
            raise NotAllowed(f"{person.login} is not the sales rep of {unit_id}")
        comments.keep_comment(
            session,
            CommentRow(
                id=f"rep/{secrets.token_hex(12)}",
                contact_id=comments.contact_of(session, unit_id) or unit_id,
                unit_id=unit_id,
                source=_SOURCE,
                text=words,
                written_at=now,
            ),
        )
        audit.record(session, at=now, actor=person.login, action="note_written", subject=unit_id)


def notes_about(workspace: Workspace, person: Person, unit_id: str) -> list[Note]:
    """What is on record in words about a customer, the newest first; raises NotAllowed."""
    if not may_see_unit(workspace, person, unit_id):
        raise NotAllowed(f"{unit_id} is another sales rep's customer")
    with workspace.store.read() as session:
        return [Note(row.source, row.text, row.written_at) for row in comments.comments_of(session, [unit_id])]


def _is_own(person: Person, unit: UnitRow | None) -> bool:
    return (
        unit is not None
        and Role.SALES_REP in person.roles
        and person.rep_id is not None
        and unit.rep_id == person.rep_id
    )

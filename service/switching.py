"""The kill switch: pause one campaign or all of them, and let them go on."""

from dataclasses import dataclass
from datetime import datetime

from ..agents.workspace import Workspace
from ..domain.errors import UserError
from ..domain.playbook import Role
from ..store import audit, campaigns
from ..store.tables import PauseRow
from .people import Person

EVERYTHING = "all"
_MAY_PAUSE = (Role.SUPERVISOR, Role.OPERATOR, Role.MARKETER)
_MAY_RESUME = (Role.SUPERVISOR, Role.OPERATOR)


def pause(workspace: Workspace, by: Person, *, reason: str, everything: bool) -> str:
    """From this moment nothing leaves; what was about to leave stays."""
    by.must_be(*_MAY_PAUSE)
    scope, now = EVERYTHING if everything else workspace.brief.name, workspace.clock.now()
    with workspace.store.write() as session:
        campaigns.keep_pause(session, PauseRow(scope=scope, paused_by=by.login, paused_at=now, reason=reason))
        audit.record(session, at=now, actor=by.login, action="paused", subject=scope)
    return scope


def resume(workspace: Workspace, by: Person, *, everything: bool) -> str:
    """Let things leave again; every message is checked anew before it does."""
    by.must_be(*_MAY_RESUME)
    scope, now = EVERYTHING if everything else workspace.brief.name, workspace.clock.now()
    with workspace.store.write() as session:
        if not campaigns.drop_pause(session, scope):
            raise UserError(f"{scope} is not paused")
        audit.record(session, at=now, actor=by.login, action="resumed", subject=scope)
    return scope


def may_pause(person: Person) -> bool:
    return bool(person.roles.intersection(_MAY_PAUSE))


def may_resume(person: Person) -> bool:
    return bool(person.roles.intersection(_MAY_RESUME))


@dataclass(frozen=True)
class Pause:
    """Somebody pressed the switch: `everything`, or this campaign alone."""

    everything: bool
    by: str
    at: datetime
    reason: str


def pauses(workspace: Workspace) -> list[Pause]:
    """What keeps this campaign's messages from leaving."""
    with workspace.store.read() as session:
        rows = campaigns.pauses(session, [EVERYTHING, workspace.brief.name])
    return [Pause(row.scope == EVERYTHING, row.paused_by, row.paused_at, row.reason) for row in rows]

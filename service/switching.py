"""The kill switch: pause one campaign or all of them, and let them go on."""

from ..agents.workspace import Workspace
from ..domain.errors import UserError
from ..domain.playbook import Role
from ..store import audit, campaigns
from ..store.tables import PauseRow
from .people import Person

EVERYTHING = "all"


def pause(workspace: Workspace, by: Person, *, reason: str, everything: bool) -> str:
    """From this moment nothing leaves; what was about to leave stays."""
    by.must_be(Role.SUPERVISOR, Role.OPERATOR, Role.MARKETER)
    scope, now = EVERYTHING if everything else workspace.brief.name, workspace.clock.now()
    with workspace.store.write() as session:
        campaigns.keep_pause(session, PauseRow(scope=scope, paused_by=by.login, paused_at=now, reason=reason))
        audit.record(session, at=now, actor=by.login, action="paused", subject=scope)
    return scope


def resume(workspace: Workspace, by: Person, *, everything: bool) -> str:
    """Let things leave again; every message is checked anew before it does."""
    by.must_be(Role.SUPERVISOR, Role.OPERATOR)
    scope, now = EVERYTHING if everything else workspace.brief.name, workspace.clock.now()
    with workspace.store.write() as session:
        if not campaigns.drop_pause(session, scope):
            raise UserError(f"{scope} is not paused")
        audit.record(session, at=now, actor=by.login, action="resumed", subject=scope)
    return scope

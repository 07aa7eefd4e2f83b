"""A process that runs for months: it notices when another process changed the running campaign's brief."""

import secrets

from ..agents.workspace import Workspace
from ..domain.token import make_token
from ..store import campaigns

__all__ = ["Workspace", "is_ours", "keep_current", "proof"]

_HEALTH = "health"


def keep_current(workspace: Workspace) -> None:
    """Take over the brief in force, if the campaign has another one by now (`kizuna run` after an edit)."""
    with workspace.store.read() as session:
        row = campaigns.campaign(session, workspace.brief.name)
    if row is None:
        return
    in_force = campaigns.brief_of(row)
    if in_force != workspace.brief:
        workspace.brief = in_force
        workspace.__dict__.pop("actions", None)  # cached; depends on the brief


def proof(workspace: Workspace, nonce: str) -> str:
    """What only a server with this workspace's key can answer: shows that an address leads to our own pages."""
    return make_token(workspace.secret, _HEALTH, nonce)


def is_ours(workspace: Workspace, nonce: str, answer: str) -> bool:
    """Whether a health answer to this nonce came from a server with our key."""
    return secrets.compare_digest(answer.encode(), proof(workspace, nonce).encode())

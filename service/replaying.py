"""Whether decisions of the past would be made the same again."""

from ..agents.changes import Change
from ..agents.replaying import Difference, Replayed, replay
from ..agents.workspace import Workspace
from ..domain.errors import UserError
from ..store import campaigns, decisions

__all__ = ["Change", "Difference", "Replayed", "replay_campaign", "replay_unit"]


def replay_campaign(workspace: Workspace, cycle: int | None = None) -> list[Replayed]:
    """Every decision of a cycle, or of all cycles that have a plan, made again and compared. Changes nothing."""
    if cycle is not None:
        return [replay(workspace, cycle)]
    with workspace.store.read() as session:
        numbers = [
            row.number
            for row in campaigns.cycles(session, workspace.brief.name)
            if campaigns.latest_plan(session, row.campaign, row.number) is not None
        ]
    if not numbers:
        raise UserError(f"{workspace.brief.name!r} has no plan yet: there is nothing to make again")
    return [replay(workspace, number) for number in numbers]


def replay_unit(workspace: Workspace, unit_id: str) -> list[Replayed]:
    """The cycles that decided about one unit, made again. The whole cycle is: who gets what depends on the others."""
    with workspace.store.read() as session:
        rows = decisions.decisions_of_unit(session, workspace.brief.name, unit_id)
    return [replay(workspace, row.cycle) for row in rows]

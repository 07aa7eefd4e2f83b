"""Where a campaign stands: read only, and quick, since people look often."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from ..agents.workspace import Workspace
from ..domain.review import ReviewState
from ..store import campaigns, decisions, deliveries, reviews
from ..store.tables import ReviewRow


@dataclass(frozen=True)
class Status:
    """Where a campaign stands and what it waits for."""

    campaign: str
    state: str
    cycle: int
    cycles: int
    now: datetime
    zone: ZoneInfo
    waiting: list[ReviewRow] = field(default_factory=list)
    deliveries: dict[str, int] = field(default_factory=dict)
    next_due: datetime | None = None
    busy: bool = False
    paused: str = ""


def status(workspace: Workspace, *, busy: bool = False) -> Status:
    """Where the campaign stands, read only."""
    name = workspace.brief.name
    with workspace.store.read() as session:
        row = campaigns.campaign(session, name)
        if row is None:
            return Status(name, "not started", 0, workspace.brief.cycles, workspace.clock.now(), _zone(workspace))
        cycle = campaigns.cycle(session, name, row.cycle)
        due = [
            deliveries.next_due(session, name),
            decisions.next_wait_end(session, name),
            reviews.next_expiry(session, name),
            cycle.ends_at if cycle is not None and row.state == "running" else None,
        ]
        paused = campaigns.pauses(session, ["all", name])
        return Status(
            campaign=name,
            state=row.state,
            cycle=row.cycle,
            cycles=workspace.brief.cycles,
            now=workspace.clock.now(),
            waiting=reviews.reviews(session, name, [ReviewState.OPEN]),
            deliveries=dict(deliveries.count_states(session, name)),
            next_due=min((moment for moment in due if moment is not None), default=None),
            busy=busy,
            paused=paused[0].reason if paused else "",
            zone=_zone(workspace),
        )


def is_anything_due(workspace: Workspace) -> bool:
    """Whether a tick would find something to do now: a date has come, or journeys wait for what customers do."""
    now = status(workspace)
    if now.next_due is not None and now.next_due <= now.now:
        return True
    with workspace.store.read() as session:
        return decisions.has_journeys(session, now.campaign) or bool(reviews.to_apply(session, now.campaign))


def _zone(workspace: Workspace) -> ZoneInfo:
    return workspace.brief.guardrails.quiet_hours.zone

"""The occasions on which somebody must be told: reviews that wait or expire, incidents, a campaign that stopped."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from ..agents.workspace import Workspace
from ..domain.playbook import Role
from ..domain.review import ReviewState
from ..store import campaigns, incidents, reviews
from ..store.tables import ReviewRow
from .people import Person
from .rights import everybody, may_not_decide

Kind = Literal["waiting", "deputy", "expiring", "incident", "paused"]


@dataclass(frozen=True)
class Occasion:
    """One person to be told of one thing for one reason. `until` is when it expires, `why` what stopped a campaign."""

    kind: Kind
    subject: str
    recipient: str
    until: datetime | None = None
    why: str = ""


def occasions(session: Session, workspace: Workspace) -> list[Occasion]:
    """Everything that somebody should know now, told already or not."""
    people, now = everybody(session), workspace.clock.now()
    found: list[Occasion] = []
    for row in reviews.reviews(session, workspace.brief.name, [ReviewState.OPEN]):
        found += _of_review(workspace, row, people, now)
    found += [Occasion("incident", row.id, row.owner) for row in incidents.open_for(session, workspace.brief.name)]
    found += _of_pauses(session, workspace, people)
    return found


def _of_review(workspace: Workspace, row: ReviewRow, people: list[Person], now: datetime) -> Iterator[Occasion]:
    """First those whose task it is, after half of the time also who stands in, all again before it expires."""
    deciders = [person.login for person in people if may_not_decide(workspace, row, person) is None]
    first = set(workspace.brief.reviewers.supervisors) | {row.assignee}
    span = row.expires_at - row.opened_at
    half = row.opened_at + span / 2
    reminder = row.expires_at - workspace.brief.notices.remind_before
    reminder = reminder if reminder > row.opened_at else half
    for login in deciders:
        if login in first:
            yield Occasion("waiting", row.id, login, row.expires_at)
        elif now >= half:
            yield Occasion("deputy", row.id, login, row.expires_at)
        if now >= reminder:
            yield Occasion("expiring", row.id, login, row.expires_at)


def _of_pauses(session: Session, workspace: Workspace, people: list[Person]) -> Iterator[Occasion]:
    """A campaign that stopped itself; who paused it by hand knows."""
    supervisors = workspace.brief.reviewers.supervisors
    for pause in campaigns.pauses(session, ["all", workspace.brief.name]):
        if pause.paused_by != "system":
            continue
        for person in people:
            if person.login in supervisors or Role.OPERATOR in person.roles:
                yield Occasion("paused", f"{pause.scope}@{pause.paused_at.isoformat()}", person.login, why=pause.reason)

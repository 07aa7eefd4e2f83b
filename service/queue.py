"""What waits: for me, and for others with the reason why not for me; until when, and what it is worth."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..agents.workspace import Workspace
from ..domain.playbook import Role
from ..domain.review import ReviewKind, ReviewState
from ..store import directory, reviews
from ..store import waiting as lists
from ..store.tables import DraftRow, ReviewRow, UnitRow
from .incidents import open_incidents
from .people import Person
from .rights import Refusal, everybody, may_look, may_not_decide

_HANDED_OVER_SHOWN = 12


@dataclass(frozen=True)
class Waiting:
    """One open question. Money in JPY; `left` is business time until nothing of it is sent."""

    id: str
    kind: str
    action: str
    cycle: int
    revision: int
    until: datetime
    left: timedelta
    units: int
    cost_jpy: float | None
    worth_jpy: float
    flags: int
    unit_id: str
    unit_name: str
    mail_subject: str
    for_whom: str
    role: str
    others: tuple[str, ...]
    refusal: Refusal | None


@dataclass(frozen=True)
class HandedOver:
    """A message in the rep's own mailbox: sent from there, or not, only they know."""

    unit_id: str
    unit_name: str
    action: str
    at: datetime


@dataclass(frozen=True)
class Complaint:
    """Somebody complained or answered in anger: their journeys have stopped until this is settled."""

    id: str
    kind: str
    unit_id: str
    unit_name: str
    owner: str
    at: datetime


@dataclass(frozen=True)
class Queue:
    """What waits, the most urgent first."""

    complaints: list[Complaint]
    mine: list[Waiting]
    others: list[Waiting]
    handed_over: list[HandedOver]


def queue_of(workspace: Workspace, person: Person) -> Queue:
    """Everything open that this person may see."""
    now, name = workspace.clock.now(), workspace.brief.name
    with workspace.store.read() as session:
        rows = [row for row in reviews.reviews(session, name, [ReviewState.OPEN]) if may_look(workspace, row, person)]
        ids = [row.id for row in rows]
        worth = lists.worth_of(session, ids)
        drafts = lists.one_draft_of(session, [row.id for row in rows if row.kind == ReviewKind.EACH])
        units = directory.units(session, [draft.unit_id for draft in drafts.values()])
        people = everybody(session)
        upset = open_incidents(workspace, person)
        units |= directory.units(session, [incident.unit_id for incident in upset])
        handed = (
            lists.handed_over_to(session, name, person.rep_id, _HANDED_OVER_SHOWN)
            if Role.SALES_REP in person.roles and person.rep_id
            else []
        )
    listed = []
    for row in sorted(rows, key=lambda row: (row.expires_at, row.id)):
        others = tuple(
            who.login for who in people if who.login != person.login and may_not_decide(workspace, row, who) is None
        )
        draft = drafts.get(row.id)
        unit = units.get(draft.unit_id) if draft is not None else None
        listed.append(
            _waiting(row, now, worth.get(row.id), draft, unit, others, may_not_decide(workspace, row, person))
        )
    return Queue(
        complaints=[
            Complaint(
                incident.id,
                incident.kind,
                incident.unit_id,
                units[incident.unit_id].name if incident.unit_id in units else incident.unit_id,
                incident.owner,
                incident.opened_at,
            )
            for incident in upset
        ],
        mine=[entry for entry in listed if entry.refusal is None],
        others=[entry for entry in listed if entry.refusal is not None],
        handed_over=[
            HandedOver(unit.unit_id, unit.name, delivery.action, delivery.ended_at or delivery.due_at)
            for delivery, unit in handed
        ],
    )


def _waiting(
    row: ReviewRow,
    now: datetime,
    worth: float | None,
    draft: DraftRow | None,
    unit: UnitRow | None,
    others: tuple[str, ...],
    refusal: Refusal | None,
) -> Waiting:
    summary: dict[str, Any] = row.summary
    is_plan = row.kind == ReviewKind.PLAN
    expected = summary.get("expected_value_jpy", {}).get("mean", 0.0) if is_plan else worth or 0.0
    return Waiting(
        id=row.id,
        kind=row.kind,
        action=summary.get("action", ""),
        cycle=row.cycle,
        revision=row.revision,
        until=row.expires_at,
        left=row.expires_at - now,
        units=int(summary.get("contacts" if is_plan else "units", 0)),
        cost_jpy=summary.get("cost_jpy"),
        worth_jpy=float(expected),
        flags=len(summary.get("flags", ())),
        unit_id=draft.unit_id if draft is not None else "",
        unit_name=unit.name if unit is not None else "",
        mail_subject=str(draft.body["subject"]) if draft is not None else "",
        for_whom=row.assignee or "",
        role=row.role,
        others=others,
        refusal=refusal,
    )

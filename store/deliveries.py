"""The outbox: at most one delivery per key, claimed under a lease, fenced by generation, ended exactly once."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from ..domain.decision import decision_id
from ..domain.delivery import ENDED, DeliveryState
from .leases import is_dead
from .tables import AttemptRow, DeliveryRow
from .upsert import insert_new

CLAIM_SECONDS = 60.0


def enqueue(session: Session, rows: list[dict[str, Any]]) -> None:
    """Queue approved messages; a key that is there already stays as it is."""
    insert_new(session, DeliveryRow, rows)


@dataclass(frozen=True)
class Claim:
    """A worker's hold on a delivery. Results carry it, so that a worker that lost it changes nothing."""

    key: str
    owner: str
    generation: int


def claim(session: Session, owner: str, campaign: str, now: datetime, limit: int) -> list[Claim]:
    """Take up to `limit` of a campaign's deliveries that are due (business time) for this worker (real-time lease)."""
    due = (
        select(DeliveryRow)
        .where(
            DeliveryRow.campaign == campaign,
            col(DeliveryRow.state) == DeliveryState.QUEUED,
            col(DeliveryRow.due_at) <= now,
        )
        .order_by(col(DeliveryRow.due_at), col(DeliveryRow.key))
        .limit(limit)
    )
    claims = []
    for row in session.exec(due):
        row.state, row.owner, row.generation = DeliveryState.LEASED, owner, row.generation + 1
        row.lease_until = datetime.now(UTC) + timedelta(seconds=CLAIM_SECONDS)
        session.add(row)
        claims.append(Claim(row.key, owner, row.generation))
    return claims


def abandoned(session: Session, campaign: str) -> list[DeliveryRow]:
    """A campaign's deliveries whose worker is gone: its lease ran out, or its process died."""
    held = select(DeliveryRow).where(
        DeliveryRow.campaign == campaign,
        col(DeliveryRow.state).in_([DeliveryState.LEASED, DeliveryState.INTENT]),
    )
    now = datetime.now(UTC)
    return [
        row
        for row in session.exec(held)
        if row.lease_until is None or row.lease_until <= now or (row.owner and is_dead(row.owner))
    ]


def held(session: Session, claim: Claim) -> DeliveryRow | None:
    """The delivery, if this claim still holds it."""
    row = session.get(DeliveryRow, claim.key)
    if row is None or (row.owner, row.generation) != (claim.owner, claim.generation):
        return None
    return row if row.state in (DeliveryState.LEASED, DeliveryState.INTENT) else None


def mark_intent(session: Session, row: DeliveryRow, now: datetime) -> None:
    """The durable mark before anything leaves; from here on the customer counts as reached."""
    row.state, row.reached_at = DeliveryState.INTENT, now
    session.add(row)
    note(session, row.key, now, "intent")


def end(
    session: Session,
    row: DeliveryRow,
    state: DeliveryState,
    now: datetime,
    reason: str | None = None,
    place: str | None = None,
) -> None:
    """Close the delivery in one of its ends."""
    if state not in ENDED:
        raise ValueError(f"{state!r} is not an end of a delivery")
    if state not in (
        DeliveryState.SENT,
        DeliveryState.HANDED_OVER,
        DeliveryState.UNCERTAIN,
        DeliveryState.BOUNCED,
    ):
        row.reached_at = None
    row.state, row.ended_at, row.reason, row.place = state, now, reason, place
    row.owner = row.lease_until = None
    session.add(row)
    note(session, row.key, now, state, reason or "")


def put_back(session: Session, row: DeliveryRow, due_at: datetime, now: datetime, reason: str) -> None:
    """Nothing left; try again at `due_at`."""
    row.state, row.reached_at, row.due_at, row.reason = DeliveryState.QUEUED, None, due_at, reason
    row.owner = row.lease_until = None
    session.add(row)
    note(session, row.key, now, "put_back", reason)


def put_backs(session: Session, keys: list[str]) -> list[AttemptRow]:
    """Each time that one of these deliveries was put back to be tried later, in order; `note` holds the reason."""
    query = select(AttemptRow).where(col(AttemptRow.key).in_(keys), AttemptRow.phase == "put_back")
    return list(session.exec(query.order_by(col(AttemptRow.id))))


def cancel_queued(session: Session, decision_id: str, now: datetime, reason: str) -> None:
    """What has not left yet of this decision stays."""
    queued = select(DeliveryRow).where(
        DeliveryRow.decision_id == decision_id, col(DeliveryRow.state) == DeliveryState.QUEUED
    )
    for row in session.exec(queued).all():
        end(session, row, DeliveryState.CANCELLED, now, reason)


def note(session: Session, key: str, at: datetime, phase: str, text: str = "") -> None:
    session.add(AttemptRow(key=key, at=at, phase=phase, note=text))


def delivery(session: Session, key: str) -> DeliveryRow | None:
    return session.get(DeliveryRow, key)


def deliveries(session: Session, campaign: str, cycle: int | None = None) -> list[DeliveryRow]:
    """A campaign's deliveries, or those of one cycle's decisions."""
    query = select(DeliveryRow).where(DeliveryRow.campaign == campaign).order_by(col(DeliveryRow.key))
    if cycle is not None:
        query = query.where(col(DeliveryRow.key).startswith(decision_id(campaign, cycle, ""), autoescape=True))
    return list(session.exec(query))


def count_states(session: Session, campaign: str) -> Counter[str]:
    query = select(DeliveryRow.state, func.count()).where(DeliveryRow.campaign == campaign)
    return Counter(dict(session.exec(query.group_by(DeliveryRow.state)).all()))


def next_due(session: Session, campaign: str) -> datetime | None:
    query = select(func.min(DeliveryRow.due_at)).where(
        DeliveryRow.campaign == campaign, col(DeliveryRow.state) == DeliveryState.QUEUED
    )
    return session.exec(query).one()


def of_decision(session: Session, decision_id: str) -> list[DeliveryRow]:
    query = select(DeliveryRow).where(DeliveryRow.decision_id == decision_id)
    return list(session.exec(query.order_by(col(DeliveryRow.key))))

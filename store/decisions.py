"""Decisions and the journeys that carry them out."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, update
from sqlmodel import Session, col, select

from ..domain.decision import Decision, Reason
from .tables import DecisionRow, JourneyRow
from .upsert import insert_new

_CHUNK = 10_000


def replace_decisions(session: Session, campaign: str, cycle: int, rows: Iterable[list[dict[str, Any]]]) -> None:
    """The cycle's decisions, in chunks; those of an earlier revision of the plan go."""
    session.execute(delete(DecisionRow).where(col(DecisionRow.campaign) == campaign, col(DecisionRow.cycle) == cycle))
    for chunk in rows:
        session.execute(insert(DecisionRow), chunk)


def as_row(decision: Decision, contact_id: str | None) -> dict[str, Any]:
    """One way from the domain to the table."""
    chosen = next((c for c in decision.candidates if c.action == decision.action), None)
    return {
        **decision.model_dump(mode="json"),
        "planned_action": decision.action,
        "contact_id": contact_id,
        "cost_jpy": chosen.cost_jpy if chosen else 0.0,
    }


def decision(session: Session, decision_id: str) -> DecisionRow | None:
    return session.get(DecisionRow, decision_id)


def chosen(session: Session, campaign: str, cycle: int) -> list[DecisionRow]:
    """The decisions of a cycle that do something, in a stable order."""
    query = select(DecisionRow).where(
        DecisionRow.campaign == campaign, DecisionRow.cycle == cycle, col(DecisionRow.action).is_not(None)
    )
    return list(session.exec(query.order_by(col(DecisionRow.id))))


def decisions_of_cycle(session: Session, campaign: str, cycle: int) -> list[DecisionRow]:
    query = select(DecisionRow).where(DecisionRow.campaign == campaign, DecisionRow.cycle == cycle)
    return list(session.exec(query.order_by(col(DecisionRow.unit_id))))


def decisions_of_unit(session: Session, campaign: str, unit_id: str) -> list[DecisionRow]:
    query = select(DecisionRow).where(DecisionRow.campaign == campaign, DecisionRow.unit_id == unit_id)
    return list(session.exec(query.order_by(col(DecisionRow.cycle))))


def leave_out(session: Session, decision_ids: list[str], reason: Reason) -> None:
    """A person took these out: the decision becomes 'nothing', the receipt says why."""
    for start in range(0, len(decision_ids), 900):
        some = decision_ids[start : start + 900]
        session.execute(
            update(DecisionRow).where(col(DecisionRow.id).in_(some)).values(action=None, reason=reason.value)
        )


def count_actions(session: Session, campaign: str) -> dict[tuple[str, int], int]:
    """(action, cycle) -> units that it was chosen for."""
    query = select(DecisionRow.action, DecisionRow.cycle, func.count()).where(
        DecisionRow.campaign == campaign, col(DecisionRow.action).is_not(None)
    )
    rows = session.exec(query.group_by(col(DecisionRow.action), col(DecisionRow.cycle))).all()
    return {(action, cycle): count for action, cycle, count in rows if action}


def count_reasons(session: Session, campaign: str) -> Counter[str]:
    """Why units got nothing, over all cycles."""
    query = select(DecisionRow.reason, func.count()).where(
        DecisionRow.campaign == campaign, col(DecisionRow.action).is_(None)
    )
    return Counter({reason: count for reason, count in session.exec(query.group_by(DecisionRow.reason)) if reason})


def start_journeys(session: Session, rows: list[dict[str, Any]]) -> None:
    insert_new(session, JourneyRow, rows)


def journeys(session: Session, campaign: str, states: Iterable[str]) -> list[JourneyRow]:
    query = select(JourneyRow).where(JourneyRow.campaign == campaign, col(JourneyRow.state).in_(list(states)))
    return list(session.exec(query.order_by(col(JourneyRow.decision_id))))


def journey(session: Session, decision_id: str) -> JourneyRow | None:
    return session.get(JourneyRow, decision_id)


def stop_journey(session: Session, decision_id: str, reason: Reason) -> None:
    row = session.get(JourneyRow, decision_id)
    if row is not None and row.state not in ("done", "stopped"):
        row.state, row.reason = "stopped", reason.value
        session.add(row)


def next_wait_end(session: Session, campaign: str) -> datetime | None:
    """When the first waiting journey goes on by itself."""
    query = select(func.min(JourneyRow.waiting_until)).where(
        JourneyRow.campaign == campaign, JourneyRow.state == "running"
    )
    return session.exec(query).one()


def has_journeys(session: Session, campaign: str) -> bool:
    """Whether any journey is under way."""
    query = select(JourneyRow.decision_id).where(JourneyRow.campaign == campaign, JourneyRow.state == "running")
    return session.exec(query.limit(1)).first() is not None

"""What customers did, seen in the sources, once each."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from .tables import OutcomeRow
from .upsert import insert_new


def keep_outcomes(session: Session, rows: list[dict[str, Any]]) -> None:
    """Rows seen before stay as they are: reading a source twice changes nothing."""
    insert_new(session, OutcomeRow, rows)


def outcomes_of(session: Session, unit_id: str, since: datetime) -> list[OutcomeRow]:
    query = select(OutcomeRow).where(OutcomeRow.unit_id == unit_id, col(OutcomeRow.happened_at) >= since)
    return list(session.exec(query.order_by(col(OutcomeRow.happened_at))))


def count_kinds(session: Session, since: datetime) -> Counter[str]:
    query = select(OutcomeRow.kind, func.count()).where(col(OutcomeRow.happened_at) >= since)
    return Counter(dict(session.exec(query.group_by(OutcomeRow.kind)).all()))


def outcomes_of_kind(session: Session, kind: str, since: datetime) -> list[OutcomeRow]:
    """In the order in which they happened."""
    query = select(OutcomeRow).where(OutcomeRow.kind == kind, col(OutcomeRow.happened_at) >= since)
    return list(session.exec(query.order_by(col(OutcomeRow.happened_at), col(OutcomeRow.id))))

"""Who was told what: each reason once per person and way; what could not be told is tried again a few times."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from .tables import NoticeRow
from .upsert import insert_new

WAITING, TOLD, GIVEN_UP, OVER = "waiting", "told", "given_up", "over"
MOST_ATTEMPTS = 5


def want(session: Session, rows: list[dict[str, Any]]) -> None:
    """Put notices on the list; who was told, or is about to be, stays so."""
    insert_new(session, NoticeRow, rows)


def known(session: Session, campaign: str) -> set[str]:
    return set(session.exec(select(NoticeRow.key).where(NoticeRow.campaign == campaign)))


def untold(session: Session, campaign: str) -> list[NoticeRow]:
    """What is still to be told, in a stable order."""
    query = select(NoticeRow).where(NoticeRow.campaign == campaign, NoticeRow.state == WAITING)
    return list(session.exec(query.order_by(col(NoticeRow.created_at), col(NoticeRow.key))))


def told(session: Session, rows: list[NoticeRow], at: datetime) -> None:
    for row in rows:
        row.state, row.sent_at, row.attempts = TOLD, at, row.attempts + 1
        session.merge(row)


def not_told(session: Session, rows: list[NoticeRow], why: str) -> None:
    """One more try failed; after the last one it is given up."""
    for row in rows:
        row.attempts, row.note = row.attempts + 1, why
        row.state = GIVEN_UP if row.attempts >= MOST_ATTEMPTS else WAITING
        session.merge(row)


def over(session: Session, rows: list[NoticeRow]) -> None:
    """What these were about is settled; nobody needs to be told any more."""
    for row in rows:
        row.state = OVER
        session.merge(row)

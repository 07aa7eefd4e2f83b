"""What the inbox lists: what open reviews are worth, a batch page by page, what was handed to a rep."""

from collections.abc import Iterable

from sqlalchemy import func
from sqlmodel import Session, col, select

from .tables import DecisionRow, DeliveryRow, DraftRow, UnitRow

_REPLACED = "replaced"


def worth_of(session: Session, review_ids: Iterable[str]) -> dict[str, float]:
    """Review id -> expected incremental value in JPY of the decisions that its drafts carry out."""
    asked = (
        select(DraftRow.review_id, DraftRow.decision_id)
        .where(col(DraftRow.review_id).in_(list(review_ids)), DraftRow.state != _REPLACED)
        .distinct()
        .subquery()
    )
    query = (
        select(asked.c.review_id, func.sum(DecisionRow.value_jpy))
        .join(DecisionRow, col(DecisionRow.id) == asked.c.decision_id)
        .group_by(asked.c.review_id)
    )
    return {review_id: float(worth or 0.0) for review_id, worth in session.exec(query)}


def one_draft_of(session: Session, review_ids: Iterable[str]) -> dict[str, DraftRow]:
    """Review id -> the first of its drafts."""
    query = select(DraftRow).where(col(DraftRow.review_id).in_(list(review_ids)), DraftRow.state != _REPLACED)
    rows = session.exec(query.order_by(col(DraftRow.review_id), col(DraftRow.id).desc()))
    return {row.review_id: row for row in rows}


def draft_at(session: Session, review_id: str, unit_id: str, step: str) -> DraftRow | None:
    """The draft that a review asks about now, for one unit and one step."""
    query = select(DraftRow).where(
        DraftRow.review_id == review_id,
        DraftRow.unit_id == unit_id,
        DraftRow.step == step,
        DraftRow.state != _REPLACED,
    )
    return session.exec(query.order_by(col(DraftRow.revision).desc())).first()


def drafts_page(session: Session, review_id: str, start: int, limit: int) -> list[DraftRow]:
    """Some of a review's drafts, in the order of their ids."""
    query = select(DraftRow).where(DraftRow.review_id == review_id, DraftRow.state != _REPLACED)
    return list(session.exec(query.order_by(col(DraftRow.id)).offset(start).limit(limit)))


def draft_places(session: Session, review_id: str) -> list[tuple[str, str]]:
    """(unit, step) of all drafts of a review, in the order of their ids."""
    query = select(DraftRow.unit_id, DraftRow.step).where(DraftRow.review_id == review_id, DraftRow.state != _REPLACED)
    return [(unit, step) for unit, step in session.exec(query.order_by(col(DraftRow.id)))]


def handed_over_to(session: Session, campaign: str, rep_id: str, limit: int) -> list[tuple[DeliveryRow, UnitRow]]:
    """Messages that were handed to this sales rep, the newest first, with whom they are for."""
    query = (
        select(DeliveryRow, UnitRow)
        .join(UnitRow, col(UnitRow.unit_id) == col(DeliveryRow.unit_id))
        .where(DeliveryRow.campaign == campaign, DeliveryRow.state == "handed_over", UnitRow.rep_id == rep_id)
        .order_by(col(DeliveryRow.ended_at).desc())
        .limit(limit)
    )
    return [(delivery, unit) for delivery, unit in session.exec(query)]

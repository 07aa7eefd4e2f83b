"""Drafts, the reviews that ask about them, and the approvals that let them out."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, func, update
from sqlmodel import Session, col, select

from ..domain.decision import decision_id
from ..domain.draft import Draft
from ..domain.review import ReviewState
from .tables import ApprovalRow, DraftRow, ReviewRow
from .upsert import insert_new


def open_review(session: Session, row: dict[str, Any], drafts: Sequence[Draft] = ()) -> bool:
    """Put a question to a person, together with the drafts it is about; False if it stood already."""
    if session.get(ReviewRow, row["id"]) is not None:
        return False
    insert_new(session, ReviewRow, [row])
    insert_new(session, DraftRow, [_draft_row(draft, row["campaign"], row["id"]) for draft in drafts])
    return True


def review(session: Session, review_id: str) -> ReviewRow | None:
    return session.get(ReviewRow, review_id)


def decide(
    session: Session, review_id: str, state: ReviewState, *, by: str, at: datetime, answer: dict[str, Any]
) -> bool:
    """Compare-and-set: open -> decided. False when it was not open any more."""
    result = session.execute(
        update(ReviewRow)
        .where(col(ReviewRow.id) == review_id, col(ReviewRow.state) == ReviewState.OPEN.value)
        .values(state=state.value, decided_by=by, decided_at=at, answer=answer)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def reassign(session: Session, row: ReviewRow, *, role: str, assignee: str | None) -> None:
    row.role, row.assignee = role, assignee
    session.add(row)


def reviews(session: Session, campaign: str, states: Iterable[ReviewState] | None = None) -> list[ReviewRow]:
    query = select(ReviewRow).where(ReviewRow.campaign == campaign)
    if states is not None:
        query = query.where(col(ReviewRow.state).in_([state.value for state in states]))
    return list(session.exec(query.order_by(col(ReviewRow.opened_at), col(ReviewRow.id))))


def open_reviews(session: Session) -> list[ReviewRow]:
    """Everything that waits for a person, in any campaign, the most urgent first."""
    query = select(ReviewRow).where(ReviewRow.state == ReviewState.OPEN.value)
    return list(session.exec(query.order_by(col(ReviewRow.expires_at), col(ReviewRow.id))))


def to_apply(session: Session, campaign: str) -> list[ReviewRow]:
    """Content reviews that were decided (or expired) and whose consequences are not drawn yet."""
    query = select(ReviewRow).where(
        ReviewRow.campaign == campaign,
        ReviewRow.kind != "plan",
        col(ReviewRow.state).in_([s.value for s in (ReviewState.APPROVED, ReviewState.REJECTED, ReviewState.EXPIRED)]),
        col(ReviewRow.applied_at).is_(None),
    )
    return list(session.exec(query.order_by(col(ReviewRow.decided_at), col(ReviewRow.id))))


def expire_overdue(session: Session, campaign: str, now: datetime) -> list[str]:
    """Open reviews past their time become expired; returns their ids."""
    overdue = select(ReviewRow.id).where(
        ReviewRow.campaign == campaign,
        ReviewRow.state == ReviewState.OPEN.value,
        col(ReviewRow.expires_at) <= now,
    )
    ids = list(session.exec(overdue))
    return [
        review_id
        for review_id in ids
        if decide(session, review_id, ReviewState.EXPIRED, by="system", at=now, answer={})
    ]


def next_expiry(session: Session, campaign: str) -> datetime | None:
    query = select(func.min(ReviewRow.expires_at)).where(
        ReviewRow.campaign == campaign, ReviewRow.state == ReviewState.OPEN.value
    )
    return session.exec(query).one()


def drafts_of(session: Session, review_id: str) -> list[DraftRow]:
    """The drafts a review asks about now (replaced ones are history)."""
    query = select(DraftRow).where(DraftRow.review_id == review_id, DraftRow.state != "replaced")
    return list(session.exec(query.order_by(col(DraftRow.id))))


def digests_of(session: Session, review_id: str) -> list[str]:
    """The digests of the drafts a review asks about now."""
    return list(
        session.exec(select(DraftRow.digest).where(DraftRow.review_id == review_id, DraftRow.state != "replaced"))
    )


def draft(session: Session, draft_id: str) -> DraftRow | None:
    return session.get(DraftRow, draft_id)


def as_draft(row: DraftRow) -> Draft:
    """One way from the table to the domain; validates."""
    return Draft.model_validate(row.body)


def add_draft(session: Session, draft: Draft, campaign: str, review_id: str) -> None:
    insert_new(session, DraftRow, [_draft_row(draft, campaign, review_id)])


def set_draft_state(session: Session, draft_ids: Sequence[str], state: str) -> None:
    for start in range(0, len(draft_ids), 900):
        some = list(draft_ids[start : start + 900])
        session.execute(update(DraftRow).where(col(DraftRow.id).in_(some)).values(state=state))


def approve_drafts(session: Session, drafts: Sequence[DraftRow], *, row: ReviewRow, policy_version: str) -> None:
    """Write one approval per draft, each binding that draft's digest."""
    assert row.decided_by is not None and row.decided_at is not None
    approvals = [
        {
            "draft_id": draft.id,
            "review_id": row.id,
            "digest": draft.digest,
            "approved_by": row.decided_by,
            "approved_at": row.decided_at,
            "policy_version": policy_version,
        }
        for draft in drafts
    ]
    insert_new(session, ApprovalRow, approvals)
    set_draft_state(session, [draft.id for draft in drafts], "approved")


def approval(session: Session, draft_id: str) -> ApprovalRow | None:
    return session.get(ApprovalRow, draft_id)


def approved_drafts(session: Session, campaign: str, cycle: int) -> dict[str, DraftRow]:
    """(decision/step) -> the draft of it that a person approved, for a cycle's decisions."""
    query = select(DraftRow).where(
        DraftRow.campaign == campaign,
        DraftRow.state == "approved",
        col(DraftRow.decision_id).startswith(decision_id(campaign, cycle, ""), autoescape=True),
    )
    rows = session.exec(query.order_by(col(DraftRow.revision)))
    return {f"{row.decision_id}/{row.step}": row for row in rows}


def outdated_drafts(session: Session, campaign: str) -> list[DraftRow]:
    """Approved once, but their facts changed since: they need a new review."""
    query = select(DraftRow).where(DraftRow.campaign == campaign, DraftRow.state == "outdated")
    return list(session.exec(query.order_by(col(DraftRow.id))))


def mark_applied(session: Session, review_id: str, at: datetime) -> None:
    """Its consequences are drawn."""
    session.execute(update(ReviewRow).where(col(ReviewRow.id) == review_id).values(applied_at=at))


def drafts_of_decision(session: Session, decision_id: str) -> list[DraftRow]:
    query = select(DraftRow).where(DraftRow.decision_id == decision_id)
    return list(session.exec(query.order_by(col(DraftRow.step), col(DraftRow.revision))))


def _draft_row(draft: Draft, campaign: str, review_id: str) -> dict[str, Any]:
    return {
        "id": draft.id,
        "decision_id": draft.decision_id,
        "step": draft.step,
        "revision": draft.revision,
        "campaign": campaign,
        "unit_id": draft.unit_id,
        "review_id": review_id,
        "digest": draft.digest,
        "state": "waiting",
        "body": draft.model_dump(mode="json"),
    }

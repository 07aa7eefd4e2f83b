"""The execution agent: releases what was approved, step by step, and stops journeys that should go no further."""

from datetime import datetime
from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Command
from sqlmodel import Session

from ..domain.decision import Reason
from ..domain.review import ReviewKind, ReviewState
from ..store import audit, campaigns, decisions, deliveries, reviews
from ..store.tables import CycleRow, DraftRow
from .journeys import advance_journeys
from .state import CampaignState, ReviewThreadState
from .workspace import Context, Workspace

#: An approved review is dropped where its drafts are no longer those that were approved.
_WHY_DROPPED = {
    ReviewState.EXPIRED.value: Reason.APPROVAL_EXPIRED,
    ReviewState.APPROVED.value: Reason.APPROVAL_VOID,
}


def release(state: ReviewThreadState, runtime: Runtime[Context]) -> ReviewThreadState:
    """A content review was approved: bind each draft's approval and set its journeys going."""
    workspace = runtime.context.open()
    now = workspace.clock.now()
    with workspace.store.write() as session:
        row = reviews.review(session, state["review"])
        assert row is not None and row.state == ReviewState.APPROVED
        without = set(row.answer.get("without", ()))
        drafts = reviews.drafts_of(session, row.id)
        kept = [draft for draft in drafts if draft.unit_id not in without]
        dropped = [draft for draft in drafts if draft.unit_id in without]
        action = workspace.actions[row.summary["action"]]
        reviews.approve_drafts(session, kept, row=row, policy_version=action.policy_version(workspace.brief))
        _drop(session, dropped, Reason.LEFT_OUT_BY_REVIEWER, "left_out")
        for decision_id in {draft.decision_id for draft in kept}:
            _set_going(session, decision_id)
        row.applied_at = now
        session.add(row)
        audit.record(
            session,
            at=now,
            actor=row.decided_by or "system",
            action="released",
            subject=row.id,
            details={"drafts": len(kept), "left_out": len(dropped)},
        )
    if row.kind == ReviewKind.BATCH:
        workspace.tell("released", subject=row.subject, messages=len(kept))
    return {"outcome": "released"}


def drop(state: ReviewThreadState, runtime: Runtime[Context]) -> ReviewThreadState:
    """A content review ended without approval: nothing of it leaves."""
    workspace = runtime.context.open()
    with workspace.store.write() as session:
        row = reviews.review(session, state["review"])
        assert row is not None
        expired = row.state == ReviewState.EXPIRED
        reason = _WHY_DROPPED.get(row.state, Reason.NOT_APPROVED)
        _drop(session, reviews.drafts_of(session, row.id), reason, "expired" if expired else "rejected")
        row.applied_at = workspace.clock.now()
        session.add(row)
    workspace.tell("dropped", subject=row.subject, reason=reason.value)
    return {"outcome": "dropped"}


def _drop(session: Session, drafts: list[DraftRow], reason: Reason, draft_state: str) -> None:
    reviews.set_draft_state(session, [draft.id for draft in drafts], draft_state)
    for decision_id in sorted({draft.decision_id for draft in drafts}):
        decisions.stop_journey(session, decision_id, reason)
    untouched = [d for d in sorted({draft.decision_id for draft in drafts}) if not _has_delivery(session, d)]
    decisions.leave_out(session, untouched, reason)


def _has_delivery(session: Session, decision_id: str) -> bool:
    return bool(deliveries.of_decision(session, decision_id))


def _set_going(session: Session, decision_id: str) -> None:
    journey = decisions.journey(session, decision_id)
    if journey is not None and journey.state == "waiting":
        journey.state = "running"
        session.add(journey)


def advance(state: CampaignState, runtime: Runtime[Context]) -> Command[Literal["park", "measure"]]:
    """Move every running journey as far as it can go now; then park, or measure when the cycle is over."""
    workspace = runtime.context.open()
    now = workspace.clock.now()
    with workspace.store.read() as session:
        cycle = campaigns.cycle(session, state["campaign"], state["cycle"])
    assert cycle is not None
    if now >= cycle.ends_at:
        _close_cycle(workspace, cycle, now)
        return Command(goto="measure")
    advance_journeys(workspace, cycle, now)
    with workspace.store.read() as session:
        open_count = len(reviews.reviews(session, cycle.campaign, [ReviewState.OPEN]))
    ask = {"kind": "wait", "cycle": cycle.number, "open_reviews": open_count, "ends_at": cycle.ends_at.isoformat()}
    return Command(update={"ask": ask}, goto="park")


def _close_cycle(workspace: Workspace, cycle: CycleRow, now: datetime) -> None:
    """What a cycle did not finish ends with it: open questions expire, waiting journeys stop."""
    with workspace.store.write() as session:
        for row in reviews.reviews(session, cycle.campaign, [ReviewState.OPEN]):
            if row.cycle == cycle.number:
                reviews.decide(session, row.id, ReviewState.EXPIRED, by="system", at=now, answer={})
                reviews.mark_applied(session, row.id, now)
                _drop(session, reviews.drafts_of(session, row.id), Reason.APPROVAL_EXPIRED, "expired")
        for journey in decisions.journeys(session, cycle.campaign, ["waiting", "running"]):
            if journey.cycle == cycle.number:
                decisions.stop_journey(session, journey.decision_id, Reason.CYCLE_ENDED)
                deliveries.cancel_queued(session, journey.decision_id, now, Reason.CYCLE_ENDED)

"""The execution agent: releases what was approved, step by step, and stops journeys that should go no further."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Command
from sqlmodel import Session

from ..delivery.message import message_id
from ..domain.decision import Reason
from ..domain.delivery import ENDED, DeliveryState
from ..domain.playbook import Action, Branch, Send, Wait
from ..domain.review import ReviewKind, ReviewState
from ..store import audit, campaigns, decisions, deliveries, directory, guardrails, outcomes, reviews
from ..store.tables import ContactRow, CycleRow, DeliveryRow, DraftRow, JourneyRow, UnitRow
from .state import CampaignState, ReviewThreadState
from .workspace import Context, Workspace

_ARRIVED = frozenset({DeliveryState.SENT.value, DeliveryState.HANDED_OVER.value})
_ANSWERED = "survey_answered"
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
    _advance_journeys(workspace, cycle, now)
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


@dataclass
class _Board:
    """Everything the running journeys need, read once."""

    contacts: dict[str, ContactRow]
    units: dict[str, UnitRow]
    deliveries: dict[str, DeliveryRow]
    drafts: dict[str, DraftRow]
    answers: dict[str, tuple[datetime, str]]
    spoken: dict[str, dict[str, Reason]] = field(default_factory=dict)


def _advance_journeys(workspace: Workspace, cycle: CycleRow, now: datetime) -> None:
    with workspace.store.write() as session:
        running = decisions.journeys(session, cycle.campaign, ["running"])
        if not running:
            return
        board = _read_board(session, cycle, running)
        by_action: dict[str, list[JourneyRow]] = defaultdict(list)
        for journey in running:
            by_action[journey.action].append(journey)
        for name, journeys in by_action.items():
            action = workspace.actions[name]
            board.spoken[name] = _ask_guardrails(session, workspace, cycle, action, journeys, now)
            for journey in journeys:
                _Traveller(session, workspace, cycle, action, journey, board, now).go()


def _read_board(session: Session, cycle: CycleRow, running: list[JourneyRow]) -> _Board:
    answers: dict[str, tuple[datetime, str]] = {}
    for outcome in outcomes.outcomes_of_kind(session, _ANSWERED, cycle.starts_at):
        answers.setdefault(outcome.unit_id, (outcome.happened_at, outcome.value))
    return _Board(
        contacts=directory.contacts(session, [journey.contact_id for journey in running]),
        units=directory.units(session, [journey.unit_id for journey in running]),
        deliveries={row.key: row for row in deliveries.deliveries(session, cycle.campaign, cycle.number)},
        drafts=reviews.approved_drafts(session, cycle.campaign, cycle.number),
        answers=answers,
    )


def _ask_guardrails(
    session: Session, workspace: Workspace, cycle: CycleRow, action: Action, journeys: list[JourneyRow], now: datetime
) -> dict[str, Reason]:
    """One question for all first steps; the worker asks again for each message before it leaves."""
    starting = [journey.contact_id for journey in journeys if journey.position == 0]
    if not starting:
        return {}
    question = guardrails.Question(
        brief=workspace.brief, action=action, at=now, caps=workspace.caps(cycle.number), contacts=starting
    )
    return dict(guardrails.guardrails_that_speak(session, question))


@dataclass
class _Traveller:
    """One journey moving through its action's steps."""

    session: Session
    workspace: Workspace
    cycle: CycleRow
    action: Action
    journey: JourneyRow
    board: _Board
    now: datetime

    def go(self) -> None:
        unit = self.board.units.get(self.journey.unit_id)
        if unit is None or unit.active is False:
            self._stop(Reason.UNIT_LEFT)
            return
        while self.journey.state == "running" and self._step():
            self.journey.position += 1
            self.journey.waiting_since = self.journey.waiting_until = None
            if self.journey.position >= len(self.action.steps):
                self.journey.state = "done"
        self.session.add(self.journey)

    def _step(self) -> bool:
        """Whether the present step is behind us."""
        step = self.action.steps[self.journey.position]
        if isinstance(step, Send):
            return self._sent(step.send)
        if isinstance(step, Wait):
            return self._waited(step)
        return self._branched(step)

    def _sent(self, message: str) -> bool:
        delivery = self.board.deliveries.get(f"{self.journey.decision_id}/{message}")
        if delivery is None:
            self._release(message)
            return False
        if delivery.state in _ARRIVED:
            return True
        if delivery.state in ENDED:
            self._stop(Reason(delivery.reason) if delivery.reason else Reason.NOT_APPROVED)
        return False

    def _release(self, message: str) -> None:
        """Queue the approved message; a change of its facts since then asks a person again instead."""
        draft = self.board.drafts.get(f"{self.journey.decision_id}/{message}")
        if draft is None:
            return  # its (new) review is still open
        reason = self.board.spoken[self.action.action].get(self.journey.contact_id)
        if reason is not None and reason not in guardrails.PASSING:
            self._stop(reason)
            return
        approved = reviews.as_draft(draft)
        contact = self.board.contacts.get(self.journey.contact_id)
        if contact is None or contact.email != approved.recipient.email or contact.name != approved.recipient.name:
            reviews.set_draft_state(self.session, [draft.id], "outdated")
            return
        brief = self.workspace.brief
        deliveries.enqueue(
            self.session,
            [
                {
                    "key": approved.key,
                    "draft_id": approved.id,
                    "decision_id": approved.decision_id,
                    "step": approved.step,
                    "campaign": brief.name,
                    "unit_id": approved.unit_id,
                    "contact_id": approved.contact_id,
                    "action": approved.action,
                    "channel": approved.channel.value,
                    "digest": draft.digest,
                    "message_id": message_id(approved.key, self.workspace.secret, approved.sender.email.split("@")[1]),
                    "cost_jpy": self.action.cost.per_contact if message == self.action.messages[0] else 0.0,
                    "state": DeliveryState.QUEUED.value,
                    "due_at": max(self.now, approved.not_before),
                    "not_after": approved.not_after,
                    "generation": 0,
                }
            ],
        )

    def _waited(self, step: Wait) -> bool:
        if self.journey.waiting_until is None:
            self.journey.waiting_since = self.now
            self.journey.waiting_until = self.now + step.wait.up_to
        answer = self.board.answers.get(self.journey.unit_id)
        return answer is not None or self.now >= self.journey.waiting_until

    def _branched(self, step: Branch) -> bool:
        answer = self.board.answers.get(self.journey.unit_id)
        for arm in step.branch:
            if arm.send and answer is not None and arm.answer == answer[1]:
                return self._sent(arm.send)
        return True

    def _stop(self, reason: Reason) -> None:
        self.journey.state, self.journey.reason = "stopped", reason.value
        deliveries.cancel_queued(self.session, self.journey.decision_id, self.now, reason)

"""Journeys: how far each decision's steps have come, and what lets the next one go."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from ..delivery.message import message_id
from ..domain.decision import Reason
from ..domain.delivery import ENDED, DeliveryState
from ..domain.playbook import Action, Branch, Channel, Event, Send, Wait, quiets_for
from ..store import decisions, deliveries, directory, guardrails, outcomes, reviews
from ..store.tables import ContactRow, CycleRow, DecisionRow, DeliveryRow, DraftRow, JourneyRow, UnitRow
from .composing import addressee_now, chosen_channel
from .workspace import Workspace

_ARRIVED = frozenset({DeliveryState.SENT.value, DeliveryState.HANDED_OVER.value})
_ANSWERED = "survey_answered"
#: What a journey can wait for -> the kind of outcome that tells of it.
_OUTCOME: dict[Event, str] = {
    "survey_answered": _ANSWERED,
    "ordered": "ordered",
    "opened": "mail_opened",
    "clicked": "mail_clicked",
    "visited": "visited",
    "contacted": "contacted",
}


def advance_journeys(workspace: Workspace, cycle: CycleRow, now: datetime) -> None:
    """Move every running journey as far as it can go now."""
    with workspace.store.write() as session:
        running = decisions.journeys(session, cycle.campaign, ["running"])
        if not running:
            return
        board = _read_board(session, workspace, cycle, running)
        by_action: dict[str, list[JourneyRow]] = defaultdict(list)
        for journey in running:
            by_action[journey.action].append(journey)
        for name, journeys in by_action.items():
            action = workspace.actions[name]
            board.spoken[name] = _ask_guardrails(session, workspace, cycle, action, journeys, now)
            for journey in journeys:
                _Traveller(session, workspace, cycle, action, journey, board, now).go()


@dataclass
class _Board:
    """Everything the running journeys need, read once."""

    contacts: dict[str, ContactRow]
    units: dict[str, UnitRow]
    deliveries: dict[str, DeliveryRow]
    drafts: dict[str, DraftRow]
    answers: dict[str, tuple[datetime, str]]
    happened: dict[str, dict[str, list[datetime]]]
    """Kind of outcome -> unit -> when, in order."""
    incidents: set[str]
    decisions: dict[str, DecisionRow]
    spoken: dict[str, dict[str, Reason]] = field(default_factory=dict)


def _read_board(session: Session, workspace: Workspace, cycle: CycleRow, running: list[JourneyRow]) -> _Board:
    answers: dict[str, tuple[datetime, str]] = {}
    for outcome in outcomes.outcomes_of_kind(session, _ANSWERED, cycle.starts_at):
        answers.setdefault(outcome.unit_id, (outcome.happened_at, outcome.value))
    kinds = {_OUTCOME[e] for j in running if (e := awaited(workspace.actions[j.action], j.position)) is not None}
    happened: dict[str, dict[str, list[datetime]]] = {kind: defaultdict(list) for kind in kinds}
    for kind in kinds:
        for outcome in outcomes.outcomes_of_kind(session, kind, cycle.starts_at):
            happened[kind][outcome.unit_id].append(outcome.happened_at)
    return _Board(
        contacts=directory.contacts(session, [journey.contact_id for journey in running]),
        units=directory.units(session, [journey.unit_id for journey in running]),
        deliveries={row.key: row for row in deliveries.deliveries(session, cycle.campaign, cycle.number)},
        drafts=reviews.approved_drafts(session, cycle.campaign, cycle.number),
        answers=answers,
        happened=happened,
        incidents=directory.units_with_incidents(session),
        decisions={d.id: d for d in decisions.chosen(session, cycle.campaign, cycle.number)},
    )


def awaited(action: Action, position: int) -> Event | None:
    """The event that the step at this position waits for, if it is a wait."""
    step = action.steps[position] if position < len(action.steps) else None
    return step.wait.event if isinstance(step, Wait) else None


def _ask_guardrails(
    session: Session, workspace: Workspace, cycle: CycleRow, action: Action, journeys: list[JourneyRow], now: datetime
) -> dict[str, Reason]:
    """One question per channel for all first steps; the worker asks again for each message before it leaves."""
    made = {d.id: d for d in decisions.chosen(session, cycle.campaign, cycle.number)}
    by_channel: dict[Channel, list[str]] = defaultdict(list)
    for journey in journeys:
        if journey.position == 0 and journey.decision_id in made:
            by_channel[chosen_channel(made[journey.decision_id], action)].append(journey.contact_id)
    spoken: dict[str, Reason] = {}
    for channel, contacts in by_channel.items():
        question = guardrails.Question(
            brief=workspace.brief,
            action=action,
            channel=channel,
            at=now,
            caps=workspace.caps(cycle.number),
            quiets=quiets_for(action, workspace.actions.values()),
            contacts=contacts,
        )
        spoken |= guardrails.guardrails_that_speak(session, question)
    return spoken


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
        if self.board.units.get(self.journey.unit_id) is None or self._left_meanwhile():
            self._stop(Reason.UNIT_LEFT)
            return
        if self.journey.unit_id in self.board.incidents:
            self._stop(Reason.COMPLAINED)
            return
        while self.journey.state == "running" and self._step():
            self.journey.position += 1
            self.journey.waiting_since = self.journey.waiting_until = None
            if self.journey.position >= len(self.action.steps):
                self.journey.state = "done"
        self.session.add(self.journey)

    def _left_meanwhile(self) -> bool:
        """Whether a customer of ours left since the decision; who had left before it may be invited back."""
        unit, decision = self.board.units[self.journey.unit_id], self.board.decisions.get(self.journey.decision_id)
        was_active = decision is None or decision.unit_active is not False
        return unit.active is False and was_active

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
        if contact is None or addressee_now(contact, approved.channel) != approved.recipient:
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
                    "cost_jpy": self.action.cost.over(approved.channel) if message == self.action.messages[0] else 0.0,
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
        if not self._event_came(step.wait.event):
            return self.now >= self.journey.waiting_until
        if step.wait.then == "end":
            self._stop(Reason.GOAL_REACHED)
            return False
        return True

    def _event_came(self, event: Event) -> bool:
        """Whether what is waited for happened: an answer at any time in the cycle, the rest since the wait began."""
        if event == "survey_answered":
            return self.journey.unit_id in self.board.answers
        since = self.journey.waiting_since
        moments = self.board.happened.get(_OUTCOME[event], {}).get(self.journey.unit_id, [])
        return since is not None and any(moment >= since for moment in moments)

    def _branched(self, step: Branch) -> bool:
        answer = self.board.answers.get(self.journey.unit_id)
        for arm in step.branch:
            if arm.send and answer is not None and arm.answer == answer[1]:
                return self._sent(arm.send)
        return True

    def _stop(self, reason: Reason) -> None:
        self.journey.state, self.journey.reason = "stopped", reason.value
        deliveries.cancel_queued(self.session, self.journey.decision_id, self.now, reason)

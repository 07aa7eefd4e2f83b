"""The outbox worker: the only code that lets something out, and only what is approved, byte for byte."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from sqlmodel import Session

from ..domain.brief import Brief, Cap
from ..domain.clock import Clock, next_loud_moment
from ..domain.decision import Reason
from ..domain.delivery import DeliveryState
from ..domain.draft import Draft
from ..domain.errors import ApprovalVoid, MayHaveLeft
from ..domain.playbook import Action, Channel, quiets_for
from ..store import audit, campaigns, deliveries, directory, guardrails, reviews
from ..store.database import Store
from ..store.deliveries import Claim
from ..store.leases import new_owner
from ..store.tables import DeliveryRow, PauseRow
from .ends import End, arrived, try_once
from .gate import approved_bytes
from .message import HeaderRefused
from .packing import Cover, pack

#: How soon to look again at what passes with time, where a day would be too long.
_RETRY = {Reason.PAUSED: timedelta(minutes=15)}
#: What a message gets that was not tried, since the one before it made everything wait.
_HELD = End(None, Reason.PAUSED, everything_must_wait=True)
#: Deliveries claimed at a time; also the most that a crash can leave in `intent`.
BATCH = 16


class Transport(Protocol):
    """A way out. Both ways to ask it fail with NotSentYet, RefusedForGood, PauseSending or MayHaveLeft alone."""

    def send(self, message: bytes, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str:
        """Let it out; returns where it lies, or what the server said."""
        ...

    def evidence(self, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str | None:
        """Where a message lies that left; None: it certainly did not. Raises MayHaveLeft where nobody can know."""
        ...


@dataclass(frozen=True)
class Terms:
    """What the worker must know of a campaign to let its messages out."""

    brief: Brief
    actions: dict[str, Action]
    caps: tuple[Cap, ...]

    def policy_version(self, action: str) -> str:
        """The version of guardrails and review policy in force; '' for an action that is not allowed any more."""
        known = self.actions.get(action)
        return known.policy_version(self.brief) if known is not None else ""

    def quiets(self, action: str) -> tuple[tuple[str, timedelta], ...]:
        """The actions that keep this one's topic away for a time, and for how long."""
        return quiets_for(self.actions[action], self.actions.values())


@dataclass
class Tally:
    """How a worker's round ended, by state."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, state: str) -> None:
        self.counts[state] = self.counts.get(state, 0) + 1


class Worker:
    """Takes due deliveries and brings each to exactly one end. Any number of workers may run at once."""

    def __init__(self, store: Store, transport: Transport, clock: Clock, terms: Terms, unsubscribe_url: str) -> None:
        self.store, self.transport, self.clock, self.terms = store, transport, clock, terms
        self.unsubscribe_url = unsubscribe_url
        self.owner = new_owner()

    def run(self) -> Tally:
        """Deliver everything that is due now."""
        tally = Tally()
        self._settle_abandoned(tally)
        while True:
            with self.store.write() as session:
                claims = deliveries.claim(session, self.owner, self.terms.brief.name, self.clock.now(), BATCH)
            if not claims or not self._deliver(claims, tally):
                return tally

    def _deliver(self, claims: list[Claim], tally: Tally) -> bool:
        """A few deliveries: check and mark all intents in one transaction, send, record all ends in another.

        What a crash can leave in `intent` is at most this batch. False where everything must wait from now on.
        """
        with self.store.write() as session:
            self._keep_to_the_brief_in_force(session)
            intended = [(claim, *ready) for claim in claims for ready in self._intend(session, claim)]
        ends: list[tuple[Claim, Draft, End]] = []
        may_go_on = True
        try:
            for claim, draft, row, message in intended:
                let_go = partial(self._let_go, message, row.message_id, draft)
                end = try_once(draft.channel, let_go) if may_go_on else _HELD
                ends.append((claim, draft, end))
                may_go_on = may_go_on and not end.everything_must_wait
        finally:
            with self.store.write() as session:
                for claim, draft, end in ends:
                    tally.add(self._finish(session, claim, draft, end))
        return may_go_on

    def _let_go(self, message: bytes, message_id: str, draft: Draft) -> str:
        """The one line that lets something out to a customer."""
        return self.transport.send(message, **_addressed(message_id, draft))

    def _keep_to_the_brief_in_force(self, session: Session) -> None:
        """The brief may have been changed, by another process, after this worker began."""
        campaign = campaigns.campaign(session, self.terms.brief.name)
        if campaign is not None:
            self.terms = replace(self.terms, brief=campaigns.brief_of(campaign))

    def _intend(self, session: Session, claim: Claim) -> list[tuple[Draft, DeliveryRow, bytes]]:
        """The approved draft, its delivery marked as about to leave, its mail; nothing where something forbids it."""
        now = self.clock.now()
        row = deliveries.held(session, claim)
        if row is None:
            return []
        try:
            draft = approved_bytes(session, row, self.terms.policy_version(row.action), now)
        except ApprovalVoid as error:
            self._close(session, row, DeliveryState.SUPPRESSED, Reason.APPROVAL_VOID, str(error))
            return []
        reason = self._guardrail(session, row, now)
        if reason is not None:
            self._hold_back(session, row, reason, now)
            return []
        try:
            message = self._message(draft, row, now)
        except HeaderRefused as error:  # one bad mail holds up no other
            self._close(session, row, DeliveryState.FAILED, Reason.UNSENDABLE, str(error))
            return []
        deliveries.mark_intent(session, row, now)
        return [(draft, row, message)]

    def _guardrail(self, session: Session, row: DeliveryRow, now: datetime) -> Reason | None:
        if row.not_after <= now:
            return Reason.APPROVAL_EXPIRED
        question = guardrails.Question(
            brief=self.terms.brief,
            action=self.terms.actions[row.action],
            channel=Channel(row.channel),
            at=now,
            caps=self.terms.caps,
            quiets=self.terms.quiets(row.action),
            contacts=[row.contact_id],
            decision_id=row.decision_id,
        )
        return guardrails.guardrails_that_speak(session, question).get(row.contact_id)

    def _hold_back(self, session: Session, row: DeliveryRow, reason: Reason, now: datetime) -> None:
        """What passes with time waits while the send window is open; the rest ends here."""
        quiet = self.terms.brief.guardrails.quiet_hours
        later = now + _RETRY.get(reason, timedelta(days=1))
        if reason is Reason.QUIET_HOURS:
            later = next_loud_moment(now, quiet)
        if reason in guardrails.PASSING and later < row.not_after:
            deliveries.put_back(session, row, later, now, reason)
        elif reason in guardrails.PASSING or reason is Reason.APPROVAL_EXPIRED:
            self._close(session, row, DeliveryState.EXPIRED, reason)
        else:
            self._close(session, row, DeliveryState.SUPPRESSED, reason)

    def _close(self, session: Session, row: DeliveryRow, state: DeliveryState, reason: Reason, note: str = "") -> None:
        now = self.clock.now()
        deliveries.end(session, row, state, now, reason)
        audit.record(
            session, at=now, actor="worker", action=f"delivery_{state}", subject=row.key, details={"reason": reason}
        )
        if note:
            deliveries.note(session, row.key, now, "why", note)

    def _message(self, draft: Draft, row: DeliveryRow, now: datetime) -> bytes:
        cover = Cover(
            organisation=self.terms.brief.sender.organisation[draft.language],
            message_id=row.message_id,
            date=now,
            campaign=row.campaign,
            unsubscribe_base=self.unsubscribe_url,
        )
        return pack(draft, cover)

    def _finish(self, session: Session, claim: Claim, draft: Draft, end: End) -> str:
        now = self.clock.now()
        row = deliveries.held(session, claim)
        if row is None:
            return "lost"
        if end.everything_must_wait and end.note:
            self._pause(session, now, end.note)
        if end.state is None:
            deliveries.put_back(session, row, now + end.later, now, end.reason or "")
            return "put back"
        deliveries.end(session, row, end.state, now, end.reason, end.place)
        if end.note:
            deliveries.note(session, row.key, now, "why", end.note)
        if end.address_is_bad:
            directory.suppress_contact(session, row.contact_id, end.state.value, now)
        audit.record(
            session,
            at=now,
            actor="worker",
            action=f"delivery_{end.state}",
            subject=row.key,
            details={"digest": draft.digest, "message_id": row.message_id},
        )
        return end.state

    def _pause(self, session: Session, now: datetime, why: str) -> None:
        """The other side wants us to stop: the campaign waits for a person."""
        scope = self.terms.brief.name
        campaigns.keep_pause(session, PauseRow(scope=scope, paused_by="system", paused_at=now, reason=why))
        audit.record(session, at=now, actor="worker", action="paused", subject=scope)

    def _settle_abandoned(self, tally: Tally) -> None:
        """Deliveries whose worker died: before the intent nothing left; after it, only evidence decides."""
        with self.store.write() as session:
            now = self.clock.now()
            for row in deliveries.abandoned(session, self.terms.brief.name):
                if row.state == DeliveryState.LEASED:
                    deliveries.put_back(session, row, now, now, Reason.WORKER_GONE)
                    continue
                tally.add(self._settle_intent(session, row, now))

    def _settle_intent(self, session: Session, row: DeliveryRow, now: datetime) -> str:
        draft_row = reviews.draft(session, row.draft_id)
        assert draft_row is not None
        draft = reviews.as_draft(draft_row)
        try:
            place = self.transport.evidence(**_addressed(row.message_id, draft))
        except MayHaveLeft as error:
            state = DeliveryState.UNCERTAIN
            deliveries.end(session, row, state, now, Reason.WORKER_GONE)
            deliveries.note(session, row.key, now, "why", str(error))
        else:
            if place is None:
                deliveries.put_back(session, row, now, now, Reason.WORKER_GONE)
                return "put back"
            state = arrived(draft.channel)
            deliveries.end(session, row, state, now, Reason.FOUND_AFTER_CRASH, place)
        audit.record(session, at=now, actor="worker", action=f"delivery_{state}", subject=row.key)
        return state


def _addressed(message_id: str, draft: Draft) -> dict[str, Any]:
    """Where a message goes: a mail to its address, a task to its member of staff, a membership into its audience."""
    recipients = {Channel.AUDIENCE: draft.action, Channel.STAFF_TASK: draft.sender.email}
    return {
        "message_id": message_id,
        "channel": draft.channel,
        "sender": draft.sender.email,
        "recipient": recipients.get(draft.channel, draft.recipient.email),
    }

"""The guardrails as one query: asked when planning, when releasing, and in the transaction of the intent to send."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, null, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from ..domain.brief import Brief, Cap
from ..domain.clock import is_quiet
from ..domain.decision import Reason
from ..domain.delivery import REACHED
from ..domain.playbook import Action, Channel
from .tables import ConsentRow, ContactRow, DeliveryRow, PauseRow, SuppressionRow

#: These pass with time; every other reason is final for the message.
PASSING = frozenset({Reason.PAUSED, Reason.CAPACITY, Reason.FREQUENCY_CAP, Reason.TOO_SOON, Reason.QUIET_HOURS})


@dataclass(frozen=True)
class Question:
    """What is about to be sent to whom: the query answers for every contact at once, or for those named.

    `decision_id` excludes that decision's own earlier steps from the cooldown; `planning` leaves out what
    only matters at the moment of sending (quiet hours, pause) and what passes before it (caps, gap).
    """

    brief: Brief
    action: Action
    at: datetime
    caps: tuple[Cap, ...]
    contacts: Collection[str] | None = None
    decision_id: str | None = None
    planning: bool = False


def guardrails_that_speak(session: Session, question: Question) -> Mapping[str, Reason]:
    """Contact id -> the first guardrail that forbids the message now; contacts with none are left out."""
    spoken = case(*_rules(question), else_=null())
    query = select(col(ContactRow.contact_id), spoken.label("reason"))
    if question.contacts is not None:
        query = query.where(col(ContactRow.contact_id).in_(question.contacts))
    else:
        query = query.where(col(ContactRow.is_primary))
    rows = session.execute(query).all()
    return {contact_id: Reason(reason) for contact_id, reason in rows if reason is not None}


def _rules(question: Question) -> list[tuple[ColumnElement[bool], str]]:
    rules = [
        (col(ContactRow.email).is_(None), Reason.UNREACHABLE),
        (_suppressed(), Reason.SUPPRESSED),
        (~_has_consent(question.at), Reason.NO_CONSENT),
        (_cooling_down(question), Reason.COOLDOWN),
        (_over_budget(question), Reason.BUDGET_EXHAUSTED),
    ]
    if not question.planning:
        rules += [
            (_paused(question.brief.name), Reason.PAUSED),
            (_channel_is_full(question), Reason.CAPACITY),
            (_over_a_cap(question), Reason.FREQUENCY_CAP),
            (_reached_since(question.at - question.brief.guardrails.gap) > 0, Reason.TOO_SOON),
            (literal(is_quiet(question.at, question.brief.guardrails.quiet_hours)), Reason.QUIET_HOURS),
        ]
    return [(condition, reason.value) for condition, reason in rules]


def _suppressed() -> ColumnElement[bool]:
    return exists().where(col(SuppressionRow.address_hash) == col(ContactRow.address_hash))


def _has_consent(at: datetime) -> ColumnElement[bool]:
    """The latest record says granted; on the same moment a withdrawal wins."""
    later = aliased(ConsentRow)
    same = and_(
        col(later.contact_id) == col(ConsentRow.contact_id),
        col(later.channel) == col(ConsentRow.channel),
        col(later.purpose) == col(ConsentRow.purpose),
    )
    withdrawn = exists().where(
        same,
        col(later.state) != "granted",
        col(later.recorded_at) >= col(ConsentRow.recorded_at),
        col(later.recorded_at) <= at,
    )
    return exists().where(
        col(ConsentRow.contact_id) == col(ContactRow.contact_id),
        col(ConsentRow.channel) == "email",
        col(ConsentRow.purpose) == "marketing",
        col(ConsentRow.state) == "granted",
        col(ConsentRow.recorded_at) <= at,
        ~withdrawn,
    )


def _reached_since(since: datetime) -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(DeliveryRow)
        .where(
            col(DeliveryRow.unit_id) == col(ContactRow.unit_id),
            col(DeliveryRow.state).in_([state.value for state in REACHED]),
            col(DeliveryRow.reached_at) > since,
        )
        .correlate(ContactRow)
        .scalar_subquery()
    )


def _over_a_cap(question: Question) -> ColumnElement[bool]:
    return or_(*[_reached_since(question.at - cap.per) >= cap.messages for cap in question.caps])


def _cooling_down(question: Question) -> ColumnElement[bool]:
    earlier = [
        col(DeliveryRow.unit_id) == col(ContactRow.unit_id),
        col(DeliveryRow.action) == question.action.action,
        col(DeliveryRow.state).in_([state.value for state in REACHED]),
        col(DeliveryRow.reached_at) > question.at - question.action.cooldown,
    ]
    if question.decision_id is not None:
        earlier.append(col(DeliveryRow.decision_id) != question.decision_id)
    return exists().where(*earlier)


def _over_budget(question: Question) -> ColumnElement[bool]:
    spent = (
        select(func.coalesce(func.sum(DeliveryRow.cost_jpy), 0.0))
        .where(
            col(DeliveryRow.campaign) == question.brief.name,
            col(DeliveryRow.state).in_([state.value for state in REACHED]),
        )
        .scalar_subquery()
    )
    return spent + question.action.cost.per_contact > question.brief.budget.total


def _channel_is_full(question: Question) -> ColumnElement[bool]:
    """The week's mails are out; a rep's drafts are limited when planning."""
    sent = (
        select(func.count())
        .select_from(DeliveryRow)
        .where(
            col(DeliveryRow.channel) == Channel.EMAIL.value,
            col(DeliveryRow.state).in_([state.value for state in REACHED]),
            col(DeliveryRow.reached_at) > question.at - timedelta(days=7),
        )
        .scalar_subquery()
    )
    if Channel.EMAIL not in question.action.channels:
        return literal(False)
    return sent >= question.brief.capacity.email_per_week


def _paused(campaign: str) -> ColumnElement[bool]:
    return exists().where(col(PauseRow.scope).in_(["all", campaign]))

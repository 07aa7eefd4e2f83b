"""The guardrails as one query: asked when planning, when releasing, and in the transaction of the intent to send."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Float,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    null,
    or_,
    select,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from ..domain.brief import Brief, Cap
from ..domain.clock import is_quiet
from ..domain.decision import Reason
from ..domain.delivery import REACHED
from ..domain.playbook import Action, Channel
from .tables import ConsentRow, ContactRow, DeliveryRow, PauseRow, SuppressionRow
from .types import UtcDateTime

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
    brief, action, at = question.brief, question.action, question.at
    shape = _Shape(
        caps=tuple(cap.messages for cap in question.caps),
        is_mail=Channel.EMAIL in action.channels,
        is_named=question.contacts is not None,
        is_planning=question.planning,
    )
    moments = {f"since_cap_{i}": at - cap.per for i, cap in enumerate(question.caps)}
    rows = session.execute(
        _statement(shape),
        {
            **moments,
            "at": at,
            "since_gap": at - brief.guardrails.gap,
            "since_cooldown": at - action.cooldown,
            "since_week": at - timedelta(days=7),
            "campaign": brief.name,
            "scopes": ["all", brief.name],
            "action": action.action,
            "decision": question.decision_id or "",
            "cost": action.cost.per_contact,
            "budget": brief.budget.total,
            "mails_a_week": brief.capacity.email_per_week,
            "is_quiet": is_quiet(at, brief.guardrails.quiet_hours),
            **({"contacts": list(question.contacts)} if question.contacts is not None else {}),
        },
    )
    return {contact_id: Reason(reason) for contact_id, reason in rows if reason is not None}


@dataclass(frozen=True)
class _Shape:
    """What changes the query's text; everything else is a parameter."""

    caps: tuple[int, ...]
    is_mail: bool
    is_named: bool
    is_planning: bool


@cache
def _statement(shape: _Shape) -> Select[str, str | None]:
    spoken = case(*_rules(shape), else_=null())
    query = select(col(ContactRow.contact_id), spoken.label("reason"))
    if shape.is_named:
        return query.where(col(ContactRow.contact_id).in_(bindparam("contacts", expanding=True)))
    return query.where(col(ContactRow.is_primary))


def _rules(shape: _Shape) -> list[tuple[ColumnElement[bool], str]]:
    """The final ones first: what can't pass with time is what the receipt should say."""
    rules = [
        (col(ContactRow.email).is_(None), Reason.UNREACHABLE),
        (_suppressed(), Reason.SUPPRESSED),
        (~_has_consent(), Reason.NO_CONSENT),
        (_cooling_down(), Reason.COOLDOWN),
        (_over_budget(), Reason.BUDGET_EXHAUSTED),
    ]
    if not shape.is_planning:
        rules += [
            (_paused(), Reason.PAUSED),
            *([(_channel_is_full(), Reason.CAPACITY)] if shape.is_mail else []),
            (_over_a_cap(shape.caps), Reason.FREQUENCY_CAP),
            (_reached_since(_moment("since_gap")) > 0, Reason.TOO_SOON),
            (bindparam("is_quiet", type_=Boolean), Reason.QUIET_HOURS),
        ]
    return [(condition, reason.value) for condition, reason in rules]


def _moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=UtcDateTime)


def _suppressed() -> ColumnElement[bool]:
    return exists().where(col(SuppressionRow.address_hash) == col(ContactRow.address_hash))


def _has_consent() -> ColumnElement[bool]:
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
        col(later.recorded_at) <= _moment("at"),
    )
    return exists().where(
        col(ConsentRow.contact_id) == col(ContactRow.contact_id),
        col(ConsentRow.channel) == "email",
        col(ConsentRow.purpose) == "marketing",
        col(ConsentRow.state) == "granted",
        col(ConsentRow.recorded_at) <= _moment("at"),
        ~withdrawn,
    )


def _counts() -> ColumnElement[bool]:
    """Deliveries that reached, or may have reached, somebody."""
    return col(DeliveryRow.state).in_([state.value for state in REACHED])


def _reached_since(since: BindParameter[datetime]) -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(DeliveryRow)
        .where(col(DeliveryRow.unit_id) == col(ContactRow.unit_id), _counts(), col(DeliveryRow.reached_at) > since)
        .correlate(ContactRow)
        .scalar_subquery()
    )


def _over_a_cap(caps: tuple[int, ...]) -> ColumnElement[bool]:
    return or_(*[_reached_since(_moment(f"since_cap_{i}")) >= messages for i, messages in enumerate(caps)])


def _cooling_down() -> ColumnElement[bool]:
    return exists().where(
        col(DeliveryRow.unit_id) == col(ContactRow.unit_id),
        col(DeliveryRow.action) == bindparam("action", type_=String),
        col(DeliveryRow.decision_id) != bindparam("decision", type_=String),
        _counts(),
        col(DeliveryRow.reached_at) > _moment("since_cooldown"),
    )


def _over_budget() -> ColumnElement[bool]:
    spent = (
        select(func.coalesce(func.sum(DeliveryRow.cost_jpy), 0.0))
        .where(col(DeliveryRow.campaign) == bindparam("campaign", type_=String), _counts())
        .scalar_subquery()
    )
    return spent + bindparam("cost", type_=Float) > bindparam("budget", type_=Float)


def _channel_is_full() -> ColumnElement[bool]:
    """The week's mails are out; a rep's drafts are limited when planning."""
    sent = (
        select(func.count())
        .select_from(DeliveryRow)
        .where(
            col(DeliveryRow.channel) == Channel.EMAIL.value,
            _counts(),
            col(DeliveryRow.reached_at) > _moment("since_week"),
        )
        .scalar_subquery()
    )
    return sent >= bindparam("mails_a_week", type_=Integer)


def _paused() -> ColumnElement[bool]:
    return exists().where(col(PauseRow.scope).in_(bindparam("scopes", expanding=True)))

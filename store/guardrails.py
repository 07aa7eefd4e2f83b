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
    cast,
    exists,
    false,
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
from .tables import ConsentRow, ContactRow, DeliveryRow, IncidentRow, PauseRow, PreferenceRow, SuppressionRow
from .types import UtcDateTime

#: These pass with time; every other reason is final for the message.
PASSING = frozenset(
    {
        Reason.PAUSED,
        Reason.CAPACITY,
        Reason.OWN_LIMIT,
        Reason.FREQUENCY_CAP,
        Reason.TOO_SOON,
        Reason.QUIET_HOURS,
    }
)

_MESSAGES = [channel.value for channel in Channel if channel.is_a_message]
#: Channels that the week's capacity limits at sending.
_LIMITED = frozenset({Channel.EMAIL, Channel.LETTER})
#: Which consent a channel needs; a task reaches our own staff, who may speak to anybody who comes to them.
_CONSENT_FOR = {
    Channel.EMAIL: "email",
    Channel.REP_DRAFT: "email",
    Channel.LETTER: "letter",
    Channel.AUDIENCE: "audience",
}
_NO_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class Question:
    """What is about to be sent to whom over which channel: answered for every contact at once, or for those named.

    `quiets` are the allowed actions that keep this action's topic away for a time after they reached somebody.
    `decision_id` excludes that decision's own earlier steps from the cooldown; `planning` leaves out what
    only matters at the moment of sending (quiet hours, pause) and what passes before it (caps, gap).
    """

    brief: Brief
    action: Action
    channel: Channel
    at: datetime
    caps: tuple[Cap, ...]
    quiets: tuple[tuple[str, timedelta], ...] = ()
    contacts: Collection[str] | None = None
    decision_id: str | None = None
    planning: bool = False


def guardrails_that_speak(session: Session, question: Question) -> Mapping[str, Reason]:
    """Contact id -> the first guardrail that forbids the message now; contacts with none are left out."""
    brief, action, at = question.brief, question.action, question.at
    shape = _Shape(
        caps=tuple(cap.messages for cap in question.caps),
        quiets=len(question.quiets),
        channel=question.channel,
        is_named=question.contacts is not None,
        is_planning=question.planning,
        held_to=_addresses(brief),
    )
    moments = {f"since_cap_{i}": at - cap.per for i, cap in enumerate(question.caps)}
    moments |= {f"since_quiet_{i}": at - lasts for i, (_, lasts) in enumerate(question.quiets)}
    names = {f"quiet_{i}": name for i, (name, _) in enumerate(question.quiets)}
    rows = session.execute(
        _statement(shape),
        {
            **moments,
            **names,
            "at": at,
            "since_gap": at - brief.guardrails.gap,
            "since_cooldown": at - action.cooldown,
            "since_week": at - timedelta(days=7),
            "since_month": at - timedelta(days=30),
            "campaign": brief.name,
            "scopes": ["all", brief.name],
            "action": action.action,
            "topic": action.topic.value,
            "decision": question.decision_id or "",
            "cost": action.cost.over(question.channel),
            "budget": brief.budget.total,
            "a_week": _a_week(brief, question.channel),
            "is_quiet": is_quiet(at, brief.guardrails.quiet_hours),
            **({"contacts": list(question.contacts)} if question.contacts is not None else {}),
        },
    )
    return {contact_id: Reason(reason) for contact_id, reason in rows if reason is not None}


def _a_week(brief: Brief, channel: Channel) -> int:
    """How many of this channel can leave in a week; what has no limit of its own gets one that is never met."""
    limits = {Channel.EMAIL: brief.capacity.email_per_week, Channel.LETTER: brief.capacity.letters_per_week}
    limit = limits.get(channel)
    return _NO_LIMIT if limit is None else limit


def _addresses(brief: Brief) -> tuple[str, ...] | None:
    """Whom a campaign that is not live may write to; None where mails go to a folder, or to everybody."""
    if brief.live or brief.delivery.kind == "folder":
        return None
    return tuple(entry.lower() for entry in brief.delivery.allow_list)


@dataclass(frozen=True)
class _Shape:
    """What changes the query's text; everything else is a parameter."""

    caps: tuple[int, ...]
    quiets: int
    channel: Channel
    is_named: bool
    is_planning: bool
    held_to: tuple[str, ...] | None


@cache
def _statement(shape: _Shape) -> Select[str, str | None]:
    spoken = case(*_rules(shape), else_=null())
    query = select(col(ContactRow.contact_id), spoken.label("reason"))
    if shape.is_named:
        return query.where(col(ContactRow.contact_id).in_(bindparam("contacts", expanding=True)))
    return query.where(col(ContactRow.is_primary))


def _rules(shape: _Shape) -> list[tuple[ColumnElement[bool], str]]:
    """The final ones first: what can't pass with time is what the receipt should say."""
    channel, at_night = shape.channel, shape.channel in (Channel.EMAIL, Channel.REP_DRAFT)
    rules = [
        (_unreachable(channel), Reason.UNREACHABLE),
        *([(~_on_the_list(shape.held_to), Reason.NOT_ALLOWED)] if shape.held_to is not None else []),
        (_suppressed(), Reason.SUPPRESSED),
        (_has_incident(), Reason.COMPLAINED),
        *([(~_has_consent(_CONSENT_FOR[channel]), Reason.NO_CONSENT)] if channel in _CONSENT_FOR else []),
        (_opted_out(channel), Reason.OPTED_OUT),
        *([(_quieted(shape.quiets), Reason.QUIETED)] if shape.quiets else []),
        (_cooling_down(), Reason.COOLDOWN),
        (_over_budget(), Reason.BUDGET_EXHAUSTED),
    ]
    if not shape.is_planning:
        rules += [
            (_paused(), Reason.PAUSED),
            *([(_channel_is_full(channel), Reason.CAPACITY)] if channel in _LIMITED else []),
            *([(_over_own_limit(), Reason.OWN_LIMIT)] if channel.is_a_message else []),
            *([(_over_a_cap(shape.caps), Reason.FREQUENCY_CAP)] if channel.is_a_message else []),
            *([(_reached_since(_moment("since_gap")) > 0, Reason.TOO_SOON)] if channel.is_a_message else []),
            *([(bindparam("is_quiet", type_=Boolean), Reason.QUIET_HOURS)] if at_night else []),
        ]
    return [(condition, reason.value) for condition, reason in rules]


def _moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=UtcDateTime)


def _unreachable(channel: Channel) -> ColumnElement[bool]:
    """No address that this channel goes by; a task reaches our own staff."""
    if channel is Channel.STAFF_TASK:
        return false()
    address = ContactRow.postal_address if channel is Channel.LETTER else ContactRow.email
    return col(address).is_(None)


def _on_the_list(entries: tuple[str, ...]) -> ColumnElement[bool]:
    """Before the campaign is live: the whole address, or its domain written `@company.example`, is on the list."""
    address = func.lower(func.coalesce(col(ContactRow.email), ""))
    fits = [address.endswith(e, autoescape=True) if e.startswith("@") else address == e for e in entries]
    return or_(false(), *fits)


def _suppressed() -> ColumnElement[bool]:
    return exists().where(col(SuppressionRow.address_hash) == col(ContactRow.address_hash))


def _has_incident() -> ColumnElement[bool]:
    """Somebody at the unit complained, and nobody has settled it yet."""
    return exists().where(
        col(IncidentRow.unit_id) == col(ContactRow.unit_id),
        col(IncidentRow.opened_at) <= _moment("at"),
        col(IncidentRow.settled_at).is_(None),
    )


def _opted_out(channel: Channel) -> ColumnElement[bool]:
    """The contact turned the topic or the channel off, or asked for a pause that is not over."""
    return exists().where(
        col(PreferenceRow.contact_id) == col(ContactRow.contact_id),
        or_(
            and_(col(PreferenceRow.kind) == "topic", col(PreferenceRow.name) == bindparam("topic", type_=String)),
            and_(col(PreferenceRow.kind) == "channel", col(PreferenceRow.name) == channel.value),
            and_(
                col(PreferenceRow.kind) == "pause",
                or_(col(PreferenceRow.until).is_(None), col(PreferenceRow.until) > _moment("at")),
            ),
        ),
    )


def _over_own_limit() -> ColumnElement[bool]:
    """The contact asked for at most so many messages in 30 days, and has had them."""
    return exists().where(
        col(PreferenceRow.contact_id) == col(ContactRow.contact_id),
        col(PreferenceRow.kind) == "per_month",
        cast(col(PreferenceRow.value), Integer) <= _reached_since(_moment("since_month")),
    )


def _quieted(quiets: int) -> ColumnElement[bool]:
    """An action that keeps this topic away reached the unit not long ago."""
    return or_(
        *[
            exists().where(
                col(DeliveryRow.unit_id) == col(ContactRow.unit_id),
                col(DeliveryRow.action) == bindparam(f"quiet_{i}", type_=String),
                _counts(),
                col(DeliveryRow.reached_at) > _moment(f"since_quiet_{i}"),
            )
            for i in range(quiets)
        ]
    )


def _has_consent(channel: str) -> ColumnElement[bool]:
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
        col(ConsentRow.channel) == channel,
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
        .where(
            col(DeliveryRow.unit_id) == col(ContactRow.unit_id),
            col(DeliveryRow.channel).in_(_MESSAGES),
            _counts(),
            col(DeliveryRow.reached_at) > since,
        )
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


def _channel_is_full(channel: Channel) -> ColumnElement[bool]:
    """The week's mails or letters are out; what people can take is limited when planning."""
    sent = (
        select(func.count())
        .select_from(DeliveryRow)
        .where(
            col(DeliveryRow.channel) == channel.value,
            _counts(),
            col(DeliveryRow.reached_at) > _moment("since_week"),
        )
        .scalar_subquery()
    )
    return sent >= bindparam("a_week", type_=Integer)


def _paused() -> ColumnElement[bool]:
    return exists().where(col(PauseRow.scope).in_(bindparam("scopes", expanding=True)))

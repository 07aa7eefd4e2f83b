"""What a customer can do on their own pages, with nothing but a link of a mail: leave, choose, answer.

A token says who it is; there is no log-in. Opening a page changes nothing (mail scanners open every link); only a
form that is sent does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from ..agents import answers
from ..agents.workspace import Workspace
from ..domain.brief import Language
from ..domain.errors import UserError
from ..domain.playbook import Channel, Topic
from ..domain.token import make_token, open_token, read_token
from ..prompts.catalogue import WordsMissing
from ..prompts.surveys import Survey, survey_of_link
from ..store import audit, deliveries, directory, erasing, preferences
from ..store.tables import ContactRow, DeliveryRow, PreferenceRow

#: Stands in every consent that these pages take back or give: which wording it was (特定電子メール法施行規則 4条).
PAGE_VERSION = "pages 2026-11-22"
PER_MONTH = (1, 2, 4, 8)
#: None: until the customer ends it.
PAUSES: Mapping[str, timedelta | None] = {
    "2_weeks": timedelta(days=14),
    "1_month": timedelta(days=30),
    "3_months": timedelta(days=90),
    "until_ended": None,
}
LONGEST_WORDS = 2000
_LEFT, _MARKETING = "unsubscribed", "marketing"


@dataclass(frozen=True)
class Visitor:
    """Whoever holds a link that we made for a contact."""

    contact_id: str
    contact: ContactRow | None  #: None: not among our customers any more
    language: Language | None
    is_erased: bool = False
    gets_nothing: str = ""  #: why nothing is sent to them, if so: unsubscribed, complaint, bounced


@dataclass(frozen=True)
class Wishes:
    """What a customer chose. `paused_until` None with `is_paused`: until they end it."""

    topics_off: frozenset[Topic] = frozenset()
    channels_off: frozenset[Channel] = frozenset()
    per_month: int | None = None
    language: Language | None = None
    is_paused: bool = False
    paused_until: datetime | None = None


@dataclass(frozen=True)
class Opened:
    """A link of a message: a survey, a page of the company, or one that nothing is behind."""

    visitor: Visitor
    delivery: DeliveryRow | None
    link: str
    target: str = ""
    survey: Survey | None = None
    chosen: str | None = None  #: the answer that the link points at, or that was given before
    answered: bool = False


def visitor_of(workspace: Workspace, purpose: str, token: str) -> Visitor | None:
    """Who a link for this purpose (unsubscribe, preferences) was made for; None where we did not make it."""
    contact_id = read_token(workspace.secret, purpose, token)
    if contact_id is None:
        return None
    with workspace.store.read() as session:
        return _visitor(session, workspace, contact_id)


def settings_token(workspace: Workspace, visitor: Visitor) -> str:
    """For a link from one of their pages to their settings."""
    return make_token(workspace.secret, "preferences", visitor.contact_id)


def leave(workspace: Workspace, visitor: Visitor, *, how: str) -> None:
    """No more advertising, at once and whatever is consented to elsewhere later; twice is the same as once.

    `how` says in the evidence what the customer did: `one-click` (RFC 8058), `button`.
    """
    if visitor.is_erased:
        return
    now = workspace.clock.now()
    with workspace.store.write() as session:
        news = _withdraw(session, visitor.contact_id, f"{PAGE_VERSION}, unsubscribe, {how}", now)
        directory.suppress_contact(session, visitor.contact_id, _LEFT, now)
        if news:
            audit.record(session, at=now, actor="customer", action="left", subject=visitor.contact_id)


def come_back(workspace: Workspace, visitor: Visitor, *, wording: str) -> bool:
    """Mails again, after leaving by these pages; False where something else keeps them away (complaint, bounce).

    `wording` is what they agreed to, as they read it.
    """
    now = workspace.clock.now()
    if visitor.contact is None or visitor.gets_nothing not in ("", _LEFT):
        return False
    with workspace.store.write() as session:
        directory.lift_suppression(session, visitor.contact, _LEFT)
        row = _consent(visitor.contact_id, "email", "granted", f"{PAGE_VERSION}, preferences: {wording}", now)
        directory.keep_consents(session, [row])
        audit.record(session, at=now, actor="customer", action="came_back", subject=visitor.contact_id)
    return True


def offered_topics(workspace: Workspace) -> list[Topic]:
    """What the campaign's messages are about."""
    used = {action.topic for action in workspace.actions.values()}
    return [topic for topic in Topic if topic in used]


def offered_channels(workspace: Workspace) -> list[Channel]:
    """The ways the campaign reaches customers."""
    used = {channel for action in workspace.actions.values() for channel in action.channels}
    return [channel for channel in Channel if channel in used]


def wishes_of(workspace: Workspace, visitor: Visitor) -> Wishes:
    """What they chose before; a pause that is over is none."""
    with workspace.store.read() as session:
        rows = {(row.kind, row.name): row for row in preferences.preferences_of(session, visitor.contact_id)}
    pause = rows.get(("pause", ""))
    is_paused = pause is not None and (pause.until is None or pause.until > workspace.clock.now())
    per_month, language = rows.get(("per_month", "")), rows.get(("language", ""))
    return Wishes(
        topics_off=frozenset(Topic(name) for kind, name in rows if kind == "topic"),
        channels_off=frozenset(Channel(name) for kind, name in rows if kind == "channel"),
        per_month=int(per_month.value) if per_month is not None else None,
        language=_known(workspace, language.value) if language is not None else None,
        is_paused=is_paused,
        paused_until=pause.until if pause is not None and is_paused else None,
    )


def pause_end(workspace: Workspace, pause: str) -> datetime | None:
    """When a pause of this length that begins now ends; None: not by itself."""
    if pause not in PAUSES:
        raise UserError(f"no such pause: {pause!r}")
    length = PAUSES[pause]
    return workspace.clock.now() + length if length is not None else None


def change_wishes(workspace: Workspace, visitor: Visitor, wishes: Wishes) -> None:
    """Keep what they chose now; the guardrails ask for it before every message. Raises UserError for no choice."""
    if wishes.per_month is not None and wishes.per_month not in PER_MONTH:
        raise UserError(f"at most {wishes.per_month} messages a month is not among the choices")
    if visitor.contact is None:
        return
    now = workspace.clock.now()
    wanted: dict[tuple[str, str], tuple[str, datetime | None]] = {}
    wanted |= {("topic", topic.value): ("", None) for topic in wishes.topics_off}
    wanted |= {("channel", channel.value): ("", None) for channel in wishes.channels_off}
    if wishes.per_month is not None:
        wanted["per_month", ""] = (str(wishes.per_month), None)
    if wishes.language is not None:
        wanted["language", ""] = (wishes.language, None)
    if wishes.is_paused:
        wanted["pause", ""] = ("", wishes.paused_until)
    with workspace.store.write() as session:
        if _keep_wishes(session, visitor.contact_id, wanted, now):
            subject = visitor.contact_id
            audit.record(session, at=now, actor="customer", action="preferences_changed", subject=subject)


def open_link(workspace: Workspace, token: str) -> Opened | None:
    """What a link in a message leads to; None where we did not make it. Changes nothing."""
    opened = open_token(workspace.secret, token)
    if opened is None:
        return None
    link, subject = opened
    with workspace.store.read() as session:
        contact_id, delivery = _message(session, subject)
        visitor = _visitor(session, workspace, contact_id)
        given = answers.answer_of(session, delivery) if delivery is not None else None
    target = workspace.brief.pages.targets.get(link, "")
    survey = _survey(workspace, delivery, link)
    if delivery is None or survey is None:
        return Opened(visitor, delivery, link, target=target)
    known = given if given in survey[0].answers else None  # the survey may have changed since
    return Opened(visitor, delivery, link, "", survey[0], known or survey[1], known is not None)


def answer(workspace: Workspace, opened: Opened, choice: str, words: str) -> bool:
    """Keep an answer and what they wrote; False where something followed from an earlier answer, which then stands."""
    delivery, survey, contact = opened.delivery, opened.survey, opened.visitor.contact
    if delivery is None or survey is None or contact is None:
        raise UserError("there is nothing to answer")
    if choice not in survey.answers:
        raise UserError(f"no such answer: {choice!r}")
    now, text = workspace.clock.now(), words.replace("\r\n", "\n").strip()[:LONGEST_WORDS]
    with workspace.store.write() as session:
        taken = answers.keep_answer(session, delivery, choice, now)
        if text:
            answers.keep_words(session, delivery, contact, text, now, workspace.brief)
    return taken


def follow(workspace: Workspace, opened: Opened) -> str:
    """The company's page behind the link, with a note that it was followed."""
    if opened.delivery is not None and opened.visitor.contact is not None:
        with workspace.store.write() as session:
            answers.keep_click(session, opened.delivery, opened.link, workspace.clock.now())
    return opened.target


def _visitor(session: Session, workspace: Workspace, contact_id: str) -> Visitor:
    if erasing.is_erased(session, workspace.secret, contact_id):
        return Visitor(contact_id, None, None, is_erased=True)
    contact = directory.contacts(session, [contact_id]).get(contact_id)
    if contact is None:
        return Visitor(contact_id, None, None)
    wished = preferences.languages_wished(session, [contact_id]).get(contact_id)
    suppressed = directory.suppression_of(session, contact)
    reason = suppressed.reason if suppressed is not None else ""
    if not reason and not _agrees(session, contact_id):
        reason = _LEFT
    return Visitor(contact_id, contact, _known(workspace, wished or contact.language), gets_nothing=reason)


def _agrees(session: Session, contact_id: str) -> bool:
    """Whether any channel's latest consent is a yes, or there is no record at all."""
    latest = {row.channel: row.state for row in directory.consents_of(session, contact_id)}
    return not latest or "granted" in latest.values()


def _known(workspace: Workspace, language: str | None) -> Language | None:
    return next((known for known in workspace.brief.voice.languages if known == language), None)


def _withdraw(session: Session, contact_id: str, evidence: str, now: datetime) -> bool:
    """Take back every consent that stands, for mails in any case; False where there was none left."""
    latest = {"email": ""} | {row.channel: row.state for row in directory.consents_of(session, contact_id)}
    standing = [channel for channel, state in latest.items() if state == "granted" or (not state)]
    directory.keep_consents(session, [_consent(contact_id, c, "withdrawn", evidence, now) for c in standing])
    return bool(standing)


def _consent(contact_id: str, channel: str, state: str, evidence: str, now: datetime) -> dict[str, object]:
    return {
        "contact_id": contact_id,
        "channel": channel,
        "purpose": _MARKETING,
        "recorded_at": now,
        "state": state,
        "evidence": evidence,
    }


def _keep_wishes(
    session: Session, contact_id: str, wanted: Mapping[tuple[str, str], tuple[str, datetime | None]], now: datetime
) -> bool:
    before: list[PreferenceRow] = preferences.preferences_of(session, contact_id)
    standing = {(row.kind, row.name): (row.value, row.until) for row in before}
    for kind, name in standing.keys() - wanted.keys():
        preferences.drop_preference(session, contact_id, kind, name)
    for (kind, name), (value, until) in wanted.items():
        preferences.keep_preference(session, contact_id, kind, name, value=value, until=until, at=now)
    return standing != wanted


def _message(session: Session, subject: str) -> tuple[str, DeliveryRow | None]:
    """The contact and message behind `contact:key`; ids may hold colons, so the outbox has the last word."""
    places = [i for i, char in enumerate(subject) if char == ":"]
    for place in places:
        row = deliveries.delivery(session, subject[place + 1 :])
        if row is not None and row.contact_id == subject[:place]:
            return subject[:place], row
    return subject[: places[0]] if places else subject, None


def _survey(workspace: Workspace, delivery: DeliveryRow | None, link: str) -> tuple[Survey, str | None] | None:
    if delivery is None:
        return None
    try:
        return survey_of_link(delivery.action, delivery.step, link, workspace.own_words)
    except WordsMissing:
        return None

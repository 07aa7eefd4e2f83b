"""What is held about a customer, as lines that the page shows."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ...domain.brief import Language
from ...service.taking_out import Held
from .. import figures
from ..words import name, say

Line = tuple[str, ...]
#: Each in its own words, so that whoever reads it finds it.
LANGUAGE_NAMES = {"ja": "日本語", "en": "English"}


@dataclass(frozen=True)
class Shown:
    """Tables, line by line."""

    who: list[tuple[str, str]]
    consents: list[Line]
    wishes: list[Line]
    sent: list[Line]
    did: list[Line]
    words: list[Line]


def as_shown(held: Held, language: Language, zone: ZoneInfo) -> Shown:
    """In the reader's words and the company's time zone."""

    def at(moment: datetime) -> str:
        return figures.moment(language, moment.astimezone(zone))

    return Shown(
        who=_who(held),
        consents=[
            (at(row.recorded_at), _word(language, "channel", row.channel), _state(language, row.state), row.evidence)
            for row in held.consents
        ],
        wishes=[
            (at(row.changed_at), _wish(language, row.kind, row.name, row.value, row.until, zone))
            for row in held.preferences
        ],
        sent=[(at(row.at), _word(language, "channel", row.channel), row.subject) for row in held.sent],
        did=[
            (
                at(row.happened_at),
                _word(language, "did", row.kind),
                _answer(held, language, row.id, row.kind, row.value),
            )
            for row in held.outcomes
        ],
        words=[(at(row.written_at), row.text) for row in held.comments],
    )


def _who(held: Held) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for contact in held.contacts:
        lines += [("number", contact.contact_id), ("name", contact.name), ("email", contact.email or "")]
        lines += [
            ("postal_address", contact.postal_address or ""),
            ("language", LANGUAGE_NAMES.get(contact.language or "", "")),
        ]
    if held.unit is not None and held.unit.name not in {contact.name for contact in held.contacts}:
        lines.append(("company", held.unit.name))
    return [(key, value) for key, value in lines if value]


def _answer(held: Held, language: Language, ident: str, kind: str, value: str) -> str:
    """The answer in the customer's words; one that came from elsewhere as it was recorded."""
    if kind != "survey_answered":
        return ""
    return held.answers[ident][language] if ident in held.answers else value


def _wish(language: Language, kind: str, code: str, value: str, until: datetime | None, zone: ZoneInfo) -> str:
    if kind == "pause" and until is None:
        return say(language, "pages.wish.pause_open")
    if kind == "pause" and until is not None:
        value = figures.day(language, until.astimezone(zone))
    if kind == "language":
        value = LANGUAGE_NAMES.get(value, value)
    if kind in ("topic", "channel"):
        value = _word(language, kind, code)
    return say(language, f"pages.wish.{kind}", value=value)


def _state(language: Language, state: str) -> str:
    return _word(language, "consent_state", state)


def _word(language: Language, section: str, code: str) -> str:
    return name(language, f"pages.{section}", code)

"""Writes a message: template + facts + links -> subject, text part, HTML part. Pure: same input, same bytes."""

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..domain.brief import Language
from ..domain.errors import UserError
from ..domain.playbook import Channel
from .catalogue import Needs, WordsMissing, footer_source, known_messages, needs, source, variants, wording
from .cleaning import clean, plain
from .layout import RULE, text_to_html, write_link
from .slots import SlotWords
from .templating import WordsFaulty, place_links, write_block

__all__ = [
    "Fact",
    "FactMissing",
    "Footer",
    "Link",
    "Rendered",
    "WordsFaulty",
    "WordsMissing",
    "known_messages",
    "needs",
    "render_message",
    "text_to_html",
    "variants",
]

RENDERER = "1"
LONGEST = 20_000
Fact = str | int | float | Sequence[str]
#: What stands in where a name is unknown.
_NOBODY: dict[Language, dict[str, str]] = {
    "ja": {"contact_name": "ご担当者", "company_name": ""},
    "en": {"contact_name": "customer", "company_name": ""},
}
_FOOTER_LABELS: dict[Language, tuple[str, str]] = {
    "ja": ("配信を停止する", "受け取る内容と頻度を変更する"),
    "en": ("Unsubscribe", "Change what you receive and how often"),
}
#: Our own values, written by people in the brief: they may hold an address.
_OWN = frozenset({"sender_company", "rep_email", "feature_tip"})
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?(?:[/?#][A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]*)?")
_REPLY = re.compile(r"^\s*(?:re|fwd?|aw|wg|返信|転送)\s*(?:\[\d+\])?\s*[:：]\s*", re.IGNORECASE)


class FactMissing(UserError):
    """A message can't be written: facts or links it needs are unknown."""


@dataclass(frozen=True)
class Link:
    """An address with the words on it; an empty label means the one the message declares."""

    label: str
    url: str


@dataclass(frozen=True)
class Footer:
    """What the law wants in every marketing mail (特定電子メール法 4条, CAN-SPAM)."""

    organisation: str
    postal_address: str
    contact: str
    unsubscribe_url: str
    preferences_url: str
    from_rep: bool = False


@dataclass(frozen=True)
class Rendered:
    """A written message. `facts` are all values it may show (footer included), `links_used` all its addresses."""

    subject: str
    text: str
    html: str
    links_used: tuple[str, ...]
    template_version: str
    facts: dict[str, str | int | float | None]


def render_message(
    action: str,
    message: str,
    variant: str,
    language: Language,
    facts: Mapping[str, Fact],
    links: Mapping[str, Link],
    *,
    footer: Footer,
    channel: Channel = Channel.EMAIL,
    user_folder: Path | None = None,
    own_words: SlotWords | None = None,
) -> Rendered:
    """Write one message from its template. Raises FactMissing rather than leave a hole.

    The channel's own words are taken where there are any (`survey.letter.j2`). A mail ends with the footer and its
    links, a letter with the sender and how to stop; what only staff and systems read has no footer. `own_words` stand
    in for the template's: they are filled, never compiled.
    """
    written_as = wording(action, message, variant, language, channel, user_folder)
    place = f"prompts/messages/{action}/{language}/{message}.{written_as}.j2"
    words = source(action, message, written_as, language, user_folder)
    wanted = needs(action, message, user_folder)
    context = _context(wanted, facts, language, place)
    targets = _targets(wanted, links, language, place)
    if own_words is None:
        title, block = (write_block(words, name, language, context, place) for name in ("subject", "body"))
    else:
        title, block = own_words.fill(context, language, place)
        words = own_words.model_dump_json()
    subject = _first_contact(" ".join(title.split()))
    body, urls = _placed(block, targets, language, place)
    end, end_urls = _write_footer(footer, language, channel)
    text = f"{body}\n\n{RULE}\n{end}\n" if end else f"{body}\n"
    if not subject or len(text) > LONGEST:
        raise WordsFaulty(f"{place}: the subject is empty or the text longer than {LONGEST} characters")
    used = tuple(dict.fromkeys(urls + end_urls))
    return Rendered(
        subject=subject,
        text=text,
        html=text_to_html(text, used, language),
        links_used=used,
        template_version=_version(words, footer_source(language), wanted.model_dump_json()),
        facts={**_flat(context), **(_footer_facts(footer) if end else {})},
    )


def _context(wanted: Needs, facts: Mapping[str, Fact], language: Language, place: str) -> dict[str, Fact]:
    """Only declared facts, cleaned; nothing else is there to be said."""
    context: dict[str, Fact] = {}
    for name in wanted.facts + wanted.optional:
        value = _clean_fact(name, facts[name]) if name in facts else ""
        if value == "" or value == []:
            value = _NOBODY[language].get(name, "")
        if value != "" or name in _NOBODY[language]:
            context[name] = value
    missing = [name for name in wanted.facts if name not in context]
    if missing:
        raise FactMissing(f"{place} needs facts that are unknown: {', '.join(missing)}")
    return context


def _clean_fact(name: str, value: Fact | None) -> Fact:
    """The value, harmless; unknown (None, not a number) is nothing."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Sequence)):
        raise FactMissing(f"the fact {name!r} must be text, a number or a list of texts")
    if isinstance(value, (int, float)):
        return value
    tidy = plain if name in _OWN else clean
    if isinstance(value, str):
        return tidy(value)
    return [tidied for item in value if (tidied := tidy(str(item)))]


def _targets(wanted: Needs, links: Mapping[str, Link], language: Language, place: str) -> dict[str, Link]:
    missing = [name for name in wanted.links if name not in links]
    if missing:
        raise FactMissing(f"{place} needs links that are unknown: {', '.join(missing)}")
    return {
        name: Link(clean(links[name].label) or labels[language], links[name].url)
        for name, labels in wanted.links.items()
    }


def _placed(body: str, targets: Mapping[str, Link], language: Language, place: str) -> tuple[str, list[str]]:
    """The body with its links in place, tidied, and the addresses in it, in order."""
    for target in targets.values():
        if not _ADDRESS.fullmatch(target.url):
            raise WordsFaulty(f"{place}: {target.url!r} is no plain https address")
    written = {name: write_link(link.label, link.url, language) for name, link in targets.items()}
    lines = [line.strip() for line in place_links(body, written, place).splitlines()]
    urls = {target.url for target in targets.values()}
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return text, [line for line in lines if line in urls]


def _first_contact(subject: str) -> str:
    """A first contact never pretends to be an answer, not even through a customer's name."""
    while match := _REPLY.match(subject):
        subject = subject[match.end() :]
    return subject


def _write_footer(footer: Footer, language: Language, channel: Channel) -> tuple[str, list[str]]:
    """The footer's text and the addresses in it; nothing where no customer reads it."""
    if not channel.is_a_message:
        return "", []
    place = f"prompts/footer/{language}.j2"
    values = _footer_facts(footer)
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise FactMissing(f"{place} needs facts that are unknown: {', '.join(missing)}")
    context = {name.removeprefix("footer_"): value for name, value in values.items()}
    kind = "letter" if channel is Channel.LETTER else "rep" if footer.from_rep else "company"
    block = write_block(footer_source(language), kind, language, context, place)
    stop, choose = _FOOTER_LABELS[language]
    targets = {
        "unsubscribe": Link(stop, footer.unsubscribe_url),
        "preferences": Link(choose, footer.preferences_url),
    }
    text, urls = _placed(block, targets, language, place)
    return text, urls + ([footer.contact] if _ADDRESS.fullmatch(footer.contact) else [])


def _footer_facts(footer: Footer) -> dict[str, str]:
    return {
        "footer_organisation": plain(footer.organisation),
        "footer_postal_address": plain(footer.postal_address),
        "footer_contact": plain(footer.contact),
    }


def _flat(context: Mapping[str, Fact]) -> dict[str, str | int | float]:
    """Facts as a draft keeps them: a list becomes `meeting_times_1`, `meeting_times_2` ..."""
    flat: dict[str, str | int | float] = {}
    for name, value in context.items():
        if isinstance(value, (str, int, float)):
            flat[name] = value
        else:
            flat |= {f"{name}_{index}": item for index, item in enumerate(value, 1)}
    return flat


def _version(*sources: str) -> str:
    return hashlib.sha256("\0".join((RENDERER, *sources)).encode()).hexdigest()[:12]

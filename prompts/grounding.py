"""Checks words against facts: every figure, link and promise must come from somewhere.

This finds what can be found by rules. Claims in words that hold no figure and no known phrase
("everybody has switched") pass; the person who approves is the check for those.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from ..domain.brief import Language
from .claims import unbacked_claims
from .cleaning import hidden
from .figures import Figure, figures, normal

#: Facts that are names or places: their figures say nothing (3M is not three of anything).
PEOPLE_AND_PLACES = (
    "company_name",
    "contact_name",
    "family_name",
    "sender_company",
    "rep_name",
    "rep_email",
    "footer_organisation",
    "footer_postal_address",
    "footer_contact",
)
_END = r"[^\s<>\"'「」『』（）、。]"
_LINK = re.compile(
    rf"\b[a-z][a-z0-9+.-]{{1,15}}://{_END}*|\b(?:mailto|javascript|vbscript|data|tel|sms):{_END}+|\bwww\.{_END}+"
    r"|(?<![a-z0-9_.+%-])[a-z0-9_.+%-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"
    r"|(?<![a-z0-9.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|info|biz|jp|io|co|ai|app|dev|xyz|shop|site|online|link|click|"
    r"top|cc|tv|me|ly|gl|to|ru|cn|uk|de|fr|eu|us|example|page|cloud|tech|store)\b(?:/[!-~]*)?",
    re.IGNORECASE,
)
_REPLY = re.compile(r"^\s*(?:re|fwd?|返信|転送)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_SAY: dict[Language, dict[str, str]] = {
    "ja": {
        "figure": "数字「{0}」の根拠が、このお客さまの情報にありません",
        "link": "リンク「{0}」は承認されたリンクにありません",
        "hidden": "目に見えない文字が含まれています",
        "reply": "初めてのご連絡の件名を「Re:」「Fwd:」で始めることはできません",
        "amount": "金額「{0}」は元の文面にありません",
        "share": "割合「{0}」は元の文面にありません",
        "offer_gone": "特典「{0}」が文面から消えています",
        "link_new": "リンク「{0}」が加えられています",
        "link_gone": "リンク「{0}」が消えています",
        "claim": "「{0}」は元の文面にない約束です",
    },
    "en": {
        "figure": "the figure “{0}” is not among the facts about this customer",
        "link": "the link “{0}” is not among the approved links",
        "hidden": "there are invisible characters in it",
        "reply": "the subject of a first contact can't start with “Re:” or “Fwd:”",
        "amount": "the amount “{0}” is not in the original",
        "share": "the share “{0}” is not in the original",
        "offer_gone": "the offer “{0}” is gone",
        "link_new": "the link “{0}” was added",
        "link_gone": "the link “{0}” is gone",
        "claim": "“{0}” is a promise that the original does not make",
    },
}


def check_words(
    text: str, subject: str, facts: Mapping[str, object], links: Collection[str], *, language: Language
) -> list[str]:
    """What is wrong with the words, in words of `language`; nothing wrong gives an empty list."""
    say = _SAY[language]
    problems = [say["hidden"]] if hidden(subject + text) else []
    problems += [say["reply"]] if _REPLY.match(normal(subject)) else []
    words = _without_names(normal(f"{subject}\n{text}"), facts)
    allowed_links = {normal(link) for link in links}
    problems += [say["link"].format(link) for link in _links(words) if link not in allowed_links]
    words = _LINK.sub(" ", words)
    allowed = set(_allowed(facts))
    problems += [say["figure"].format(f.written) for f in figures(words) if not _grounded(f, allowed)]
    return list(dict.fromkeys(problems + unbacked_claims(words, facts, language)))


def changed_commitments(
    old_text: str, new_text: str, offer_terms: Collection[str], language: Language = "en"
) -> list[str]:
    """What an edit changed that a rep may not change: prices, shares, offer terms, promises, links."""
    say = _SAY[language]
    old, new = normal(old_text), normal(new_text)
    reasons = list(_changed_links(_links(old), _links(new), say))
    old, new = _LINK.sub(" ", old), _LINK.sub(" ", new)
    before, after = figures(old), figures(new)
    known = {(figure.value, figure.unit) for figure in before}
    for figure in after:
        if figure.unit and (figure.value, figure.unit) not in known:
            reasons.append(say["share" if figure.unit in ("percent", "times") else "amount"].format(figure.written))
    promised = set(unbacked_claims(old, {}, language))
    reasons += [reason for reason in unbacked_claims(new, {}, language) if reason not in promised]
    reasons += [say["offer_gone"].format(term) for term in offer_terms if not _still_there(term, new, after)]
    return list(dict.fromkeys(reasons))


def grounds(figure: Figure, name: str, value: object) -> bool:
    """Whether this one fact carries the figure."""
    return _grounded(figure, set(_allowed({name: value})))


def _changed_links(old: list[str], new: list[str], say: Mapping[str, str]) -> Iterator[str]:
    yield from (say["link_new"].format(link) for link in new if link not in old)
    yield from (say["link_gone"].format(link) for link in old if link not in new)


def _still_there(term: str, new: str, after: Sequence[Figure]) -> bool:
    """Whether an offer's term stands in the text: its figures with their units, or its very words."""
    wanted = figures(normal(term))
    if not wanted:
        return normal(term).casefold() in new.casefold()
    have = {(figure.value, figure.unit) for figure in after}
    return all((figure.value, figure.unit) in have for figure in wanted)


def _without_names(words: str, facts: Mapping[str, object]) -> str:
    names = [normal(value) for name in PEOPLE_AND_PLACES if isinstance(value := facts.get(name), str)]
    for name in sorted((name for name in names if name), key=len, reverse=True):
        words = re.sub(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", " ", words)
    return words


def _links(words: str) -> list[str]:
    found = (re.sub(r"[.,:;!?)\]]+$", "", match[0]) for match in _LINK.finditer(words))
    return list(dict.fromkeys(found))


def _grounded(figure: Figure, allowed: set[tuple[Decimal, str]]) -> bool:
    if figure.unit:
        return (figure.value, figure.unit) in allowed
    return any(figure.value == value for value, _ in allowed)


def _allowed(facts: Mapping[str, object]) -> Iterator[tuple[Decimal, str]]:
    """Every figure that the facts hold; `_90d` in a fact's name grounds 90 as well (`revenue_365d_jpy`: 365)."""
    for name, value in facts.items():
        if name in PEOPLE_AND_PLACES or value is None or isinstance(value, bool):
            continue
        if days := re.search(r"_(\d+)d(?:_|$)", name):
            yield Decimal(days[1]), ""
        if isinstance(value, (int, float, Decimal)):
            yield from _of_number(name, Decimal(str(value)))
        else:
            for text in [value] if isinstance(value, str) else list(value) if isinstance(value, Sequence) else []:
                yield from _of_text(str(text))


def _of_number(name: str, value: Decimal) -> Iterator[tuple[Decimal, str]]:
    yield value, ""
    yield round(value, 0), ""
    if name.endswith("_jpy"):
        yield value, "JPY"
        yield round(value, 0), "JPY"
    elif name.endswith("_percent"):
        yield value, "percent"
    elif name.endswith(("_share", "_ratio")):
        yield value * 100, "percent"


@lru_cache(maxsize=4096)
def _of_text(text: str) -> tuple[tuple[Decimal, str], ...]:
    """The figures of a fact in words; 14:00 grounds 2 (o'clock) as well."""
    words = normal(text)
    hours = re.findall(r"\b(1[3-9]|2[0-3]):\d\d", words)
    return (*((f.value, f.unit) for f in figures(words)), *((Decimal(hour) - 12, "") for hour in hours))

"""Words that somebody outside wrote, a language model for one: text with slots, filled but never compiled.

A slot is `{{ fact }}` or, alone on its line, `{{ link:name }}`. Prices, shares, dates and links come through slots
only; the units are written here. Whatever else looks like a template, a link, a figure or markup is refused.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..domain.brief import Language
from ..domain.model import Frozen
from .catalogue import source
from .cleaning import hidden
from .figures import figures, normal
from .grounding import check_words
from .templating import write_block

LONGEST_SUBJECT = 120
LONGEST_BODY = 4_000
_SLOT = re.compile(r"\{\{ ?(?:(link) ?: ?)?([a-z][a-z0-9_]{0,47}) ?\}\}")
_SIGNS = re.compile(r"[{}]|\x01|</?[a-z!]", re.IGNORECASE)
_RULE_LINE = re.compile(r"[\s\-‐‑–—―−─━=_*~]{3,}")
_LABEL_LINE = re.compile(r"\s*[▼→▶►⇒]")
_KANA = re.compile(r"[ぁ-んァ-ヴ]")
#: How a fact is written, by its name; these are the only templates here, and they are ours.
_PLAIN, _YEN = "{% block v %}{{ value }}{% endblock %}", "{% block v %}{{ value | yen }}{% endblock %}"


class SlotWords(Frozen):
    """A subject and a body with slots."""

    subject: str
    body: str

    def fill(self, context: Mapping[str, object], language: Language, place: str) -> tuple[str, str]:
        """Subject and body with the facts in their slots, links as marks. Call `problems` first."""
        subject = _SLOT.sub(lambda slot: _written(slot, context, language, place), self.subject)
        body = _SLOT.sub(lambda slot: _written(slot, context, language, place), self.body)
        return subject, body

    def named(self) -> list[str]:
        """The slots, as they are written, in order; with what is left of broken ones."""
        return re.findall(r"\{[^{}]*\}|[{}]", f"{self.subject}\n{self.body}")


@dataclass(frozen=True)
class Slots:
    """What the words of one message may and must name."""

    facts: frozenset[str]
    links: frozenset[str]
    must: frozenset[str] = frozenset()
    backed: Mapping[str, str | int | float] | None = None
    """Facts of the offer, which carry words such as 割引 or `discount`."""


def problems(words: SlotWords, slots: Slots, language: Language, *, own_figures: bool = False) -> list[str]:
    """What is wrong with the words, for whoever wrote them; nothing wrong gives an empty list.

    `own_figures` lets figures stand in the text, where they are checked against the customer's facts later.
    """
    found = [*_shape_problems(words), *_slot_problems(words, slots)]
    bare_subject, bare_body = (_SLOT.sub(" ", text) for text in (words.subject, words.body))
    if _SIGNS.search(bare_subject + bare_body):
        found.append("there are braces or tags besides the slots")
    if hidden(words.subject + words.body):
        found.append("there are invisible characters")
    if any(_RULE_LINE.fullmatch(line) or _LABEL_LINE.match(line) for line in bare_body.splitlines() if line.strip()):
        found.append("a line looks like a ruler or like the label of a link")
    if (_KANA.search(bare_body) is not None) != (language == "ja"):
        found.append(f"the text is not written in the language {language}")
    text = normal(f"{bare_subject}\n{bare_body}")
    if not own_figures:
        found += [
            f"the figure “{figure.written}” stands in the text; figures come in slots only" for figure in figures(text)
        ]
    # The text carries its own figures here, since they are judged apart: what is left are links and promises.
    facts = {**(slots.backed or {}), "said": text}
    found += check_words(bare_body, bare_subject, facts, (), language=language)
    return list(dict.fromkeys(found))


def _shape_problems(words: SlotWords) -> list[str]:
    found = []
    if not words.subject.strip() or "\n" in words.subject.strip() or len(words.subject) > LONGEST_SUBJECT:
        found.append(f"the subject must be one line of at most {LONGEST_SUBJECT} characters")
    if not words.body.strip() or len(words.body) > LONGEST_BODY:
        found.append(f"the body must have at most {LONGEST_BODY} characters")
    return found


def _slot_problems(words: SlotWords, slots: Slots) -> list[str]:
    named = [(match[1] == "link", match[2]) for match in _SLOT.finditer(f"{words.subject}\n{words.body}")]
    facts = [name for is_link, name in named if not is_link]
    links = [name for is_link, name in named if is_link]
    found = [f"there is no fact `{name}`" for name in facts if name not in slots.facts]
    found += [f"there is no link `{name}`" for name in links if name not in slots.links]
    found += [
        f"the link `{name}` must stand in the body exactly once" for name in slots.links if links.count(name) != 1
    ]
    found += [f"the fact `{name}` must be named" for name in sorted(slots.must) if name not in facts]
    alone = [match[2] for line in words.body.splitlines() if (match := _SLOT.fullmatch(line.strip())) and match[1]]
    found += [f"the link `{name}` must stand alone on its line" for name in set(links) if name not in alone]
    return found


def _written(slot: re.Match[str], context: Mapping[str, object], language: Language, place: str) -> str:
    name = slot[2]
    if slot[1]:
        return f"\x01{name}\x01"
    value = context.get(name, "")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(f"- {item}" for item in value)
    if name.endswith("_jpy"):
        return write_block(_YEN, "v", language, {"value": value}, place)
    text = write_block(_PLAIN, "v", language, {"value": value}, place)
    return f"{text}%" if name.endswith("_percent") else text


def reference(action: str, message: str, variant: str, language: Language, user_folder: Path | None = None) -> str:
    """A template's text as it may be shown: with slots, without conditions and filters."""
    text = source(action, message, variant, language, user_folder)
    text = re.sub(r"\{\{\s*link\('(\w+)'\)\s*\}\}", r"{{ link:\1 }}", re.sub(r"\{%.*?%\}|\{#.*?#\}", "", text))
    text = re.sub(r"\{\{\s*(\w+)\s*(?:\|[^}]*)?\}\}", r"{{ \1 }}", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()

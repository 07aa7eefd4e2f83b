"""All words that people read: a folder for each language, a file for each place, the same keys in all languages."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from ...domain.brief import Language

LANGUAGES: tuple[Language, ...] = ("ja", "en")

_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_OUTCOME_WITH_DAYS = re.compile(r"^(retained|upgraded|ordered|referred)_(\d+)d$")


def say(language: Language, key: str, **values: object) -> str:
    """The words at `key` (`section.name`), with the values put in their places."""
    return _phrase(language, key).format(**values)


def name(language: Language, section: str, code: str) -> str:
    """The word for a code that comes from data; a code without a word stands for itself."""
    return words(language).get(f"{section}.{code}", clean(code))


def listed(language: Language, parts: Iterable[str]) -> str:
    """Several things on one line, with the language's own mark between them."""
    return say(language, "list.between").join(parts)


def outcome(language: Language, code: str) -> str:
    """An outcome in words; those of the playbook name their days (`retained_90d`)."""
    match = _OUTCOME_WITH_DAYS.match(code)
    if match:
        return say(language, f"outcome_within.{match[1]}", days=int(match[2]))
    return name(language, "outcome", code)


def clean(text: str) -> str:
    """One line without control characters: no escape sequence and no reversed writing gets through."""
    spaced = " ".join(text.split())
    return "".join(c for c in spaced if unicodedata.category(c) != "Cc" and c not in _BIDI_CONTROLS)


@cache
def words(language: Language) -> dict[str, str]:
    """All keys and phrases of one language."""
    found: dict[str, str] = {}
    for part in sorted(files(__name__).joinpath(language).iterdir(), key=lambda file: file.name):
        for section, tree in yaml.safe_load(part.read_text(encoding="utf-8")).items():
            found |= dict(_flat({section: tree}))
    return found


def _phrase(language: Language, key: str) -> str:
    try:
        return words(language)[key]
    except KeyError:
        raise KeyError(f"no words for {key!r} in {language!r}") from None


def _flat(tree: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in tree.items():
        found += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)]
    return found

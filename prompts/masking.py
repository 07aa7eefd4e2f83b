"""Keeps known personal data out of what a model reads: tokens go out, values come back for the same customer only.

What is on the customer's own record is found in all the ways it is usually written (full or half width, family name
with an honorific, order of names, a phone number with or without its hyphens). Of other people only what has a form
(addresses of mail, numbers, names before さん or after Mr) is found. docs/language-models.md says what is missed.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable

from ..domain.errors import KizunaError
from .personal_data import FORMS, Known, fold, patterns_of

_TOKEN = re.compile(r"\[([A-Z]+)_(\d+)_([0-9A-F]{6})\]")
#: What a model may make of a token, or what looks like one: never left standing in words for a customer.
_LIKE_A_TOKEN = re.compile(r"\[\s*[A-Za-z]{2,12}[_\s-]\d+[^\]]{0,12}\]")


class StrangeToken(KizunaError):
    """The words hold a token that does not belong to this customer, or to this run."""


class Masker:
    """Tokens of one customer in one run; the salt makes them worthless for any other."""

    def __init__(self, known: Known, salt: bytes, subject: str) -> None:
        self._tag = hmac.new(salt, subject.encode(), hashlib.sha256).hexdigest()[:6].upper()
        self._patterns = [(kind, re.compile(pattern)) for kind, pattern in (*patterns_of(known), *FORMS)]
        self._tokens: dict[str, str] = {}
        self._values: dict[str, str] = {}

    def mask(self, text: str) -> str:
        """The text with a token in place of each value that was found."""
        folded, origins = fold(text)
        masked, position = [], 0
        for start, end, kind in _spans(folded, self._patterns):
            first, last = origins[start][0], origins[end - 1][1]
            masked += [text[position:first], self.token(kind, text[first:last])]
            position = last
        return "".join([*masked, text[position:]])

    def token(self, kind: str, value: str) -> str:
        """The token that stands for a value; the same value has the same one."""
        key = f"{kind}:{fold(value)[0]}"
        if key not in self._tokens:
            number = sum(token.startswith(f"[{kind}_") for token in self._values) + 1
            token = f"[{kind}_{number}_{self._tag}]"
            self._tokens[key], self._values[token] = token, value
        return self._tokens[key]

    def restore(self, text: str) -> str:
        """The values in place of their tokens. Raises StrangeToken where one is of another customer or run."""
        found = _TOKEN.sub(lambda match: self._value(match[0]), text)
        left = _LIKE_A_TOKEN.search(found)
        if left:
            raise StrangeToken(f"{left[0]} belongs to no value of this customer")
        return found

    def _value(self, token: str) -> str:
        if token not in self._values:
            raise StrangeToken(f"{token} belongs to another customer or another run")
        return self._values[token]


def _spans(folded: str, patterns: Iterable[tuple[str, re.Pattern[str]]]) -> list[tuple[int, int, str]]:
    """Where values stand, without overlaps: what comes first among the patterns goes first."""
    taken: list[tuple[int, int, str]] = []
    for kind, pattern in patterns:
        for match in pattern.finditer(folded):
            start, end = match.span(1) if pattern.groups else match.span()
            if start < end and all(end <= other[0] or start >= other[1] for other in taken):
                taken.append((start, end, kind))
    return sorted(taken)

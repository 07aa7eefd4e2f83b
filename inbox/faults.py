"""What is wrong in a file that a person wrote, or with what was asked for, in the reader's language.

The sentences are English where they are found, as validators and errors must be able to say them alone. Here they are
recognised word for word by the English phrases, as message catalogues do (GNU gettext), and said in the other language
with the same values. A sentence that no phrase knows stays as it is.
"""

import re
from functools import cache
from string import Formatter

from ..domain.brief import Language
from ..domain.errors import Fault, FaultyFile, UserError
from .words import say, words

_SECTIONS = ("fault.", "hint.", "mistake.")
#: What a value can itself be: the types that rules speak of.
_TYPES = {"a number": "number", "text": "text", "yes or no": "yes_or_no", "unknown": "unknown"}


def in_language(sentence: str, language: Language) -> str:
    """A problem, a hint or a message in that language; English is what it was already."""
    if language == "en":
        return sentence
    for pattern, key in _phrases():
        found = pattern.fullmatch(sentence)
        if found:
            values = {place: _value(place, text, language) for place, text in found.groupdict().items()}
            return say(language, key, **values)
    return sentence


def fault_in_words(fault: Fault, language: Language) -> str:
    """The whole fault on one line: file, line, field, problem and hint."""
    if language == "en":
        return str(fault)
    place = f"{fault.file}:{fault.line}" if fault.line else fault.file
    where = f"{place}: {fault.field}: " if fault.field else f"{place}: "
    hint = say(language, "fault_hint", hint=in_language(fault.hint, language)) if fault.hint else ""
    return where + in_language(fault.problem, language) + hint


def mistake_in_words(error: UserError, language: Language) -> str:
    """What could not be done, or every fault of a file on a line of its own."""
    if isinstance(error, FaultyFile):
        return "\n".join(fault_in_words(fault, language) for fault in error.faults)
    return in_language(str(error), language)


def _value(place: str, text: str, language: Language) -> str:
    if place in ("type", "other", "wanted") and text in _TYPES:
        return say(language, f"fault_type.{_TYPES[text]}")
    return text


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every English phrase as a pattern, with its key; those that fix the most words first."""
    known = {key: phrase for key, phrase in words("en").items() if key.startswith(_SECTIONS)}
    by_weight = sorted(known, key=lambda key: -sum(len(literal) for literal, *_ in Formatter().parse(known[key])))
    return tuple((_pattern(known[key]), key) for key in by_weight)


def _pattern(phrase: str) -> re.Pattern[str]:
    parts = []
    for literal, place, *_ in Formatter().parse(phrase):
        parts.append(re.escape(literal) + (f"(?P<{place}>.+?)" if place else ""))
    return re.compile("".join(parts), re.DOTALL)

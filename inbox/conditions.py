"""Conditions of a rule in words: `days_since_last_order >= 60` as "Days since the last order: 60 or more"."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..domain.brief import Language
from ..service.segments import measures
from . import figures
from .words import name, say, words

_COLUMN = r'"?(?P<column>\w+)"?'
_NUMBER = r"(?P<value>-?[\d.]+)"
_COMPARED = re.compile(rf"{_COLUMN} (?P<sign><=|>=|<>|<|>|=) {_NUMBER}")
_OR_UNKNOWN = re.compile(rf"COALESCE\({_COLUMN}, (?P<stands>-?[\d.]+)\) (?P<sign><=|>=) {_NUMBER}")
_BETWEEN = re.compile(rf"{_COLUMN} BETWEEN (?P<low>-?[\d.]+) AND (?P<high>-?[\d.]+)")
_IS_TEXT = re.compile(rf"{_COLUMN} (?P<sign>=|<>) '(?P<text>[^']*)'")
_IN = re.compile(rf"{_COLUMN} IN \((?P<texts>'[^']*'(?:, '[^']*')*)\)")
_UNKNOWN = re.compile(rf"(?P<not>NOT )?{_COLUMN} IS NULL")
_BARE = re.compile(_COLUMN)
_RISEN = re.compile(r"(?P<column>\w+) - (?P=column)_before >= (?P<value>[\d.]+)")
_FIGURES = re.compile(r"(?P<left>.+?) (?P<sign><=|>=|<>|<|>|=) (?P<right>.+)")
_TIMES = re.compile(r"(?P<times>[\d.]+) \* (?P<figure>.+)")
_ELSE = re.compile(r"COALESCE\((?P<first>.+), (?P<second>.+)\)")
_PLAIN_NUMBER = re.compile(r"-?[\d.]+")
_SIGNS = {">=": "at_least", "<=": "at_most", ">": "more", "<": "less", "=": "equal", "<>": "other"}
_SHARES = ("ratio", "probability")
#: A meaning's explanation after its first clause is left out.
_FIRST_CLAUSE = re.compile(r"^[^:(（。;；]+")


def condition(language: Language, text: str) -> str:
    """One condition in words; what has no words stands as it is written."""
    for pattern, told in _FORMS:
        found = pattern.fullmatch(text)
        if found:
            return told(language, found)
    return text


def rule_lines(language: Language, tree: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[int, str]]:
    """A rule as a list: (depth, words), a heading before parts of which one is enough."""
    word = next(iter(tree), "")
    parts: Any = tree.get(word)
    if word == "if":
        yield depth, condition(language, parts)
    elif word == "not" and "if" in parts[0]:
        yield depth, say(language, "condition.not", what=condition(language, parts[0]["if"]))
    elif word:
        heads = {"or": "condition.any", "and": "condition.all", "not": "condition.none"}
        inside = depth
        if word != "and" or depth:
            yield depth, say(language, heads[word])
            inside = depth + 1
        for part in parts:
            yield from rule_lines(language, part, inside)


def one_line(language: Language, tree: Mapping[str, Any]) -> str:
    """A rule of conditions joined by `and`, on one line."""
    return say(language, "condition.join").join(words for _, words in rule_lines(language, tree))


def measure(language: Language, column: str) -> str:
    """What a feature is called: its short name, else its meaning without explanations, else its code."""
    own = words(language).get(f"measure.{column}")
    if own is not None:
        return own
    meanings, _ = measures().get(column, ({}, ""))
    found = _FIRST_CLAUSE.match(meanings.get(language, ""))
    return found[0].strip() if found else column


def is_a_change(column: str) -> bool:
    """Whether the feature says how far something went up or down."""
    return "_change_" in column


def value_of(language: Language, column: str, value: float | str | None, *, signed: bool = False) -> str:
    """A feature's value in its unit; with a plus where `signed` and above zero."""
    if value is None or isinstance(value, str):
        return say(language, "condition.value_unknown") if value is None else value
    unit = measures().get(column, ({}, ""))[1]
    if unit.startswith("JPY"):
        return figures.yen(language, value)
    if column.endswith("_overdue_ratio"):
        return say(language, "condition.times", times=figures.number(value, 1))
    if unit in _SHARES:
        shown = figures.percent(value, 0 if round(value * 100, 3).is_integer() else 1)
        return f"+{shown}" if signed and value > 0 else shown
    shown = figures.number(value, 0 if float(value).is_integer() else 1)
    if unit != "days":
        return shown
    return say(language, "condition.day" if shown == "1" else "condition.days", days=shown)


def _compared(language: Language, found: re.Match[str]) -> str:
    column, sign, value = found["column"], found["sign"], float(found["value"])
    if is_a_change(column) and value < 0 and sign in ("<=", "<"):
        return say(language, "condition.fell", what=measure(language, column), value=value_of(language, column, -value))
    shown = value_of(language, column, value)
    return say(language, f"condition.{_SIGNS[sign]}", what=measure(language, column), value=shown)


def _or_unknown(language: Language, found: re.Match[str]) -> str:
    """`coalesce(x, 99999) >= 14`: what is unknown counts where the number that stands for it fits."""
    plain = _compared(language, found)
    stands, line = float(found["stands"]), float(found["value"])
    fits = stands >= line if found["sign"] == ">=" else stands <= line
    return say(language, "condition.or_unknown", what=plain) if fits else plain


def _between(language: Language, found: re.Match[str]) -> str:
    column = found["column"]
    low, high = (value_of(language, column, float(found[end])) for end in ("low", "high"))
    return say(language, "condition.between", what=measure(language, column), low=low, high=high)


def _is_text(language: Language, found: re.Match[str]) -> str:
    key = "condition.equal" if found["sign"] == "=" else "condition.other"
    return say(language, key, what=measure(language, found["column"]), value=_word(language, found["text"]))


def _in(language: Language, found: re.Match[str]) -> str:
    listed = [_word(language, text) for text in re.findall(r"'([^']*)'", found["texts"])]
    joined = say(language, "condition.or").join(listed)
    return say(language, "condition.equal", what=measure(language, found["column"]), value=joined)


def _unknown(language: Language, found: re.Match[str]) -> str:
    key = "condition.known" if found["not"] else "condition.unknown"
    return say(language, key, what=measure(language, found["column"]))


def _bare(language: Language, found: re.Match[str]) -> str:
    return measure(language, found["column"])


def _risen(language: Language, found: re.Match[str]) -> str:
    value = value_of(language, found["column"], float(found["value"]))
    return say(language, "condition.rose", what=measure(language, found["column"]), value=value)


def _figures(language: Language, found: re.Match[str]) -> str:
    """Figures compared with each other, or what stands for an unknown one with a number."""
    left = _figure(language, found["left"])
    right = _figure(language, found["right"], _first_column(found["left"]))
    if left is None or right is None:
        return found[0]
    return say(language, f"condition.{_SIGNS[found['sign']]}", what=left, value=right)


def _first_column(text: str) -> str:
    """The feature that a term speaks of first."""
    return next((word for word in re.findall(r"\w+", text) if word in measures()), "")


def _figure(language: Language, text: str, unit_of: str = "") -> str | None:
    """A term in words, a plain number in the unit of a feature; None where there are none."""
    if _PLAIN_NUMBER.fullmatch(text):
        return value_of(language, unit_of, float(text)) if unit_of else None
    if text in measures():
        return measure(language, text)
    if times := _TIMES.fullmatch(text):
        figure = _figure(language, times["figure"])
        number = figures.number(float(times["times"]), 0 if float(times["times"]).is_integer() else 1)
        return figure and say(language, "condition.many_times", times=number, what=figure)
    if other := _ELSE.fullmatch(text):
        first = _figure(language, other["first"])
        second = _figure(language, other["second"], _first_column(other["first"]))
        return first and second and say(language, "condition.or_else", what=first, other=second)
    return None


def _word(language: Language, text: str) -> str:
    return name(language, "feature_value", text)


_FORMS: tuple[tuple[re.Pattern[str], Callable[[Language, re.Match[str]], str]], ...] = (
    (_OR_UNKNOWN, _or_unknown),
    (_COMPARED, _compared),
    (_BETWEEN, _between),
    (_IS_TEXT, _is_text),
    (_IN, _in),
    (_UNKNOWN, _unknown),
    (_BARE, _bare),
    (_RISEN, _risen),
    (_FIGURES, _figures),
)

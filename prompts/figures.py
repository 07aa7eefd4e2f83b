"""Finds every figure that words name: digits of any script, kanji numerals, English number words, percents, money."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

Unit = Literal["", "percent", "JPY", "money", "times"]


@dataclass(frozen=True)
class Figure:
    """A number with what it counts: plain, percent, yen, other money, or so many times as much."""

    value: Decimal
    unit: Unit
    written: str


_KANJI = {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "壱": 1, "弐": 2, "参": 3, "伍": 5}
_SMALL = {"十": 10, "拾": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "萬": 10**4, "億": 10**8, "兆": 10**12}
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ENGLISH = {w: n for n, w in enumerate(_ONES)} | {w: 10 * n for n, w in enumerate(_TENS, 2)}
_SCALE = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "k": 1000}
_SCALE |= {"dozens": 12, "hundreds": 100, "thousands": 1000, "millions": 10**6}

_K = "".join([*_KANJI, *_SMALL, *_LARGE])
_DIGITS = r"\d[\d,]*(?:\.\d+)?"
_WORD = "|".join(sorted([*_ENGLISH, *(s for s in _SCALE if s != "k")], key=len, reverse=True))
_NUMBER = re.compile(
    rf"{_DIGITS}(?:[十百千万億兆](?:{_DIGITS})?)*(?:\s?(?:k|thousand|million|billion)\b)?|[{_K}]+"
    rf"|\b(?<!-)(?:{_WORD})(?:[-\s]+(?:and\s+)?(?:{_WORD}))*\b",
    re.IGNORECASE | re.ASCII,
)
_BEFORE = re.compile(
    r"(?:(?P<yen>[¥\\]|(?<![a-z])(?:jpy|yen))|(?P<money>[$€£]|(?<![a-z])(?:usd|eur)))\s*$", re.IGNORECASE
)
_AFTER = re.compile(
    r"\s*分の\s*|(?P<slash>⁄)|\s?-?(?:"
    rf"(?P<percent>%|パーセント|per\s?cent\b|pct\b|percentage points?\b|割(?:(?P<tenths>[{_K}\d])分)?|off\b)"
    r"|(?P<yen>円|えん(?!\w)|yen\b|jpy\b)|(?P<money>ドル|ユーロ|dollars?\b|usd\b|euros?\b|eur\b|bucks\b|cents\b)"
    r"|(?P<times>倍|x\b|fold\b|times (?:as|more|faster|better|the)\b))"
    r"|(?P<counter>[つ件名人日月年回社時秒点本個枚種週ヶカヵか歳台通度分])",
    re.IGNORECASE,
)
_HALF = re.compile(
    r"半分|半減|半値|半額"
    r"|(?<!first )(?<!second )(?<!other )(?<!better )\bhalf\b(?!\s+(?:an?|past|day|hour|way)\b)(?!-(?:hour|day|way))"
    r"|\b(?P<n>a|one|two|three)[- ](?P<d>thirds?|quarters?|fifths?|tenths?) (?:of|off|less|more|lower|cheaper)\b",
    re.IGNORECASE,
)
_DOUBLE = re.compile(r"\btwice as\b|\b(?:doubl(?:e[sd]?|ing)|tripl(?:e[sd]?|ing)) (?:your|the|as)\b", re.IGNORECASE)
_PARTS = {"third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_LIST_NUMBER = re.compile(r"(?m)^[ \t]*[1-9][.)][ \t]+")


def normal(text: str) -> str:
    """NFKC without invisible characters, digits of every script as 0-9."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    odd: dict[int, str] = {ord("٪"): "%"}
    for char in set(text):
        if unicodedata.category(char) == "Cf":
            odd[ord(char)] = ""
        elif char.isdecimal() and not char.isascii():
            odd[ord(char)] = str(unicodedata.decimal(char))
    return text.translate(odd)


def figures(text: str) -> list[Figure]:
    """Every figure in normalised text. Kanji and number words in ordinary use don't count."""
    text = _LIST_NUMBER.sub("", text)
    found = list(_numbers(text))
    for match in _HALF.finditer(text):
        share = Decimal(50)
        if match["n"]:
            top = {"a": 1, "one": 1, "two": 2, "three": 3}[match["n"].lower()]
            share = Decimal(100 * top) / _PARTS[match["d"].lower().rstrip("s")]
        found.append(Figure(share, "percent", match[0]))
    return found + [Figure(Decimal(2), "times", match[0]) for match in _DOUBLE.finditer(text)]


def _numbers(text: str) -> Iterator[Figure]:
    position = 0
    while match := _NUMBER.search(text, position):
        position = match.end()
        before = _BEFORE.search(text, max(0, match.start() - 5), match.start())
        after = _AFTER.match(text, match.end())
        if after and (after["slash"] or "分の" in after[0]):
            other = _NUMBER.match(text, after.end())
            if other:
                position = other.end()
                yield _fraction(match[0], other[0], after[0])
                continue
        if figure := _figure(match, before, after, text):
            position = after.end() if after and _unit(after) else position
            yield figure


def _fraction(first: str, second: str, sign: str) -> Figure:
    """三分の一 and 1⁄3, as a share."""
    top, bottom = (second, first) if "分の" in sign else (first, second)
    divisor = number(bottom)
    return Figure(number(top) * 100 / divisor if divisor else Decimal(0), "percent", first + sign + second)


def _figure(
    match: re.Match[str], before: re.Match[str] | None, after: re.Match[str] | None, text: str
) -> Figure | None:
    value = number(match[0])
    if before:
        return Figure(value, "JPY" if before["yen"] else "money", before[0] + match[0])
    unit = _unit(after)
    if not after or not unit:
        return None if _ordinary(match, after["counter"] or "" if after else "", text) else Figure(value, "", match[0])
    if (after["percent"] or "").startswith("割"):
        value = value * 10 + (number(after["tenths"]) if after["tenths"] else 0)
    return Figure(value, unit, match[0] + after[0])


def _unit(after: re.Match[str] | None) -> Unit:
    if after is None:
        return ""
    names: tuple[tuple[str, Unit], ...] = (
        ("percent", "percent"),
        ("yen", "JPY"),
        ("money", "money"),
        ("times", "times"),
    )
    return next((unit for name, unit in names if after[name]), "")


def _ordinary(match: re.Match[str], counter: str, text: str) -> bool:
    """Whether a number without a unit is only a part of a word: 一度, 千葉, お二人, B2B, 2FA, `one of you`."""
    written, before = match[0], text[: match.start()][-1:]
    if written[0].isdigit():
        glued = before.isascii() and before.isalpha()
        named = re.match(r"[A-Z]{1,2}\b", text[match.end() : match.end() + 3]) is not None
        return glued or named or (written == "1" and counter in ("つ", "度", "点"))
    if written[0].isascii():
        return written.lower() == "one"
    if len(written) == 1:
        return not counter or counter in "つ度分点" or written in "一千万百零" or before == "お"
    return not counter and not _positional(written)


def _positional(written: str) -> bool:
    """二〇二六: digits in a row, four or more, so that 一二 and 三五 in names stay words."""
    return len(written) >= 4 and all(char in _KANJI for char in written)


def number(written: str) -> Decimal:
    """What a written number says: `1万2千`, `三十五`, `1,200.5`, `twenty-five`, `10k`."""
    text = written.strip().lower()
    if text[0].isascii() and text[0].isalpha():
        return _from_english(text)
    scale = Decimal(1)
    if found := re.search(r"\s?(k|thousand|million|billion)$", text):
        scale, text = Decimal(_SCALE[found[1]]), text[: found.start()]
    return _from_kanji(text) * scale


def _from_english(text: str) -> Decimal:
    total, part = 0, 0
    for word in re.split(r"[-\s]+", text):
        if word in _ENGLISH:
            part += _ENGLISH[word]
        elif word in _SCALE and _SCALE[word] <= 100:
            part = (part or 1) * _SCALE[word]
        elif word in _SCALE:
            total, part = total + (part or 1) * _SCALE[word], 0
    return Decimal(total + part)


def _from_kanji(text: str) -> Decimal:
    total = section = Decimal(0)
    digits = ""
    for char in text:
        if char in _SMALL:
            section, digits = section + _plain(digits, 1) * _SMALL[char], ""
        elif char in _LARGE:
            total, section, digits = (
                total + (section + _plain(digits, 0 if section else 1)) * _LARGE[char],
                Decimal(0),
                "",
            )
        else:
            digits += str(_KANJI.get(char, char))
    return total + section + _plain(digits, 0)


def _plain(digits: str, empty: int) -> Decimal:
    try:
        return Decimal(digits.replace(",", "")) if digits else Decimal(empty)
    except InvalidOperation:
        return Decimal(0)

"""How personal data looks: patterns for what is on one customer's record, in all the ways it is usually written.

The patterns are meant for folded text (`fold`): one width, one case, nothing invisible.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_HONORIFIC = "(?:さん|さま|様|氏|殿|先生|くん|君|ちゃん)"
_TITLE = r"(?:mr|mrs|ms|miss|dr|prof)\.?\s*"
_GAP = r"[\s・=·.,、-]{0,2}"
_DASH = r"[-‐‑‒–—―−ー－.\s()]"
_NOT_NAMES = (
    *(
        "お客",
        "客",
        "皆",
        "みな",
        "担当",
        "担当者",
        "奥",
        "店長",
        "社長",
        "部長",
        "課長",
        "店員",
        "先方",
        "他社",
        "御社",
    ),
    *("貴社", "業者", "係", "各位", "会員", "利用者", "娘", "息子", "母", "父", "兄", "姉", "弟", "妹", "孫"),
)
_KANJI = "〇一二三四五六七八九"
_PLACE_WORD = "(?:丁目|番地|番|号|の)"


@dataclass(frozen=True)
class Known:
    """What a customer's record says of them; `places` are postal addresses."""

    names: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


def fold(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text in one width and case, and for each of its characters where it comes from."""
    folded: list[str] = []
    origins: list[tuple[int, int]] = []
    position = 0
    while position < len(text):
        end = position + 1
        while end < len(text) and (text[end] in "ﾞﾟ" or unicodedata.combining(text[end])):
            end += 1
        for char in unicodedata.normalize("NFKC", text[position:end]).casefold():
            if unicodedata.category(char) != "Cf":
                folded.append(char)
                origins.append((position, end))
        position = end
    return "".join(folded), origins


def patterns_of(known: Known) -> Iterator[tuple[str, str]]:
    """Patterns for what is on the record, the longest ways to write it first."""
    for kind, values, ways in (
        ("EMAIL", known.emails, _as_it_is),
        ("PLACE", known.places, _place),
        ("PHONE", known.phones, _phone),
        ("COMPANY", known.companies, _company),
        ("NAME", known.names, _name),
        ("ID", known.ids, _as_it_is),
    ):
        for value in values:
            folded = fold(value)[0].strip()
            if folded:
                yield from ((kind, pattern) for pattern in ways(folded))


def _as_it_is(value: str) -> Iterator[str]:
    if len(value) >= 3:
        yield rf"(?<![0-9a-z]){re.escape(value)}(?![0-9a-z])"


def _name(value: str) -> Iterator[str]:
    parts = [part for part in re.split(r"[\s・,]+", value) if part]
    if len(parts) == 1:
        yield _word(value)
        if not value.isascii():  # 田中花子: where the family name ends is not known, so an honorific must tell
            yield rf"({'|'.join(re.escape(value[:n]) for n in (3, 2, 1) if n < len(value))})(?={_HONORIFIC})"
        return
    yield _word(_GAP.join(map(re.escape, parts)), escaped=True)
    yield _word(_GAP.join(map(re.escape, reversed(parts))), escaped=True)
    if value.isascii():
        first, last = re.escape(parts[0]), re.escape(parts[-1])
        yield _word(rf"{first[0]}\.?\s*{last}|{last}\s*,?\s*{first[0]}\.", escaped=True)
        yield from (_word(part) for part in parts if len(part) >= 3)
        yield from (rf"{_TITLE}({re.escape(part)})(?![a-z])" for part in parts)
        return
    for part in parts:
        yield rf"({re.escape(part)})(?={_HONORIFIC})"
        if len(part) >= 2:
            yield re.escape(part)


def _word(pattern: str, *, escaped: bool = False) -> str:
    """Latin names end where letters end; Japanese ones stand in the middle of a sentence."""
    return rf"(?<![a-z])(?:{pattern if escaped else re.escape(pattern)})(?![a-z])"


def _company(value: str) -> Iterator[str]:
    yield re.escape(value)
    bare = re.sub(
        r"株式会社|有限会社|合同会社|\(株\)|\(有\)|,?\s*(?:co\.?,?\s*ltd\.?|inc\.?|k\.k\.|llc|corporation)$", "", value
    )
    bare = bare.strip(" 　,.")
    if len(bare) >= 3 and bare != value:
        yield re.escape(bare) if not bare.isascii() else rf"(?<![a-z]){re.escape(bare)}(?![a-z])"


def _phone(value: str) -> Iterator[str]:
    digits = re.sub(r"\D", "", value)
    if len(digits) < 9:
        return
    national = "0" + digits.removeprefix("81") if value.lstrip().startswith("+81") else digits
    gap = f"{_DASH}{{0,3}}"
    yield rf"(?<!\d){gap.join(national)}(?!\d)"
    yield rf"\+?81{gap}(?:\(0\))?{gap}{gap.join(national.lstrip('0'))}(?!\d)"


def _place(value: str) -> Iterator[str]:
    """An address with its numbers written in any of the usual ways (1丁目2番3号, 一丁目2-3, 1-2-3)."""
    code = re.search(r"〒?\s*(\d{3})-?(\d{4})", value)
    if code:
        yield rf"〒?\s*{code[1]}{_DASH}?{code[2]}(?!\d)"
        value = value.replace(code[0], " ")
    yield from (f"(?:{prefix})?{rest}" for prefix, rest in _place_parts(value) if rest)


def _place_parts(value: str) -> Iterator[tuple[str, str]]:
    match = re.match(r"\s*(東京都|北海道|(?:京都|大阪)府|.{2,3}県)?(.*)", value.strip(), re.DOTALL)
    assert match is not None
    prefecture = re.escape(match[1] or "") + r"\s*"
    plain = re.sub(rf"([{_KANJI}十]+)(?={_PLACE_WORD})", lambda kanji: str(_number(kanji[1])), match[2])
    pieces = re.findall(r"\d+|[^\d\s,、]", re.sub(rf"(?<=\d){_PLACE_WORD}", "-", plain))
    pieces = [piece for piece in pieces if piece not in "-‐‑–—−ー"]
    first = next((i for i, piece in enumerate(pieces) if piece.isdigit()), len(pieces))
    end = next((i for i in range(first, len(pieces)) if not pieces[i].isdigit()), len(pieces))
    if 0 < first < end:  # 渋谷区神宮前 1-2-3, and what follows is the building
        building = _joined(pieces[end:])
        rest = f"(?:[\\s,、]*{building})?" if building else ""
        yield prefecture, _joined(pieces[:end]) + rest
        town = max((i + 1 for i in range(first) if pieces[i] in "市区町村"), default=0)
        if 0 < town < first:  # 神宮前 1-2-3 alone says it too
            yield "", _joined(pieces[town:end]) + rest
    elif len(pieces) >= 6:
        yield prefecture, _joined(pieces)
        street = match[2].split(",")[0]
        if re.search(r"\d.*[a-z]{3}", street):  # 1-2-3 Marunouchi
            yield "", _word(r"\s*".join(map(re.escape, street.split())), escaped=True)


def _joined(pieces: list[str]) -> str:
    between = rf"(?:{_PLACE_WORD}|[-‐‑–—−ー,、\s]){{0,3}}"
    written = [
        rf"(?:{piece}|{_in_kanji(int(piece))})(?!\d)" if piece.isdigit() else re.escape(piece) for piece in pieces
    ]
    return between.join(written) + f"{_PLACE_WORD}?" if pieces and pieces[-1].isdigit() else between.join(written)


def _number(kanji: str) -> int:
    """三 -> 3, 十二 -> 12, 二十 -> 20, 一〇 -> 10."""
    tens, ten, ones = kanji.partition("十")
    digits = "".join(str(_KANJI.index(char)) for char in (tens or "1") + (ones or "0")) if ten else ""
    return int(digits or "".join(str(_KANJI.index(char)) for char in kanji))


def _in_kanji(number: int) -> str:
    """Both ways to write it: 十二 and 一二."""
    digits = "".join(_KANJI[int(digit)] for digit in str(number))
    if not 10 <= number <= 99:
        return digits
    tens, ones = divmod(number, 10)
    return f"{digits}|{'' if tens == 1 else _KANJI[tens]}十{_KANJI[ones] if ones else ''}"


#: What has a form of its own, whoever it belongs to.
FORMS: tuple[tuple[str, str], ...] = (
    ("EMAIL", r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+"),
    ("URL", r"https?://[!-~]+"),
    ("CARD", rf"(?<!\d)\d(?:{_DASH}?\d){{12,18}}(?!\d)"),
    (
        "PHONE",
        rf"(?<!\d)(?:\+\d{{1,3}}{_DASH}{{0,2}}\(?\d{{1,4}}\)?|\(?0\d{{1,4}}\)?)(?:{_DASH}{{1,2}}\d{{2,4}}){{2}}(?!\d)",
    ),
    ("PHONE", r"(?<!\d)0[5789]0\d{8}(?!\d)"),
    ("PLACE", r"〒?\s*(?<!\d)\d{3}[-‐−–ー]\d{4}(?!\d)"),
    ("ID", r"(?<!\d)\d{7,}(?!\d|\s*(?:円|yen|jpy))"),
    (
        "PERSON",
        rf"(?<![一-龥々])(?!(?:{'|'.join(_NOT_NAMES)}){_HONORIFIC})([一-龥々]{{1,4}}|[ァ-ヴー]{{2,8}})(?={_HONORIFIC})",
    ),
    ("PERSON", rf"(?<![a-z]){_TITLE}([a-z][a-z'-]+)"),
)

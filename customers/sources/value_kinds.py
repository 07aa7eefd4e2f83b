"""What the cells of a column look like: mail addresses, moments, amounts, a few codes."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What most cells of a column are."""

    EMPTY = "empty"
    MOMENT = "moment"
    DATE = "date"
    MONTH = "month"
    EMAIL = "email"
    PHONE = "phone"
    KANA = "kana"
    NUMBER = "number"
    TEXT = "text"


_ERA = r"(?:明治|大正|昭和|平成|令和|[MTSHR])\s*(?:元|[0-9]{1,2})"
_DAY = rf"(?:(?:[0-9]{{4}}|{_ERA})(?:[-/.年])\s*[0-9]{{1,2}}(?:[-/.月])\s*[0-9]{{1,2}}日?|(?:19|20)[0-9]{{6}})"
_TIME = r"[0-9]{1,2}(?:[:時][0-9]{1,2}(?:[:分][0-9]{1,2}(?:\.[0-9]+)?秒?|分)?)"
_OFFSET = r"(?:\s*(?:Z|UTC|[-+][0-9]{2}:?[0-9]{2}))"
_PATTERNS = {
    Kind.MOMENT: re.compile(rf"{_DAY}[T\s]\s*{_TIME}{_OFFSET}?|(?:19|20)[0-9]{{12}}"),
    Kind.DATE: re.compile(_DAY),
    Kind.MONTH: re.compile(r"(?:19|20)[0-9]{2}[-/.年]?(?:0[1-9]|1[0-2])月?"),
    Kind.EMAIL: re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    Kind.PHONE: re.compile(r"(?:\+?81|0)[-() 0-9]{8,14}"),
    Kind.NUMBER: re.compile(r"[-+▲△]?[¥\\$]?[-+]?[0-9][0-9,]*(?:\.[0-9]+)?円?"),
    Kind.KANA: re.compile(r"[ァ-ヶー・\s]+|[ぁ-んー・\s]+"),
}
_WITH_OFFSET = re.compile(rf".*{_OFFSET}")
_MOST = 0.8


@dataclass(frozen=True)
class Look:
    """What a column's cells have in common."""

    kind: Kind
    distinct: int
    filled: int
    share: float  #: of the filled cells that are of this kind
    has_offset: bool  #: moments say which clock they mean

    @property
    def is_unique(self) -> bool:
        return self.filled > 0 and self.distinct == self.filled


def look_at(cells: Sequence[str]) -> Look:
    """The kind that at least four cells in five are of; text where there is none such."""
    plain = [unicodedata.normalize("NFKC", cell) for cell in cells]
    if not plain:
        return Look(Kind.EMPTY, 0, 0, 1.0, False)
    distinct = len(set(plain))
    for kind, pattern in _PATTERNS.items():
        share = sum(bool(pattern.fullmatch(cell)) for cell in plain) / len(plain)
        if share >= _MOST:
            offset = kind is Kind.MOMENT and all(_WITH_OFFSET.fullmatch(cell) for cell in plain)
            return Look(kind, distinct, len(plain), share, offset)
    return Look(Kind.TEXT, distinct, len(plain), 1.0, False)

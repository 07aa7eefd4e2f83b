"""Japanese readings: kana of all kinds to one kind, and kana and Latin letters to one rough sound.

The sound is a revised Hepburn romanisation without long vowels, doubled consonants and `m` before `b` and `p`: people
write オオノ, Ohno, Ōno and Ono, and Namba and Nanba. It is rough on purpose and serves only beside another key.
"""

import re
import unicodedata
from functools import lru_cache

_HIRAGANA_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)} | {0x309D: 0x30FD, 0x309E: 0x30FE}
_KANA = re.compile(r"[\u30a1-\u30fa\u30fc-\u30fe]+")
_LATIN = re.compile(r"[a-z]+")
_ROWS = {
    "": "アイウエオ",
    "k": "カキクケコ",
    "g": "ガギグゲゴ",
    "s": "サシスセソ",
    "z": "ザジズゼゾ",
    "t": "タチツテト",
    "d": "ダヂヅデド",
    "n": "ナニヌネノ",
    "h": "ハヒフヘホ",
    "b": "バビブベボ",
    "p": "パピプペポ",
    "m": "マミムメモ",
    "r": "ラリルレロ",
}
_SOUNDS = {kana: row + vowel for row, cells in _ROWS.items() for kana, vowel in zip(cells, "aiueo", strict=True)}
_SOUNDS |= {
    "シ": "shi",
    "ジ": "ji",
    "チ": "chi",
    "ツ": "tsu",
    "ヂ": "ji",
    "ヅ": "zu",
    "フ": "fu",
    "ン": "n",
    "ヴ": "vu",
}
_SOUNDS |= {"ヤ": "ya", "ユ": "yu", "ヨ": "yo", "ワ": "wa", "ヲ": "o", "ヰ": "i", "ヱ": "e", "ヶ": "ga", "ヵ": "ka"}
_SMALL_Y = {"ャ": "ya", "ュ": "yu", "ョ": "yo"}
_SMALL_VOWELS = {"ァ": "a", "ィ": "i", "ゥ": "u", "ェ": "e", "ォ": "o", "ヮ": "wa"}
#: Letters that take no mark apart in NFKD.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i"})
_M_BEFORE_LIPS = re.compile(r"m(?=[bp])")
_H_OF_LENGTH = re.compile(r"(?<=o)h(?![aeiouy])")
_DOUBLED = re.compile(r"(.)\1+")


def to_katakana(text: str) -> str:
    """Hiragana as katakana; all else stays."""
    return text if text.isascii() else text.translate(_HIRAGANA_TO_KATAKANA)


def is_kana(text: str) -> bool:
    """Whether it is katakana and nothing else."""
    return _KANA.fullmatch(text) is not None


@lru_cache(1 << 17)
def to_latin(word: str) -> str:
    """The rough sound of one word in katakana or Latin letters; '' for any other script."""
    if not word.isascii():
        word = _spell(word) if is_kana(word) else _without_marks(word)
    word = word.lower()
    return _rough(word) if _LATIN.fullmatch(word) else ""


def _spell(katakana: str) -> str:
    """Each character's sound; small ones change the sound before them, and ッ, ー and ヽ only lengthen."""
    out: list[str] = []
    for kana in katakana:
        if kana in _SMALL_Y and out and out[-1].endswith("i"):
            sound, stem = _SMALL_Y[kana], out[-1][:-1]
            out[-1] = stem + (sound[1:] if stem.endswith(("sh", "ch", "j")) else sound)
        elif kana in _SMALL_VOWELS and out:
            out[-1] = (out[-1][:-1] or out[-1]) + _SMALL_VOWELS[kana]
        else:
            out.append(_SOUNDS.get(kana) or _SMALL_Y.get(kana) or _SMALL_VOWELS.get(kana, ""))
    return "".join(out)


def _without_marks(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.lower().translate(_LETTERS))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _rough(word: str) -> str:
    """Until nothing changes, so that a sound's sound is itself."""
    while True:
        rougher = _M_BEFORE_LIPS.sub("n", word).replace("ou", "o")
        rougher = _DOUBLED.sub(r"\1", _H_OF_LENGTH.sub("", rougher))
        if rougher == word:
            return word
        word = rougher

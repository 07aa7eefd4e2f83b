"""Keys from what people typed: mail addresses, phones and names, so that equal things are written equally.

A key is for comparing only and never shown or written to. Every function takes any text, never raises, returns '' where
the text holds nothing to compare; mail and phone keys are keys of themselves.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from .kana import is_kana, to_katakana, to_latin

#: Providers that document that mail to `name+tag@` reaches `name@`.
_IGNORE_TAGS = frozenset(
    {
        *("gmail.com", "outlook.com", "outlook.jp", "hotmail.com", "hotmail.co.jp", "live.com", "live.jp", "msn.com"),
        *("icloud.com", "me.com", "mac.com", "fastmail.com", "proton.me", "protonmail.com", "pm.me"),
    }
)
_SAME_DOMAIN = {"googlemail.com": "gmail.com"}
_MAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\.]+")
_SPACES = re.compile(r"\s+")
#: What people put between digits; NFKC has made half of it plain before.
_BETWEEN_DIGITS = str.maketrans("", "", " \t-()./‐‑‒–—―−ー－ｰ・~\u3000\u00a0\u00ad\u200b")
_MOBILE_JP = re.compile(r"0[5789]0[1-9]\d{7}")
#: Old, mistaken and decorated writings of characters in names -> the everyday one. 斎 and 斉 are two characters, and
#: the same families are filed under both.
_VARIANTS = str.maketrans(
    "齋齊斎髙﨑嵜邊邉濵濱澤廣國櫻德惠眞龍瀧嶋嶌冨桒栁桺𠮷黑會圓榮藏實壽豐學條萬與淺增關鐵曾顯彌爲禮舘莊峯淵兒來亞靜瀨賴槇晧郞齊髮劍劔澁應氣壯當戶",
    "斉斉斉高崎崎辺辺浜浜沢広国桜徳恵真竜滝島島富桑柳柳吉黒会円栄蔵実寿豊学条万与浅増関鉄曽顕弥為礼館荘峰渕児来亜静瀬頼槙皓郎斉髪剣剣渋応気壮当戸",
)
_HONORIFICS = re.compile(r"(?<=\S)(?:\s*(?:様|さま|殿|御中|さん))+$")
_HONORIFIC_ENDS = ("様", "ま", "殿", "中", "ん")
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof"})
_WITHIN_NAMES = re.compile(r"['’`]")
_NOT_IN_NAMES = re.compile(r"[^\w\s]|[\d_]")
_CACHED = 1 << 17


class NameKeys(NamedTuple):
    """A name as it is written and as it sounds; '' where that is not known."""

    written: str  #: in Chinese characters (or another script without sound here): variants folded, no spaces
    given_written: str  #: the last part of it; all of it where nothing separates the parts
    sound: str  #: in Latin letters, parts sorted: 'taro yamada' for タロウ ヤマダ and for Yamada Taro
    sound_joined: str  #: the parts of kana in their order without a space, for names typed without one
    given_sound: str


NOBODY = NameKeys("", "", "", "", "")


def plain(raw: str) -> str:
    """NFKC (Unicode Standard Annex 15), with one space where there were some, and none around."""
    text = raw if raw.isascii() else unicodedata.normalize("NFKC", raw)
    return _SPACES.sub(" ", text).strip()


def mail_key(raw: str) -> str:
    """A mail address: lower case; without +tag, and for Gmail without dots, where the provider ignores them.

    RFC 5321 lets a server tell letters' case apart in the local part; none that people use does. '' for anything that
    is no address. Old addresses of Japanese mobile carriers with dots at odd places are addresses.
    """
    text = plain(raw).lower()
    if "<" in text:
        text = text[text.rfind("<") + 1 :].partition(">")[0]
    text = text.removeprefix("mailto:").strip()
    if not _MAIL.fullmatch(text):
        return ""
    local, _, domain = text.partition("@")
    domain = _SAME_DOMAIN.get(domain, domain)
    if domain in _IGNORE_TAGS:
        local = local.partition("+")[0] or local
    if domain == "gmail.com":
        local = local.replace(".", "") or local
    return f"{local}@{domain}"


def phone_key(raw: str, region: str = "JP") -> str:
    """A phone number as E.164; without a country code it is of `region`. '' for what no country could ring."""
    text = plain(raw)
    digits = text.translate(_BETWEEN_DIGITS)
    if region == "JP" and digits.isascii() and digits.isdecimal() and _is_japanese(digits):
        return f"+81{digits[1:]}"
    return _by_phonenumbers(text, region) if digits else ""


def name_keys(raw: str, kana: str = "") -> NameKeys:
    """A name, and its reading where that stands in a column of its own."""
    shown = _parts(raw)
    read = _parts(kana) if kana else []
    keys = _keys_of(shown) if shown else NOBODY
    if not read or not all([part.is_sound for part in read]):
        return keys
    return NameKeys(keys.written, keys.given_written, *_keys_of(read)[2:])


class _Part(NamedTuple):
    folded: str
    sound: str
    is_kana: bool
    is_sound: bool  #: kana or Latin letters
    is_upper: bool
    is_title: bool


def _parts(raw: str) -> list[_Part]:
    text = plain(raw)
    words = (_HONORIFICS.sub("", text) if text.endswith(_HONORIFIC_ENDS) else text).split()
    if not all([word.isalpha() for word in words]):
        words = _NOT_IN_NAMES.sub(" ", _WITHIN_NAMES.sub("", " ".join(words))).split()
    parts = [_part(word) for word in words]
    return [part for part in parts if not part.is_title] or parts


@lru_cache(_CACHED)
def _part(word: str) -> _Part:
    folded = to_katakana(word).translate(_VARIANTS)
    sound = to_latin(folded)
    is_sound = bool(sound) or is_kana(folded)
    return _Part(folded.casefold(), sound, is_kana(folded), is_sound, word.isupper(), sound in _TITLES)


def _keys_of(parts: list[_Part]) -> NameKeys:
    are_kana = parts[-1].is_kana
    if not all([part.is_sound and part.is_kana is are_kana for part in parts]):
        return NameKeys("".join([part.folded for part in parts]), parts[-1].folded, "", "", "")
    sounds = [part.sound for part in parts if part.sound]
    sound = " ".join(sorted(sounds)) if len(sounds) > 1 else "".join(sounds)
    if are_kana:  # the family's name stands first
        return NameKeys("", "", sound, to_latin("".join(sounds)), parts[-1].sound)
    family_first = len(parts) > 1 and parts[0].is_upper and not parts[-1].is_upper
    return NameKeys("", "", sound, "", parts[-1 if family_first else 0].sound)


@cache
def _landline_jp() -> re.Pattern[str]:
    from phonenumbers import PhoneMetadata

    metadata = PhoneMetadata.metadata_for_region("JP")
    assert metadata is not None and metadata.fixed_line is not None, "phonenumbers knows Japan"
    return re.compile(f"0(?:{metadata.fixed_line.national_number_pattern})")


def _is_japanese(digits: str) -> bool:
    """A valid mobile, IP or landline number as phonenumbers sees it, but 20 times as fast."""
    if len(digits) == 11:
        return _MOBILE_JP.fullmatch(digits) is not None
    return len(digits) == 10 and _landline_jp().fullmatch(digits) is not None


@lru_cache(_CACHED)
def _by_phonenumbers(text: str, region: str) -> str:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

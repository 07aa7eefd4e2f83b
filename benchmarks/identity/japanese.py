"""Customer records of invented people in Japan, as shops and web sites come to hold them, with who is who.

All names are put together from common ones, all addresses lie in domains reserved for examples or of large providers
with invented local parts, and nobody is meant. What the records suffer is written in the constants below.
"""

from dataclasses import dataclass

import numpy as np

from .names import families, given_names

VARIANTS = {
    "斎": "齋斉齊",
    "高": "髙",
    "崎": "﨑",
    "辺": "邊邉",
    "浜": "濱濵",
    "沢": "澤",
    "広": "廣",
    "桜": "櫻",
    "富": "冨",
    "島": "嶋",
}
PROVIDERS = ("gmail.com", "yahoo.co.jp", "icloud.com", "docomo.ne.jp", "ezweb.ne.jp", "example.ne.jp", "example.co.jp")
PROVIDER_SHARES = (0.36, 0.22, 0.1, 0.1, 0.07, 0.1, 0.05)

SHARED_MAILBOXES = 0.005  #: persons whose address is that of a company or a household
OF_HOUSEHOLDS = 0.5  #: of these, those who share it with one or two relatives; the others with dozens to thousands
FAMILY_PHONES = 0.03  #: persons whose phone is their household's
SECOND_MAILS = 0.3  #: persons with a second address, used half the time
MISSING = {"email": 0.21, "phone": 0.27, "birth_date": 0.6, "full_name_kana": 0.6, "created_on": 0.0}
#: How a name is typed: with or without space, katakana, half-width, hiragana, Latin letters in both orders.
WRITINGS = (0.5, 0.2, 0.1, 0.05, 0.05, 0.06, 0.04)
OLD_CHARACTERS = 0.3  #: of the names that have such a writing
MAIL_TYPOS, MAIL_UPPER, MAIL_TAGS, GMAIL_DOTS = 0.03, 0.1, 0.03, 0.1
NEW_FAMILY_NAMES = 0.01  #: records under the name before or after a marriage
WRONG_BIRTH_DATES = 0.005
OLD_PHONES = 0.03  #: records with a number that the person gave up
MOBILE_WRITINGS = ("{0}-{1}-{2}", "{0}{1}{2}", "{0} {1} {2}", "０９０ー{1}ー{2}", "+81 90 {1} {2}", "({0}){1}-{2}")


@dataclass(frozen=True)
class People:
    """The columns of `persons`, one array each, and the person behind every record."""

    columns: dict[str, np.ndarray]
    truth: np.ndarray


def generate(records: int, *, seed: int = 20261121) -> People:
    """`records` records of 60 % as many persons, in random order."""
    rng = np.random.default_rng(seed)
    persons = round(records * 0.6)
    who = np.concatenate([np.arange(persons), rng.integers(0, persons, records - persons)])
    rng.shuffle(who)
    base = _persons(rng, persons)
    family, given = base["family"][who], base["given"][who]
    family = np.where(rng.random(records) < NEW_FAMILY_NAMES, rng.integers(0, len(_FAMILIES), records), family)
    born = base["born"][who] + np.where(rng.random(records) < WRONG_BIRTH_DATES, rng.integers(1, 300, records), 0)
    columns: dict[str, list[str] | np.ndarray] = {
        "full_name": _names(rng, family, given),
        "full_name_kana": [f"{_FAMILIES[f][1]} {_GIVEN[g][1]}" for f, g in zip(family, given, strict=True)],
        "email": _mails(rng, base, who),
        "phone": _phones(rng, np.where(rng.random(records) < OLD_PHONES, who + 20_000_000, base["phone"][who])),
        "birth_date": (np.datetime64("1940-01-01") + born).astype(str),
        "created_on": (np.datetime64("2015-01-01") + rng.integers(0, 4000, records)).astype(str),
    }
    made = {name: np.asarray(values, dtype=object) for name, values in columns.items()}
    for name, share in MISSING.items():
        made[name][rng.random(records) < share] = ""
    made["person_id"] = np.asarray([f"r{number:08d}" for number in range(records)], dtype=object)
    return People(made, who)


_FAMILIES = families()
_GIVEN = given_names()


def _persons(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    family = rng.choice(len(_FAMILIES), count, p=_falling(len(_FAMILIES), 0.7))
    given = rng.choice(len(_GIVEN), count, p=_falling(len(_GIVEN), 0.3))
    mail, phone = np.arange(count), np.arange(count)
    relatives = _households(rng, count, FAMILY_PHONES)
    phone[relatives[:, 1]] = relatives[:, 0]
    sharing = _households(rng, count, SHARED_MAILBOXES * OF_HOUSEHOLDS)
    mail[sharing[:, 1]] = sharing[:, 0]
    for pairs in (relatives, sharing):
        family[pairs[:, 1]] = family[pairs[:, 0]]
    of_companies = rng.choice(count, round(count * SHARED_MAILBOXES * (1 - OF_HOUSEHOLDS)), replace=False)
    mail[of_companies] = -1 - rng.choice(30, len(of_companies), p=_falling(30, 1.5))
    return {
        "family": family,
        "given": given,
        "born": rng.integers(0, 24_500, count),
        "mail": mail,
        "phone": phone,
        "second": rng.random(count) < SECOND_MAILS,
        "provider": rng.choice(len(PROVIDERS), (2, count), p=PROVIDER_SHARES),
    }


def _households(rng: np.random.Generator, count: int, share: float) -> np.ndarray:
    """(head, relative): about `share` of all persons are one or the other."""
    chosen = rng.choice(count, 2 * round(count * share / 2), replace=False)
    return chosen.reshape(-1, 2)


def _falling(count: int, power: float) -> np.ndarray:
    weights = 1.0 / np.arange(1, count + 1) ** power
    return np.asarray(weights / weights.sum())


def _names(rng: np.random.Generator, families: np.ndarray, givens: np.ndarray) -> list[str]:
    writings = rng.choice(len(WRITINGS), len(families), p=WRITINGS)
    old = rng.random(len(families)) < OLD_CHARACTERS
    which = rng.integers(0, 6, len(families))
    return [_name(*row) for row in zip(families, givens, writings, old, which, strict=True)]


def _name(family: int, given: int, writing: int, old: bool, which: int) -> str:
    (kanji, kana, latin), (kanji_given, kana_given, latin_given) = _FAMILIES[family], _GIVEN[given]
    if writing <= 1:
        if old:
            kanji = "".join(VARIANTS[c][which % len(VARIANTS[c])] if c in VARIANTS else c for c in kanji)
        return f"{kanji}{('　' if which == 0 else ' ') if writing == 0 else ''}{kanji_given}"
    if writing == 2:
        return f"{kana} {kana_given}"
    if writing == 3:
        return f"{kana} {kana_given}".translate(_HALF)
    if writing == 4:
        return f"{kana} {kana_given}".translate(_HIRAGANA)
    return f"{latin_given} {latin}" if writing == 5 else f"{latin.upper()} {latin_given}"


_FULL = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワンッャュョー"
_HALF_OF = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝｯｬｭｮｰ"
_HALF = {ord(full): half for full, half in zip(_FULL, _HALF_OF, strict=True)}
_HALF |= {
    ord(full): f"{half}ﾞ"
    for full, half in zip("ガギグゲゴザジズゼゾダヂヅデドバビブベボ", "ｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ", strict=True)
}
_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


def _mails(rng: np.random.Generator, base: dict[str, np.ndarray], who: np.ndarray) -> list[str]:
    count = len(who)
    owner = base["mail"][who]
    second = base["second"][who] & (rng.random(count) < 0.5) & (owner == who)
    provider = base["provider"][second.astype(int), np.where(owner < 0, who, owner)]
    chances, where = rng.random((4, count)), rng.integers(1, 6, (2, count))
    latin = [_FAMILIES[number][2].lower() for number in base["family"]]
    out = []
    for at in range(count):
        number = int(owner[at])
        if number < 0:
            out.append(f"info@shop{-number}.example.co.jp")
            continue
        local = f"{latin[number]}{'.' if second[at] else ''}{_letters(number)}"
        domain = PROVIDERS[provider[at]]
        out.append(_typed(local, domain, chances[:, at], where[:, at]))
    return out


def _letters(number: int) -> str:
    """A number that nobody else has, as people make them up: letters and digits."""
    return f"{chr(97 + number % 26)}{chr(97 + number // 26 % 26)}{number // 676 * 7919 % 1_000_003}"


def _typed(local: str, domain: str, chances: np.ndarray, where: np.ndarray) -> str:
    typo, upper, tag, dots = chances
    if typo < MAIL_TYPOS:
        at = int(where[0])
        local = local[:at] + local[at + 1 : at + 2] + local[at : at + 1] + local[at + 2 :]
    if domain == "gmail.com":
        local = f"{local[: where[1]]}.{local[where[1] :]}" if dots < GMAIL_DOTS else local
        local = f"{local}+shop" if tag < MAIL_TAGS else local
    mail = f"{local}@{domain}"
    return mail.title() if upper < MAIL_UPPER else mail


def _phones(rng: np.random.Generator, owner: np.ndarray) -> list[str]:
    writing = rng.choice(len(MOBILE_WRITINGS), len(owner), p=(0.45, 0.3, 0.05, 0.05, 0.05, 0.1))
    out = []
    for number, how in zip((owner * 7_919 + 1_234_567) % 90_000_000 + 10_000_000, writing, strict=True):
        digits = f"{number:08d}"
        out.append(MOBILE_WRITINGS[how].format("090", digits[:4], digits[4:]))
    return out

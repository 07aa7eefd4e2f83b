"""How a cell is read: what is written as the contract says at once, other ways of writing it only where that fails.

Every cell is either read right or refused with a rule that says why; nothing is guessed. So a date must begin with its
year or its era, and a moment needs an offset or the time zone of its feed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from ...domain.refusals import rule_of
from .model import Column

SQL_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
#: Beyond this, a DOUBLE no longer holds every whole number (2^53).
_LARGEST = "9007199254740992"
#: Full-width and other forms of what stands in numbers and dates, and the plain ones; ㋿ ㍻ ㍼ ㍽ are eras.
_WIDE = "０１２３４５６７８９／－−‐–ー．，：＋　ＲＨＳＴＺｒｈｓｔｚ㋿㍻㍼㍽￥\\"
_PLAIN = "0123456789/-----.,:+ RHSTZrhstzRHST¥¥"
#: Names of an era -> the year before its first, its first and its last day. Meiji is left out: its first years
#: followed the moon. (Era dates: Cabinet orders of 1926, 1989 and 2019.)
_ERAS = (
    (("令和", "R", "r"), 2018, "2019-05-01", "9999-12-31"),
    (("平成", "H", "h"), 1988, "1989-01-08", "2019-04-30"),
    (("昭和", "S", "s"), 1925, "1926-12-25", "1989-01-07"),
    (("大正", "T", "t"), 1911, "1912-07-30", "1926-12-24"),
)
#: Era, year, month, day, and what follows; hour, minute, second, offset; sign, sign after ¥, digits, decimals.
_DAY = (
    "^(令和|平成|昭和|大正|[RHSTrhst])? ?([0-9]{1,4}|元) ?[-/.年] ?([0-9]{1,2}) ?[-/.月] ?([0-9]{1,2})"
    "(?:[T ] {0,2}([0-9].*))? *$"
)
_CLOCK = (
    "^([0-9]{1,2})[:時] ?([0-9]{2})(?:[:分] ?(?:([0-9]{2}(?:[.][0-9]{1,9})?)秒?)?)? ?(Z|z|[-+][0-9]{2}:?[0-9]{2})?$"
)
_NUMBER = "^([-+△▲]?) ?([-+]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)([.][0-9]+)?$"
_MONEY = "^([-+△▲]?) ?(?:¥|JPY)? ?([-+]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)([.][0-9]+)? ?(?:円|JPY)?$"
_MIDNIGHT = "0?0:00(:00([.]0+)?)?"
_DAY_OR_MONTH_FIRST = "^[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{2}|[0-9]{4})([T ].*)?$"
_SERIAL_NUMBER = "^[0-9]{5}([.][0-9]+)?$"

#: Names of intermediate columns -> SQL, layer upon layer: each may use those of the layers before.
Layers = list[dict[str, str]]


@dataclass(frozen=True)
class Rule:
    """A rule that a cell may break: as data (`domain.refusals`), and as the SQL condition under which it does."""

    broken: str
    is_broken: str


def quick_cast(column: Column, raw: str) -> str:
    """SQL for a cell written as the contract says; of another one it may be wrong, see `is_plain`."""
    casts = {
        "text": raw,
        "integer": f"TRY_CAST({raw} AS BIGINT)",
        "number": f"TRY_CAST({raw} AS DOUBLE)",
        "boolean": f"CASE lower({raw}) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END",
        "date": f"TRY_CAST({raw} AS DATE)",
        # A cast of text to TIMESTAMP ignores the offset; only TIMESTAMPTZ reads it.
        "timestamp": f"CASE WHEN right({raw}, 1) = 'Z' THEN TRY_CAST({raw} AS TIMESTAMP)"
        f" ELSE TRY_CAST({raw} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END",
    }
    return casts[column.type]


def is_plain(column: Column, raw: str, cell: str) -> str:
    """SQL that is true where the cell breaks no rule and `quick_cast` read it right; else false or unknown."""
    offset = f"regexp_full_match(right({raw}, 6), '[+-](0[0-9]|1[0-4]):[0-5][0-9]')"
    dashes = f"substr({raw}, 5, 1) = '-'"
    conditions = {
        "integer": f"{cell} IS NOT NULL AND regexp_full_match({raw}, '-?[0-9]{{1,18}}')",
        "number": f"abs({cell}) < {_LARGEST} AND NOT contains({raw}, '_')",
        "boolean": f"{cell} IS NOT NULL",
        "date": f"{cell} >= DATE '0001-01-01' AND length({raw}) = 10 AND {dashes}",
        "timestamp": f"{cell} >= TIMESTAMP '0001-01-01' AND length({raw}) >= 20 AND {dashes} "
        f"AND (right({raw}, 1) = 'Z' OR {offset})",
    }
    if column.type in conditions:
        condition = conditions[column.type]
    elif column.allowed:
        condition = f"{raw} IN ({_listed(column)})"
    elif column.references:  # what it refers to holds no NUL
        condition = "TRUE"
    else:
        condition = f"NOT contains({raw}, chr(0))"
    return f"{raw} IS NOT NULL AND {condition}" if column.required else f"({raw} IS NULL OR ({condition}))"


def careful_layers(column: Column, raw: str, time_zone: str | None) -> Layers:
    """Layers of SQL whose last one is the column itself, read in any way that can only mean one thing; else NULL."""
    it = column.name
    if column.type == "text":
        return [{it: raw}]
    plain = {f"{it}_plain": f"translate(trim({raw}, ' \t\u3000\u00a0'), '{_WIDE}', '{_PLAIN}')"}
    quick = {f"{it}_quick": quick_cast(column, raw)}
    layers: Layers = [plain | quick]
    if column.type == "boolean":
        other = f"CASE WHEN lower({it}_plain) IN ('1', 'yes', 'true') THEN TRUE "
        other += f"WHEN lower({it}_plain) IN ('0', 'no', 'false') THEN FALSE END"
    elif column.type in ("number", "integer"):
        layers += _number_layers(it, is_money=it.endswith("_jpy"))
        other = f"{it}_number"
        if column.type == "integer":
            other = f"CASE WHEN {other} = trunc({other}) THEN CAST({other} AS BIGINT) END"
    else:
        layers += _day_layers(it)
        other = f"CASE WHEN {it}_parts.rest = '' OR regexp_full_match({it}_parts.rest, '{_MIDNIGHT}') THEN {it}_day END"
        if column.type == "timestamp":
            layers += _clock_layers(it, time_zone)
            other = f"coalesce({it}_moment, {it}_here)"
    bare = Column(name=it, type=column.type)
    return [*layers, {it: f"CASE WHEN {is_plain(bare, raw, f'{it}_quick')} THEN {it}_quick ELSE {other} END"}]


def rules(column: Column, raw: str, time_zone: str | None) -> Iterator[Rule]:
    """The rules of a column over the layers of `careful_layers`; the first broken one is the fault."""
    if column.required:
        yield Rule("empty", f"{raw} IS NULL")
    unreadable = f"{raw} IS NOT NULL AND {column.name} IS NULL"
    if column.type in ("date", "timestamp"):
        for broken, condition in _about_days(column, time_zone):
            yield Rule(broken, f"{unreadable} AND {condition}")
    if column.type != "text":
        yield Rule(f"not_{column.type}", unreadable)
    elif column.allowed:
        yield Rule(rule_of("not_allowed", ", ".join(column.allowed)), f"{raw} NOT IN ({_listed(column)})")
    elif not column.references:
        yield Rule("holds_nul", f"contains({raw}, chr(0))")


def _about_days(column: Column, time_zone: str | None) -> Iterator[tuple[str, str]]:
    it = column.name
    yield "day_or_month_first", f"regexp_matches({it}_plain, '{_DAY_OR_MONTH_FIRST}')"
    yield "serial_number", f"regexp_matches({it}_plain, '{_SERIAL_NUMBER}')"
    yield "no_day_of_era", f"{it}_parts.era <> '' AND {it}_day IS NULL"
    if column.type == "timestamp":
        if time_zone is not None:
            yield rule_of("never_or_twice", time_zone), f"{it}_local IS NOT NULL AND {it}_clock.ahead = ''"
            return
        is_day = f"({it}_parts.rest = '' AND {it}_day IS NOT NULL)"
        yield "no_offset", f"({it}_local IS NOT NULL AND {it}_clock.ahead = '') OR {is_day}"


def _listed(column: Column) -> str:
    return ", ".join(f"'{value}'" for value in column.allowed)


def _groups(text: str, pattern: str, *names: str) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    return f"regexp_extract({text}, '{pattern}', [{listed}])"


def _number_layers(it: str, *, is_money: bool) -> Layers:
    """Signs (△ and ▲ are a minus in Japanese accounts), groups of three digits, and of money ¥ and 円."""
    pattern = _MONEY if is_money else _NUMBER
    parts = f"{it}_parts"
    minus = f"CASE WHEN {parts}.sign IN ('-', '△', '▲') OR {parts}.inner = '-' THEN '-' ELSE '' END"
    value = f"TRY_CAST({minus} || replace({parts}.whole, ',', '') || {parts}.rest AS DOUBLE)"
    one_sign = f"({parts}.sign = '' OR {parts}.inner = '')"
    return [
        {parts: _groups(f"{it}_plain", pattern, "sign", "inner", "whole", "rest")},
        {f"{it}_value": f"CASE WHEN {parts}.whole <> '' AND {one_sign} THEN {value} END"},
        {f"{it}_number": f"CASE WHEN abs({it}_value) < {_LARGEST} THEN {it}_value END"},
    ]


def _day_layers(it: str) -> Layers:
    """The day; NULL where there is none, and for a day outside its era. Eight digits are a day without dashes."""
    eight_digits = "'^((19|20)[0-9]{2})([0-9]{2})([0-9]{2})$'"
    dashed = f"regexp_replace(replace({it}_plain, '日', ' '), {eight_digits}, '\\1-\\3-\\4')"
    parts, date = f"{it}_parts", f"{it}_date"
    nth = f"CASE {parts}.year WHEN '元' THEN 1 ELSE TRY_CAST({parts}.year AS INTEGER) END"
    years = [f"WHEN {parts}.era = '' AND length({parts}.year) = 4 THEN TRY_CAST({parts}.year AS INTEGER)"]
    days = [f"WHEN {parts}.era = '' THEN {date}"]
    for names, before, first, last in _ERAS:
        named = f"{parts}.era IN ({', '.join(repr(name) for name in names)})"
        years.append(f"WHEN {named} AND length({parts}.year) <= 2 THEN {before} + nullif({nth}, 0)")
        days.append(f"WHEN {named} AND {date} BETWEEN DATE '{first}' AND DATE '{last}' THEN {date}")
    month, day = (f"lpad({parts}.{name}, 2, '0')" for name in ("month", "day"))
    return [
        {parts: _groups(dashed, _DAY, "era", "year", "month", "day", "rest")},
        {f"{it}_year": f"CASE {' '.join(years)} END"},
        {
            date: f"CASE WHEN {it}_year > 0 THEN "
            f"TRY_CAST(lpad(CAST({it}_year AS VARCHAR), 4, '0') || '-' || {month} || '-' || {day} AS DATE) END"
        },
        {f"{it}_day": f"CASE {' '.join(days)} END"},
    ]


def _clock_layers(it: str, time_zone: str | None) -> Layers:
    """`_moment` in UTC of a cell with an offset, `_here` of one without, which takes the zone of the feed."""
    clock, local, ahead = f"{it}_clock", f"{it}_local", f"{it}_clock.ahead"
    second = f"CASE {clock}.second WHEN '' THEN '00' ELSE {clock}.second END"
    text = f"CAST({it}_day AS VARCHAR) || ' ' || lpad({clock}.hour, 2, '0') || ':' || {clock}.minute || ':' || {second}"
    hours, minutes = f"CAST(substr({ahead}, 2, 2) AS INTEGER)", f"CAST(right({ahead}, 2) AS INTEGER)"
    signed = f"(CASE left({ahead}, 1) WHEN '-' THEN -1 ELSE 1 END * ({hours} * 60 + {minutes}))"
    moment = (
        f"CASE WHEN {ahead} = '' THEN NULL WHEN lower({ahead}) = 'z' THEN {local} "
        f"WHEN {hours} <= 14 AND {minutes} <= 59 THEN {local} - to_minutes({signed}) END"
    )
    shown = f"CASE WHEN {clock}.hour <> '' THEN TRY_CAST({text} AS TIMESTAMP)"
    if time_zone is not None:  # a day alone is the moment at which it began there
        shown += f" WHEN {it}_parts.rest = '' THEN CAST({it}_day AS TIMESTAMP)"
    return [
        {clock: _groups(f"trim({it}_parts.rest)", _CLOCK, "hour", "minute", "second", "ahead")},
        {local: f"{shown} END"},
        {f"{it}_moment": moment, **_zone_layer(it, time_zone)},
        {f"{it}_here": _in_zone(it, time_zone)},
    ]


def _zone_layer(it: str, time_zone: str | None) -> dict[str, str]:
    """The moment at which clocks in the zone showed so."""
    if time_zone is None or _steady_offset(time_zone) is not None:
        return {}
    return {f"{it}_zoned": f"CASE WHEN {it}_clock.ahead = '' THEN timezone('{time_zone}', {it}_local) END"}


def _in_zone(it: str, time_zone: str | None) -> str:
    """UTC of a clock in the zone; NULL for a time that the clocks jumped over, or showed twice."""
    if time_zone is None:
        return "CAST(NULL AS TIMESTAMP)"
    local, zoned = f"{it}_local", f"{it}_zoned"
    steady = _steady_offset(time_zone)
    if steady is not None:
        minutes = int(steady.total_seconds() // 60)
        start = "0001-01-01" if time_zone == "UTC" else "1970-01-02"
        is_ours = f"{it}_clock.ahead = '' AND {local} >= TIMESTAMP '{start}'"
        return f"CASE WHEN {is_ours} THEN {local} - to_minutes({minutes}) END"
    once = " AND ".join(
        f"timezone('{time_zone}', {zoned} {sign} INTERVAL {minutes} MINUTE) <> {local}"
        for sign in ("+", "-")
        for minutes in (30, 60)
    )
    return f"CASE WHEN timezone('{time_zone}', {zoned}) = {local} AND {once} THEN timezone('UTC', {zoned}) END"


@cache
def _steady_offset(time_zone: str) -> timedelta | None:
    """The offset of a zone whose clocks were never changed since 1970; None for the others."""
    zone, start = ZoneInfo(time_zone), datetime(1970, 1, 1, tzinfo=UTC)
    weeks = (start + timedelta(weeks=number) for number in range(52 * 130))
    offsets = {moment.astimezone(zone).utcoffset() for moment in weeks}
    (only, *others) = offsets
    return None if others else only

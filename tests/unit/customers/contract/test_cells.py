"""Hostile cells: each is read right or refused, never wrong."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.customers.contract.cells import careful_layers, is_plain, quick_cast, rules
from kizuna.customers.contract.model import Column

Read = list[tuple[object, str | None]]
LONG_AGO, SOON = datetime(1971, 1, 1), datetime(2090, 1, 1)  # noqa: DTZ001 - clocks without a zone are what it is about
WIDE = str.maketrans("0123456789/-.:,", "０１２３４５６７８９／－．：，")
ERAS = [
    ("令和", "R", 2018, date(2019, 5, 1), date(2099, 12, 31)),
    ("平成", "H", 1988, date(1989, 1, 8), date(2019, 4, 30)),
    ("昭和", "S", 1925, date(1926, 12, 25), date(1989, 1, 7)),
    ("大正", "T", 1911, date(1912, 7, 30), date(1926, 12, 24)),
]
JUNK = st.text(alphabet="0123456789０１９/-.:,年月日時分元令和平成RHS TZ+¥円eE_△ -\u3000", max_size=24)


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def read(
    database: duckdb.DuckDBPyConnection, kind: str, cells: Sequence[str], *, zone: str | None = None, name: str = "cell"
) -> Read:
    """(value, broken rule) of each cell, by the careful reading."""
    column = Column(name=name, type=kind)
    query = "SELECT unnest($cells::VARCHAR[]) AS raw, generate_subscripts($cells::VARCHAR[], 1) AS place"
    for layer in careful_layers(column, "raw", zone):
        query = f"SELECT *, {', '.join(f'{sql} AS {alias}' for alias, sql in layer.items())} FROM ({query})"
    found = list(rules(column, "raw", zone))
    cases = " ".join(f"WHEN {rule.is_broken} THEN {number}" for number, rule in enumerate(found))
    rows = database.execute(f"SELECT {name}, CASE {cases} END FROM ({query}) ORDER BY place", {"cells": list(cells)})
    return [(value, None if number is None else found[number].broken) for value, number in rows.fetchall()]


def quick(database: duckdb.DuckDBPyConnection, kind: str, cells: Sequence[str]) -> list[object]:
    """What the quick reading takes for right; None for what it leaves to the careful one."""
    column = Column(name="cell", type=kind)
    query = f"""
        SELECT CASE WHEN {is_plain(column, "raw", "cell")} THEN cell END FROM (
            SELECT *, {quick_cast(column, "raw")} AS cell
            FROM (SELECT unnest($cells::VARCHAR[]) AS raw, generate_subscripts($cells::VARCHAR[], 1) AS place)
        ) ORDER BY place
    """
    return [value for (value,) in database.execute(query, {"cells": list(cells)}).fetchall()]


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(st.dates(date(1912, 7, 30), date(2099, 12, 31)), st.integers(0, 7), st.booleans()), min_size=20)
)
def test_a_day_is_read_however_it_is_written(
    database: duckdb.DuckDBPyConnection, drawn: list[tuple[date, int, bool]]
) -> None:
    cells = [_written(day, form) for day, form, _ in drawn]
    cells = [cell.translate(WIDE) if wide else cell for cell, (_, _, wide) in zip(cells, drawn, strict=True)]
    assert read(database, "date", cells) == [(day, None) for day, _, _ in drawn]


def _written(day: date, form: int) -> str:
    name, letter, before, _, _ = next(era for era in ERAS if era[3] <= day <= era[4])
    nth = day.year - before
    return [
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{name}{'元' if nth == 1 else nth}年{day.month}月{day.day}日",
        f"{letter}{nth}.{day.month}.{day.day}",
        f"{day:%Y%m%d}",
        f" {day.year}.{day.month:02}.{day.day:02} ",
        f"{day.year}/{day.month}/{day.day} 0:00",
    ][form]


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.sampled_from(ERAS)), min_size=20))
def test_a_day_outside_its_era_is_refused(
    database: duckdb.DuckDBPyConnection, drawn: list[tuple[date, tuple[str, str, int, date, date]]]
) -> None:
    outside = [(day, era) for day, era in drawn if not era[3] <= day <= era[4] and 1 <= day.year - era[2] <= 99]
    cells = [f"{era[0]}{day.year - era[2]}年{day.month}月{day.day}日" for day, era in outside]
    assert read(database, "date", cells) == [(None, "no_day_of_era")] * len(cells)


@pytest.mark.parametrize(
    "cell, rule",
    [
        ("01/02/2026", "day_or_month_first"),
        ("26/1/31", "day_or_month_first"),
        ("31.01.2026", "day_or_month_first"),
        ("46053", "serial_number"),
        ("46053.5", "serial_number"),
        ("2026-02-30", "not_date"),
        ("2026/1/31 9:00", "not_date"),
        ("31012026", "not_date"),
        ("0000-01-01", "not_date"),
        ("infinity", "not_date"),
        ("明治33年1月1日", "not_date"),
    ],
)
def test_what_may_mean_two_days_or_none_is_refused_and_says_why(
    database: duckdb.DuckDBPyConnection, cell: str, rule: str
) -> None:
    [(value, words)] = read(database, "date", [cell])
    assert value is None and words is not None and rule in words


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-(10**12), 10**12), st.integers(0, 99), st.integers(0, 5), st.booleans()), min_size=20
    )
)
def test_an_amount_is_read_however_it_is_written(
    database: duckdb.DuckDBPyConnection, drawn: list[tuple[int, int, int, bool]]
) -> None:
    cells, amounts = [], []
    for whole, cents, form, wide in drawn:
        sign = "-" if whole < 0 else ""
        cell = [
            f"{whole}.{cents:02}",
            f"{whole:,}.{cents:02}",
            f"{sign}¥{abs(whole):,}.{cents:02}",
            f"{sign}{abs(whole):,}.{cents:02}円",
            f"{'△' if sign else ''}{abs(whole)}.{cents:02}",
            f"￥{whole}.{cents:02}",
        ][form]
        cells.append(cell.translate(WIDE) if wide else cell)
        amounts.append(float(f"{whole}.{cents:02}"))
    assert read(database, "number", cells, name="amount_jpy") == [(amount, None) for amount in amounts]


@pytest.mark.parametrize(
    "cell",
    ["1_000", "nan", "inf", "1e400", "9007199254740993", "12,34", "1.234,56", "$5", "5%", "(5)", "--5", "5日", "0x10"],
)
def test_what_is_no_number_for_sure_is_refused(database: duckdb.DuckDBPyConnection, cell: str) -> None:
    assert read(database, "number", [cell], name="amount_jpy") == [(None, "not_number")]


def test_yen_belong_to_amounts_alone(database: duckdb.DuckDBPyConnection) -> None:
    assert read(database, "number", ["500円"], name="points") == [(None, "not_number")]


def test_a_whole_number_may_have_empty_decimals_and_no_others(database: duckdb.DuckDBPyConnection) -> None:
    found = read(database, "integer", ["12.0", "1,200", "12.5", "1e3", "９"])
    assert [value for value, _ in found] == [12, 1200, None, None, 9]


def test_only_plain_words_are_yes_or_no(database: duckdb.DuckDBPyConnection) -> None:
    found = read(database, "boolean", ["true", "TRUE", "1", "yes", "No", "0", "はい", "t", "2", "on"])
    assert [value for value, _ in found] == [True, True, True, True, False, False, None, None, None, None]


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.datetimes(LONG_AGO, SOON), min_size=20),
    st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日%H時%M分%S秒"]),
)
def test_a_clock_of_a_zone_is_that_moment_or_refused_where_clocks_were_changed(
    database: duckdb.DuckDBPyConnection, moments: list[datetime], name: str, form: str
) -> None:
    zone = ZoneInfo(name)
    clocks = [moment.replace(microsecond=0) for moment in moments]
    found = read(database, "timestamp", [clock.strftime(form) for clock in clocks], zone=name)
    for clock, (value, _) in zip(clocks, found, strict=True):
        both = {clock.replace(tzinfo=zone, fold=fold).astimezone(UTC).replace(tzinfo=None) for fold in (0, 1)}
        if len(both) == 1 or value is not None:
            assert {value} == both, (clock, name)


def test_a_clock_without_a_zone_is_refused_and_says_what_to_do(database: duckdb.DuckDBPyConnection) -> None:
    [(value, words)] = read(database, "timestamp", ["2026-01-31 09:30"])
    assert value is None and words is not None and words == "no_offset"
    assert read(database, "timestamp", ["令和8年1月31日"]) == [(None, "no_offset")]
    [(value, words)] = read(database, "timestamp", ["2026-11-01 01:30"], zone="America/New_York")
    assert value is None and words is not None and words == "never_or_twice America/New_York"


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.datetimes(LONG_AGO, SOON), st.integers(-840, 840)), min_size=20))
def test_an_offset_is_read_not_dropped(database: duckdb.DuckDBPyConnection, drawn: list[tuple[datetime, int]]) -> None:
    cells, moments = [], []
    for clock, minutes in drawn:
        sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
        cells.append(f"{clock:%Y-%m-%dT%H:%M:%S}{sign}{hours:02}:{rest:02}")
        moments.append(clock.replace(microsecond=0) - timedelta(minutes=minutes))
    assert read(database, "timestamp", cells) == [(moment, None) for moment in moments]


@settings(max_examples=15, deadline=None)
@given(st.lists(JUNK, min_size=50, max_size=50))
def test_whatever_is_taken_for_a_day_holds_its_digits(database: duckdb.DuckDBPyConnection, cells: list[str]) -> None:
    """Another reading, in Python: a day that is read must stand in the cell, by year or era, month and day."""
    for cell, (value, _) in zip(cells, read(database, "date", cells), strict=True):
        if isinstance(value, date):
            assert (value.month, value.day) in _month_and_day(cell), cell


def _month_and_day(cell: str) -> set[tuple[int, int]]:
    plain = cell.translate(str.maketrans("０１２３４５６７８９", "0123456789"))
    numbers = [int(digits) for digits in re.findall("[0-9]+", plain.replace("元", "1"))]
    eight = re.fullmatch(r"\D*([0-9]{4})([0-9]{2})([0-9]{2})\D*.*", plain)
    found = {(numbers[1], numbers[2])} if len(numbers) >= 3 else set()
    return found | ({(int(eight[2]), int(eight[3]))} if eight else set())


@settings(max_examples=15, deadline=None)
@given(st.lists(JUNK, min_size=50, max_size=50), st.sampled_from(["integer", "number", "boolean", "date", "timestamp"]))
def test_the_quick_reading_never_differs_from_the_careful_one(
    database: duckdb.DuckDBPyConnection, cells: list[str], kind: str
) -> None:
    careful = [value for value, _ in read(database, kind, cells)]
    for cell, fast, slow in zip(cells, quick(database, kind, cells), careful, strict=True):
        assert fast is None or fast == slow, cell
        assert not (isinstance(slow, float) and not math.isfinite(slow))

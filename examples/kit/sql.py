"""Pieces of DuckDB SQL that turn columns of numbers into the text of source files."""

from collections.abc import Sequence


def pick(values: Sequence[str], code: str) -> str:
    """SQL for the value at a position."""
    quoted = ",".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"([{quoted}])[{code}::INT + 1]"


def by_language(ja: str, en: str) -> str:
    """SQL for one of two expressions."""
    return f"CASE WHEN language = 0 THEN {ja} ELSE {en} END"


def moment(column: str) -> str:
    """SQL for a UTC timestamp, from seconds since 1970."""
    return f"strftime(make_timestamp(({column}) * 1000000), '%Y-%m-%dT%H:%M:%SZ')"


def day(column: str) -> str:
    """SQL for a date, empty where the day is negative."""
    return f"CASE WHEN {column} >= 0 THEN DATE '1970-01-01' + {column}::INT END"


def person(column: str = "person") -> str:
    """SQL for the id of the person at a position, P000001 for 0; empty where the position is negative."""
    return f"CASE WHEN {column} >= 0 THEN printf('P%06d', {column} + 1) END"


def day_id(letter: str, place: str = "place") -> str:
    """SQL for an id such as W20260131-000012: the day on which the row was written, and its place in the day."""
    return f"'{letter}' || written || '-' || printf('%06d', {place})"

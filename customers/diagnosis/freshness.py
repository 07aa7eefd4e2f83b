"""Whether a source is fresh, judged by its own rhythm: a day is long for web visits and nothing for referrals."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from ...domain.diagnosis import Freshness
from ..contract.model import Source
from .shape import moment_column

_DAYS_TO_TELL = 6
_DAYS_TO_TELL_WHERE_IRREGULAR = 20
#: Pauses are regular where the longest is no more than so many times the middle one: a file that comes each month.
_REGULAR = 2
_YEAR = timedelta(days=365)
_SHORTEST_SILENCE_DAYS = 3
#: New customers and contracts come when they like: silence says less.
_SHORTEST_SILENCE_OF_BONDS_DAYS = 45
_SHORTEST_HOLE_DAYS = 7
_USUAL_QUANTILE = 0.95
#: For rows that come by chance, a pause so many times the usual one is once in a million pauses or rarer.
_HOLE_IN_USUAL_GAPS = 4

_Gaps = NDArray[np.int_]


def days_with_rows(cursor: duckdb.DuckDBPyConnection, source: Source, rows: str) -> list[date]:
    """The days (UTC) on which these rows of the entity happened, in order."""
    column = moment_column(source)
    if column is None:
        return []
    query = f"SELECT DISTINCT CAST({column} AS DATE) AS day FROM {rows} WHERE {column} IS NOT NULL ORDER BY day"  # noqa: S608
    return [day for (day,) in cursor.execute(query).fetchall()]


def freshness(days: Sequence[date], as_of: date, *, comes_by_itself: bool = True) -> Freshness | None:
    """Of days with rows, in order; None without any. Days after `as_of` are somebody's wrong clock, and left out.

    `comes_by_itself`: rows of events, which a system writes all the time; not of customers and contracts.
    """
    past = [day for day in days if day <= as_of]
    if not past:
        return None
    first, last = past[0], past[-1]
    since = (as_of - last).days
    recent = [day for day in past if day > last - _YEAR]
    gaps: _Gaps = np.diff(np.array(recent, dtype="datetime64[D]")).astype(int)
    if not _has_a_rhythm(gaps):
        return Freshness(first, last, since, None, None, False)
    usual, longest = int(np.ceil(np.quantile(gaps, _USUAL_QUANTILE))), int(gaps.max())
    hole = _hole(recent, gaps, usual)
    ever = longest if hole is None else int(np.sort(gaps)[-2])  # a hole is no rhythm
    shortest = _SHORTEST_SILENCE_DAYS if comes_by_itself else _SHORTEST_SILENCE_OF_BONDS_DAYS
    is_stale = since > max(shortest, 2 * usual, ever)
    return Freshness(first, last, since, usual, longest, is_stale, hole if comes_by_itself else None)


def _has_a_rhythm(gaps: NDArray[Any]) -> bool:
    days = len(gaps) + 1
    if days < _DAYS_TO_TELL:
        return False
    return days >= _DAYS_TO_TELL_WHERE_IRREGULAR or bool(gaps.max() <= _REGULAR * np.median(gaps))


def _hole(days: Sequence[date], gaps: _Gaps, usual: int) -> tuple[date, date] | None:
    at = int(gaps.argmax())
    is_hole = len(days) >= _DAYS_TO_TELL_WHERE_IRREGULAR and gaps[at] > max(
        _SHORTEST_HOLE_DAYS, _HOLE_IN_USUAL_GAPS * usual
    )
    return (days[at], days[at + 1]) if is_hole else None

"""Signals as episodes, and movements between segments. Keeping the same day twice changes nothing."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, delete, func, update
from sqlmodel import Session, col, select

from .tables import MovementRow, SegmentationRow, SignalRow
from .upsert import insert_new

_CHUNK = 5_000
#: Ids in one `IN`; SQLite takes 32,766 parameters.
_IDS = 10_000


def signals_that_hold(session: Session, campaign: str, units: Collection[str] | None = None) -> dict[str, set[str]]:
    """Signal -> the units that it holds for, among `units` (None: among all)."""
    return _by_signal(session, campaign, units, SignalRow.ended_on, None)


def signals_ended_on(
    session: Session, campaign: str, day: date, units: Collection[str] | None = None
) -> dict[str, set[str]]:
    """Signal -> the units for which it was closed on that very day."""
    return _by_signal(session, campaign, units, SignalRow.ended_on, day)


def raise_signals(session: Session, rows: Iterable[dict[str, Any]]) -> int:
    """Open episodes from rows of SignalRow's columns, a few at a time; returns how many were given."""
    total = 0
    for chunk in _chunks(rows):
        insert_new(session, SignalRow, chunk)
        total += len(chunk)
    return total


def reopen_signals(session: Session, campaign: str, signal: str, units: Iterable[str], day: date) -> None:
    """What was closed on that day holds after all: without interruption."""
    statement = update(SignalRow).where(*_key(), col(SignalRow.ended_on) == day).values(ended_on=None)
    _for_each(session, statement, campaign, signal, units)


def end_signals(session: Session, campaign: str, signal: str, units: Iterable[str], day: date) -> None:
    """Close the episodes that are open; one that began on the same day never was."""
    units = list(units)
    is_open = col(SignalRow.ended_on).is_(None)
    same_day = delete(SignalRow).where(*_key(), is_open, col(SignalRow.raised_on) == day)
    earlier = update(SignalRow).where(*_key(), is_open, col(SignalRow.raised_on) < day).values(ended_on=day)
    for statement in (same_day, earlier):
        _for_each(session, statement, campaign, signal, units)


def count_signals(session: Session, campaign: str) -> dict[str, int]:
    """How many units each signal holds for."""
    query = select(SignalRow.signal, func.count()).where(SignalRow.campaign == campaign)
    return dict(session.exec(query.where(col(SignalRow.ended_on).is_(None)).group_by(SignalRow.signal)).all())


def signals_of(session: Session, campaign: str, unit_id: str) -> list[SignalRow]:
    """All episodes of one unit, the newest first."""
    query = select(SignalRow).where(SignalRow.campaign == campaign, SignalRow.unit_id == unit_id)
    return list(session.exec(query.order_by(col(SignalRow.raised_on).desc(), col(SignalRow.signal))))


def keep_movements(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    """Rows of MovementRow's columns, a few at a time."""
    for chunk in _chunks(rows):
        insert_new(session, MovementRow, chunk)


def movements(
    session: Session, campaign: str, as_of: date, family: str, *, segment: str | None = None, most: int = 50
) -> list[MovementRow]:
    """Who moved within a family, in the order of their ids; with `segment`, who came into it or left it."""
    query = select(MovementRow).where(
        MovementRow.campaign == campaign, MovementRow.as_of == as_of, MovementRow.family == family
    )
    if segment is not None:
        query = query.where((col(MovementRow.came_from) == segment) | (col(MovementRow.went_to) == segment))
    return list(session.exec(query.order_by(col(MovementRow.unit_id)).limit(most)))


def keep_segmentation(session: Session, row: dict[str, Any]) -> None:
    insert_new(session, SegmentationRow, [row])


def segmentations(session: Session, campaign: str) -> list[SegmentationRow]:
    """All there are of a campaign, the oldest first."""
    query = select(SegmentationRow).where(SegmentationRow.campaign == campaign)
    return list(session.exec(query.order_by(col(SegmentationRow.as_of))))


def latest_segmentation(session: Session, campaign: str) -> SegmentationRow | None:
    query = select(SegmentationRow).where(SegmentationRow.campaign == campaign)
    return session.exec(query.order_by(col(SegmentationRow.as_of).desc()).limit(1)).first()


def _by_signal(
    session: Session, campaign: str, units: Collection[str] | None, column: Any, value: date | None
) -> dict[str, set[str]]:
    query = select(SignalRow.signal, SignalRow.unit_id).where(SignalRow.campaign == campaign, column == value)
    found: dict[str, set[str]] = {}
    for part in _parts(units):
        here = query if part is None else query.where(col(SignalRow.unit_id).in_(part))
        for signal, unit in session.exec(here):
            found.setdefault(signal, set()).add(unit)
    return found


def _parts(units: Collection[str] | None) -> Iterator[list[str] | None]:
    if units is None:
        yield None
        return
    ordered = sorted(units)
    for start in range(0, len(ordered), _IDS):
        yield ordered[start : start + _IDS]


def _key() -> tuple[Any, ...]:
    return (
        col(SignalRow.campaign) == bindparam("in_campaign"),
        col(SignalRow.signal) == bindparam("of_signal"),
        col(SignalRow.unit_id) == bindparam("of_unit"),
    )


def _for_each(session: Session, statement: Any, campaign: str, signal: str, units: Iterable[str]) -> None:
    """Through Core: one prepared statement for many units."""
    for chunk in _chunks({"in_campaign": campaign, "of_signal": signal, "of_unit": unit} for unit in units):
        session.connection().execute(statement, chunk)


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    ongoing = iter(rows)
    while chunk := list(islice(ongoing, _CHUNK)):
        yield chunk

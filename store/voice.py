"""What customers said, as typed fields: kept once per text, counted, never quoted."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from .tables import VoiceRow
from .upsert import insert_new


def keep_heard(session: Session, rows: list[dict[str, Any]]) -> None:
    """Texts that were read before stay as they were read: reading a source twice changes nothing."""
    insert_new(session, VoiceRow, rows)


def read_before(session: Session) -> set[tuple[str, str]]:
    """(source, row id) of every text that was read."""
    return {(source, row_id) for source, row_id in session.exec(select(VoiceRow.source, VoiceRow.row_id))}


def readings(session: Session) -> list[tuple[str, str, str, str, str]]:
    """(source, row id, topic, mood, urgency) of everything that was read."""
    columns = (VoiceRow.source, VoiceRow.row_id, VoiceRow.topic, VoiceRow.mood, VoiceRow.urgency)
    return [(row[0], row[1], row[2], row[3], row[4]) for row in session.execute(select_columns(*map(col, columns)))]


def count_heard(session: Session, since: datetime, until: datetime) -> Counter[tuple[str, str]]:
    """(topic, mood) -> how many texts of the period, its end excluded."""
    query = select(VoiceRow.topic, VoiceRow.mood, func.count()).where(
        col(VoiceRow.happened_at) >= since, col(VoiceRow.happened_at) < until
    )
    found = session.exec(query.group_by(VoiceRow.topic, VoiceRow.mood)).all()
    return Counter({(topic, mood): count for topic, mood, count in found})

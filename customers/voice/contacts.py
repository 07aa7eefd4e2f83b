"""The texts among the open sources, and what was read laid over them. What a company typed itself always wins."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from ..opening import Customers

_CHUNK = 10_000
#: Source -> its texts: row id, unit, contact, moment, text, and the mood that the company typed itself.
_TEXTS = {
    "tickets": "SELECT ticket_id, account_id, contact_id, opened_at, text AS said, mood FROM tickets",
    "staff_contacts": "SELECT contact_log_id, account_id, NULL, happened_at, note AS said, mood FROM staff_contacts",
    "survey_answers": """SELECT answer_id, account_id, contact_id, answered_at, comment AS said, NULL
        FROM survey_answers JOIN contacts USING (contact_id)""",
}
_LAID_OVER = {"tickets": "ticket_id", "staff_contacts": "contact_log_id"}


@dataclass(frozen=True, slots=True)
class Said:
    """One text by or about a customer: data, never an instruction. It is kept nowhere but in its source."""

    source: str
    row_id: str
    unit_id: str
    contact_id: str | None
    happened_at: datetime
    text: str
    mood: str | None  #: as the company typed it itself


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of one text."""

    source: str
    row_id: str
    topic: str
    mood: str
    urgency: str


def texts_in(customers: Customers, known: Collection[tuple[str, str]]) -> Iterator[Said]:
    """The texts of tickets, staff notes and survey comments that are not `known` yet, by source, newest first."""
    for source, query in _TEXTS.items():
        if not customers.row_counts.get(source):
            continue
        cursor = customers.cursor()
        try:
            cursor.execute(f"SELECT * FROM ({query}) WHERE trim(coalesce(said, '')) <> '' ORDER BY 4 DESC, 1")  # noqa: S608
            while rows := cursor.fetchmany(_CHUNK):
                for ident, unit, contact, moment, text, mood in rows:
                    if (source, ident) not in known:
                        yield Said(source, ident, unit, contact, moment.replace(tzinfo=UTC), text, mood)
        finally:
            cursor.close()


def lay_over(customers: Customers, read: Sequence[Read]) -> None:
    """From now on tickets and staff contacts show what was read wherever the company typed nothing itself.

    A reading may stop messages and never cause one: anger stands as `unhappy`, joy as `neutral`. Once per Customers.
    """
    found = [row for row in read if row.source in _LAID_OVER and customers.row_counts.get(row.source)]
    if not found:
        return
    connection = customers.connection
    columns = {
        name: np.array([getattr(row, name) for row in found], dtype=object)
        for name in ("source", "row_id", "topic", "mood", "urgency")
    }
    connection.register("_just_read", columns)
    connection.execute("CREATE TABLE voice AS SELECT * FROM _just_read")
    connection.unregister("_just_read")
    for source in sorted({row.source for row in found}):
        connection.execute(f"ALTER VIEW {source} RENAME TO {source}_as_told")
        connection.execute(f"""
            CREATE VIEW {source} AS SELECT told.* REPLACE (
                coalesce(told.topic, voice.topic) AS topic,
                coalesce(told.mood, CASE WHEN voice.mood IN ('unhappy', 'angry') THEN 'unhappy'
                    WHEN voice.mood IS NOT NULL THEN 'neutral' END) AS mood,
                coalesce(told.urgency, voice.urgency) AS urgency)
            FROM {source}_as_told AS told
            LEFT JOIN voice ON voice.source = '{source}' AND voice.row_id = told.{_LAID_OVER[source]}
        """)  # noqa: S608 - two names of our own


def urgent_tickets(customers: Customers, since: datetime) -> list[tuple[str, str, str | None]]:
    """(ticket, unit, contact) of the unhappy customers whose urgent ticket of these days nobody has closed yet."""
    cursor = customers.cursor()
    try:
        query = """
            SELECT ticket_id, account_id, contact_id FROM tickets
            WHERE closed_at IS NULL AND urgency = 'high' AND mood = 'unhappy' AND opened_at >= $since
            ORDER BY ticket_id
        """
        return cursor.execute(query, {"since": since.astimezone(UTC).replace(tzinfo=None)}).fetchall()
    finally:
        cursor.close()

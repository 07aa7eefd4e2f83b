"""Rows with free text: tickets and survey answers."""

from ..kit.calendar_days import DAY_SECONDS
from ..kit.rows import csv_line, iso
from .company import ANSWERS, COMMENTS, HOSTILE_COMMENT, MOODS, TICKETS

LANGUAGES = ("ja", "en")


def closed_at(day: int) -> str:
    """Tickets are closed at noon in Tokyo."""
    return iso(day * DAY_SECONDS + 3 * 3600)


def ticket_line(
    ticket: str, account: int, contact: int, moment: int, closed: str, language: int, group: int, draw: float
) -> str:
    """A ticket; `draw` in [0, 1) chooses its sentence."""
    sentences = TICKETS[LANGUAGES[language], group]
    topic, text = sentences[int(draw * len(sentences))]
    ids = (ticket, f"A{account + 1:06d}", f"C{contact + 1:06d}")
    return csv_line((*ids, iso(moment), closed, topic, MOODS[group], text))


def answer_line(answer_id: str, contact: int, survey: str, moment: int, answer: int, language: int, draw: float) -> str:
    """A survey answer with its comment; one in a hundred comments is hostile."""
    comments = COMMENTS[LANGUAGES[language], ANSWERS[answer]]
    comment = HOSTILE_COMMENT if draw < 0.01 else comments[int(draw * len(comments))]
    return csv_line((answer_id, f"C{contact + 1:06d}", survey, iso(moment), ANSWERS[answer], comment))

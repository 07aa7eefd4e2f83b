"""Rows with free text: tickets and survey answers."""

import csv
import io
from collections.abc import Iterable

import numpy as np

from .calendar_days import DAY_SECONDS, EPOCH
from .company import ANSWERS, COMMENTS, HOSTILE_COMMENT, MOODS, TICKETS

LANGUAGES = ("ja", "en")


def csv_line(values: Iterable[object]) -> str:
    """One row, quoted where needed."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


def iso(moment: int) -> str:
    """A UTC timestamp."""
    return str(np.datetime64(int(moment), "s")) + "Z"


def iso_day(day: int) -> str:
    """A date."""
    return str(np.datetime64(EPOCH) + int(day))


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

"""What persons write to the company: tickets that are opened, make unhappy until they are closed, and are closed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Columns, Floats, Rows
from .calendar_days import DAY_SECONDS
from .chance import Chance, happens
from .happened import Happened
from .person_state import PersonState
from .sql import moment, person

TICKETS = "ticket_id,person_id,opened_at,closed_at,topic,mood,text,channel"
TICKETS_SELECT = f"""printf('T%07d', number), {person()}, {moment("opened")},
    CASE WHEN closed >= 0 THEN {moment("closed")} END, topic, mood, body, channel"""


@dataclass(frozen=True)
class TicketText:
    """A thing that is written, in either language. Hostile texts try to command whoever reads them."""

    topic: str
    mood: str
    ja: str
    en: str
    often: float = 1.0
    """How often it is written, against the others."""
    lasts_days: float = 2.0
    """How long it takes to settle, on average."""
    channel: str = "mail"


def open_tickets(
    state: PersonState, happened: Happened, chance: Chance, texts: Sequence[TicketText], monthly: Floats | float
) -> Rows:
    """Today's new tickets, so many a month and person; returns who wrote. The unhappy wait until theirs is closed."""
    writes = state.there(happened.day) & happens(chance.everybody("tickets", state.persons), monthly)
    rows = np.flatnonzero(writes)
    if not len(rows):
        return rows
    often = np.cumsum([text.often for text in texts])
    which = np.searchsorted(often, chance.some("ticket text", rows) * often[-1], side="right")
    lasts = np.array([text.lasts_days for text in texts])[which]
    closes = happened.day + 1 + (-np.log1p(-chance.some("ticket lasts", rows)) * lasts).astype(np.int64)
    opened = happened.day * DAY_SECONDS + (chance.some("ticket time", rows) * 12 * 3600).astype(np.int64)
    unhappy = np.array([text.mood == "unhappy" for text in texts])[which]
    state.unhappy_until[rows[unhappy]] = np.maximum(state.unhappy_until[rows], closes)[unhappy]
    columns = (("person", rows), ("opened", opened), ("closes", closes), ("text", which))
    for name, values in columns:
        setattr(state, f"ticket_{name}", np.concatenate([getattr(state, f"ticket_{name}"), values.astype(np.int64)]))
    happened.count("tickets", len(rows))
    return rows


def write_ticket(state: PersonState, person: int, moment: int, closes: int, text: int) -> None:
    """A ticket of somebody who is needed by name."""
    for name, value in (("person", person), ("opened", moment), ("closes", closes), ("text", text)):
        setattr(state, f"ticket_{name}", np.append(getattr(state, f"ticket_{name}"), np.int64(value)))


def settle(state: PersonState, person: int, day: int) -> None:
    """Close a person's open tickets: somebody took care."""
    theirs = (state.ticket_person == person) & (state.ticket_closes > day)
    state.ticket_closes[theirs] = day
    state.unhappy_until[person] = min(int(state.unhappy_until[person]), day)


def ticket_columns(state: PersonState, texts: Sequence[TicketText]) -> Columns:
    """All tickets as they stand; they are closed at noon in Tokyo."""
    which, language = state.ticket_text, state.language[state.ticket_person]
    closed = np.where(state.ticket_closes <= state.day, state.ticket_closes * DAY_SECONDS + 3 * 3600, -1)
    bodies = np.array([[text.ja for text in texts], [text.en for text in texts]], object)
    about = {name: np.array([getattr(text, name) for text in texts], object) for name in ("topic", "mood", "channel")}
    return {
        "number": np.arange(1, len(which) + 1),
        "person": state.ticket_person,
        "opened": state.ticket_opened,
        "closed": np.where(closed >= 0, np.maximum(closed, state.ticket_opened + 600), -1),
        "body": bodies[language, which],
        **{name: values[which] for name, values in about.items()},
    }

"""How every day of a company of persons begins."""

from .arrays import WINDOW_DAYS
from .chance import Chance
from .happened import Happened
from .person_state import PersonState
from .persons import welcome


def new_day(state: PersonState, seed: int) -> tuple[Happened, Chance]:
    """The day after `state.day`, with nothing in it but those who join; the caller sets `state.day` at its end."""
    day = state.day + 1
    happened = Happened(day)
    state.mails[day % WINDOW_DAYS] = 0
    welcome(state, happened)
    return happened, Chance(seed, day)

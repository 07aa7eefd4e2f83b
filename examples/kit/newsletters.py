"""A company's own newsletter, as it went out before there was Kizuna and goes out beside it."""

import numpy as np

from .arrays import WINDOW_DAYS, Bools, Floats
from .calendar_days import DAY_SECONDS
from .chance import Chance
from .happened import MAIL_KINDS, Happened
from .person_state import PersonState
from .persons import add_consents
from .reactions import CLICKED

_SENT, _OPENED, _CLICKED, _BOUNCED, _, _UNSUBSCRIBED = range(len(MAIL_KINDS))
UNSUBSCRIBED = 0.002


def send_newsletter(
    state: PersonState, happened: Happened, chance: Chance, engaged: Floats, *, to: Bools, subject: str = "newsletter"
) -> Bools:
    """Send it to those of `to` who are on the list; returns who opened it. Two subjects on a day are two mails."""
    day = happened.day
    listed = to & state.there(day) & state.consent
    arrives = listed & ~state.bad_address
    read, when, clicks, leaves = (chance.everybody(f"{subject}/{k}", state.persons) for k in range(4))
    opened = arrives & (read < state.reads * (0.12 + 0.6 * engaged))
    sent = np.full(state.persons, day * DAY_SECONDS + 3600, np.int64)
    later = sent + 600 + (when * 6 * 3600).astype(np.int64)
    unsubscribed = opened & (leaves < UNSUBSCRIBED)
    for kind, rows, moments in (
        (_SENT, listed, sent),
        (_BOUNCED, listed & state.bad_address, sent + 5),
        (_OPENED, opened, later),
        (_CLICKED, opened & (clicks < CLICKED), later + 60),
        (_UNSUBSCRIBED, unsubscribed, later + 300),
    ):
        who = np.flatnonzero(rows)
        happened.add("mail_events", person=who, kind=np.full(len(who), kind), moment=moments[who])
    gone = np.flatnonzero(unsubscribed)
    if len(gone):
        add_consents(happened, gone, np.zeros(len(gone), np.int64), state=1, recorded=later[gone] + 300)
        state.consent[gone] = False
    state.mails[day % WINDOW_DAYS] += listed
    return opened

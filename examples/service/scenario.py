"""P000127, who is needed by name: one of the best members, let down twice in two weeks, and nobody has called her.

She came twice a week for years. A class was cancelled at the last minute, she said so at the counter; then she waited
on the phone. She has come once since. A coupon would insult her; somebody who may decide something would not.
"""

import numpy as np

from ..kit.calendar_days import DAY_SECONDS, to_date
from ..kit.happened import MAIL_KINDS, Happened
from ..kit.persons import seat
from .company import PERSON_OF_THE_SCENARIO, PRICES, TALKS, UNLIMITED
from .day import NEWSLETTER_DAYS
from .state import ServiceState
from .talks import note_down
from .visits import EARNED, POINTS_A_VISIT, SUBSCRIPTION, book, invoice, load

TENURE_DAYS = 1_230
YEAR_DAYS = 365
FADED_DAYS = 30
"""For so long she has hardly come."""
COMPLAINED = ((11, "class", False), (4, "waiting", True))
"""Days before today, what about, and whether on the phone."""
PRAISED_DAYS = 150
STAYS_DAYS = 21
"""So long chance leaves her there: somebody has time to call."""
SPARED_DAYS = 120
"""So long nothing new goes wrong for her."""
HURT_DAYS = 150
"""So long she would not get over it by herself."""
_FAMILY, _GIVEN = 26, 8
"""長谷川 直美."""
_STORE, _AGENT = 2, 8
_FOND = 1.0
_TOP_UP_DAYS = 55
_SENT, _OPENED = MAIL_KINDS.index("sent"), MAIL_KINDS.index("opened")


def hold_back(state: ServiceState) -> None:
    """Before the written year: chance leaves her alone."""
    at, today = PERSON_OF_THE_SCENARIO - 1, state.day + 1 + YEAR_DAYS
    if at >= state.persons:
        return
    seat(
        state, at, family=_FAMILY, given=_GIVEN, joined=today - TENURE_DAYS, rep=_STORE, store=_STORE, agent=_AGENT,
        plan=UNLIMITED, bill_day=12, habit=8.5, responds=2.0, looked_after=1.0, prepays=True,
        warmth=_FOND, warmth_mean=_FOND,
    )  # fmt: skip


def plant(state: ServiceState, happened: Happened) -> None:
    """At the end of the written year: her visits, invoices and mails, and what she said at the counter."""
    at, today = PERSON_OF_THE_SCENARIO - 1, happened.day + 1
    if at >= state.persons:
        return
    year = list(range(today - YEAR_DAYS, today))
    rows, billed = np.array([at]), [day for day in year if to_date(day).day == state.bill_day[at]]
    _visits(state, happened, at, today)
    for day in billed:
        moment, price = np.array([day * DAY_SECONDS + 3600]), PRICES[[UNLIMITED]]
        invoice(state, happened, rows, moment, price, discount=np.zeros(1, np.int64), kind=SUBSCRIPTION)
    load(state, happened, rows, np.array([(today - _TOP_UP_DAYS) * DAY_SECONDS + 10 * 3600]), 5_000)
    _mails(happened, at, [day for day in year if to_date(day).day in NEWSLETTER_DAYS])
    _talks(state, happened, at, today)
    state.held[at], state.stays_until[at], state.spared_until[at] = False, today + STAYS_DAYS, today + SPARED_DAYS
    state.complained[at], state.unhappy_until[at] = today - COMPLAINED[-1][0], today + HURT_DAYS


def _visits(state: ServiceState, happened: Happened, at: int, today: int) -> None:
    """Eight in every 30 days, then one in the last 30."""
    evenings = (2, 6, 9, 13, 16, 20, 24, 27)
    months = range(1, YEAR_DAYS // FADED_DAYS)
    ago = [FADED_DAYS * month + k for month in months for k in evenings] + [COMPLAINED[0][0]]
    days = np.array(sorted(today - k for k in ago))
    rows, moment = np.full(len(days), at), days * DAY_SECONDS + 9 * 3600
    happened.add("store_visits", person=rows, moment=moment, store=state.store[rows])
    book(state, happened, rows, moment + 5400, EARNED, np.full(len(rows), POINTS_A_VISIT))
    state.last_visit[at], state.pace[at] = days[-1], 1.0


def _talks(state: ServiceState, happened: Happened, at: int, today: int) -> None:
    said = [(PRAISED_DAYS, _talk("staff", "happy"), False)]
    said += [(days, _talk(topic, "unhappy"), calls) for days, topic, calls in COMPLAINED]
    ago, text, calls = (np.array(column) for column in zip(*said, strict=True))
    moment = (today - ago) * DAY_SECONDS + 10 * 3600
    note_down(state, happened, np.full(len(said), at), moment, text, calls=calls)


def _talk(topic: str, mood: str) -> int:
    return next(k for k, one in enumerate(TALKS) if (one.topic, one.mood) == (topic, mood))


def _mails(happened: Happened, at: int, days: list[int]) -> None:
    """Every newsletter came, and she opened most."""
    opened = [day for k, day in enumerate(days) if k % 4 != 3]
    for kind, when, hour in ((_SENT, days, 1), (_OPENED, opened, 12)):
        moment = np.array(when) * DAY_SECONDS + hour * 3600
        happened.add("mail_events", person=np.full(len(when), at), kind=np.full(len(when), kind), moment=moment)

"""P000214, who is needed by name: a member of over two years, on the largest plan, who has fallen silent.

She reads no mail and does not log in, the boxes pile up, and nobody has asked her. A letter would reach her.
"""

import numpy as np

from ..kit.calendar_days import DAY_SECONDS, to_date
from ..kit.happened import MAIL_KINDS, Happened
from ..kit.persons import seat
from .boxes import SHIPPED, SUBSCRIPTION, invoice
from .company import PERSON_OF_THE_SCENARIO, PLANS, PRICES, TOO_MUCH
from .day import NEWSLETTER_DAYS
from .state import BoxState

TENURE_DAYS = 848
YEAR_DAYS = 365
LAST_OPEN_DAYS = 75
LAST_LOGIN_DAYS = 60
STAYS_DAYS = 75
"""So long chance leaves her there: a letter has its time to come, to be answered, and to be answered to."""
_FAMILY, _GIVEN = 29, 16
"""坂本 久美子."""
_QUIET = -0.7
_SENT, _OPENED = MAIL_KINDS.index("sent"), MAIL_KINDS.index("opened")


def hold_back(state: BoxState) -> None:
    """Before the written year: chance leaves her alone."""
    at, today = PERSON_OF_THE_SCENARIO - 1, state.day + 1 + YEAR_DAYS
    if at >= state.persons:
        return
    joined = today - TENURE_DAYS
    seat(
        state, at, family=_FAMILY, given=_GIVEN, rep=0, joined=joined, started=joined, box_day=10,
        plan=len(PLANS) - 1, reason=TOO_MUCH, reads=0.01, reads_letters=1.0, replies=3.0, responds=2.0,
        warmth=_QUIET, warmth_mean=_QUIET, points=640,
    )  # fmt: skip


def plant(state: BoxState, happened: Happened) -> None:
    """At the end of the written year: her boxes and invoices, her mails, and when she last looked at anything."""
    at, today = PERSON_OF_THE_SCENARIO - 1, happened.day + 1
    if at >= state.persons:
        return
    year = range(today - YEAR_DAYS, today)
    _boxes(state, happened, at, [day for day in year if to_date(day).day == state.box_day[at]])
    _mails(happened, at, [day for day in year if to_date(day).day in NEWSLETTER_DAYS], today)
    logins = [day for day in year[:-LAST_LOGIN_DAYS] if (today - LAST_LOGIN_DAYS - day) % 13 == 0]
    logins.append(today - LAST_LOGIN_DAYS)
    happened.add(
        "app_events",
        person=np.full(len(logins), at),
        moment=np.array(logins) * DAY_SECONDS + 11 * 3600,
    )
    state.held[at], state.stays_until[at] = False, today + STAYS_DAYS


def _boxes(state: BoxState, happened: Happened, at: int, days: list[int]) -> None:
    """A box and its invoice every month: she never missed one."""
    rows, moment = np.full(len(days), at), np.array(days) * DAY_SECONDS + 3600
    happened.add("boxes", person=rows, moment=moment, kind=np.full(len(days), SHIPPED))
    price = np.full(len(days), PRICES[state.plan[at]])
    invoice(state, happened, rows, SUBSCRIPTION, moment, price, np.zeros(len(days), np.int64))
    state.last_box[at] = days[-1]


def _mails(happened: Happened, at: int, days: list[int], today: int) -> None:
    """Every newsletter came; most were opened the next day, the last of those 75 days ago, none since."""
    last = today - LAST_OPEN_DAYS
    opened = [day + 1 for day in days if day + 1 < last - 1] + [last]
    for kind, when, hour in ((_SENT, days, 1), (_OPENED, opened, 11)):
        moment = np.array(when) * DAY_SECONDS + hour * 3600
        happened.add("mail_events", person=np.full(len(when), at), kind=np.full(len(when), kind), moment=moment)

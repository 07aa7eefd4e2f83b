"""The studios as a whole: their files, their year, their days."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from ..kit import company as kit
from ..kit.arrays import NEVER, Columns
from ..kit.calendar_days import add_months, month_of, tame
from ..kit.company import Company, Table, person_tables
from ..kit.sql import day, day_id, moment, person, pick
from ..kit.tickets import ticket_columns
from .company import PLANS, PRICES, SOURCES, STAFF, STAFF_HEADER, STORES, TALKS, TICKETS
from .day import live
from .people import draw_people
from .scenario import hold_back, plant
from .state import ServiceState


def _told(what: str) -> str:
    return pick([getattr(talk, what) for talk in TALKS], "text")


_TABLES = {
    **person_tables(SOURCES, [member[0] for member in STAFF]),
    "subscriptions": Table(
        "subscription_id,person_id,plan,monthly_price_jpy,started_on,renews_on,cancelled_on",
        f"printf('S%06d', person + 1), {person()}, {pick(PLANS, 'plan')}, price, {day('started')}, {day('renews')}, "
        f"{day('cancelled')}",
    ),
    "orders": Table(
        "order_id,person_id,ordered_at,kind,amount_jpy,discount_jpy,channel",
        f"{day_id('O')}, {person()}, {moment('moment')}, {pick(('subscription', 'add_on'), 'kind')}, amount, discount, "
        f"{pick(('online', 'store'), 'channel')}",
    ),
    "store_visits": Table(
        "visit_id,person_id,store_id,visited_at",
        f"{day_id('V')}, {person()}, {pick(STORES, 'store')}, {moment('moment')}",
    ),
    "staff_contacts": Table(
        "contact_log_id,person_id,happened_at,channel,direction,topic,mood,staff_id,note",
        f"{day_id('C')}, {person()}, {moment('moment')}, {pick(('phone', 'store'), 'channel')}, "
        f"{pick(('in', 'out'), 'direction')}, {_told('topic')}, {_told('mood')}, "
        f"{pick([member[0] for member in STAFF], 'staff')}, {_told('note')}",
    ),
    "points": Table(
        "entry_id,person_id,recorded_at,kind,points",
        f"{day_id('T')}, {person()}, {moment('moment')}, {pick(('earned', 'spent'), 'kind')}, points",
    ),
    "prepaid": Table(
        "entry_id,person_id,recorded_at,kind,amount_jpy",
        f"{day_id('B')}, {person()}, {moment('moment')}, {pick(('charged', 'spent'), 'kind')}, amount",
    ),
    "referrals": Table(
        "referral_id,person_id,referred_person_id,referred_at",
        f"{day_id('F')}, {person()}, {person('friend')}, {moment('moment')}",
    ),
}


def _begin(rng: np.random.Generator, persons: int, first: int) -> ServiceState:
    state = draw_people(rng, persons, first)
    hold_back(state)
    return state


def _subscriptions(state: ServiceState) -> Columns:
    """Everybody's membership as it stands. It is paid by the month and renews from year to year."""
    rows = np.flatnonzero(state.joined <= state.day)
    day_one = tame(state.joined[rows])
    years = np.maximum((month_of(np.full(len(rows), state.day, np.int32)) - month_of(day_one)) // 12, 0)
    renews = add_months(day_one, 12 * years)
    renews = np.where((renews <= state.day) | (years == 0), add_months(day_one, 12 * (years + 1)), renews)
    return {
        "person": rows,
        "plan": state.plan[rows],
        "price": PRICES[state.plan[rows]],
        "started": state.joined[rows],
        "renews": np.where(state.left[rows] == NEVER, renews, NEVER),
        "cancelled": state.left[rows],
    }


def _anew(state: ServiceState) -> Mapping[str, Columns]:
    return {"tickets": ticket_columns(state, TICKETS), "subscriptions": _subscriptions(state)}


SERVICE = Company(
    state=ServiceState,
    tables=_TABLES,
    lines={"reps": [STAFF_HEADER + "\n", *(f"{','.join(m[:4])},10:00,19:00,Asia/Tokyo,{m[4]}\n" for m in STAFF)]},
    begin=_begin,
    live=live,
    anew=_anew,
    plant=plant,
    anew_names=frozenset({"tickets", "subscriptions"}),
)
write_company = partial(kit.write_company, SERVICE)
live_one_day = partial(kit.live_one_day, SERVICE)

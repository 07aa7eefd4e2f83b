"""The box company as a whole: its files, its year, its days."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from ..kit import company as kit
from ..kit.arrays import NEVER, Columns
from ..kit.calendar_days import add_months, month_of, tame
from ..kit.company import Company, Table, person_tables
from ..kit.sql import day, day_id, moment, person, pick
from ..kit.tickets import ticket_columns
from .company import PLANS, PRICES, SOURCES, STAFF, STAFF_HEADER, TICKETS
from .day import live
from .people import draw_people
from .scenario import hold_back, plant
from .state import BoxState

_TABLES = {
    **person_tables(SOURCES, [member[0] for member in STAFF]),
    "subscriptions": Table(
        "subscription_id,person_id,plan,monthly_price_jpy,started_on,renews_on,cancelled_on,paused_until",
        f"printf('S%06d', person + 1), {person()}, {pick(PLANS, 'plan')}, price, {day('started')}, {day('renews')}, "
        f"{day('cancelled')}, {day('paused')}",
    ),
    "boxes": Table(
        "box_id,person_id,happened_at,kind",
        f"{day_id('B')}, {person()}, {moment('moment')}, {pick(('shipped', 'skipped', 'swapped', 'returned'), 'kind')}",
    ),
    "orders": Table(
        "order_id,person_id,ordered_at,kind,amount_jpy,discount_jpy,channel",
        f"{day_id('O')}, {person()}, {moment('moment')}, {pick(('subscription', 'upgrade', 'add_on'), 'kind')}, "
        "amount, discount, 'online'",
    ),
    "app_events": Table(
        "event_id,person_id,feature,happened_at", f"{day_id('L')}, {person()}, 'login', {moment('moment')}"
    ),
    "points": Table(
        "entry_id,person_id,recorded_at,kind,points",
        f"{day_id('T')}, {person()}, {moment('moment')}, {pick(('earned', 'spent', 'granted'), 'kind')}, points",
    ),
    "referrals": Table(
        "referral_id,person_id,referred_person_id,referred_at",
        f"{day_id('F')}, {person()}, {person('friend')}, {moment('moment')}",
    ),
    "staff_contacts": Table(
        "contact_log_id,person_id,happened_at,channel,direction,topic,mood,staff_id,note",
        f"{day_id('C')}, {person()}, {moment('moment')}, 'phone', 'out', 'care', 'neutral', "
        f"{pick([member[0] for member in STAFF], 'staff')}, NULL",
    ),
}


def _begin(rng: np.random.Generator, persons: int, first: int) -> BoxState:
    state = draw_people(rng, persons, first)
    hold_back(state)
    return state


def _subscriptions(state: BoxState) -> Columns:
    """Everybody's subscription as it stands. It runs from year to year, whatever the day on which boxes come."""
    rows = np.flatnonzero(state.joined <= state.day)
    started = state.started[rows]
    day_one = tame(started)
    years = np.maximum((month_of(np.full(len(rows), state.day, np.int32)) - month_of(day_one)) // 12, 0)
    renews = add_months(day_one, 12 * years)
    renews = np.where((renews <= state.day) | (renews <= started), add_months(day_one, 12 * (years + 1)), renews)
    paused = np.where(state.paused_until[rows] > state.day, state.paused_until[rows], NEVER)
    return {
        "person": rows,
        "plan": state.plan[rows],
        "price": PRICES[state.plan[rows]],
        "started": started,
        "renews": np.where(state.left[rows] == NEVER, renews, NEVER),
        "cancelled": state.left[rows],
        "paused": paused,
    }


def _anew(state: BoxState) -> Mapping[str, Columns]:
    return {"tickets": ticket_columns(state, TICKETS), "subscriptions": _subscriptions(state)}


BOX = Company(
    state=BoxState,
    tables=_TABLES,
    lines={"reps": [STAFF_HEADER + "\n", *(f"{','.join(m[:4])},10:00,18:00,Asia/Tokyo,{m[4]}\n" for m in STAFF)]},
    begin=_begin,
    live=live,
    anew=_anew,
    plant=plant,
    anew_names=frozenset({"tickets", "subscriptions"}),
)
write_company = partial(kit.write_company, BOX)
live_one_day = partial(kit.live_one_day, BOX)

"""The shop as a whole: its files, its year, its days, and what is true of its actions."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from ..kit import company as kit
from ..kit.arrays import Columns
from ..kit.company import Company, Table, person_tables
from ..kit.sql import day, day_id, moment, person, pick
from ..kit.tickets import ticket_columns
from .company import SOURCES, STAFF, STAFF_HEADER, STORES, TICKETS
from .costs import COSTS, cost_columns
from .day import live
from .people import draw_people
from .products import product_lines
from .scenario import hold_back, plant
from .state import ShopState

_PRODUCT = "printf('K%03d', product + 1)"
_TABLES = {
    **person_tables(SOURCES, [member[0] for member in STAFF]),
    "orders": Table(
        "order_id,person_id,ordered_at,kind,amount_jpy,discount_jpy,channel",
        f"{day_id('O')}, {person()}, {moment('moment')}, 'purchase', amount, discount, "
        f"{pick(('online', 'store'), 'channel')}",
    ),
    "order_lines": Table(
        "order_id,product_id,quantity,unit_price_jpy",
        f"{day_id('O', 'order_place')}, {_PRODUCT}, quantity, price",
    ),
    "web_events": Table(
        "event_id,person_id,kind,product_id,happened_at",
        f"{day_id('W')}, {person()}, {pick(('view', 'search', 'compare', 'cart'), 'kind')}, "
        f"CASE WHEN product >= 0 THEN {_PRODUCT} END, {moment('moment')}",
    ),
    "store_visits": Table(
        "visit_id,person_id,store_id,visited_at",
        f"{day_id('V')}, {person()}, {pick(STORES, 'store')}, {moment('moment')}",
    ),
    "points": Table(
        "entry_id,person_id,recorded_at,kind,points",
        f"{day_id('B')}, {person()}, {moment('moment')}, "
        f"{pick(('earned', 'spent', 'granted', 'expired'), 'kind')}, points",
    ),
    "referrals": Table(
        "referral_id,person_id,referred_person_id,referred_at",
        f"{day_id('F')}, {person()}, {person('friend')}, {moment('moment')}",
    ),
    "acquisition_costs": Table(COSTS, f"{pick(SOURCES, 'source')}, {day('month')}, cost"),
}


def _begin(rng: np.random.Generator, persons: int, first: int) -> ShopState:
    state = draw_people(rng, persons, first)
    hold_back(state)
    return state


def _anew(state: ShopState) -> Mapping[str, Columns]:
    return {"tickets": ticket_columns(state, TICKETS), "acquisition_costs": cost_columns(state)}


SHOP = Company(
    state=ShopState,
    tables=_TABLES,
    lines={
        "reps": [STAFF_HEADER + "\n", *(f"{','.join(m[:4])},10:00,19:00,Asia/Tokyo,{m[4]}\n" for m in STAFF)],
        "products": product_lines(),
    },
    begin=_begin,
    live=live,
    anew=_anew,
    plant=plant,
    anew_names=frozenset({"tickets", "acquisition_costs"}),
)
write_company = partial(kit.write_company, SHOP)
live_one_day = partial(kit.live_one_day, SHOP)

"""What customers look at: on the web pages, and in the stores."""

import numpy as np

from ..kit.arrays import Bools, Column, Floats, Rows
from ..kit.calendar_days import DAY_SECONDS
from ..kit.chance import Chance, counts, happens
from ..kit.happened import Happened
from .orders import near_price
from .products import SETS
from .state import ShopState

VIEW, SEARCH, COMPARE, CART = range(4)
VIEWS_MONTHLY = 4.0
STUDIES_DAILY = 0.2
"""How often somebody who is moving up, or dreams, sits down to study table sets."""
VISITS_MONTHLY = 0.7


def look_around(state: ShopState, happened: Happened, chance: Chance, engaged: Floats, there: Bools) -> None:
    """The day's views, searches and carts of ordinary things, and the studying of dear ones."""
    rate = np.where(there, VIEWS_MONTHLY * (0.05 + engaged) / 30, 0).astype(np.float32)
    views = counts(chance.everybody("views", state.persons), rate)
    persons = np.repeat(np.arange(state.persons), views)
    number = np.arange(len(persons)) - np.searchsorted(persons, persons)
    draw = chance.some("view kind", persons, number)
    kind = np.select([draw < 0.80, draw < 0.90, draw < 0.92], [VIEW, SEARCH, COMPARE], CART)
    product = near_price(state, chance, persons, 100 + number, spread=0.5)
    _log(happened, chance, persons, number, kind, product)
    wants = there & (state.moving_up | state.dreams)
    rows = np.flatnonzero(wants & (chance.everybody("studies", state.persons) < STUDIES_DAILY))
    study(state, happened, chance, rows)


def study(state: ShopState, happened: Happened, chance: Chance, rows: Rows) -> None:
    """Two to four looks at the set they wish for and its neighbours, and often a comparison."""
    looks = 2 + (chance.some("looks", rows) * 3).astype(np.int64)
    compares = (chance.some("compares", rows) < 0.5).astype(np.int64)
    persons = np.repeat(rows, looks + compares)
    number = np.arange(len(persons)) - np.searchsorted(persons, persons)
    last = np.repeat(looks, looks + compares)
    kind = np.where(number < last, VIEW, COMPARE)
    aside = (chance.some("aside", persons, number) * 3).astype(np.int64) - 1
    product = SETS[np.clip(state.wish[persons] + np.where(number == 0, 0, aside), 0, len(SETS) - 1)]
    _log(happened, chance, persons, 200 + number, kind, product)


def visit_stores(state: ShopState, happened: Happened, chance: Chance, engaged: Floats, there: Bools) -> None:
    """Those who come by without buying."""
    comes = there & happens(chance.everybody("visits", state.persons), VISITS_MONTHLY * state.in_store * engaged)
    rows = np.flatnonzero(comes)
    moment = happened.day * DAY_SECONDS + 2 * 3600 + (chance.some("visit time", rows) * 8 * 3600).astype(np.int64)
    happened.add("store_visits", person=rows, moment=moment, store=state.store[rows])


def _log(happened: Happened, chance: Chance, persons: Rows, number: Column, kind: Column, product: Column) -> None:
    seconds = chance.some("evening", persons) * 12 * 3600 + 240 * (number % 100)
    moment = happened.day * DAY_SECONDS + seconds.astype(np.int64)
    happened.add("web_events", person=persons, kind=kind, product=np.where(kind == SEARCH, -1, product), moment=moment)
    happened.count("web_events", len(persons))

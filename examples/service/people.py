"""Who the members are as the written year begins."""

import numpy as np

from ..kit.arrays import NEVER, Bytes, Ints
from ..kit.bond import engagement
from ..kit.calendar_days import day_of_month, tame
from ..kit.effects import none_yet
from ..kit.person_state import JA
from ..kit.persons import draw_persons
from ..kit.reactions import STAFF_DO_IT
from .company import PLANS, REFERRAL, STORES
from .state import ServiceState
from .truth import EFFECTS

YEAR_DAYS = 365
OLDEST_DAYS = 1_500
YET_TO_COME = 0.15
"""So many more than there are join in the 400 days after the written year, or are brought along by others."""
BY_TELEPHONE = 0.25
"""So many are looked after by the call centre, the others by their studio."""
CONSENTING = (0.90, 0.70, 0.75, 0.50)
_HABIT = np.array([4.5, 6.0, 8.0])
"""Visits in 30 days, by plan."""
_AGENTS_JA = 3
_ENGLISH_STORE, _ENGLISH_AGENT = 7, 11


def draw_people(rng: np.random.Generator, persons: int, first: int) -> ServiceState:
    """`persons` who have joined by the end of the year that begins on the day `first`, and those yet to come."""
    today = first + YEAR_DAYS
    later = round(persons * YET_TO_COME)
    joined = np.concatenate(
        [today - 6 - OLDEST_DAYS * rng.random(persons) ** 0.95, today + np.sort(400 * rng.random(later))]
    ).astype(np.int32)
    n = len(joined)
    own = draw_persons(rng, joined, sources=REFERRAL, consenting=CONSENTING)
    japanese = own["language"] == JA
    store = np.where(japanese, rng.integers(0, len(STORES), n), _ENGLISH_STORE).astype(np.uint8)
    agent = np.where(japanese, len(STORES) + rng.integers(0, _AGENTS_JA, n), _ENGLISH_AGENT).astype(np.uint8)
    own["rep"] = np.where(rng.random(n) < BY_TELEPHONE, agent, store).astype(np.int8)
    plan = _plans(rng, joined, first)
    habit = (_HABIT[plan] * np.exp(rng.normal(0, 0.25, n))).astype(np.float32)
    pace = np.where(joined < first, habit * (0.05 + 0.95 * engagement(own["warmth"])), habit)
    return ServiceState(
        day=first - 1,
        **own,
        **none_yet(EFFECTS, n),
        plan=plan,
        bill_day=day_in_month(joined),
        store=store,
        agent=agent,
        looked_after=np.full(n, STAFF_DO_IT, np.float32),
        habit=habit,
        pace=pace.astype(np.float32),
        last_visit=np.maximum(joined, first - 1 - rng.exponential(12, n)).astype(np.int32),
        complained=np.full(n, NEVER, np.int32),
        points=np.zeros(n, np.int32),
        prepays=rng.random(n) < 0.45,
        prepaid=np.zeros(n, np.int32),
        paid=np.zeros(n, np.int64),
        orders_made=np.zeros(n, np.int32),
        referrals_made=np.zeros(n, np.int32),
        stays_until=np.full(n, NEVER, np.int32),
        spared_until=np.full(n, NEVER, np.int32),
    )


def day_in_month(days: Ints) -> Bytes:
    """The day of the month on which those are charged who joined on these days."""
    return day_of_month(tame(days)).astype(np.uint8)


def _plans(rng: np.random.Generator, joined: Ints, first: int) -> Bytes:
    """The longer somebody has been there, the likelier the plan is a large one."""
    years = np.clip((first - joined) / 365, 0, 3)
    unlimited = 0.12 + 0.05 * years
    draw = rng.random(len(joined))
    return np.select([draw < unlimited, draw < unlimited + 0.42], [len(PLANS) - 1, 1], 0).astype(np.uint8)

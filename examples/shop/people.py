"""Who the shop's customers are as the written year begins."""

from typing import Any

import numpy as np

from ..kit.arrays import NEVER, Ints
from ..kit.effects import none_yet
from ..kit.persons import draw_persons
from .company import REFERRAL, SOURCES, STORES
from .products import CONSUMABLES, LASTS_DAYS, SETS
from .state import ShopState
from .truth import EFFECTS

YEAR_DAYS = 365
OLDEST_DAYS = 1_300
YET_TO_COME = 0.15
"""So many more than there are join in the 400 days after the written year, or are brought along by others."""


def draw_people(rng: np.random.Generator, persons: int, first: int) -> ShopState:
    """`persons` customers by the end of the year that begins on the day `first`, and those yet to come."""
    today = first + YEAR_DAYS
    later = round(persons * YET_TO_COME)
    joined = np.concatenate(
        [today - 6 - (OLDEST_DAYS * rng.random(persons) ** 1.15), today + np.sort(400 * rng.random(later))]
    ).astype(np.int32)
    own = draw_persons(rng, joined, sources=REFERRAL, reps=len(STORES))
    in_store = np.where(rng.random(len(joined)) < 0.45, rng.beta(2, 2, len(joined)), 0.04)
    own["source"] = np.where(in_store > 0.6, np.uint8(SOURCES.index("store")), own["source"])
    own["rep"] = np.where(in_store > 0.3, own["rep"], np.int8(-1))
    return ShopState(
        day=first - 1,
        **own,
        **none_yet(EFFECTS, len(joined)),
        **_habits(rng, joined, first),
        in_store=in_store.astype(np.float32),
        store=np.maximum(own["rep"], 0).astype(np.uint8),
    )


def _habits(rng: np.random.Generator, joined: Ints, first: int) -> dict[str, Any]:
    n = len(joined)
    refill = np.where(rng.random(n) < 0.40, CONSUMABLES[rng.integers(0, len(CONSUMABLES), n)], NEVER).astype(np.int32)
    pace = np.exp(rng.normal(0, 0.2, n)).astype(np.float32)
    lasts = pace * LASTS_DAYS[refill]
    before = np.minimum(first, joined)
    return {
        "tempo": np.exp(rng.normal(np.log(0.5), 0.55, n)).astype(np.float32),
        "taste": rng.normal(np.log(2_600), 0.5, n).astype(np.float32),
        "bargains": rng.random(n) < 0.25,
        "moving_up": np.zeros(n, np.bool_),
        "dreams": rng.random(n) < 0.03,
        "wish": rng.integers(0, len(SETS), n).astype(np.int32),
        "wish_until": np.full(n, NEVER, np.int32),
        "ponders_until": np.full(n, NEVER, np.int32),
        "refill": refill,
        "refill_pace": pace,
        "refilled": (before - lasts * rng.random(n)).astype(np.int32),
        "coupon_until": np.full(n, NEVER, np.int32),
        "points": (rng.exponential(150, n) * (joined < first)).astype(np.int32),
        "last_order": (before - 1 - rng.exponential(40, n)).astype(np.int32),
        "orders_made": np.zeros(n, np.int32),
        "paid": np.zeros(n, np.int64),
        "referrals_made": np.zeros(n, np.int32),
    }

"""Who the members are as the written year begins."""

import numpy as np

from ..kit.arrays import NEVER, Ints
from ..kit.calendar_days import day_of_month, tame
from ..kit.effects import none_yet
from ..kit.persons import draw_persons
from .company import PLANS, REFERRAL, STAFF
from .state import BoxState
from .truth import EFFECTS

YEAR_DAYS = 365
OLDEST_DAYS = 1_500
YET_TO_COME = 0.15
"""So many more than there are join in the 400 days after the written year, or are brought along by others."""
IGNORE_MAILS = (0.15, 0.45)
"""So many of those who are fond of looking around, and of the others, hardly ever open a mail."""
FOND = 0.42
"""So many log in and read what comes; the others let the box come, and hardly look at anything else."""
CONSENTING = (0.90, 0.82, 0.55, 0.40)
REASONS = (0.20, 0.25, 0.13, 0.12, 0.30)
_JAPANESE_CARE = 2
"""The first so many of the staff; the last speaks English."""


def draw_people(rng: np.random.Generator, persons: int, first: int) -> BoxState:
    """`persons` who have joined by the end of the year that begins on the day `first`, and those yet to come."""
    today = first + YEAR_DAYS
    later = round(persons * YET_TO_COME)
    joined = np.concatenate(
        [today - 6 - OLDEST_DAYS * rng.random(persons) ** 0.95, today + np.sort(400 * rng.random(later))]
    ).astype(np.int32)
    own = draw_persons(rng, joined, sources=REFERRAL, consenting=CONSENTING, reasons=REASONS)
    n = len(joined)
    fond = rng.random(n) < FOND
    own["warmth_mean"] = np.where(fond, rng.normal(0.5, 0.35, n), rng.normal(-0.5, 0.35, n)).astype(np.float32)
    own["warmth"] = own["warmth_mean"].copy()
    own["reads"] = np.where(rng.random(n) < np.where(fond, *IGNORE_MAILS), np.float32(0.06), own["reads"])
    care = np.where(own["language"] == 0, rng.integers(0, _JAPANESE_CARE, n), len(STAFF) - 1)
    own["rep"] = care.astype(np.int8)
    return BoxState(
        day=first - 1,
        **own,
        **none_yet(EFFECTS, n),
        plan=_plans(rng, joined, first),
        started=joined.copy(),
        box_day=day_in_month(joined),
        paused_until=np.full(n, NEVER, np.int32),
        last_box=np.full(n, NEVER, np.int32),
        replies=np.exp(rng.normal(-0.08, 0.4, n)).astype(np.float32),
        answered=np.full(n, NEVER, np.int32),
        points=(rng.exponential(250, n) * (joined < first)).astype(np.int32),
        paid=np.zeros(n, np.int64),
        referrals_made=np.zeros(n, np.int32),
        stays_until=np.full(n, NEVER, np.int32),
    )


def day_in_month(days: Ints) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """The day of the month on which boxes come that first came on these days."""
    return day_of_month(tame(days)).astype(np.uint8)


def _plans(rng: np.random.Generator, joined: Ints, first: int) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """The longer somebody has been there, the likelier the plan is a large one."""
    years = np.clip((first - joined) / 365, 0, 3)
    premium = 0.10 + 0.055 * years
    draw = rng.random(len(joined))
    return np.select([draw < premium, draw < premium + 0.45], [len(PLANS) - 1, 1], 0).astype(np.uint8)

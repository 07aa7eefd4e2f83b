"""The hidden truth of the shop: why people buy, and what each action really does to them.

The product never sees this. Its playbooks believe other things (see `value` in each). In truth, for a customer who
responds as most do, and while the effect lasts:

| action                        | counts from | for whom              | what it moves                | lasts           |
|-------------------------------|-------------|-----------------------|------------------------------|-----------------|
| upgrade_interest: viewed      | read        | truly moving up       | dear orders x 6              | 21 days         |
| ... then its testimonial      | noticed     | truly moving up       | dear orders x 1.6            | 21 days         |
| testimonial_audience          | noticed     | truly moving up       | dear orders x 1.6            | 21 days         |
| replenish_reminder            | read        | a refill is due       | refills x 2.2                | 12 days         |
| win_back: we_miss_you         | read        | quiet for 60 days     | orders x 1.25                | 30 days         |
| ... welcome_back              | read        | quiet for 60 days     | orders x 1.35                | 21 days         |
| points_reminder               | read        | has 500 points        | orders x 1.45, points used   | 21 days         |
| post_purchase_quiet           | at once     | everybody             | no coupons                   | 45 days         |
|                               |             | buys without coupons  | orders x 1.04                | 60 days         |
| loyalty_thanks                | read        | everybody             | orders x 1.12, referrals x 1.5 | day 20 to 320 |
| referral_invite               | read        | glad                  | referrals x 8                | 45 days         |
|                               |             | not glad              | orders x 0.93                | 45 days         |
| nps_survey                    |             | everybody             | nothing                      |                 |
| standard_digest               | received    | buys often            | orders x 0.85 (tiresome)     | 40 days         |
|                               |             | others                | nothing                      |                 |
| apology_care                  | read        | unhappy               | orders x 1.6                 | 45 days         |
| ... as a call by the staff    | done        |                       | and what was open is settled |                 |

Who looks at dear things is not always moving up: two in five only dream. Coupons, which the shop sends every month,
bring forward the orders of those who wait for them; those who would have bought anyway pay less. A consumable that is
long overdue was bought elsewhere. Too many mails are read less and make people leave the list.
"""

from collections.abc import Callable

import numpy as np

from ..kit.arrays import Bools, Rows
from ..kit.bond import engagement
from ..kit.effects import Effect, everybody
from ..kit.nps import nps_answer, nps_of
from ..kit.person_reactions import Answer, Truth
from .company import COMMENTS, HOSTILE_COMMENT
from .products import LASTS_DAYS
from .state import ShopState

OFTEN = 0.75
"""From so many orders in 30 days on, a customer buys often."""
QUIET_DAYS = 60
MANY_POINTS = 500
DEAR_MONTHLY = 0.07
"""How often somebody who is moving up buys the dear thing by themselves, in 30 days."""

EFFECTS = (
    Effect("upgrade_interest", "dear", 6.0, whom="moving_up", steps=("viewed",), days=21),
    Effect("upgrade_interest", "dear", 1.6, whom="moving_up", steps=("testimonial",), days=21),
    Effect("testimonial_audience", "dear", 1.6, whom="moving_up", days=21),
    Effect("replenish_reminder", "refills", 2.2, whom="refill_due", days=12),
    Effect("win_back", "orders", 1.25, whom="quiet", steps=("we_miss_you",), days=30),
    Effect("win_back", "orders", 1.35, whom="quiet", steps=("welcome_back",), days=21),
    Effect("points_reminder", "orders", 1.45, whom="many_points", days=21),
    Effect("points_reminder", "points", 4.0, whom="many_points", days=21),
    Effect("post_purchase_quiet", "coupons", 0.0, counts_from="received", days=45),
    Effect("post_purchase_quiet", "orders", 1.04, whom="full_price", counts_from="received", days=60),
    Effect("loyalty_thanks", "orders", 1.12, after_days=20, days=300),
    Effect("loyalty_thanks", "referrals", 1.5, after_days=20, days=300),
    Effect("referral_invite", "referrals", 8.0, whom="glad", days=45),
    Effect("referral_invite", "orders", 1.0, others=0.93, whom="glad", days=45),
    Effect("standard_digest", "orders", 0.85, whom="buys_often", counts_from="received", days=40),
    Effect("apology_care", "orders", 1.6, whom="unhappy", days=45),
)


def _is_due(state: ShopState, rows: Rows, day: int, step: str) -> Bools:
    due = state.refilled[rows] + state.refill_pace[rows] * LASTS_DAYS[state.refill[rows]]
    near: Bools = (state.refill[rows] >= 0) & (np.abs(due - day) <= 14)
    return near


AMONG: dict[str, Callable[[ShopState, Rows, int, str], Bools]] = {
    "everybody": everybody,
    "moving_up": lambda state, rows, day, step: state.moving_up[rows],
    "refill_due": _is_due,
    "quiet": lambda state, rows, day, step: day - state.last_order[rows] >= QUIET_DAYS,
    "many_points": lambda state, rows, day, step: state.points[rows] >= MANY_POINTS,
    "full_price": lambda state, rows, day, step: ~state.bargains[rows],
    "glad": lambda state, rows, day, step: (engagement(state.warmth[rows]) > 0.7) & ~state.is_unhappy(day)[rows],
    "buys_often": lambda state, rows, day, step: state.tempo[rows] >= OFTEN,
    "unhappy": lambda state, rows, day, step: state.is_unhappy(day)[rows],
}


def nps(mark: float, language: int, draw: float) -> Answer:
    """The answer of somebody with that mark in mind."""
    return nps_answer(int(mark), language, draw, COMMENTS, HOSTILE_COMMENT)


def _answer(state: ShopState, person: int, action: str, rng: np.random.Generator) -> Answer:
    rows = np.array([person])
    noise = rng.standard_normal(1, np.float32)
    mark = nps_of(engagement(state.warmth[rows]), state.is_unhappy(state.day + 1)[rows], noise)
    return nps(mark[0], int(state.language[person]), float(rng.random()))


TRUTH = Truth(EFFECTS, AMONG, asks={("nps_survey", "question"): 0.25}, answer=_answer)

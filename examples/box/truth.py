"""The hidden truth of the box: why members leave, and what each action really does to them.

The product never sees this. Its playbooks believe other things (see `value` in each).

Why they leave. Behind most silence there is a reason: the wrong items, too much of it, the price, the wish for a break.
Who has gone quiet with such a reason cancels at up to 14 % a month; who has gone quiet and is content, at 1.6 %, as the
box comes anyway; members who log in and read, at below 1.5 %. An unhappy ticket that is open makes it 2.5 times that.

What helps, for somebody who responds as most do, and while the effect lasts:

| action                          | from      | for whom          | what it does                       | lasts         |
|---------------------------------|-----------|-------------------|------------------------------------|---------------|
| silent_customer_survey: survey  | read      | has a reason      | cancellation x 0.5: somebody asks  | 45 days       |
| ... the offer that fits         | read      | has that reason   | 8 in 10 accept: the reason is gone | for good      |
| ... any other offer             | read      |                   | nothing                            |               |
| plan_fit                        | read      | quiet, with too   | 7 in 10 accept a smaller plan: the |               |
|                                 |           | much or price     | reason is gone, and some revenue   | for good      |
| apology_care                    | read/done | unhappy           | cancellation x 0.35                | 45 days       |
| loyalty_thanks                  | read      | everybody         | cancellation x 0.5,                |               |
|                                 |           |                   | referrals x 1.5                    | day 20 to 320 |
| pre_renewal_gift                | read      | everybody         | cancellation x 0.9                 | 45 days       |
| renewal_reminder                | received  | has a reason      | cancellation x 2.6: reminded of it | 30 days       |
|                                 |           | others            | cancellation x 1.5                 | 30 days       |
| win_back: we_miss_you           | read      | left for a break, | returns x 6                        | 45 days       |
| ... welcome_back                | read      | or had too much   | returns x 2.5, a month 10 % less   | 30 days       |
|                                 |           | left otherwise    | nothing                            |               |
| nps_survey                      |           | everybody         | nothing                            |               |
| referral_invite                 | read      | glad              | referrals x 8                      | 45 days       |
|                                 |           | not glad          | cancellation x 1.1                 | 45 days       |
| discount_at_once (no playbook)  | read      | price             | cancellation x 0.7                 | 90 days       |
|                                 |           | others            | cancellation x 0.97                | 90 days       |
|                                 | read      | everybody         | pays 15 % less                     | 90 days       |

`discount_at_once` is no playbook of Kizuna's. It stands here for the comparison: a price cut before any question keeps
few and costs margin from all. Who looks at mails and who reads letters is each person's own: three in ten ignore mails
altogether, most people read a letter. Too many mails are read less, and make people leave the list.
"""

from collections.abc import Callable

import numpy as np

from ..kit.arrays import NEVER, Bools, Bytes, Floats, Rows
from ..kit.bond import engagement
from ..kit.effects import Effect, everybody
from ..kit.nps import nps_answer, nps_of
from ..kit.person_reactions import Answer, Truth
from .company import BREAK, COMMENTS, FINE, HOSTILE_COMMENT, PRICE, REASONS, TOO_MUCH, WRONG_ITEMS
from .state import BoxState

LEAVES = np.array([0.13, 0.125, 0.135, 0.13, 0.012], np.float32)
"""Monthly cancellation of somebody gone quiet, by reason."""
ALWAYS = 0.004
"""Monthly cancellation that nothing explains."""
STRAINED = 0.008
"""The same of somebody who has a reason, quiet or not."""
WHEN_UNHAPPY, WHEN_PAUSED, WHEN_NEW = 2.5, 0.4, 1.4
RETURNS = np.array([0.004, 0.02, 0.005, 0.025, 0.01], np.float32)
"""How often somebody who left comes back in 30 days, by reason."""
NEW_REASON = 0.012
"""How often, in 30 days, something comes between a content member and the box."""

OFFERS = {"swap_offer": (WRONG_ITEMS,), "pause_offer": (TOO_MUCH, BREAK), "plan_offer": (PRICE,)}
"""The offers after the question, and whom each fits."""
ACCEPTED = 0.8
"""Of those who read an offer that fits, so many accept it."""
SMALLER_PLAN_ACCEPTED = 0.7
QUIET = 0.5
"""Who is less engaged than this has gone quiet."""
SAYS_SO = 0.92
"""Who is asked mostly names the reason; the others say that all is well."""

EFFECTS = (
    Effect("silent_customer_survey", "cancellation", 0.5, whom="has_reason", steps=("survey",), days=45),
    Effect("apology_care", "cancellation", 0.35, whom="unhappy", days=45),
    Effect("loyalty_thanks", "cancellation", 0.5, after_days=20, days=300),
    Effect("loyalty_thanks", "referrals", 1.5, after_days=20, days=300),
    Effect("pre_renewal_gift", "cancellation", 0.9, days=45),
    Effect("renewal_reminder", "cancellation", 2.6, others=1.5, whom="has_reason", counts_from="received", days=30),
    Effect("win_back", "return", 6.0, whom="may_come_back", steps=("we_miss_you",), days=45),
    Effect("win_back", "return", 2.5, whom="may_come_back", steps=("welcome_back",), days=30),
    Effect("win_back", "price", 0.9, steps=("welcome_back",), days=30),
    Effect("referral_invite", "referrals", 8.0, whom="glad", days=45),
    Effect("referral_invite", "cancellation", 1.0, others=1.1, whom="glad", days=45),
    Effect("discount_at_once", "cancellation", 0.7, others=0.97, whom="price", days=90),
    Effect("discount_at_once", "price", 0.85, days=90),
)

AMONG: dict[str, Callable[[BoxState, Rows, int, str], Bools]] = {
    "everybody": everybody,
    "unhappy": lambda state, rows, day, step: state.is_unhappy(day)[rows],
    "has_reason": lambda state, rows, day, step: state.reason[rows] != FINE,
    "may_come_back": lambda state, rows, day, step: (
        (state.left[rows] != NEVER) & np.isin(state.reason[rows], (TOO_MUCH, BREAK))
    ),
    "glad": lambda state, rows, day, step: (engagement(state.warmth[rows]) > 0.7) & ~state.is_unhappy(day)[rows],
    "price": lambda state, rows, day, step: state.reason[rows] == PRICE,
}


def monthly_hazard(engaged: Floats, reason: Bytes, unhappy: Bools, paused: Bools, tenure_days: Floats) -> Floats:
    """Monthly cancellation without any message."""
    quiet = LEAVES[reason] * (1 - engaged) ** 1.5
    hazard = ALWAYS + STRAINED * (reason != FINE) + quiet
    hazard = hazard * np.where(unhappy, WHEN_UNHAPPY, 1.0) * np.where(paused, WHEN_PAUSED, 1.0)
    return np.asarray(hazard * np.where(tenure_days < 90, WHEN_NEW, 1.0), np.float32)


def hazard_on(state: BoxState, day: int) -> Floats:
    """The same for everybody on a day."""
    tenure = (day - state.started).astype(np.float32)
    return monthly_hazard(engagement(state.warmth), state.reason, state.is_unhappy(day), state.is_paused(day), tenure)


def _answer(state: BoxState, person: int, action: str, rng: np.random.Generator) -> Answer:
    language, unhappy = int(state.language[person]), state.is_unhappy(state.day + 1)[person : person + 1]
    if action == "nps_survey":
        noise = rng.standard_normal(1, np.float32)
        mark = nps_of(engagement(state.warmth[person : person + 1]), unhappy, noise)
        return nps_answer(int(mark[0]), language, float(rng.random()), COMMENTS, HOSTILE_COMMENT)
    says_so = bool(rng.random() < SAYS_SO) or state.stays_until[person] > state.day
    answer = REASONS[int(state.reason[person]) if says_so else FINE]
    comments = COMMENTS[("ja", "en")[language], answer]
    return Answer("box_survey", answer, comments[int(rng.random() * len(comments))])


TRUTH = Truth(
    EFFECTS,
    AMONG,
    asks={("silent_customer_survey", "survey"): 0.9, ("nps_survey", "question"): 0.4},
    answer=_answer,
)
"""How likely a question is answered counts those who have read it."""

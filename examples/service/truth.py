"""The hidden truth of the studios: why members leave, and what each action really does to them.

The product never sees this. Its playbooks believe other things (see `value` in each).

Why they leave. Members drift away when their visits fall: who still comes as ever cancels at 0.4 % a month, who has
stopped coming at up to 14 %. Who was let down (an unhappy talk, an unhappy ticket) comes an eighth as often and
cancels at four times the rate until it is put right, or forgotten after weeks. Too many mails: 1.15 times.

What helps, for somebody who responds as most do, and while the effect lasts:

| action            | from      | for whom                 | what it does                             | lasts         |
|-------------------|-----------|--------------------------|------------------------------------------|---------------|
| staff_discretion  | done      | let down in the last     | put right at once, cancellation x 0.15   | 120 days      |
|                   |           | 30 days, not on light    |                                          |               |
|                   |           | others                   | nothing                                  |               |
| dedicated_care    | done      | half a year there and    | cancellation x 0.6, visits x 1.15        | 90 days       |
|                   |           | more, not on light       |                                          |               |
| potential_events  | read      | came in the last 21 days | cancellation x 0.6, visits x 1.2         | 75, 30 days   |
|                   |           | others                   | nothing                                  |               |
| standard_digest   | read      | everybody                | cancellation x 0.98                      | 45 days       |
| points_reminder   | read      | 500 points or more       | visits x 1.4, extras x 1.6               | 21 days       |
| rank_progress     | read      | everybody                | extras x 1.35                            | 30 days       |
| prepaid_topup     | read      | has a prepaid ticket     | visits x 1.08                            | 30 days       |
| renewal_reminder  | received  | visits have fallen       | cancellation x 2.4: reminded of it       | 30 days       |
|                   |           | others                   | cancellation x 1.4                       | 30 days       |
| apology_care      | read/done | complained in the last   | cancellation x 0.5; done by staff it is  | 60 days       |
|                   |           | 14 days, still unhappy   | put right as well                        |               |
|                   |           | others                   | nothing                                  |               |
| nps_survey        |           | everybody                | nothing                                  |               |
| referral_invite   | read      | glad                     | referrals x 8                            | 45 days       |
|                   |           | let down                 | cancellation x 1.25                      | 45 days       |
| loyalty_thanks    | read      | everybody                | cancellation x 0.7, referrals x 1.5      | day 20 to 320 |

A visit is worth more than itself: it keeps the habit, and with it the member. So what brings visits (points_reminder)
keeps some, weeks later. Staff do about six in seven of their tasks, within three days.
"""

from collections.abc import Callable

import numpy as np

from ..kit.arrays import NEVER, Bools, Floats, Rows
from ..kit.bond import engagement
from ..kit.effects import Effect, everybody
from ..kit.nps import nps_answer, nps_of
from ..kit.person_reactions import Answer, Truth
from ..kit.reactions import TIRED_AFTER
from .company import COMMENTS, HOSTILE_COMMENT, LIGHT
from .state import ServiceState

ALWAYS = 0.004
"""Monthly cancellation that nothing explains."""
STOPPED_COMING = 0.14
"""What is added for those who do not come at all any more."""
AS_EVER = 0.6
"""Who comes so often, against their habit, comes as ever."""
WHEN_LET_DOWN, WHEN_TIRED, WHEN_NEW = 4.0, 1.15, 1.4
COMES_WHEN_LET_DOWN = 0.125
FRESH_DAYS, RECENT_DAYS = 30, 14
"""How long after a complaint somebody with a budget can save it, and an apology still counts."""
CAME_LATELY_DAYS = 21
MANY_POINTS = 500
SETTLED_DAYS = 180

EFFECTS = (
    Effect("staff_discretion", "cancellation", 0.15, whom="let_down_lately", days=120),
    Effect("dedicated_care", "cancellation", 0.6, whom="settled", days=90),
    Effect("dedicated_care", "visits", 1.15, whom="settled", days=90),
    Effect("potential_events", "cancellation", 0.6, whom="came_lately", days=75),
    Effect("potential_events", "visits", 1.2, whom="came_lately", days=30),
    Effect("standard_digest", "cancellation", 0.98, days=45),
    Effect("points_reminder", "visits", 1.4, whom="many_points", days=21),
    Effect("points_reminder", "extras", 1.6, whom="many_points", days=21),
    Effect("rank_progress", "extras", 1.35, days=30),
    Effect("prepaid_topup", "visits", 1.08, whom="prepays", days=30),
    Effect("renewal_reminder", "cancellation", 2.4, others=1.4, whom="fading", counts_from="received", days=30),
    Effect("apology_care", "cancellation", 0.5, whom="just_complained", days=60),
    Effect("referral_invite", "referrals", 8.0, whom="glad", days=45),
    Effect("referral_invite", "cancellation", 1.25, whom="unhappy", days=45),
    Effect("loyalty_thanks", "cancellation", 0.7, after_days=20, days=300),
    Effect("loyalty_thanks", "referrals", 1.5, after_days=20, days=300),
)


def quietness(state: ServiceState) -> Floats:
    """0 comes as ever, 1 has stopped coming."""
    value: Floats = 1 - np.clip(state.pace / (AS_EVER * state.habit), 0, 1)
    return value


def _complained_within(state: ServiceState, rows: Rows, day: int, days: int) -> Bools:
    lately: Bools = (state.complained[rows] != NEVER) & (day - state.complained[rows] <= days)
    return lately & state.is_unhappy(day)[rows]


AMONG: dict[str, Callable[[ServiceState, Rows, int, str], Bools]] = {
    "everybody": everybody,
    "unhappy": lambda state, rows, day, step: state.is_unhappy(day)[rows],
    "let_down_lately": lambda state, rows, day, step: (
        _complained_within(state, rows, day, FRESH_DAYS) & (state.plan[rows] != LIGHT)
    ),
    "just_complained": lambda state, rows, day, step: _complained_within(state, rows, day, RECENT_DAYS),
    "settled": lambda state, rows, day, step: (state.plan[rows] != LIGHT) & (day - state.joined[rows] >= SETTLED_DAYS),
    "came_lately": lambda state, rows, day, step: day - state.last_visit[rows] <= CAME_LATELY_DAYS,
    "many_points": lambda state, rows, day, step: state.points[rows] >= MANY_POINTS,
    "prepays": lambda state, rows, day, step: state.prepays[rows],
    "fading": lambda state, rows, day, step: quietness(state)[rows] > 0.3,
    "glad": lambda state, rows, day, step: (engagement(state.warmth[rows]) > 0.7) & ~state.is_unhappy(day)[rows],
}


def hazard_on(state: ServiceState, day: int) -> Floats:
    """Everybody's monthly cancellation on a day, before what messages change."""
    hazard = ALWAYS + STOPPED_COMING * quietness(state) ** 1.3
    hazard = hazard * np.where(state.is_unhappy(day), WHEN_LET_DOWN, 1.0)
    hazard = hazard * np.where(state.mails.sum(axis=0) > TIRED_AFTER, WHEN_TIRED, 1.0)
    return np.asarray(hazard * np.where(day - state.joined < 90, WHEN_NEW, 1.0), np.float32)


def nps(mark: float, language: int, draw: float) -> Answer:
    """The answer of somebody with that mark in mind."""
    return nps_answer(int(mark), language, draw, COMMENTS, HOSTILE_COMMENT)


def _answer(state: ServiceState, person: int, action: str, rng: np.random.Generator) -> Answer:
    rows = np.array([person])
    noise = rng.standard_normal(1, np.float32)
    mark = nps_of(engagement(state.warmth[rows]), state.is_unhappy(state.day + 1)[rows], noise)
    return nps(mark[0], int(state.language[person]), float(rng.random()))


TRUTH = Truth(EFFECTS, AMONG, asks={("nps_survey", "question"): 0.3}, answer=_answer)

"""The hidden truth of the fictional world: why customers leave, and what each action really does to them.

The agents never see this. Their playbooks believe that tutorial, survey, digest and reminder keep 1.5 to 2 more of 100
customers and that an upsell draft brings 15 more upgrades of 100. In truth (effects on the hazard last 30 days):

| action                 | counts from | for whom              | monthly cancellation hazard   | upgrades in 30 days |
|------------------------|-------------|-----------------------|-------------------------------|---------------------|
| feature_tutorial       | opened      | overlooks features    | x 0.30, and starts to use one |                     |
|                        |             | others                | x 0.65                        |                     |
| survey (first step)    | opened      | everybody             | x 0.85                        |                     |
| survey (follow-up)     | opened      | answered accordingly  | x 0.60                        |                     |
| upsell_draft           | received    | near quota, satisfied |                               | + 22 points         |
|                        |             | open unhappy ticket   | x 1.50                        | none                |
| usage_digest           | opened      | everybody             | nothing                       |                     |
| renewal_reminder       | received    | inactive              | x 3.00                        |                     |
|                        |             | others                | x 2.70                        |                     |
| first_month_tips       | opened      | overlooks features    | x 0.55                        |                     |
|                        |             | others                | x 0.90                        |                     |
| apology_care           | opened      | open unhappy ticket   | x 0.60                        |                     |
|                        |             | others                | nothing                       |                     |

Among those whom the packaged playbook fits, that is about +7 points of accounts kept for 30 days by the tutorial, +2 by
the survey with its follow-ups, none by the digest, -11 by the reminder, and +19 points of upgrades by the draft.

Why accounts leave: they went quiet (up to 17 % a month), they never found the features that would hold them (each one
in use divides the hazard by 1.3), or an unhappy ticket is open (x 3). Newcomers begin with good intentions; those who
overlook features go quiet within months, so that there are always accounts about to leave.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from ..kit.arrays import Bools, Bytes, Floats, Rows
from ..kit.reactions import STAFF_DO_IT
from .company import ANSWERS, FEATURES
from .state import State, load

EFFECT_DAYS = 30
FEATURE_HOLDS = 1.3
"""Each feature in use divides the cancellation hazard by so much."""
INACTIVE_EVENTS = 3
"""An account with so few events in 30 days, or fewer, is inactive."""
MOST = np.float32(0.9)
"""No monthly cancellation hazard is higher."""
NEAR_QUOTA = 0.9
AT_RISK = 0.02
"""From this monthly cancellation hazard on an account is at risk."""
BASE_UPGRADE = 0.01
BASE_UPGRADE_NEAR_QUOTA = 0.05
SURVEY_ANSWERED = 0.30
FOLLOW_UPS = {"fit_offer": "wrong_fit", "plan_change": "too_expensive", "onboarding_help": "no_time"}

Whom = Literal["everybody", "overlooks", "answered", "inactive", "unhappy"]


@dataclass(frozen=True)
class Effect:
    """What one mail does to the monthly cancellation hazard for 30 days."""

    action: str
    steps: tuple[str, ...]
    """Empty: every step of the action."""
    counts_from: Literal["opened", "received"]
    whom: Whom
    hazard: float
    hazard_others: float
    upgrade_points: float = 0.0
    """Added to the 30-day upgrade probability of accounts near quota that are satisfied."""


EFFECTS = (
    Effect("feature_tutorial", (), "opened", "overlooks", 0.30, 0.65),
    Effect("survey_before_discount", ("survey",), "opened", "everybody", 0.85, 1.0),
    Effect("survey_before_discount", tuple(FOLLOW_UPS), "opened", "answered", 0.60, 1.0),
    Effect("upsell_draft", (), "received", "unhappy", 1.50, 1.0, upgrade_points=0.22),
    Effect("usage_digest", (), "opened", "everybody", 1.0, 1.0),
    Effect("renewal_reminder", (), "received", "inactive", 3.00, 2.70),
    Effect("first_month_tips", (), "opened", "overlooks", 0.55, 0.90),
    Effect("apology_care", (), "opened", "unhappy", 0.60, 1.0),
)


def effect_slot(action: str, step: str) -> int | None:
    """Which row of `EFFECTS` a mail falls under, if any."""
    for slot, effect in enumerate(EFFECTS):
        if effect.action == action and (not effect.steps or step in effect.steps):
            return slot
    return None


def engagement(health: Floats) -> Floats:
    """0 is gone quiet, 1 is fully engaged. Steep: most accounts are one or the other."""
    value: Floats = (1 / (1 + np.exp(-8 * (health + 0.45)))).astype(np.float32)
    return value


FRESH_HEALTH = 0.3
"""Where a new account starts: with good intentions."""
HEALTH_SPREAD = 0.5
HEALTH_DAYS = 200


def drift_health(health: Floats, mean: Floats, days: Floats | float, noise: Floats) -> Floats:
    """Health some days later: it wanders around the account's own mean."""
    stays = np.exp(-np.asarray(days, np.float32) / HEALTH_DAYS)
    moved: Floats = mean + (health - mean) * stays + HEALTH_SPREAD * np.sqrt(1 - stays * stays) * noise
    return moved.astype(np.float32)


def events_in_30_days(engaged: Floats, size: Floats) -> Floats:
    """Expected app events."""
    rate: Floats = size * (0.15 + 0.85 * engaged)
    return rate


def base_hazard(engaged: Floats, features: Bytes, unhappy: Bools, tenure_days: Floats) -> Floats:
    """Monthly cancellation hazard without any mail: quiet accounts leave, and more so for each feature not found."""
    held = FEATURE_HOLDS ** (np.bitwise_count(features) - 6.0)
    tried = np.where(tenure_days < 90, 1.3, np.where(tenure_days < 180, 1.12, 1.0))
    hazard = (0.0025 + 0.17 * (1 - engaged) ** 1.5) / held * np.where(unhappy, 3.0, 1.0) * tried
    return np.asarray(hazard, np.float32)


def has_more_to_find(features: Bytes) -> Bools:
    """Whether there is a feature that the account does not use yet."""
    more: Bools = np.bitwise_count(features) < len(FEATURES)
    return more


def state_hazard(state: State, day: int) -> Floats:
    """Monthly hazard of every account on a day, mails included."""
    hazard = base_hazard(
        engagement(state.health), state.features, state.unhappy_until > day, (day - state.started).astype(np.float32)
    )
    lasting = np.where(state.effect_until > day, state.effect_factor, np.float32(1))
    total: Floats = np.minimum(hazard * lasting.prod(axis=0), MOST)
    return total


def reads(engaged: float | Floats, tired: bool) -> Floats:
    """How likely a mail about the customer's own account is read."""
    likely: Floats = (0.65 + 0.2 * np.asarray(engaged, np.float32)) * np.float32(0.7 if tired else 1.0)
    return likely


def near_quota(state: State, rows: Rows) -> Bools:
    """Used at least 90 % of this or last month's reports."""
    most = np.maximum(state.used[rows], state.used_last_month[rows])
    near: Bools = most >= NEAR_QUOTA * state.quota[rows]
    return near


def is_among(whom: Whom, state: State, rows: Rows, day: int, step: str = "") -> Bools:
    """Which of the accounts an effect is about."""
    tests: dict[Whom, Callable[[], Bools]] = {
        "everybody": lambda: np.ones(len(rows), np.bool_),
        "overlooks": lambda: state.overlooks[rows],
        "answered": lambda: (
            state.answer[rows] == (ANSWERS.index(FOLLOW_UPS[step]) if step in FOLLOW_UPS else len(ANSWERS))
        ),
        "inactive": lambda: state.activity[:, rows].sum(axis=0) <= INACTIVE_EVENTS,
        "unhappy": lambda: state.unhappy_until[rows] > day,
    }
    return tests[whom]()


def is_satisfied(state: State, rows: Rows, day: int) -> Bools:
    """Active and without an open unhappy ticket."""
    satisfied: Bools = ~is_among("inactive", state, rows, day) & ~is_among("unhappy", state, rows, day)
    return satisfied


def plausibly_eligible(state: State, action: str) -> Rows:
    """Accounts that a sensible playbook would aim the action at: active, with consent, and fitting."""
    rows = np.flatnonzero(state.active & state.consent[state.first_contact])
    day = state.day
    at_risk = state_hazard(state, day)[rows] >= AT_RISK
    fits: dict[str, Callable[[], Bools]] = {
        "feature_tutorial": lambda: at_risk & state.overlooks[rows],
        "survey_before_discount": lambda: at_risk,
        "upsell_draft": lambda: near_quota(state, rows) & is_satisfied(state, rows, day),
        "usage_digest": lambda: at_risk,
        "renewal_reminder": lambda: at_risk & (state.renews[rows] - day <= 60),
    }
    chosen: Rows = rows[fits[action]()]
    return chosen


@dataclass(frozen=True)
class TrueEffect:
    """What one mail (for `upsell_draft`: one draft given to a rep) changes on average, in probability."""

    action: str
    outcome: Literal["retained_30d", "upgraded_30d"]
    effect: float
    without: float
    """The outcome's probability without the mail."""
    accounts: int


def true_effect(
    folder: Path, action: str, *, among: Sequence[str] | None = None, paths: int = 20, seed: int = 0
) -> TrueEffect:
    """The average true effect at the end of the written history, for tests and benchmarks only.

    `among` are account ids (by default those plausibly eligible). Not opening the mail is part of the average;
    of the survey, only its first step is. The same futures are played with and without the mail.
    """
    state = load(folder / "world" / "truth.npz")
    rows = plausibly_eligible(state, action) if among is None else np.array([int(a[1:]) - 1 for a in among], np.intp)
    playing = not json.loads((folder / "world" / "company.json").read_text(encoding="ascii"))["no_effect"]
    effect = next(e for e in EFFECTS if e.action == action)
    if effect.upgrade_points:
        return _upgrade_effect(state, rows, effect if playing else None, action)
    hit = is_among(effect.whom, state, rows, state.day)
    factor = np.where(hit, effect.hazard, effect.hazard_others) if playing else np.ones(len(rows))
    if playing and action == "feature_tutorial":
        factor = np.where(hit & has_more_to_find(state.features[rows]), factor / FEATURE_HOLDS, factor)
    without, treated = _survival(state, rows, factor.astype(np.float32), paths, np.random.default_rng(seed))
    weight = reads(engagement(state.health[rows]), tired=False) if effect.counts_from == "opened" else 1.0
    gain = float(np.mean(weight * (treated - without))) if len(rows) else 0.0
    return TrueEffect(action, "retained_30d", gain, float(without.mean()) if len(rows) else 0.0, len(rows))


def _upgrade_effect(state: State, rows: Rows, effect: Effect | None, action: str) -> TrueEffect:
    near = near_quota(state, rows)
    base = np.where(near, BASE_UPGRADE_NEAR_QUOTA, BASE_UPGRADE)
    moved = near & is_satisfied(state, rows, state.day)
    points = effect.upgrade_points if effect else 0.0
    gain = STAFF_DO_IT * points * float(moved.mean()) if len(rows) else 0.0
    return TrueEffect(action, "upgraded_30d", gain, float(base.mean()) if len(rows) else 0.0, len(rows))


def _survival(state: State, rows: Rows, factor: Floats, paths: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Probability of still being there after 30 days, without and with the hazard multiplied."""
    without, treated = (np.zeros(len(rows), np.float32) for _ in range(2))
    for _ in range(paths):
        health = state.health[rows]
        total, changed = (np.zeros(len(rows), np.float32) for _ in range(2))
        for day in range(state.day + 1, state.day + 31):
            noise = rng.standard_normal(len(rows), np.float32)
            health = drift_health(health, state.health_mean[rows], 1, noise)
            unhappy = state.unhappy_until[rows] > day
            tenure = (day - state.started[rows]).astype(np.float32)
            hazard = base_hazard(engagement(health), state.features[rows], unhappy, tenure)
            total += np.minimum(hazard, MOST) / 30
            changed += np.minimum(hazard * factor, MOST) / 30
        without += np.exp(-total) / paths
        treated += np.exp(-changed) / paths
    return without, treated

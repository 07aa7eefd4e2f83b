"""What each action truly changes for those whom it is meant for. For tests and benchmarks only."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..kit.arrays import NEVER, Bools, Floats, Rows
from ..kit.bond import engagement
from ..kit.outbox import Way
from ..kit.storage import load_state
from ..kit.true_effects import TrueEffect
from ..kit.true_effects import true_effect as lived_twice
from .company import LIGHT, UNLIMITED
from .state import ServiceState
from .truth import AMONG, quietness
from .world import SERVICE

Outcome = Callable[[ServiceState, ServiceState], Floats]


def stayed(before: ServiceState, after: ServiceState) -> Floats:
    """1 for those who are members at the end."""
    value: Floats = (after.left == NEVER).astype(np.float32)
    return value


def ordered(before: ServiceState, after: ServiceState) -> Floats:
    """1 for those who bought something besides the membership."""
    value: Floats = (after.orders_made > before.orders_made).astype(np.float32)
    return value


def recommended(before: ServiceState, after: ServiceState) -> Floats:
    """1 for those who brought somebody along."""
    value: Floats = (after.referrals_made > before.referrals_made).astype(np.float32)
    return value


@dataclass(frozen=True)
class _Played:
    """How an action is played: the way of its messages, their days, for how long, and what counts."""

    way: Way
    messages: tuple[tuple[int, str], ...]
    days: int
    outcome: Outcome = stayed


_PLAYED = {
    "staff_discretion": _Played("task", ((0, "task"),), 60),
    "dedicated_care": _Played("task", ((0, "task"),), 90),
    "potential_events": _Played("mail", ((0, "invitation"), (5, "what_to_expect")), 90),
    "standard_digest": _Played("mail", ((0, "digest"),), 60),
    "apology_care": _Played("mail", ((0, "apology"),), 60),
    "points_reminder": _Played("mail", ((0, "balance"),), 30, ordered),
    "rank_progress": _Played("mail", ((0, "progress"),), 30, ordered),
    "prepaid_topup": _Played("mail", ((0, "balance"),), 30),
    "renewal_reminder": _Played("mail", ((0, "reminder"),), 30),
    "nps_survey": _Played("mail", ((0, "question"),), 60),
    "referral_invite": _Played("mail", ((0, "invitation"),), 60, recommended),
    "loyalty_thanks": _Played("letter", ((0, "thanks"),), 90),
}
ACTIONS = tuple(_PLAYED)
"""All that the brief allows."""


def true_effect(
    folder: Path,
    action: str,
    *,
    among: Rows | None = None,
    outcome: Outcome | None = None,
    paths: int = 4,
    seed: int = 0,
) -> TrueEffect:
    """The average true effect of an action in the outcome that its playbook names, or in another.

    `among` are positions of persons, by default those whom a sensible playbook would aim at.
    """
    state = load_state(ServiceState, folder / "world" / "truth.npz")
    played = _PLAYED[action]
    rows = plausibly_eligible(state, action) if among is None else among
    return lived_twice(
        SERVICE, folder, action, rows,
        outcome=outcome or played.outcome, messages=[(day, step, played.way) for day, step in played.messages],
        days=played.days, paths=paths, seed=seed,
    )  # fmt: skip


def plausibly_eligible(state: ServiceState, action: str) -> Rows:
    """Positions of those whom a sensible playbook would aim the action at, with consent to mails."""
    day = state.day
    member, everybody = state.there(day), np.arange(state.persons)
    content, tenure = ~state.is_unhappy(day), day - state.joined
    complained = (state.complained != NEVER) & (day - state.complained <= 90)
    dear = (state.plan == UNLIMITED) & (tenure >= 180)
    fits: dict[str, Bools] = {
        "staff_discretion": (state.plan == UNLIMITED) & complained,
        "dedicated_care": dear & content,
        "potential_events": ~dear & (state.plan != LIGHT) & content,
        "standard_digest": (state.plan == LIGHT) & content,
        "apology_care": AMONG["just_complained"](state, everybody, day, ""),
        "points_reminder": content & AMONG["many_points"](state, everybody, day, ""),
        "rank_progress": content,
        "prepaid_topup": content & state.prepays & (quietness(state) > 0.5),
        "nps_survey": content,
        "referral_invite": content & (engagement(state.warmth) > 0.8),
        "loyalty_thanks": content & (tenure >= 730) & (state.plan != LIGHT),
    }
    return np.flatnonzero(member & state.consent & fits.get(action, content))

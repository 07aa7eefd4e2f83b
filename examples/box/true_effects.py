"""What each action truly changes for those whom it is meant for. For tests and benchmarks only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..kit.arrays import NEVER, Bools, Floats, Rows
from ..kit.bond import engagement
from ..kit.outbox import Way
from ..kit.storage import load_state
from ..kit.true_effects import TrueEffect
from ..kit.true_effects import true_effect as kit_true_effect
from .company import PLANS, REASONS
from .state import BoxState
from .truth import OFFERS, QUIET
from .world import BOX

Outcome = Callable[[BoxState, BoxState], Floats]


def stayed(before: BoxState, after: BoxState) -> Floats:
    """1 for those who are members at the end."""
    value: Floats = (after.left == NEVER).astype(np.float32)
    return value


def recommended(before: BoxState, after: BoxState) -> Floats:
    """How many each has brought along."""
    value: Floats = (after.referrals_made - before.referrals_made).astype(np.float32)
    return value


@dataclass(frozen=True)
class _Played:
    """How an action is played: the way of its messages, their days, for how long, and what counts."""

    way: Way
    messages: tuple[tuple[int, str], ...]
    days: int
    outcome: Outcome = stayed


_PLAYED = {
    "silent_customer_survey": _Played("letter", ((0, "survey"),), 60),
    "plan_fit": _Played("mail", ((0, "suggestion"),), 90),
    "apology_care": _Played("mail", ((0, "apology"),), 60),
    "loyalty_thanks": _Played("letter", ((0, "thanks"),), 90),
    "pre_renewal_gift": _Played("mail", ((0, "gift"),), 60),
    "renewal_reminder": _Played("mail", ((0, "reminder"),), 30),
    "win_back": _Played("mail", ((0, "we_miss_you"), (14, "welcome_back")), 60),
    "nps_survey": _Played("mail", ((0, "question"),), 60),
    "referral_invite": _Played("mail", ((0, "invitation"),), 60, recommended),
    "discount_at_once": _Played("letter", ((0, "discount"),), 60),
}

ACTIONS = tuple(_PLAYED)


def true_effect(folder: Path, action: str, *, among: Rows | None = None, paths: int = 4, seed: int = 0) -> TrueEffect:
    """The average true effect of an action, its follow-ups included, in the outcome that its playbook names.

    `among` are positions of persons, by default those whom a sensible playbook would aim at.
    """
    state = load_state(BoxState, folder / "world" / "truth.npz")
    played = _PLAYED[action]
    rows = plausibly_eligible(state, action) if among is None else among

    def offers(now: BoxState, asked: Rows) -> Sequence[tuple[str, Way, Rows]]:
        said = asked[(now.answered[asked] == now.day) & (now.day > state.day)]
        return [(step, played.way, said[np.isin(now.answer[said], fits)]) for step, fits in OFFERS.items()]

    return kit_true_effect(
        BOX, folder, action, rows,
        outcome=played.outcome, messages=[(day, step, played.way) for day, step in played.messages],
        replies=offers, days=played.days, paths=paths, seed=seed,
    )  # fmt: skip


def plausibly_eligible(state: BoxState, action: str) -> Rows:
    """Positions of those whom a sensible playbook would aim the action at, with consent to its channel."""
    day = state.day
    member, engaged = state.there(day), engagement(state.warmth)
    tenure, gone = day - state.started, state.left != NEVER
    quiet = member & (engaged < QUIET) & (tenure >= 365) & (state.plan == len(PLANS) - 1)
    fits: dict[str, Bools] = {
        "silent_customer_survey": quiet,
        "discount_at_once": quiet,
        "plan_fit": member & (state.reason == REASONS.index("too_much")) & (tenure >= 90),
        "apology_care": member & state.is_unhappy(day),
        "loyalty_thanks": member & (tenure >= 730),
        "win_back": gone & (day - state.left >= 30),
        "referral_invite": member & (engaged > 0.9) & ~state.is_unhappy(day),
    }
    letter = _PLAYED[action].way == "letter"
    consented = state.consents[1 if letter else 0]
    return np.flatnonzero(fits.get(action, member) & consented)

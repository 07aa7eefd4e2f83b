"""What each action truly changes for those it is sensibly aimed at. For tests and benchmarks only."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from ..kit.arrays import Bools, Floats, Rows
from ..kit.bond import engagement
from ..kit.outbox import Way
from ..kit.storage import load_state
from ..kit.true_effects import TrueEffect
from ..kit.true_effects import true_effect as lived_twice
from .state import ShopState
from .truth import AMONG, QUIET_DAYS
from .world import SHOP

Outcome = Literal["ordered", "referred", "paid"]
_MESSAGES: dict[str, tuple[tuple[int, str, Way], ...]] = {
    "upgrade_interest": ((0, "viewed", "mail"), (6, "testimonial", "audience")),
    "testimonial_audience": ((0, "testimonial", "audience"),),
    "replenish_reminder": ((0, "reminder", "mail"),),
    "win_back": ((0, "we_miss_you", "mail"), (15, "welcome_back", "mail")),
    "points_reminder": ((0, "balance", "mail"),),
    "post_purchase_quiet": ((0, "no_coupons", "audience"),),
    "loyalty_thanks": ((0, "thanks", "letter"),),
    "nps_survey": ((0, "question", "mail"),),
    "referral_invite": ((0, "invitation", "mail"),),
    "standard_digest": ((0, "digest", "mail"),),
    "apology_care": ((0, "apology", "mail"),),
}
ACTIONS = tuple(_MESSAGES)
"""All that the shop's brief allows."""
_DAYS = {"win_back": 60, "post_purchase_quiet": 60, "loyalty_thanks": 90, "referral_invite": 60}
_DAYS |= dict.fromkeys(("nps_survey", "standard_digest", "apology_care"), 60)


def plausibly_eligible(state: ShopState, action: str) -> Rows:
    """Customers that a sensible playbook would aim the action at: reachable, active, and fitting as far as it shows."""
    rows = np.flatnonzero(state.there(state.day) & state.consent & (state.day - state.last_order < 365))
    day, since = state.day, state.day - state.last_order[rows]
    content = ~state.is_unhappy(day)[rows]
    fits: dict[str, Callable[[], Bools]] = {
        "upgrade_interest": lambda: content & (state.moving_up | state.dreams)[rows],
        "testimonial_audience": lambda: content & (state.moving_up | state.dreams)[rows] & (since >= 14),
        "replenish_reminder": lambda: content & AMONG["refill_due"](state, rows, day, ""),
        "win_back": lambda: content & (since >= QUIET_DAYS),
        "points_reminder": lambda: content & AMONG["many_points"](state, rows, day, ""),
        "post_purchase_quiet": lambda: since <= 14,
        "loyalty_thanks": lambda: content & (day - state.joined[rows] >= 730),
        "nps_survey": lambda: content,
        "referral_invite": lambda: content & (engagement(state.warmth[rows]) > 0.8),
        "standard_digest": lambda: content,
        "apology_care": lambda: ~content,
    }
    chosen: Rows = rows[fits[action]()]
    return chosen


def outcome_of(what: Outcome) -> Callable[[ShopState, ShopState], Floats]:
    """Whether they ordered, whether they brought somebody along, or what they paid (JPY), between two states."""
    values: dict[Outcome, Callable[[ShopState, ShopState], Floats]] = {
        "ordered": lambda before, after: (after.orders_made > before.orders_made).astype(np.float32),
        "referred": lambda before, after: (after.referrals_made > before.referrals_made).astype(np.float32),
        "paid": lambda before, after: (after.paid - before.paid).astype(np.float32),
    }
    return values[what]


def true_effect(
    folder: Path,
    action: str,
    *,
    among: Sequence[str] | None = None,
    outcome: Outcome | None = None,
    paths: int = 2,
    seed: int = 0,
) -> TrueEffect:
    """The average true effect of the action at the end of the written history, its later steps included.

    `among` are person ids (by default those plausibly eligible). By default the outcome is the playbook's: an order,
    or for `referral_invite` a referral, within its days.
    """
    state = load_state(ShopState, folder / "world" / "truth.npz")
    rows = plausibly_eligible(state, action) if among is None else np.array([int(name[1:]) - 1 for name in among])
    what = outcome or ("referred" if action == "referral_invite" else "ordered")
    return lived_twice(
        SHOP, folder, action, rows,
        outcome=outcome_of(what), messages=_MESSAGES[action], days=_DAYS.get(action, 30), paths=paths, seed=seed,
    )  # fmt: skip

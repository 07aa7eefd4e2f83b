"""What the shop's actions truly do, in a sample big enough and without files between."""

from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from kizuna.examples.kit.effects import start
from kizuna.examples.kit.storage import load_state
from kizuna.examples.shop.day import live
from kizuna.examples.shop.state import ShopState
from kizuna.examples.shop.true_effects import ACTIONS, outcome_of, true_effect
from kizuna.examples.shop.truth import AMONG, EFFECTS
from kizuna.examples.shop.world import write_company
from kizuna.playbooks.loader import load_playbooks
from kizuna.tools.brief_file import load_brief

#: A whole year of a company is written and lived: minutes on a small machine.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def big_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("big")
    write_company(folder, units=1_200, seed=2, today=date(2026, 4, 15))
    return folder


def test_true_effects_are_those_of_the_table(big_shop: Path) -> None:
    points = {
        name: 100 * true_effect(big_shop, name, paths=1).effect
        for name in ("upgrade_interest", "replenish_reminder", "points_reminder", "referral_invite")
    }
    assert 1 < points["upgrade_interest"] < 9
    assert 1 < points["replenish_reminder"] < 9
    assert 1 < points["points_reminder"] < 6
    assert 1 < points["referral_invite"] < 9


def test_a_survey_does_nothing_and_a_digest_tires(big_shop: Path) -> None:
    assert true_effect(big_shop, "nps_survey", paths=1).effect == 0
    assert -2.5 < 100 * true_effect(big_shop, "standard_digest", paths=1).effect < 0


def test_finer_things_are_bought_for_more_than_the_mail_costs(big_shop: Path) -> None:
    gained = true_effect(big_shop, "upgrade_interest", outcome="paid", paths=1)
    assert gained.effect > 500
    assert gained.persons > 40


def test_without_effects_no_action_changes_anything(tmp_path: Path) -> None:
    write_company(tmp_path, units=150, seed=1, today=date(2026, 4, 15), no_effect=True)
    for action in ("points_reminder", "upgrade_interest", "post_purchase_quiet"):
        assert true_effect(tmp_path, action, paths=1).effect == 0


def test_effects_reach_only_those_they_are_about(big_shop: Path) -> None:
    state = load_state(ShopState, big_shop / "world" / "truth.npz")
    moves, dreams = (int(np.flatnonzero(rows & state.there(state.day))[0]) for rows in (state.moving_up, state.dreams))
    for person in (moves, dreams):
        start(state, EFFECTS, AMONG, ("upgrade_interest", "viewed", "read"), person, state.day)
    assert state.effect_factor[0, moves] > 2
    assert state.effect_factor[0, dreams] == 1
    assert (state.effect_until[1] == 0).all()  # the testimonial is another step


def test_coupons_that_are_kept_away_are_not_used(big_shop: Path) -> None:
    state, twin = (load_state(ShopState, big_shop / "world" / "truth.npz") for _ in range(2))
    for person in range(state.persons):
        start(state, EFFECTS, AMONG, ("post_purchase_quiet", "no_coupons", "received"), person, state.day)
    had = []
    for world in (state, twin):
        for _ in range(10):  # the 20th is a coupon's day
            live(world, [], 1, True)
        had.append(int((world.coupon_until >= world.day).sum()))
    assert had[0] < 0.5 * had[1]


def test_the_truth_knows_every_action_of_the_brief_by_its_steps() -> None:
    brief, _ = load_brief(Path(str(files("kizuna.examples.shop") / "brief.yaml")))
    actions = load_playbooks(brief.playbooks, None, lambda rule: [])
    assert set(actions) == set(ACTIONS)
    for effect in EFFECTS:
        assert set(effect.steps) <= set(actions[effect.action].messages)


def test_outcomes_are_told_from_two_states(big_shop: Path) -> None:
    before, after = (load_state(ShopState, big_shop / "world" / "truth.npz") for _ in range(2))
    after.orders_made[3] += 1
    after.paid[3] += 1_000
    assert outcome_of("ordered")(before, after).sum() == 1
    assert outcome_of("paid")(before, after)[3] == 1_000
    assert outcome_of("referred")(before, after).sum() == 0

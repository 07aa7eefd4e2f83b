"""What the box company's actions truly do, in a sample big enough and without files between."""

from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from kizuna.examples.box.company import BREAK, FINE, PRICE, TOO_MUCH, WRONG_ITEMS
from kizuna.examples.box.reactions import BoxReactions
from kizuna.examples.box.state import BoxState
from kizuna.examples.box.true_effects import ACTIONS, plausibly_eligible, true_effect
from kizuna.examples.box.truth import QUIET, TRUTH
from kizuna.examples.box.world import write_company
from kizuna.examples.kit.bond import engagement
from kizuna.examples.kit.happened import Happened
from kizuna.examples.kit.outbox import Arrival
from kizuna.examples.kit.storage import load_state
from kizuna.playbooks.loader import load_playbooks
from kizuna.tools.brief_file import load_brief

#: A whole year of a company is written and lived: minutes on a small machine.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def big_box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_short_year(tmp_path_factory.mktemp("big"), units=3_000, seed=2)


def write_short_year(folder: Path, *, units: int, seed: int, no_effect: bool = False) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("kit.company", "box.people"):
            patch.setattr(f"kizuna.examples.{module}.YEAR_DAYS", 90)  # long enough for some to have left
        write_company(folder, units=units, seed=seed, today=date(2026, 4, 15), no_effect=no_effect)
    return folder


def test_asking_first_saves_many_and_a_discount_at_once_few(big_box: Path) -> None:
    state = load_state(BoxState, big_box / "world" / "truth.npz")
    quiet = np.flatnonzero(state.there(state.day) & (engagement(state.warmth) < QUIET))
    asked = true_effect(big_box, "silent_customer_survey", among=quiet, paths=1)
    cheaper = true_effect(big_box, "discount_at_once", among=quiet, paths=1)
    assert asked.persons > 400
    assert 0.02 < asked.effect < 0.15
    assert 0 < cheaper.effect < asked.effect / 3


def test_a_reminder_of_the_renewal_does_harm(big_box: Path) -> None:
    assert -0.08 < true_effect(big_box, "renewal_reminder", paths=1).effect < -0.02


def test_win_back_works_for_those_who_needed_a_break_or_had_too_much(big_box: Path) -> None:
    state = load_state(BoxState, big_box / "world" / "truth.npz")
    gone = plausibly_eligible(state, "win_back")
    tired = np.isin(state.reason[gone], (BREAK, TOO_MUCH))
    worked = true_effect(big_box, "win_back", among=gone[tired], paths=1)
    others = true_effect(big_box, "win_back", among=gone[~tired], paths=1)
    assert worked.effect > 0.015
    assert others.effect == 0


def test_without_effects_no_action_changes_anything(tmp_path: Path) -> None:
    write_short_year(tmp_path, units=200, seed=1, no_effect=True)
    for action in ("silent_customer_survey", "plan_fit", "renewal_reminder", "win_back"):
        assert true_effect(tmp_path, action, paths=1).effect == 0


@pytest.mark.parametrize(
    ("reason", "offer", "helps"),
    [
        (WRONG_ITEMS, "swap_offer", True),
        (TOO_MUCH, "pause_offer", True),
        (BREAK, "pause_offer", True),
        (PRICE, "plan_offer", True),
        (PRICE, "pause_offer", False),
        (TOO_MUCH, "swap_offer", False),
    ],
)
def test_only_the_offer_that_fits_the_reason_helps(big_box: Path, reason: int, offer: str, helps: bool) -> None:
    state = load_state(BoxState, big_box / "world" / "truth.npz")
    person = int(np.flatnonzero(state.there(state.day + 1) & (state.plan == 2))[0])
    state.reason[person], state.responds[person], state.reads_letters[person] = reason, 2.0, 1.0
    happened = Happened(state.day + 1)
    arrival = Arrival(happened.day * 86_400, "<1>", person, "silent_customer_survey", offer)
    reactions = BoxReactions(state, happened, TRUTH, seed=1, effects=True)
    reactions.touch("opened", arrival, reactions.rng("opened", person, arrival.action, offer))
    assert (state.reason[person] == FINE) == helps
    assert (state.paused_until[person] > happened.day) == (offer == "pause_offer" and helps)
    assert (state.plan[person] == 1) == (offer == "plan_offer" and helps)
    assert ("boxes" in happened.files) == (offer == "swap_offer" and helps)


def test_the_truth_knows_every_action_of_the_brief_by_its_steps() -> None:
    brief, _ = load_brief(Path(str(files("kizuna.examples.box") / "brief.yaml")))
    actions = load_playbooks(brief.playbooks, None, lambda rule: [])
    assert set(actions) == set(ACTIONS) - {"discount_at_once"}
    known = {(effect.action, step) for effect in TRUTH.effects for step in effect.steps} | set(TRUTH.asks)
    assert all(step in actions[action].messages for action, step in known)

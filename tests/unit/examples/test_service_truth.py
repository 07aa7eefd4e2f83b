"""What the studios' actions truly do, in a sample big enough and without files between."""

from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from kizuna.examples.kit.storage import load_state
from kizuna.examples.service.company import LIGHT
from kizuna.examples.service.state import ServiceState
from kizuna.examples.service.true_effects import ACTIONS, plausibly_eligible, stayed, true_effect
from kizuna.examples.service.truth import AMONG, TRUTH, hazard_on, quietness
from kizuna.examples.service.world import write_company
from kizuna.playbooks.loader import load_playbooks
from kizuna.tools.brief_file import load_brief

#: A whole year of a company is written and lived: minutes on a small machine.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_short_year(tmp_path_factory.mktemp("big"), units=4_000, seed=2)


def write_short_year(folder: Path, *, units: int, seed: int, no_effect: bool = False) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("kit.company", "service.people", "service.scenario"):
            patch.setattr(f"kizuna.examples.{module}.YEAR_DAYS", 70)  # long enough for visits to fall
        write_company(folder, units=units, seed=seed, today=date(2026, 4, 15), no_effect=no_effect)
    return folder


def members(folder: Path) -> tuple[ServiceState, np.ndarray]:
    state = load_state(ServiceState, folder / "world" / "truth.npz")
    return state, np.flatnonzero(state.there(state.day) & state.consent)


def test_staff_with_a_budget_save_those_who_were_let_down_lately_and_nobody_else(big: Path) -> None:
    state, rows = members(big)
    lately = AMONG["let_down_lately"](state, rows, state.day + 3, "task")
    saved = true_effect(big, "staff_discretion", among=rows[lately], paths=2)
    content = rows[~state.is_unhappy(state.day)[rows]][:400]
    others = true_effect(big, "staff_discretion", among=content, paths=1)
    assert saved.persons > 30
    assert saved.effect > 0.12
    assert abs(others.effect) < 0.01


def test_who_comes_less_leaves_more(big: Path) -> None:
    state, rows = members(big)
    happy = rows[~state.is_unhappy(state.day)[rows]]
    hazard, quiet = hazard_on(state, state.day)[happy], quietness(state)[happy]
    assert hazard[quiet > 0.7].mean() > 4 * hazard[quiet < 0.1].mean()


def test_a_reminder_of_points_brings_visits_and_extras(big: Path) -> None:
    state, _ = members(big)
    rows = plausibly_eligible(state, "points_reminder")[:1000]
    assert true_effect(big, "points_reminder", among=rows, paths=1).effect > 0.01
    assert true_effect(big, "points_reminder", among=rows, outcome=pace_kept, paths=1).effect > 0.02


def pace_kept(before: ServiceState, after: ServiceState) -> np.ndarray:
    return (after.pace / after.habit).astype(np.float32)


def test_a_reminder_of_the_renewal_does_harm(big: Path) -> None:
    assert -0.08 < true_effect(big, "renewal_reminder", paths=1).effect < -0.015


def test_events_help_only_who_came_lately(big: Path) -> None:
    state, rows = members(big)
    lately = AMONG["came_lately"](state, rows, state.day + 5, "")
    assert true_effect(big, "potential_events", among=rows[lately][:900], paths=1).effect > 0.005
    long_ago = rows[state.day - state.last_visit[rows] > 60]
    assert abs(true_effect(big, "potential_events", among=long_ago, paths=1).effect) < 0.03


def test_an_invitation_to_recommend_drives_away_the_unhappy(big: Path) -> None:
    state, rows = members(big)
    unhappy = rows[state.is_unhappy(state.day)[rows]]
    assert true_effect(big, "referral_invite", among=unhappy, outcome=stayed, paths=2).effect < 0
    assert true_effect(big, "referral_invite", paths=1).effect > 0.01


def test_a_question_and_a_digest_change_next_to_nothing(big: Path) -> None:
    for action in ("nps_survey", "standard_digest"):
        assert abs(true_effect(big, action, paths=1).effect) < 0.004


def test_without_effects_no_action_changes_anything(tmp_path: Path) -> None:
    write_short_year(tmp_path, units=200, seed=1, no_effect=True)
    _, rows = members(tmp_path)
    for action in ("staff_discretion", "dedicated_care", "renewal_reminder", "apology_care"):
        assert true_effect(tmp_path, action, among=rows, paths=1).effect == 0


def test_those_on_the_small_plan_are_past_what_a_budget_can_save(big: Path) -> None:
    state, rows = members(big)
    light = rows[(state.plan[rows] == LIGHT) & state.is_unhappy(state.day)[rows]]
    assert not AMONG["let_down_lately"](state, light, state.day, "task").any()


def test_the_truth_knows_every_action_of_the_brief_by_its_steps() -> None:
    brief, _ = load_brief(Path(str(files("kizuna.examples.service") / "brief.yaml")))
    actions = load_playbooks(brief.playbooks, None, lambda rule: [])
    assert set(actions) == set(ACTIONS)
    known = {(effect.action, step) for effect in TRUTH.effects for step in effect.steps} | set(TRUTH.asks)
    assert all(step in actions[action].messages for action, step in known)
    assert {effect.action for effect in TRUTH.effects} | {"nps_survey"} == set(ACTIONS)

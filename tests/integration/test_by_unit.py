"""An action that suits some customers and harms others: who is harmed is left alone, and everybody can see why."""

from pathlib import Path

import numpy as np
import pytest
from kizuna.agents.believing import current_beliefs
from kizuna.agents.replaying import replay
from kizuna.agents.telling_apart import FIGURES
from kizuna.domain.decision import Reason
from kizuna.inbox.report import story
from kizuna.service.reporting import build_report
from kizuna.store.tables import BeliefRow, DecisionRow

from .world import CAMPAIGN, World, make_company

ACTION, AVERAGE, SLOPE = "feature_tutorial", 0.02, 0.08


def settled(average: float, by_risk: float) -> dict[str, object]:
    """Evidence that leaves no doubt: an average effect, and one that grows with the risk to leave."""
    precision = np.eye(1 + len(FIGURES)) * 1e8
    steps = {"churn_risk": by_risk}
    effect = np.array([average, *(steps.get(name, 0.0) for name in FIGURES)])
    axes = {"names": list(FIGURES), "centre": [-1.0, 10.0, 6.0, 0.4], "spread": [0.6, 1.0, 1.0, 0.2]}
    return {"axes": axes, "precision": precision.tolist(), "information": (precision @ effect).tolist()}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder: Path = tmp_path_factory.mktemp("by_unit") / "company"
    make_company(folder, units=500)
    world = World(folder)
    told = {"estimate": AVERAGE, "se": 1e-4, "treated": 9_000, "compared": 9_000, "evidence": settled(AVERAGE, SLOPE)}
    world.write(lambda s: s.add(BeliefRow(campaign=CAMPAIGN, action=ACTION, cycle=0, mean=AVERAGE, sd=1e-4, **told)))
    world.start()
    world.tick()
    return world


def candidates(world: World) -> list[dict[str, object]]:
    return [each for row in world.rows(DecisionRow) for each in row.candidates if each["action"] == ACTION]


def test_whom_it_most_likely_harms_is_left_alone_and_others_are_not(world: World) -> None:
    found = candidates(world)
    harmed = [each for each in found if each["why_not"] == Reason.HARMS_SUCH_UNITS]
    used = [each for each in found if each["eligible"]]
    assert len(harmed) >= 5 and len(used) >= 5
    assert all(float(str(each["uplift"])) < 0.0 for each in harmed)
    assert len({each["uplift"] for each in used}) > 1
    assert not [row for row in world.rows(DecisionRow, action=ACTION) if row.reason]


def test_other_actions_with_its_aim_lean_the_same_way_and_those_with_another_do_not(world: World) -> None:
    beliefs = current_beliefs(world.workspace, 1)
    aims = {name: action.value.kind for name, action in world.workspace.actions.items()}
    for name, belief in beliefs.items():
        if aims[name] != aims[ACTION]:
            assert belief.slopes is None
        elif name != ACTION:
            assert belief.slopes is not None and 0.0 < belief.slopes.mean[0] < SLOPE
            assert belief.mean == pytest.approx(world.workspace.actions[name].value.prior_uplift.mean)


def test_the_same_decisions_come_out_again(world: World) -> None:
    assert replay(world.workspace, 1).is_same


def test_the_report_says_whom_it_suits(world: World) -> None:
    action = next(each for each in build_report(world.workspace).actions if each.action == ACTION)
    (leaning,) = action.leanings
    assert leaning.figure == "churn_risk" and leaning.change.value == pytest.approx(SLOPE, rel=0.01)
    assert story.leanings(action, "en")[0].startswith("Helps more the higher this is: Risk to leave (+8.0")
    assert "解約" in story.leanings(action, "ja")[0] or "離" in story.leanings(action, "ja")[0]


def test_a_figure_that_the_brief_protects_by_now_counts_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(world.workspace), "protected", frozenset({"ltv_jpy"}))
    belief = current_beliefs(world.workspace, 1)[ACTION]
    assert belief.slopes is not None and belief.slopes.mean == ()
    assert belief.mean == pytest.approx(AVERAGE, abs=1e-3)

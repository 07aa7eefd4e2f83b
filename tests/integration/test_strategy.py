"""The strategy reasons from goal and figures: other goals, other figures or other beliefs, other plans."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from kizuna.domain.decision import Reason
from kizuna.store.tables import BeliefRow, DecisionRow, PlanRow

from .world import BY_HAND, CAMPAIGN, World, make_company, write_brief

GOALS: dict[str, dict[str, Any]] = {
    "ltv": {"metric": "ltv", "lift": "10 %", "horizon": "60d"},
    "churn_rate": {"metric": "churn_rate", "lift": "20 %", "horizon": "60d"},
    "upgrades": {"metric": "upgrades", "from": 0.05, "to": 0.08, "horizon": "60d"},
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("strategy") / "company"
    make_company(folder, units=500)
    return folder


def planned(company: Path, tmp_path: Path, changes: dict[str, Any], beliefs: dict[str, float] | None = None) -> World:
    """A world whose first plan waits for approval, under this brief and, if given, these learned beliefs."""
    import shutil

    folder = tmp_path / "company"
    shutil.copytree(company, folder)
    brief = write_brief(folder, changes).read_text(encoding="utf-8")
    if "from" in changes.get("goal", {}):
        brief = brief.replace("  lift: 10 %\n", "")
        (folder / "brief.yaml").write_text(brief, encoding="utf-8")
    world = World(folder)
    for action, mean in (beliefs or {}).items():
        row = BeliefRow(campaign=CAMPAIGN, action=action, cycle=0, mean=mean, sd=0.001, estimate=mean, se=0.001)
        world.write(lambda s, row=row: s.add(row))
    world.start()
    world.tick()
    return world


def plan_of(world: World) -> dict[str, Any]:
    summary: dict[str, Any] = world.one(PlanRow, (CAMPAIGN, 1, 0)).summary
    return summary


def used(world: World) -> Counter[str]:
    rows = world.rows(DecisionRow, campaign=CAMPAIGN, cycle=1)
    return Counter(row.action for row in rows if row.action)


@pytest.mark.slow
def test_the_same_data_with_another_goal_get_another_lever_and_other_actions(company: Path, tmp_path: Path) -> None:
    levers, actions = {}, {}
    for name in ("churn_rate", "upgrades"):
        with planned(company, tmp_path / name, {"goal": GOALS[name]}) as world:
            levers[name], actions[name] = plan_of(world)["lever"], set(used(world))
    assert levers == {"churn_rate": "retention", "upgrades": "order_value"}
    assert actions["upgrades"] == {"upsell_draft"}
    assert "upsell_draft" not in actions["churn_rate"] and actions["churn_rate"]


@pytest.mark.slow
def test_the_same_goal_with_other_figures_gets_another_lever(company: Path, tmp_path: Path) -> None:
    """Money: where nothing is believed to keep anybody, selling more is what moves lifetime value."""
    hopeless = dict.fromkeys(("survey_before_discount", "feature_tutorial", "usage_digest", "renewal_reminder"), 0.0)
    with planned(company, tmp_path / "as_is", {}) as world:
        before = plan_of(world)["lever"]
    with planned(company, tmp_path / "hopeless", {}, {**hopeless, "upsell_draft": 0.3}) as world:
        after = plan_of(world)["lever"]
    assert (before, after) == ("retention", "order_value")


def test_an_action_measured_to_do_harm_reaches_nobody_not_even_by_chance(company: Path, tmp_path: Path) -> None:
    with planned(company, tmp_path / "before", {}) as world:
        before = used(world)
    with planned(company, tmp_path / "after", {}, {"renewal_reminder": -0.05}) as world:
        after = used(world)
        rows = world.rows(DecisionRow, campaign=CAMPAIGN, cycle=1)
        words = {c["why_not"] for row in rows for c in row.candidates if c["action"] == "renewal_reminder"}
    assert before["renewal_reminder"] > 0
    assert after["renewal_reminder"] == 0
    assert words == {Reason.DOES_HARM}


def test_what_was_learned_changes_who_gets_what(company: Path, tmp_path: Path) -> None:
    with planned(company, tmp_path / "before", {}) as world:
        before = used(world)
    with planned(company, tmp_path / "after", {}, {"feature_tutorial": 0.15}) as world:
        after = used(world)
    assert after["feature_tutorial"] > before["feature_tutorial"]


@pytest.mark.slow
def test_no_limit_is_passed_and_the_binding_one_is_named(company: Path, tmp_path: Path) -> None:
    changes = {"budget": {"total": "6000 JPY"}, "capacity": {"email_per_week": 2000, "drafts_per_rep_per_week": 1}}
    with planned(company, tmp_path, changes) as world:
        plan = plan_of(world)
    assert plan["cost_jpy"] <= 6000 / 2
    assert all(count <= 1 for count in plan["workload"].values())
    assert plan["binding"]


@pytest.mark.slow
def test_a_pilot_reaches_only_its_units(company: Path, tmp_path: Path) -> None:
    with planned(company, tmp_path, {"pilot": {"units": 20, "cycles": 1}}) as world:
        rows = world.rows(DecisionRow, campaign=CAMPAIGN, cycle=1)
    touched = [row for row in rows if row.action]
    outside = [row for row in rows if row.reason == Reason.OUTSIDE_PILOT]
    assert 0 < len(touched) <= 20
    assert outside and all(row.action is None for row in outside)


def test_the_holdout_gets_nothing_and_the_random_control_is_drawn_evenly(company: Path, tmp_path: Path) -> None:
    with planned(company, tmp_path, {}) as world:
        rows = world.rows(DecisionRow, campaign=CAMPAIGN, cycle=1)
    assert all(row.action is None and row.reason == Reason.HOLDOUT for row in rows if row.group == "holdout")
    for row in rows:
        if row.group == "random_control":
            drawn = [c for c in row.candidates if c["eligible"] and c["action"] not in BY_HAND]
            assert row.probability == pytest.approx(1 / (1 + len(drawn)))


def test_unknown_figures_make_nobody_eligible_and_say_so(company: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "unknown"
    shutil.copytree(company, folder)
    path = folder / "data" / "usage.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    path.write_text(",".join(header) + "\n", encoding="utf-8")
    with World(folder) as world:
        world.start()
        world.tick()
        rows = world.rows(DecisionRow, campaign=CAMPAIGN, cycle=1)
    upsell = [c for row in rows for c in row.candidates if c["action"] == "upsell_draft"]
    assert upsell and not any(c["eligible"] for c in upsell)
    assert Reason.UNKNOWN_FIGURE in {c["why_not"] for c in upsell}

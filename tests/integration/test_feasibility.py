"""What a plan says about its goal before anything is sent: for every metric, and what would help, worked out."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kizuna.cli.app import kizuna
from kizuna.store import campaigns
from kizuna.store.database import open_store, sqlite_url
from kizuna.store.tables import PlanRow, UnitGroupRow
from sqlmodel import select

from .test_strategy import GOALS
from .world import CAMPAIGN, MORNING, World, make_company, write_brief


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feasibility") / "company"
    make_company(folder, units=500)
    return folder


def plan_of(company: Path, folder: Path, changes: dict[str, Any]) -> dict[str, Any]:
    shutil.copytree(company, folder)
    brief = write_brief(folder, changes)
    if "from" in changes.get("goal", {}):
        brief.write_text(brief.read_text(encoding="utf-8").replace("  lift: 10 %\n", ""), encoding="utf-8")
    with World(folder) as world:
        world.start()
        world.tick()
        summary: dict[str, Any] = world.one(PlanRow, (CAMPAIGN, 1, 0)).summary
    return summary


@pytest.mark.slow
def test_each_metric_is_judged_by_its_own_spread_and_effect(company: Path, tmp_path: Path) -> None:
    goals = {**GOALS, "order_value": {"metric": "order_value", "lift": "3 %", "horizon": "60d"}}
    found = {name: plan_of(company, tmp_path / name, {"goal": goal})["feasibility"] for name, goal in goals.items()}
    assert len({plan["minimum_detectable_lift"] for plan in found.values()}) == len(goals)
    assert len({plan["expected_lift"] for plan in found.values()}) == len(goals)
    assert all(plan["expected_lift"] > 0 and plan["units_needed"] > 0 for plan in found.values())
    churn = found["churn_rate"]
    assert 0 < churn["expected_lift"] < 1 and churn["minimum_detectable_lift"] < 2


@pytest.mark.slow
def test_a_longer_campaign_keeps_what_the_shorter_one_promised_of_it(company: Path, tmp_path: Path) -> None:
    """Worked out, not canned: the way named is the plan that one gets by taking it."""
    short = plan_of(company, tmp_path / "short", {"goal": {"horizon": "60d"}})
    (longer,) = [way for way in short["would_help"] if way["way"] == "longer"]
    assert longer["chance"] > short["feasibility"]["chance_of_goal"] + 0.05
    long = plan_of(company, tmp_path / "long", {"goal": {"horizon": f"{longer['days']}d"}})
    assert long["feasibility"]["chance_of_goal"] == pytest.approx(longer["chance"])
    assert long["feasibility"]["minimum_detectable_lift"] == pytest.approx(longer["minimum_detectable_lift"])


@pytest.mark.slow
def test_other_groups_keep_what_was_promised_of_them(company: Path, tmp_path: Path) -> None:
    as_is = plan_of(company, tmp_path / "as_is", {})
    (way,) = [way for way in as_is["would_help"] if way["way"] == "groups"]
    shares = {"random_control": "0 %", **{group: f"{share} %" for group, share in way["percent"].items()}}
    then = plan_of(company, tmp_path / "then", {"groups": shares})
    drawn = then["feasibility"]["minimum_detectable_lift"]
    assert drawn == pytest.approx(way["minimum_detectable_lift"], rel=0.05), "but for who was drawn where"
    assert drawn < as_is["feasibility"]["minimum_detectable_lift"]


@pytest.mark.slow
def test_a_goal_that_is_likely_and_visible_gets_no_advice(company: Path, tmp_path: Path) -> None:
    plan = plan_of(company, tmp_path / "easy", {"goal": {"lift": "0.001 %"}})
    assert all(way["way"] in {"groups", "wider", "longer"} for way in plan["would_help"])
    hopeless = plan_of(company, tmp_path / "hopeless", {"goal": {"lift": "95 %"}})
    assert not hopeless["feasibility"]["is_reachable"]
    (smaller,) = [way for way in hopeless["would_help"] if way["way"] == "smaller_goal"]
    assert 0 < smaller["lift"] < 0.95
    json.dumps(hopeless["would_help"], allow_nan=False)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ja"])
def test_check_proposes_groups_from_the_data_and_leaves_no_trace(company: Path, tmp_path: Path, language: str) -> None:
    folder = tmp_path / "company"
    shutil.copytree(company, folder)
    brief = write_brief(folder, {})
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    said = CliRunner().invoke(kizuna, ["--lang", language, "check", str(brief), "--groups"])
    assert said.exit_code == 0, said.output
    assert "policy: 50 %" in said.output and "groups:" in said.output
    after = sorted(path.relative_to(folder) for path in folder.rglob("*") if ".kizuna" not in path.parts)
    assert after == [path for path in before if ".kizuna" not in path.parts]
    shutil.rmtree(folder / "data")
    said = CliRunner().invoke(kizuna, ["--lang", language, "check", str(brief), "--groups", "--json"])
    assert "no such folder" in json.loads(said.output)["groups"]["needs"] and str(folder) in said.output


def test_who_is_in_a_group_stays_there_whatever_is_drawn_later(tmp_path: Path) -> None:
    store = open_store(sqlite_url(tmp_path / "kizuna.db"))
    told = {"enrolled_at": MORNING, "in_pilot": False, "baseline_ltv_jpy": 0.0, "baseline_churn_risk": 0.0}

    def enroll(cycle: int, groups: dict[str, str]) -> None:
        rows = [
            {"campaign": CAMPAIGN, "unit_id": unit, "group": group, "enrolled_cycle": cycle, **told}
            for unit, group in groups.items()
        ]
        with store.write() as session:
            campaigns.enroll(session, rows)

    enroll(1, {"a": "policy", "b": "holdout"})
    enroll(2, {"a": "holdout", "b": "policy", "c": "holdout"})
    with store.read() as session:
        kept = {row.unit_id: (row.group, row.enrolled_cycle) for row in session.exec(select(UnitGroupRow))}
    store.close()
    assert kept == {"a": ("policy", 1), "b": ("holdout", 1), "c": ("holdout", 2)}

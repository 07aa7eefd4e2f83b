"""Fairness from the brief to the report: refused before a start, kept and told in the plan, compared afterwards."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from kizuna.domain.errors import FaultyFile
from kizuna.inbox.report.fairness import planned_fairness
from kizuna.inbox.report.page import render_page
from kizuna.service.checking import check_brief
from kizuna.service.reporting import build_report
from kizuna.store.tables import CycleRow, PlanRow

from .world import CAMPAIGN, World, make_company, write_brief

FAIRNESS: dict[str, Any] = {"groups": ["industry", {"feature": "tenure_days", "bands": [365]}], "max_gap": "20 points"}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fairness") / "company"
    make_company(folder, units=300)
    return folder


def faults(folder: Path, fairness: dict[str, Any], **changes: Any) -> str:
    path = write_brief(folder, {"fairness": fairness, **changes})
    with pytest.raises(FaultyFile) as found:
        check_brief(path)
    return str(found.value)


def test_a_protected_feature_in_segment_playbook_or_words_is_refused_with_its_place(tmp_path: Path) -> None:
    told = faults(tmp_path, {"protected": ["industry"]}, segment="is_active and industry = 'retail'")
    assert re.search(r"brief.yaml:\d+: segment: `industry` is protected.*take it out of the rule", told)
    told = faults(tmp_path, {"protected": ["quota_used_ratio"]}, playbooks=["upsell_draft"], segment="is_active")
    assert re.search(r"upsell_draft.yaml:\d+: when: `quota_used_ratio` is protected", told)
    told = faults(tmp_path, {"protected": ["company_name"]}, playbooks=["usage_digest"], segment="is_active")
    assert "says `company_name`, which is protected" in told and "take it out of prompts/messages/usage_digest" in told


def test_groups_that_make_no_sense_are_refused_with_their_line(tmp_path: Path) -> None:
    told = faults(tmp_path, {"groups": ["industri", "tenure_days", {"feature": "industry", "bands": [3]}]})
    assert "fairness.groups.0: there is no feature `industri` (did you mean `industry`?)" in told
    assert "fairness.groups.1: `tenure_days` is a number" in told
    assert "fairness.groups.2: `industry` is no number" in told
    assert "needs `groups`" in faults(tmp_path, {"max_gap": "10 points"})
    assert "write a difference of shares as `10 points`" in faults(tmp_path, {"groups": "industry", "max_gap": "10 %"})


@pytest.mark.slow
def test_the_plan_keeps_the_bound_and_plan_and_report_tell_the_rates(company: Path) -> None:
    write_brief(company, {"fairness": FAIRNESS})
    with World(company) as world:
        world.start()
        world.tick()
        plan = world.one(PlanRow, (CAMPAIGN, 1, 0)).summary
        by_industry, by_tenure = plan["fairness"]
        assert [group["label"] for group in by_tenure["groups"]] == ["< 365", "≥ 365"]
        assert sum(group["units"] for group in by_industry["groups"]) + by_industry["unknown"] > 50
        for part in plan["fairness"]:
            assert part["max_gap"] == pytest.approx(0.2) and part["bounded_gap"] <= 0.2 + 1e-9
        for language in ("en", "ja"):
            lines = planned_fairness(plan, language)
            assert any("industry" in line for line in lines)
            page = render_page(build_report(world.workspace), language)
            assert "tenure_days" in page and 'id="fairness"' in page


@pytest.mark.slow
def test_what_a_measured_cycle_changed_in_each_group_is_in_the_report(company: Path) -> None:
    write_brief(company, {"fairness": FAIRNESS})
    with World(company) as world:
        if not world.rows(PlanRow):
            world.start()
            world.tick()
        world.approve_all()
        world.tick()
        world.approve_all()
        world.tick()
        world.live(days=31)
        world.tick()
        cycle = world.one(CycleRow, (CAMPAIGN, 1))
        by_industry, by_tenure = cycle.measurement["fairness"]
        assert (by_industry["feature"], by_tenure["feature"]) == ("industry", "tenure_days")
        lifts = {group["label"]: group["lift"] for group in by_tenure["groups"]}
        assert set(lifts) == {"< 365", "≥ 365"}
        told = [lift for lift in lifts.values() if lift is not None]
        assert told and all(lift["low"] < lift["value"] < lift["high"] for lift in told)
        report = build_report(world.workspace)
        for language in ("en", "ja"):
            assert "< 365" in html.unescape(render_page(report, language))

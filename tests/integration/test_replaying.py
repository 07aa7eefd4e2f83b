"""A stored decision, made again, gives the same answer; what has changed since is said."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from kizuna.agents import changes
from kizuna.agents.replaying import replay
from kizuna.cli.app import kizuna
from kizuna.domain.errors import UserError
from kizuna.service import erasing
from kizuna.service.receipts import build_receipt
from kizuna.service.replaying import replay_campaign, replay_unit
from kizuna.store.tables import DecisionRow, PlanRow, SnapshotRow

from .world import CAMPAIGN, World, own_action

Company = Callable[..., World]


def changed(world: World, cycle: int = 1) -> dict[str, str]:
    """What has changed -> its name."""
    return {change.what: change.name for change in replay(world.workspace, cycle).changes}


def test_every_decision_of_a_plan_made_again_is_the_same(company: Company) -> None:
    world = company("planned")
    replayed = replay(world.workspace, 1)
    assert (replayed.differences, replayed.changes, replayed.problem) == ((), (), "")
    assert replayed.decisions == len(world.rows(DecisionRow)) > 100
    assert replayed.is_same


@pytest.mark.slow
def test_what_reviewers_asked_for_and_took_out_is_replayed(company: Company) -> None:
    world = company("planned")
    plan = world.open("plan")[0]
    world.decide(plan.id, "sato", type="reject", reason="fewer, please", wish="fewer")
    world.tick()
    plan = world.open("plan")[0]
    used = {row.action for row in world.rows(DecisionRow) if row.action}
    world.decide(plan.id, "sato", type="reject", reason="not now", wish="without", without=(min(used),))
    world.tick()
    plan = world.open("plan")[0]
    left = {row.action for row in world.rows(DecisionRow) if row.action}
    world.decide(plan.id, "sato", without=(min(left),))
    world.tick()
    out = [row for row in world.rows(DecisionRow) if row.reason == "left_out_by_reviewer"]
    assert out and {(row.action, row.planned_action) for row in out} == {(None, min(left))}
    kept = world.one(PlanRow, (CAMPAIGN, 1, 2)).made_from
    assert (kept["fewer"], kept["unused"]) == (0.5, {min(used): "left_out_by_reviewer"})
    assert replay(world.workspace, 1).is_same


def test_a_record_that_was_changed_is_found_out(company: Company) -> None:
    """In any figure of any unit; the answers of all others stay."""
    world = company("planned")
    changes_made: list[dict[str, Any]] = [
        {"planned_action": "win_back"},
        {"probability": 0.123},
        {"explored": True, "group": "business_as_usual"},
    ]
    rows = [row for row in world.rows(DecisionRow) if row.action == "usage_digest"][: len(changes_made)]
    for row, values in zip(rows, changes_made, strict=True):
        world.change(DecisionRow, row.id, **values)
    replayed = replay(world.workspace, 1)
    found = {(each.unit_id, each.figure) for each in replayed.differences}
    figures = ["action", "probability", "group"]
    assert {(row.unit_id, figure) for row, figure in zip(rows, figures, strict=True)} <= found
    assert {unit for unit, _ in found} == {row.unit_id for row in rows}
    assert not replayed.is_same


def test_the_commands_say_so_and_their_exit_code_too(company: Company) -> None:
    world = company("planned")
    brief = str(world.folder / "brief.yaml")
    said = CliRunner().invoke(kizuna, ["replay", "--brief", brief])
    assert said.exit_code == 0
    assert re.fullmatch(r"Cycle 1: made again, all \d{3} decisions are the same\.\n", said.output)
    row = next(row for row in world.rows(DecisionRow) if row.action == "usage_digest")
    told = CliRunner().invoke(kizuna, ["why", row.unit_id, "--replay", "--brief", brief])
    assert told.output.endswith("Cycle 1: made again, the answer is the same.\n")
    world.change(DecisionRow, row.id, planned_action="win_back")
    said = CliRunner().invoke(kizuna, ["replay", "--brief", brief, "--json"], obj="en")
    assert said.exit_code == 1
    (cycle,) = json.loads(said.output)
    assert (cycle["same"], cycle["differences"][0]["recorded"]) == (False, "win_back")
    other = next(each.unit_id for each in world.rows(DecisionRow) if each.unit_id != row.unit_id)
    assert [each.of_unit(other) for each in replay_unit(world.workspace, other)] == [()]


def test_a_guardrail_that_was_put_into_the_record_takes_the_action_away(company: Company) -> None:
    """The store's answers are taken as recorded; what follows from them is not."""
    world = company("planned")
    row = next(row for row in world.rows(DecisionRow) if row.action == "usage_digest" and not row.explored)
    candidates = [
        {**each, "why_not": "suppressed", "eligible": False} if each["action"] == row.action else each
        for each in row.candidates
    ]
    world.change(DecisionRow, row.id, candidates=candidates)
    again = {each.figure: each.again for each in replay(world.workspace, 1).of_unit(row.unit_id) if not each.action}
    assert "action" in again and again["action"] != "usage_digest"


def test_a_changed_action_or_brief_is_said_and_those_of_then_are_used(company: Company) -> None:
    world = company("planned")
    own_action(world.folder / "own", "usage_digest", {"when": "is_active and churn_risk >= 0.99"})
    world.change_brief({"playbook_folder": "own", "budget": {"total": "10 JPY"}})
    assert changed(world) == {"brief": "", "action": "usage_digest"}
    assert replay(world.workspace, 1).is_same


def test_a_snapshot_that_was_changed_or_is_gone_is_said(company: Company) -> None:
    world = company("planned")
    row = world.rows(SnapshotRow)[0]
    path = world.folder / row.path
    path.write_bytes(path.read_bytes() + b"\0")
    assert replay(world.workspace, 1).problem == "no_snapshot"
    path.unlink()
    assert replay(world.workspace, 1).problem == "no_snapshot"
    world.write(lambda session: session.delete(session.get(SnapshotRow, (row.campaign, row.name))))
    assert replay(world.workspace, 1).problem == "no_snapshot"


def test_other_code_and_other_beliefs_are_said(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    world = company("planned")
    believed = changes.current_beliefs(world.workspace, 1)
    name, one = next(iter(believed.items()))
    monkeypatch.setattr(changes, "code_version", lambda: "0.1.0+00000000")
    monkeypatch.setattr(changes, "current_beliefs", lambda *_: {**believed, name: replace(one, mean=0.5)})
    found = replay(world.workspace, 1)
    assert {change.what for change in found.changes} == {"code", "beliefs"}
    assert all(change.may_differ for change in found.changes)


@pytest.mark.slow
def test_who_was_erased_is_left_out_and_said(company: Company) -> None:
    world = company("queued")
    unit = next(row.unit_id for row in world.rows(DecisionRow) if row.group == "holdout")
    erasing.erase(world.workspace, unit, by="mori")
    replayed = replay(world.workspace, 1)
    assert (replayed.erased, changed(world)["snapshot"] != "") == (1, True)
    assert unit not in str(replayed.differences)


def test_a_plan_that_kept_nothing_and_a_cycle_without_a_plan_say_so(company: Company) -> None:
    world = company("founded")
    with pytest.raises(UserError, match="no plan yet"):
        replay_campaign(world.workspace)
    planned = company("planned", "planned")
    kept = planned.one(PlanRow, (CAMPAIGN, 1, 0)).made_from
    planned.change(PlanRow, (CAMPAIGN, 1, 0), made_from={})
    assert [each.problem for each in replay_campaign(planned.workspace)] == ["not_kept"]
    planned.change(PlanRow, (CAMPAIGN, 1, 0), made_from={**kept, "brief": {**kept["brief"], "moon": "full"}})
    assert [each.problem for each in replay_campaign(planned.workspace)] == ["unreadable"]
    unit = planned.rows(DecisionRow)[0].unit_id
    assert build_receipt(planned.workspace, unit)["decisions"], "the receipt is told all the same"
    with pytest.raises(UserError, match="cycle 2"):
        replay(planned.workspace, 2)

"""Promises 5 and 6 at the plan: guardrails say why not, and every enrolled unit has a decision with its reasons."""

import csv
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from kizuna.agents.replaying import replay
from kizuna.domain.decision import Group, Reason
from kizuna.service.receipts import build_receipt
from kizuna.store import directory
from kizuna.store.tables import ConsentRow, DecisionRow, DeliveryRow, PlanRow, UnitGroupRow

from .test_guardrails import earlier
from .world import BY_HAND, CAMPAIGN, World

Company = Callable[..., World]
VERSIONS = {"brief", "snapshot", "model", "beliefs", "guardrails", "code"}


def edit_source(world: World, source: str, column: str, key: str, **values: str) -> dict[str, str]:
    """Change the row of a source file where `column` holds `key`; returns it as it was."""
    path = world.workspace.data / f"{source}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    mine = next(row for row in rows if row[column] == key)
    before = dict(mine)
    mine.update(values)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return before


def candidate(world: World, unit: str, action: str) -> dict[str, object]:
    row = world.one(DecisionRow, f"{CAMPAIGN}/1/{unit}")
    found = next(entry for entry in row.candidates if entry["action"] == action)
    assert isinstance(found, dict)
    return found


def test_each_guardrail_speaks_at_the_plan(company: Company) -> None:
    planned = company("planned", "planned")
    eligible = [row for row in planned.rows(DecisionRow, action="usage_digest")]
    assert len(eligible) >= 4
    unreachable, suppressed, withdrawn, cooling = eligible[:4]
    assert all(candidate(planned, row.unit_id, "usage_digest")["why_not"] == "" for row in eligible)

    world = company("founded", "founded")
    now = world.clock.now()
    edit_source(world, "contacts", "contact_id", unreachable.contact_id, email="")
    address = edit_source(world, "contacts", "contact_id", suppressed.contact_id)["email"]
    hashed = directory.address_hash(address, world.workspace.secret)
    world.write(lambda session: directory.suppress(session, [hashed], "complaint", now))
    no = {"contact_id": withdrawn.contact_id, "channel": "email", "purpose": "marketing", "state": "withdrawn"}
    world.write(lambda session: session.add(ConsentRow(**no, recorded_at=now, evidence="preference page")))
    cooldown = world.workspace.actions["usage_digest"].cooldown
    earlier(world, cooling, cooldown - timedelta(hours=1), action="usage_digest")
    world.start()
    world.tick()
    reasons = ("unreachable", "suppressed", "no_consent", "cooldown")
    for row, reason in zip(eligible, reasons, strict=False):
        mine = candidate(world, row.unit_id, "usage_digest")
        assert (mine["eligible"], mine["why_not"], mine["probability"]) == (False, reason, 0.0)
        assert world.one(DecisionRow, row.id).action != "usage_digest"
    others = {row.unit_id for row in world.rows(DecisionRow) if row.action}
    assert others, "the others are contacted all the same"


def test_spent_budget_speaks_at_the_plan(company: Company) -> None:
    planned = company("planned", "planned")
    row = planned.rows(DecisionRow, action="usage_digest")[0]
    world = company("founded", "founded")
    total = world.workspace.brief.budget.total
    earlier(world, row, timedelta(days=100), unit_id="A999999", contact_id="C999999", cost_jpy=total)
    world.start()
    world.tick()
    assert candidate(world, row.unit_id, "usage_digest")["why_not"] == "budget_exhausted"
    assert {row.action for row in world.rows(DecisionRow)} == {None}


def test_every_enrolled_unit_has_a_decision_with_reasons_in_every_cycle(company: Company) -> None:
    world = company("queued")
    world.tick()
    gone = [world.rows(UnitGroupRow, group=group)[0].unit_id for group in ("policy", "holdout")]
    for unit in gone:
        edit_source(world, "subscriptions", "account_id", unit, cancelled_on="2026-04-20")
    world.live(days=30, hours=1)
    world.tick()  # measures, and plans the second cycle
    known = {reason.value for reason in Reason}
    for cycle in (1, 2):
        made = {row.unit_id: row for row in world.rows(DecisionRow, cycle=cycle)}
        enrolled = {row.unit_id: row for row in world.rows(UnitGroupRow) if row.enrolled_cycle <= cycle}
        assert made.keys() == enrolled.keys()
        assert {enrolled[unit].group for unit in made} == {"policy", "random_control", "holdout"}
        for unit, row in made.items():
            assert row.group == enrolled[unit].group
            assert [entry["action"] for entry in row.candidates] == list(world.workspace.brief.playbooks)
            assert all(entry["eligible"] == (entry["why_not"] == "") for entry in row.candidates)
            assert {entry["why_not"] for entry in row.candidates} - {""} <= known
            assert (row.reason is None) == (row.action is not None)
            assert row.reason is None or row.reason in known
            assert row.versions.keys() >= {*VERSIONS, *world.workspace.brief.playbooks}
        alone = Counter(row.reason for row in made.values() if row.action is None)
        assert alone[Reason.HOLDOUT.value] == sum(row.group == Group.HOLDOUT for row in made.values()) > 0
        assert len(alone) > 1
        assert replay(world.workspace, cycle).is_same
    left = {unit: world.one(DecisionRow, f"{CAMPAIGN}/2/{unit}").reason for unit in gone}
    assert list(left.values()) == ["outside_segment", "holdout"]
    assert "outside_segment" in str(build_receipt(world.workspace, gone[0]))


def test_probability_of_each_final_choice_is_logged(company: Company) -> None:
    world = company("planned")
    exploration = world.workspace.brief.exploration
    for row in world.rows(DecisionRow):
        assert 0 < row.probability <= 1
        picked = [entry for entry in row.candidates if entry["action"] == row.action]
        assert [entry["probability"] for entry in picked] == ([row.probability] if row.action else [])
        free = [e for e in row.candidates if e["eligible"] and e["action"] not in BY_HAND]
        assert sum(entry["probability"] for entry in row.candidates) == pytest.approx(1 - _of_nothing(row, exploration))
        if row.group == Group.HOLDOUT:
            assert (row.action, row.probability) == (None, 1.0)
        elif row.group == Group.RANDOM_CONTROL:
            assert row.probability == pytest.approx(1 / (len(free) + 1))
            assert {round(entry["probability"], 9) for entry in free} <= {round(row.probability, 9)}
        elif row.action and not row.explored and row.action not in BY_HAND:
            assert row.probability == pytest.approx(1 - exploration + exploration / (len(free) + 1))


def _of_nothing(row: DecisionRow, exploration: float) -> float:
    """How likely nothing was: logged where it came out, else what chance leaves it."""
    if row.action is None:
        return row.probability
    ways = 1 + sum(entry["probability"] > 0 for entry in row.candidates)
    if row.action in BY_HAND:
        return 0.0
    return 1 / ways if row.group == Group.RANDOM_CONTROL else exploration / ways


def test_receipt_tells_it_all_for_whoever_was_contacted_and_whoever_was_not(company: Company) -> None:
    world = company("queued")
    world.tick()
    delivered = next(iter(world.rows(DeliveryRow, state="sent")))
    holdout = world.rows(DecisionRow, group="holdout")[0]
    for unit in (delivered.unit_id, holdout.unit_id):
        receipt = build_receipt(world.workspace, unit)
        told = str(receipt)
        assert unit in told
        assert "usage_digest" in told and "probability" in told
    assert "sato" in str(build_receipt(world.workspace, delivered.unit_id))
    assert "holdout" in str(build_receipt(world.workspace, holdout.unit_id))


def test_a_receipt_names_the_limits_that_this_unit_would_have_used_and_no_others(company: Company) -> None:
    world = company("planned", "planned")
    plan = world.one(PlanRow, (CAMPAIGN, 1, 0))
    world.change(
        PlanRow, (CAMPAIGN, 1, 0), summary={**plan.summary, "binding": ["letter", "email", "rep nobody", "budget"]}
    )
    mailed = next(
        row
        for row in world.rows(DecisionRow)
        if {each["channel"] for each in row.candidates if each["eligible"]} == {"email"}
    )
    alone = next(row for row in world.rows(DecisionRow) if not any(each["eligible"] for each in row.candidates))
    receipts = [build_receipt(world.workspace, row.unit_id)["decisions"][0] for row in (mailed, alone)]
    assert [receipt["limits"] for receipt in receipts] == [["email", "budget"], ["budget"]]

"""Reviews: who is first, what is left out, what is written again, what time does, and what an answer alone is worth."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from kizuna.agents.approval import as_request
from kizuna.domain.errors import Conflict, NotAllowed, UserError
from kizuna.service import reviewing
from kizuna.service.threads import _config, open_threads
from kizuna.store import audit
from kizuna.store.tables import (
    ApprovalRow,
    AuditRow,
    ContactRow,
    DecisionRow,
    DraftRow,
    JourneyRow,
    PlanRow,
    ReviewRow,
)
from langgraph.types import Command

from .world import CAMPAIGN, MORNING, World, person

Company = Callable[..., World]


def batch(world: World, action: str = "usage_digest") -> ReviewRow:
    return next(row for row in world.open("batch") if row.summary["action"] == action)


def test_two_people_decide_at_once_and_one_wins(company_anywhere: Company) -> None:
    world = company_anywhere("planned")
    plan = world.open("plan")[0].id
    ready = Barrier(2, timeout=60)

    def decide(login: str, kind: str) -> str:
        ready.wait()
        try:
            world.decide(plan, login, type=kind, reason="because")
        except Conflict:
            return "conflict"
        return kind

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(decide, ("sato", "suzuki"), ("approve", "reject")))
    assert sorted(ends, key=lambda end: end == "conflict")[1] == "conflict"
    won = next(end for end in ends if end != "conflict")
    row = world.one(ReviewRow, plan)
    assert (row.state, row.decided_by) in {("approved", "sato"), ("rejected", "suzuki")}
    assert row.state.startswith(won)
    answers = [entry for entry in world.rows(AuditRow) if entry.action.startswith("review_")]
    assert len(answers) == 1
    with world.workspace.store.read() as session:
        assert audit.broken_at(session) is None


def test_plan_is_approved_without_an_action(company: Company) -> None:
    world = company("planned")
    before = {row.action for row in world.rows(DecisionRow)}
    assert {"usage_digest", "feature_tutorial"} <= before
    world.decide(world.open("plan")[0].id, "sato", without=("usage_digest",))
    world.tick()
    assert "usage_digest" not in {row.action for row in world.rows(DecisionRow)}
    assert "usage_digest" not in {row.summary["action"] for row in world.open()}
    assert "left_out_by_reviewer" in {row.reason for row in world.rows(DecisionRow)}


def test_batch_is_approved_without_some_units(company: Company) -> None:
    world = company("written")
    review = batch(world)
    units = sorted({row.unit_id for row in world.rows(DraftRow, review_id=review.id)})
    world.decide(review.id, "sato", without=tuple(units[:2]))
    world.tick()
    assert {row.unit_id for row in world.deliveries().values()} == set(units[2:])
    for unit in units[:2]:
        decision = world.one(DecisionRow, f"{CAMPAIGN}/1/{unit}")
        assert (decision.action, decision.reason) == (None, "left_out_by_reviewer")
        assert not world.rows(ApprovalRow, draft_id=f"{CAMPAIGN}/1/{unit}/digest#0")
        assert world.one(JourneyRow, decision.id).state == "stopped"


def test_leaving_out_what_is_not_in_it_is_refused(company: Company) -> None:
    world = company("written")
    with pytest.raises(UserError, match="A999999"):
        world.decide(batch(world).id, "sato", without=("A999999",))
    with pytest.raises(UserError, match="fewer"):
        world.decide(batch(world).id, "sato", type="reject", reason="too many", wish="fewer")


def test_rejected_batch_is_revised_twice_and_then_dropped(company: Company) -> None:
    world = company("written")
    texts = []
    for revision in range(3):
        review = batch(world)
        assert review.id == f"{CAMPAIGN}.1.usage_digest.{revision}"
        texts.append([world.draft(row.id).text for row in world.rows(DraftRow, review_id=review.id)])
        world.decide(review.id, "sato", type="reject", reason="not good enough yet")
        world.tick()
    assert not [row for row in world.open() if row.summary["action"] == "usage_digest"]
    assert texts[0] != texts[1] and texts[1] != texts[2], "each revision puts it another way"
    assert len(texts[0]) == len(texts[1]) == len(texts[2])
    assert "not_approved" in {row.reason for row in world.rows(DecisionRow)}
    assert not world.mails() and not world.deliveries()
    assert world.one(ReviewRow, f"{CAMPAIGN}.1.usage_digest.0").cycle == 1


def test_revised_words_need_their_own_approval(company: Company) -> None:
    world = company("written")
    review = batch(world)
    world.decide(review.id, "sato", type="reject", reason="too long", wish="shorter")
    world.tick()
    assert not world.deliveries()
    world.decide(batch(world).id, "sato")
    world.tick()
    drafts = {row.draft_id for row in world.deliveries().values()}
    assert drafts and all(world.draft(key).revision == 1 and world.draft(key).variant == "short" for key in drafts)


def test_revision_goes_on_where_a_recipient_was_lost_meanwhile(company: Company) -> None:
    world = company("written")
    review = batch(world)
    lost = world.rows(DraftRow, review_id=review.id)[0]
    world.change(ContactRow, world.one(DecisionRow, lost.decision_id).contact_id, email=None, address_hash=None)
    world.decide(review.id, "sato", type="reject", reason="too long", wish="shorter")
    world.tick()
    again = {row.unit_id for row in world.rows(DraftRow, review_id=batch(world).id)}
    assert again and lost.unit_id not in again
    assert world.one(DecisionRow, lost.decision_id).reason == "unreachable"


def test_rejected_plan_is_revised_as_wished_and_dropped_after_two_revisions(company: Company) -> None:
    world = company("planned")
    contacts = []
    for revision in range(3):
        plan = world.open("plan")[0]
        assert plan.revision == revision
        contacts.append(plan.summary["contacts"])
        world.decide(plan.id, "sato", type="reject", reason="too many at once", wish="fewer")
        world.tick()
    assert not world.open()
    assert contacts[0] > contacts[1] > contacts[2]
    assert len(world.rows(PlanRow)) == 3
    assert {row.action for row in world.rows(DecisionRow)} == {None}
    assert "not_approved" in {row.reason for row in world.rows(DecisionRow)}


def test_review_is_handed_over_and_is_then_the_others_alone(company: Company) -> None:
    world = company("planned")
    plan = world.open("plan")[0].id
    reviewing.hand_over(world.workspace, plan, person("sato"), to="suzuki")
    with pytest.raises(NotAllowed, match="suzuki"):
        world.decide(plan, "sato")
    assert world.decide(plan, "suzuki").decided_by == "suzuki"
    with pytest.raises(Conflict):
        reviewing.hand_over(world.workspace, plan, person("suzuki"), to="ueda")


@pytest.mark.parametrize("to", ["kato", "mori", "r02", "ono"])
def test_review_is_not_handed_to_somebody_who_may_not_decide(company: Company, to: str) -> None:
    world = company("planned")
    plan = world.open("plan")[0]
    with pytest.raises(NotAllowed):
        reviewing.hand_over(world.workspace, plan.id, person("sato"), to=to)
    assert world.one(ReviewRow, plan.id).assignee is None


@pytest.mark.parametrize(
    ("opened", "expires"),
    [
        (MORNING, MORNING + timedelta(days=5)),  # Wednesday: Thursday, Friday, Monday
        (datetime(2026, 4, 3, 1, tzinfo=UTC), datetime(2026, 4, 8, 1, tzinfo=UTC)),  # Friday: Monday to Wednesday
        (datetime(2026, 4, 4, 1, tzinfo=UTC), datetime(2026, 4, 8, 1, tzinfo=UTC)),  # Saturday: the same
    ],
)
def test_reviews_expire_after_business_days(company: Company, opened: datetime, expires: datetime) -> None:
    world = company("founded")
    world.clock.moment = opened
    world.start()
    world.tick()
    plan = world.open("plan")[0]
    assert plan.expires_at == expires
    world.clock.moment = expires - timedelta(seconds=1)
    world.tick()
    assert world.one(ReviewRow, plan.id).state == "open"
    world.clock.moment = expires
    with pytest.raises(Conflict, match="expired"):
        world.decide(plan.id, "sato")
    world.tick()
    assert world.one(ReviewRow, plan.id).state == "expired"
    assert "approval_expired" in {row.reason for row in world.rows(DecisionRow)}
    assert not world.open() and not world.rows(DraftRow)


def test_answer_to_the_interrupt_alone_releases_nothing(company: Company) -> None:
    """An inbox, or anybody with the checkpoints in hand, resumes the content graph with an approval of its own."""
    world = company("written")
    review = batch(world)
    config = _config(f"review/{review.id}")
    with open_threads(world.workspace) as threads:
        given = {"review": review.id, "ask": as_request(review)}
        threads.review.invoke(given, config, context=threads.context, durability="sync")
        for answer in ({"type": "approve", "by": "sato"}, {"decisions": [{"type": "approve"}]}, True):
            pending = threads.review.get_state(config).interrupts
            resume = Command(resume={pending[0].id: answer})
            threads.review.invoke(resume, config, context=threads.context, durability="sync")
        pending = threads.review.get_state(config).interrupts
    assert len(pending) == 1 and pending[0].value["action_requests"][0]["args"]["review"] == review.id
    assert not world.rows(ApprovalRow) and not world.deliveries()
    assert world.one(ReviewRow, review.id).state == "open"
    world.decide(review.id, "sato")
    world.tick()
    assert world.mails()


def test_answer_to_the_plans_interrupt_alone_writes_nothing(company: Company) -> None:
    world = company("planned")
    config = _config(f"campaign/{CAMPAIGN}")
    with open_threads(world.workspace) as threads:
        pending = threads.campaign.get_state(config).interrupts
        resume = Command(resume={pending[0].id: {"decisions": [{"type": "approve"}]}})
        threads.campaign.invoke(resume, config, context=threads.context, durability="sync")
        assert len(threads.campaign.get_state(config).interrupts) == 1
    assert not world.rows(DraftRow)
    assert world.one(ReviewRow, world.open("plan")[0].id).state == "open"


def test_plan_exchanged_after_its_approval_reaches_nobody(company: Company) -> None:
    world = company("planned")
    world.decide(world.open("plan")[0].id, "sato")
    world.change(PlanRow, (CAMPAIGN, 1, 0), digest="0" * 64)
    world.tick()
    assert not world.rows(DraftRow)
    assert {row.action for row in world.rows(DecisionRow)} == {None}

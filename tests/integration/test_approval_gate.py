"""Promise 1: nothing leaves without an approval of exactly these bytes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from kizuna.delivery import worker as worker_module
from kizuna.domain.draft import Party
from kizuna.domain.playbook import Channel
from kizuna.store import reviews
from kizuna.store.tables import ApprovalRow, DeliveryRow, DraftRow, ReviewRow
from sqlmodel import Session

from .transports import Recorder
from .world import MORNING, World

Company = Callable[..., World]
Forgery = Callable[[World, DeliveryRow, DeliveryRow], None]


def two_deliveries(world: World) -> tuple[DeliveryRow, DeliveryRow]:
    """One to spoil, and one of another batch that must leave all the same."""
    rows = world.deliveries().values()
    spoilt = next(row for row in rows if row.action == "feature_tutorial")
    sound = next(row for row in rows if row.action == "usage_digest")
    world.only([spoilt.key, sound.key])
    return spoilt, sound


def assert_only_the_sound_one_leaves(world: World, spoilt: DeliveryRow, sound: DeliveryRow) -> None:
    way_out = Recorder()
    world.worker(way_out).run()
    assert way_out.ids == [sound.message_id]
    ended = world.deliveries()[spoilt.key]
    assert (ended.state, ended.reason) == ("suppressed", "approval_void")
    assert ended.reached_at is None


def no_approval(world: World, spoilt: DeliveryRow, _sound: DeliveryRow) -> None:
    world.write(lambda session: session.delete(session.get(ApprovalRow, spoilt.draft_id)))


def approval_of_another_draft(world: World, spoilt: DeliveryRow, sound: DeliveryRow) -> None:
    world.change(ApprovalRow, spoilt.draft_id, digest=sound.digest)


def delivery_of_another_draft(world: World, spoilt: DeliveryRow, sound: DeliveryRow) -> None:
    world.change(DeliveryRow, spoilt.key, draft_id=sound.draft_id, digest=sound.digest)


def draft_put_back_to_waiting(world: World, spoilt: DeliveryRow, _sound: DeliveryRow) -> None:
    world.change(DraftRow, spoilt.draft_id, state="waiting")


def forged_under_an_open_review(world: World, spoilt: DeliveryRow, _sound: DeliveryRow) -> None:
    world.change(ReviewRow, world.one(DraftRow, spoilt.draft_id).review_id, state="open")


def forged_under_a_rejected_review(world: World, spoilt: DeliveryRow, _sound: DeliveryRow) -> None:
    world.change(ReviewRow, world.one(DraftRow, spoilt.draft_id).review_id, state="rejected")


def forged_under_no_review(world: World, spoilt: DeliveryRow, _sound: DeliveryRow) -> None:
    world.change(ApprovalRow, spoilt.draft_id, review_id="nagare-save.1.nothing.0")


def forged_under_the_review_of_others(world: World, spoilt: DeliveryRow, sound: DeliveryRow) -> None:
    world.change(ApprovalRow, spoilt.draft_id, review_id=world.one(DraftRow, sound.draft_id).review_id)


def forged_for_a_unit_that_was_left_out(world: World, spoilt: DeliveryRow, _sound: DeliveryRow) -> None:
    review = world.one(ReviewRow, world.one(DraftRow, spoilt.draft_id).review_id)
    world.change(ReviewRow, review.id, answer={**review.answer, "without": [spoilt.unit_id]})


def approver_is_not_the_decider(world: World, spoilt: DeliveryRow, _sound: DeliveryRow) -> None:
    world.change(ApprovalRow, spoilt.draft_id, approved_by="suzuki")


def approver_is_the_campaigns_author(world: World, spoilt: DeliveryRow, _sound: DeliveryRow) -> None:
    world.change(ApprovalRow, spoilt.draft_id, approved_by="mori")
    world.change(ReviewRow, world.one(DraftRow, spoilt.draft_id).review_id, decided_by="mori")


@pytest.mark.parametrize(
    "forge",
    [
        no_approval,
        approval_of_another_draft,
        delivery_of_another_draft,
        draft_put_back_to_waiting,
        forged_under_an_open_review,
        forged_under_a_rejected_review,
        forged_under_no_review,
        forged_under_the_review_of_others,
        forged_for_a_unit_that_was_left_out,
        approver_is_not_the_decider,
        approver_is_the_campaigns_author,
    ],
)
def test_unapproved_draft_is_never_sent(company: Company, forge: Forgery) -> None:
    world = company("queued")
    spoilt, sound = two_deliveries(world)
    forge(world, spoilt, sound)
    assert_only_the_sound_one_leaves(world, spoilt, sound)


def test_deleting_the_gate_turns_the_suite_red(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the gate the unapproved draft does leave: nothing else stops it, so the test above can fail."""

    def let_all_through(session: Session, row: DeliveryRow, *_: object) -> Any:
        stored = reviews.draft(session, row.draft_id)
        assert stored is not None
        return reviews.as_draft(stored)

    world = company("queued")
    spoilt, sound = two_deliveries(world)
    no_approval(world, spoilt, sound)
    monkeypatch.setattr(worker_module, "approved_bytes", let_all_through)
    way_out = Recorder()
    world.worker(way_out).run()
    assert sorted(way_out.ids) == sorted([spoilt.message_id, sound.message_id])


CHANGED: dict[str, Any] = {
    "recipient": Party(name="別人", email="somebody.else@elsewhere.example"),
    "contact_id": "C000001",
    "sender": Party(name="ナガレ分析", email="other@nagare.example"),
    "subject": "別の件名",
    "text": "別の本文です。承認されていません。\n",
    "html": "<p>別の本文です。</p>",
    "links": ("https://elsewhere.example/",),
    "facts": {"company_name": "別の会社"},
    "offer": "half_price",
    "not_before": MORNING - timedelta(days=1),
    "not_after": MORNING + timedelta(days=300),
    "policy_version": "000000000000",
    "channel": Channel.REP_DRAFT,
    "step": "other_step",
    "decision_id": "nagare-save/1/A000000",
}


@pytest.mark.parametrize("changed", CHANGED)
def test_edited_after_approval_is_refused(company: Company, changed: str) -> None:
    world = company("queued")
    spoilt, sound = two_deliveries(world)
    before = world.draft(spoilt.draft_id)
    assert getattr(before, changed) != CHANGED[changed]
    world.change_draft(spoilt.draft_id, **{changed: CHANGED[changed]})
    assert world.draft(spoilt.draft_id).digest != before.digest
    assert_only_the_sound_one_leaves(world, spoilt, sound)


def test_recipients_name_alone_is_covered_too(company: Company) -> None:
    world = company("queued")
    spoilt, sound = two_deliveries(world)
    to = world.draft(spoilt.draft_id).recipient
    world.change_draft(spoilt.draft_id, recipient=to.model_copy(update={"name": "別人"}))
    assert_only_the_sound_one_leaves(world, spoilt, sound)


def test_words_exchanged_between_decision_and_release_are_not_approved(company: Company) -> None:
    """The answer binds the digest of the bundle; what is exchanged after it, digest and all, is not released."""
    world = company("written")
    review = next(row for row in world.open("batch") if row.summary["action"] == "usage_digest")
    world.decide(review.id, "sato")
    key = world.rows(DraftRow, review_id=review.id)[0].id
    world.change_draft(key, subject="別の件名")
    world.change(DraftRow, key, digest=world.draft(key).digest)
    world.tick()
    assert not world.rows(ApprovalRow, review_id=review.id)
    assert not world.mails()


def test_each_approval_binds_what_was_shown(company: Company) -> None:
    """The digest in the approval is that of the stored bytes, for every approved draft of every kind."""
    world = company("queued")
    approvals = world.rows(ApprovalRow)
    assert len(approvals) > len(world.deliveries()) > 0
    assert all(world.draft(row.draft_id).digest == row.digest for row in approvals)

"""Promise 2: nobody approves their own work, with one written exception for sales reps."""

from collections.abc import Callable

import pytest
from kizuna.domain.errors import NotAllowed
from kizuna.service import reviewing
from kizuna.store.tables import AuditRow, DraftRow, RepRow, ReviewRow

from .world import CAST, World, person

Company = Callable[..., World]
PROMISE = "ご契約は月額 9,800円 でご提供します。\n"


def batch(world: World) -> ReviewRow:
    return next(row for row in world.open("batch") if row.summary["action"] == "usage_digest")


def drafted(world: World, *, is_supervisor: bool) -> ReviewRow:
    """A draft for a rep who is a supervisor too, or for one who is not."""
    rows = [row for row in world.open("each") if row.assignee]
    return next(row for row in rows if ("supervisor" in CAST[row.assignee or ""][0]) == is_supervisor)


def draft_of(world: World, review: ReviewRow) -> DraftRow:
    return next(row for row in world.rows(DraftRow, review_id=review.id) if row.state == "waiting")


def with_line(world: World, draft: DraftRow, line: str) -> str:
    """The draft's text with one more paragraph at its start."""
    return f"{line}\n{world.draft(draft.id).text}"


def test_author_of_the_campaign_does_not_approve_its_plan(company: Company) -> None:
    world = company("founded")
    world.start(by="ueda")
    world.tick()
    plan = world.open("plan")[0]
    with pytest.raises(NotAllowed, match="own work"):
        world.decide(plan.id, "ueda")
    assert world.one(ReviewRow, plan.id).state == "open"
    world.decide(plan.id, "sato")
    world.tick()
    assert world.open()
    with pytest.raises(NotAllowed, match="own work"):
        world.decide(batch(world).id, "ueda")


def test_editor_of_a_batch_does_not_approve_it(company: Company) -> None:
    world = company("written")
    review = batch(world)
    draft = draft_of(world, review)
    edited = world.edit(draft.id, "sato", text=with_line(world, draft, "いつもありがとうございます。"))
    assert edited.draft.author == "sato"
    with pytest.raises(NotAllowed, match="own work"):
        world.decide(review.id, "sato")
    world.decide(review.id, "suzuki")
    world.release()
    approval = next(row for row in world.rows(DraftRow, review_id=review.id) if row.id == edited.draft.id)
    assert approval.state == "approved"


def test_gate_too_refuses_ones_own_work(company: Company) -> None:
    """Were the right to decide not checked, the gate would still stop the mail."""
    world = company("queued")
    row = next(row for row in world.deliveries().values() if row.channel == "email")
    review = world.one(DraftRow, row.draft_id).review_id
    world.only([row.key])
    world.change(ReviewRow, review, authors=["agent:content", "mori", "sato"])
    world.worker().run()
    assert not world.mails()
    assert world.deliveries()[row.key].reason == "approval_void"


def test_rep_may_edit_and_approve_the_draft_to_their_own_customer(company: Company) -> None:
    world = company("written")
    review = drafted(world, is_supervisor=False)
    draft = draft_of(world, review)
    edited = world.edit(
        draft.id, review.assignee, text=with_line(world, draft, "先日はお時間をいただきありがとうございました。")
    )
    assert not edited.reassigned and "ありがとうございました" in edited.diff
    world.decide(review.id, review.assignee)
    world.tick()
    delivery = world.deliveries()[edited.draft.key]
    assert (delivery.state, delivery.draft_id) == ("handed_over", edited.draft.id)
    assert "先日はお時間を" in world.draft(delivery.draft_id).text
    rep = world.one(RepRow, CAST[review.assignee][1])
    assert delivery.place.startswith(f"handed_over/{rep.email}/")


def add_a_price(world: World, draft: DraftRow) -> str:
    return with_line(world, draft, PROMISE)


def add_a_discount(world: World, draft: DraftRow) -> str:
    return with_line(world, draft, "今月中なら 20 % 割引いたします。\n")


def add_a_link(world: World, draft: DraftRow) -> str:
    return with_line(world, draft, "詳しくは https://elsewhere.example/offer をご覧ください。\n")


def take_a_link_away(world: World, draft: DraftRow) -> str:
    """All but the one to unsubscribe, which nobody can take away."""
    body = world.draft(draft.id)
    other = next(link for link in body.links if "/unsubscribe/" not in link)
    return body.text.replace(other, "")


@pytest.mark.parametrize("is_supervisor", [False, True])
@pytest.mark.parametrize("commit", [add_a_price, add_a_discount, add_a_link, take_a_link_away])
def test_reps_edit_of_a_commitment_goes_to_another_supervisor(
    company: Company, is_supervisor: bool, commit: Callable[[World, DraftRow], str]
) -> None:
    world = company("written")
    review = drafted(world, is_supervisor=is_supervisor)
    login, draft = review.assignee, draft_of(world, review)
    edited = world.edit(draft.id, login, text=commit(world, draft))
    assert edited.reassigned and edited.warnings
    moved = world.one(ReviewRow, review.id)
    assert (moved.role, moved.assignee, moved.state) == ("supervisor", None, "open")
    with pytest.raises(NotAllowed):
        world.decide(review.id, login)
    with pytest.raises(NotAllowed):
        reviewing.hand_over(world.workspace, review.id, person("sato"), to=login)
    assert world.one(ReviewRow, review.id).role == "supervisor"
    world.decide(review.id, "sato")
    world.release()
    assert edited.draft.key in world.deliveries()


def test_undoing_the_edit_does_not_bring_the_right_back(company: Company) -> None:
    world = company("written")
    review = drafted(world, is_supervisor=True)
    draft = draft_of(world, review)
    before = world.draft(draft.id).text
    world.edit(draft.id, review.assignee, text=add_a_price(world, draft))
    world.edit(draft_of(world, review).id, review.assignee, text=before)
    with pytest.raises(NotAllowed, match="own work"):
        world.decide(review.id, review.assignee)


def test_one_reps_draft_is_not_another_reps_to_decide(company: Company) -> None:
    world = company("written")
    review = drafted(world, is_supervisor=False)
    for login in set(CAST) - {review.assignee}:
        with pytest.raises(NotAllowed, match=review.assignee):
            world.decide(review.id, login)
        with pytest.raises(NotAllowed, match=review.assignee):
            world.edit(draft_of(world, review).id, login, subject="別の件名")


def test_refused_attempts_stay_on_record(company: Company) -> None:
    world = company("written")
    review = batch(world)
    with pytest.raises(NotAllowed):
        world.decide(review.id, "mori")
    with pytest.raises(NotAllowed):
        world.edit((draft := draft_of(world, review)).id, "r02", subject="別の件名")
    refused = {(row.actor, row.action, row.subject) for row in world.rows(AuditRow) if "refused" in row.action}
    assert refused == {("mori", "approve_refused", review.id), ("r02", "edit_refused", draft.id)}


def test_deputy_decides_in_the_supervisors_place(company: Company) -> None:
    world = company("planned")
    plan = world.open("plan")[0]
    assert reviewing.waiting(world.workspace, person("suzuki"))
    world.decide(plan.id, "suzuki")
    world.tick()
    assert world.open()


def test_supervisor_whom_the_brief_does_not_name_decides_nothing(company: Company) -> None:
    world = company("planned")
    assert reviewing.waiting(world.workspace, person("kato")) == []
    with pytest.raises(NotAllowed, match="named in the brief"):
        world.decide(world.open("plan")[0].id, "kato")

"""Promise 3: the approval of a batch covers every branch of every journey, byte for byte."""

from collections.abc import Callable

from kizuna.agents.composing import best_variant
from kizuna.agents.facts import gather_links, preferences_url, unsubscribe_url
from kizuna.domain.draft import Draft, bundle_digest
from kizuna.domain.playbook import Channel
from kizuna.prompts.rendering import Fact, Footer, needs, render_message
from kizuna.store.tables import ApprovalRow, DecisionRow, DraftRow, ReviewRow

from .world import World

Company = Callable[..., World]


def test_every_branch_message_is_in_the_batchs_digest(company: Company) -> None:
    world = company("written")
    reviews = world.open("batch")
    assert len(reviews) > 2
    for review in reviews:
        action = world.workspace.actions[review.summary["action"]]
        chosen = {row.unit_id for row in world.rows(DecisionRow, action=action.action)}
        drafts = [world.draft(row.id) for row in world.rows(DraftRow, review_id=review.id)]
        assert {(d.unit_id, d.step) for d in drafts} == {(unit, step) for unit in chosen for step in action.messages}
        digests = [draft.digest for draft in drafts]
        assert bundle_digest(digests) == review.digest
        for left_out in range(len(digests)):
            assert bundle_digest(digests[:left_out] + digests[left_out + 1 :]) != review.digest


def test_survey_batch_holds_what_follows_each_answer(company: Company) -> None:
    world = company("written")
    review = next(row for row in world.open("batch") if row.summary["action"] == "survey_before_discount")
    steps = {row.step for row in world.rows(DraftRow, review_id=review.id)}
    assert steps == {"survey", "fit_offer", "plan_change", "onboarding_help"}


def test_a_changed_branch_message_voids_the_whole_answer(company: Company) -> None:
    """One late message changed after the answer: nothing of the batch is released, not even the first messages."""
    world = company("written")
    review = next(row for row in world.open("batch") if row.summary["action"] == "survey_before_discount")
    world.decide(review.id, "sato")
    late = next(row for row in world.rows(DraftRow, review_id=review.id) if row.step == "plan_change")
    world.change_draft(late.id, text="半額にいたします。\n")
    world.change(DraftRow, late.id, digest=world.draft(late.id).digest)
    world.tick()
    assert not world.rows(ApprovalRow) and not world.mails()
    assert {row.state for row in world.rows(DraftRow, review_id=review.id)} == {"rejected"}
    assert "approval_void" in {row.reason for row in world.rows(DecisionRow)}
    assert world.one(ReviewRow, review.id).applied_at is not None


def test_rendering_again_from_the_stored_facts_gives_the_same_bytes(company: Company) -> None:
    world = company("written")
    rows = world.rows(DraftRow)
    languages, channels = set(), set()
    for row in rows:
        draft = world.draft(row.id)
        again = render_again(world, draft)
        assert (again.subject, again.text, again.html) == (draft.subject, draft.text, draft.html), draft.id
        assert (again.links_used, again.template_version) == (draft.links, draft.template_version)
        languages.add(draft.language)
        channels.add(draft.channel)
    assert languages == {"ja", "en"} and channels == {Channel.EMAIL, Channel.REP_DRAFT}


def render_again(world: World, draft: Draft) -> object:
    workspace, brief = world.workspace, world.workspace.brief
    wanted = needs(draft.action, draft.step, workspace.own_words)
    links = gather_links(brief, tuple(wanted.links), draft.contact_id, draft.key, workspace.secret)
    assert {link.url for link in links.values()} <= set(draft.links)
    return render_message(
        draft.action,
        draft.step,
        best_variant(draft.action, draft.step, draft.language, draft.variant, workspace),
        draft.language,
        unflattened(draft.facts),
        links,
        footer=Footer(
            organisation=str(draft.facts["footer_organisation"]),
            postal_address=str(draft.facts["footer_postal_address"]),
            contact=str(draft.facts["footer_contact"]),
            unsubscribe_url=unsubscribe_url(brief, draft.contact_id, workspace.secret),
            preferences_url=preferences_url(brief, draft.contact_id, workspace.secret),
            from_rep=draft.channel is Channel.REP_DRAFT,
        ),
    )


def unflattened(facts: dict[str, object]) -> dict[str, Fact]:
    """Facts as they were given: `meeting_times_1`, `meeting_times_2` ... are one list again."""
    given: dict[str, object] = {}
    for name, value in facts.items():
        stem, _, number = name.rpartition("_")
        if number.isdigit() and stem:
            listed = given.setdefault(stem, [])
            assert isinstance(listed, list)
            listed.append(value)
        else:
            given[name] = value
    return given  # type: ignore[return-value]

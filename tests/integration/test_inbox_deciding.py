"""Deciding on the pages: what was shown is what is decided, and only by somebody who looked."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from kizuna.store.tables import AuditRow, DeliveryRow, DraftRow, ReviewRow

from .inbox_client import Visitor, words
from .world import World

Company = Callable[..., World]
PLAN = "nagare-save.1.plan.0"
BATCH = "nagare-save.1.usage_digest.0"


@pytest.fixture
def planned(company: Company) -> World:
    return company("planned")


@pytest.fixture
def written(company: Company) -> World:
    return company("written")


# a plan


def test_the_plans_page_says_all_that_a_decision_takes(planned: World) -> None:
    here = Visitor(planned, "sato")
    here.post("/language", language="en")
    page = words(here.get(f"/reviews/{PLAN}").text)
    summary = planned.one(ReviewRow, PLAN).summary
    for action in summary["actions"]:
        assert action["action"] in page
    for said in ("Expected lift", "Chance of the goal", "By chance, to learn", "random control", "exploration"):
        assert said in page
    for said in ("Left alone, and why", "holdout: kept as the comparison", "Soon and later", "Lever: retention"):
        assert said in page
    assert f"of {summary['audience']} in the segment" in page
    assert "can be told from chance" in page, "whether the goal is detectable, in words"


def test_an_approved_plan_goes_on_at_once(planned: World) -> None:
    here = Visitor(planned, "sato")
    answer = here.decide(PLAN)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/?after={PLAN}")
    assert here.decisions == 1
    assert planned.one(ReviewRow, PLAN).state == "approved"
    assert PLAN in here.get(f"/?after={PLAN}").text
    planned.tick()
    assert planned.open("batch")


def test_nobody_is_told_that_they_decided_what_they_did_not(planned: World) -> None:
    Visitor(planned, "sato").decide(PLAN)
    assert 'class="done"' in Visitor(planned, "sato").get(f"/?after={PLAN}").text
    assert 'class="done"' not in Visitor(planned, "suzuki").get(f"/?after={PLAN}").text


def test_marked_actions_are_left_out_of_an_approved_plan(planned: World) -> None:
    Visitor(planned, "sato").decide(PLAN, without=["usage_digest", "upsell_draft"])
    planned.tick()
    assert {row.summary["action"] for row in planned.open()}.isdisjoint({"usage_digest", "upsell_draft"})


def test_a_rejected_plan_takes_a_reason_and_keeps_what_was_typed(planned: World) -> None:
    here = Visitor(planned, "sato")
    answer = here.decide(PLAN, "reject", wish="fewer", without=["usage_digest"])
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert re.search(r'value="fewer" checked', answer.text)
    assert re.search(r'value="usage_digest" form="decide" checked', answer.text)
    assert planned.one(ReviewRow, PLAN).state == "open"
    assert here.decisions == 0


def test_a_plan_rejected_without_an_action_comes_back_without_it(planned: World) -> None:
    here = Visitor(planned, "sato")
    assert here.decide(PLAN, "reject", reason="not now", wish="without").status_code == 400
    answer = here.decide(PLAN, "reject", reason="not now", wish="without", without=["usage_digest"])
    assert answer.status_code == 303
    planned.tick()
    revised = planned.one(ReviewRow, "nagare-save.1.plan.1").summary
    assert {row["action"]: row["units"] for row in revised["actions"]}["usage_digest"] == 0


def test_marks_for_an_approval_do_not_count_in_a_rejection_that_wishes_something_else(planned: World) -> None:
    Visitor(planned, "sato").decide(PLAN, "reject", reason="too many", wish="fewer", without=["usage_digest"])
    assert planned.one(ReviewRow, PLAN).answer["without"] == []


def test_nothing_is_ticked_before_somebody_ticks_it(planned: World) -> None:
    page = Visitor(planned, "sato").get(f"/reviews/{PLAN}").text
    ticked = re.findall(r"<input[^>]*type=\"checkbox\"[^>]*checked", page)
    assert ticked == []


# two people


def test_the_second_of_two_is_told_who_was_faster_when_and_what(planned: World) -> None:
    first, second = Visitor(planned, "sato"), Visitor(planned, "suzuki")
    second.post("/language", language="en")
    digest = second.digest(PLAN)
    first.decide(PLAN, "reject", reason="too many at once", wish="fewer")
    answer = second.decide(PLAN, digest=digest)
    said = words(answer.text)
    assert answer.status_code == 409
    for part in ("sato was faster", "rejected", "1 Apr 2026 10:00 JST", "too many at once", "not taken"):
        assert part in said
    assert (planned.one(ReviewRow, PLAN).decided_by, second.decisions) == ("sato", 0)


def test_what_changed_since_it_was_shown_is_not_decided(written: World) -> None:
    first, second = Visitor(written, "sato"), Visitor(written, "suzuki")
    first.open_samples(BATCH, 4)
    digest = first.digest(BATCH)
    key = written.rows(DraftRow, review_id=BATCH)[0].id
    written.edit(key, "suzuki", subject="ご利用状況のお知らせ（5月）")
    answer = first.decide(BATCH, digest=digest)
    assert answer.status_code == 409
    assert f"/reviews/{BATCH}" in answer.text
    assert written.one(ReviewRow, BATCH).state == "open"
    standing = first.digest(BATCH)
    assert second.decide(BATCH, digest=standing).status_code == 403, "the editor is an author now"
    assert first.decide(BATCH).status_code == 303, "as it stands now"


def test_after_its_time_nothing_is_decided(planned: World) -> None:
    here = Visitor(planned, "sato")
    digest = here.digest(PLAN)
    planned.clock.moment = planned.one(ReviewRow, PLAN).expires_at + timedelta(minutes=1)
    assert here.decide(PLAN, digest=digest).status_code == 409
    assert planned.one(ReviewRow, PLAN).state == "open"


def test_two_sent_forms_are_one_decision(planned: World) -> None:
    here = Visitor(planned, "sato")
    digest = here.digest(PLAN)
    assert [here.decide(PLAN, digest=digest).status_code for _ in range(2)] == [303, 409]


# a batch


def test_a_batch_that_nobody_opened_is_not_approved(written: World) -> None:
    here = Visitor(written, "sato")
    assert here.decide(BATCH).status_code == 400
    here.open_samples(BATCH, 2)
    answer = here.decide(BATCH)
    assert answer.status_code == 400
    assert written.one(ReviewRow, BATCH).state == "open"
    here.open_samples(BATCH, 3)
    assert here.decide(BATCH).status_code == 303


def test_opening_the_same_draft_again_does_not_count(written: World) -> None:
    here = Visitor(written, "sato")
    for _ in range(4):
        here.open_samples(BATCH, 1)
    assert here.decide(BATCH).status_code == 400
    events = [row for row in written.rows(AuditRow) if row.action == "draft_read"]
    assert [(row.actor, row.subject) for row in events] == [("sato", BATCH)]


def test_what_others_opened_does_not_count(written: World) -> None:
    Visitor(written, "suzuki").open_samples(BATCH)
    assert Visitor(written, "sato").decide(BATCH).status_code == 400


def test_what_was_opened_before_an_edit_does_not_count_for_the_new_words(written: World) -> None:
    here = Visitor(written, "sato")
    here.open_samples(BATCH)
    for row in written.rows(DraftRow, review_id=BATCH, state="waiting"):
        written.edit(row.id, "suzuki", subject="ご利用状況のお知らせ（5月）")
    assert here.decide(BATCH).status_code == 400


def test_a_rejection_takes_no_reading(written: World) -> None:
    answer = Visitor(written, "sato").decide(BATCH, "reject", reason="too long", wish="shorter")
    assert answer.status_code == 303
    written.tick()
    revised = written.one(ReviewRow, "nagare-save.1.usage_digest.1")
    assert revised.summary["variant"] == "short"


def test_a_revised_draft_shows_what_changed(written: World) -> None:
    here = Visitor(written, "sato")
    here.decide(BATCH, "reject", reason="too long", wish="shorter")
    written.tick()
    page = here.get("/reviews/nagare-save.1.usage_digest.1").text
    link = unescape(re.findall(r'href="([^"]*/draft\?[^"]*)"', page)[0])
    draft = here.get(link).text
    assert 'class="gone"' in draft and 'class="new"' in draft


def test_single_units_are_left_out_of_an_approved_batch(written: World) -> None:
    here = Visitor(written, "sato")
    here.open_samples(BATCH)
    units = sorted({row.unit_id for row in written.rows(DraftRow, review_id=BATCH)})
    marked = here.get(f"/reviews/{BATCH}", without=units[0]).text
    assert re.search(rf'value="{units[0]}" checked', marked)
    assert here.decide(BATCH, without=[units[0], f"{units[1]}  {units[2]}"]).status_code == 303
    written.release()
    reached = {row.unit_id for row in written.rows(DeliveryRow, action="usage_digest")}
    assert reached == set(units[3:])


def test_a_unit_that_is_not_in_it_is_refused(written: World) -> None:
    here = Visitor(written, "sato")
    here.open_samples(BATCH)
    assert here.decide(BATCH, without=["A999999"]).status_code == 400
    assert written.one(ReviewRow, BATCH).state == "open"


def test_flags_come_first(written: World) -> None:
    draft = written.draft(written.rows(DraftRow, review_id=BATCH)[3].id)
    row = written.one(ReviewRow, BATCH)
    written.change(ReviewRow, BATCH, summary={**row.summary, "flags": {draft.id: ["数字「99」の根拠が…"]}})
    page = Visitor(written, "sato").get(f"/reviews/{BATCH}").text
    flags, samples = page.index("数字「99」"), page.index('id="samples"')
    assert flags < samples


def test_figures_lead_to_the_fact_that_carries_them(written: World) -> None:
    row = written.rows(DraftRow, review_id=BATCH)[0]
    page = Visitor(written, "sato").get(f"/reviews/{BATCH}/draft", unit=row.unit_id, step=row.step).text
    facts = {key for key in row.body["facts"] if f'id="fact-{key}"' in page}
    led = set(re.findall(r'class="fact" href="#fact-([^"]+)"', page))
    assert led & facts
    assert 'class="groundless"' not in page


def test_a_figure_that_no_fact_carries_stands_out(written: World) -> None:
    row = written.rows(DraftRow, review_id=BATCH)[0]
    draft = written.draft(row.id)
    written.change_draft(row.id, text=draft.text.replace("\n\n", "\n\n解約率が87%下がりました。\n\n", 1))
    page = Visitor(written, "sato").get(f"/reviews/{BATCH}/draft", unit=row.unit_id, step=row.step).text
    assert re.search(r'<mark class="groundless"[^>]*>87%</mark>', page)


def test_handing_over_brings_it_to_the_other(planned: World) -> None:
    Visitor(planned, "sato").post(f"/reviews/{PLAN}/hand-over", to="suzuki")
    assert planned.one(ReviewRow, PLAN).assignee == "suzuki"
    assert Visitor(planned, "sato").decide(PLAN, digest="x").status_code == 403


# the queue


def test_the_queue_says_what_until_when_what_it_is_worth_and_who_else(planned: World) -> None:
    here = Visitor(planned, "sato")
    here.post("/language", language="en")
    said = words(here.get("/").text)
    for part in ("Plan for cycle 1", "days left", "Expected worth", "Cost"):
        assert part in said
    assert "r01, r03, r05, suzuki, ueda may decide too" in said


def test_what_waits_for_others_comes_with_the_reason(planned: World) -> None:
    here = Visitor(planned, "mori")
    here.post("/language", language="en")
    said = words(here.get("/").text)
    assert "Waits for you: 0" in said
    assert "nobody approves their own work" in said
    assert "sato" in said


def test_a_rep_sees_own_drafts_alone(written: World) -> None:
    here = Visitor(written, "r04")
    here.post("/language", language="en")
    mine = [row for row in written.open("each") if row.assignee == "r04"]
    said = words(here.get("/").text)
    assert f"Waits for you: {len(mine)}" in said
    assert "Waits for others" not in said

"""The rep's own words: checked while they are typed, shown beside the old ones, and where they go then."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from kizuna.service import editing
from kizuna.service.wording import check_edit
from kizuna.store.tables import AuditRow, CommentRow, DraftRow, ReviewRow

from .inbox_client import Visitor, words
from .world import World, person

Company = Callable[..., World]


@dataclass
class Desk:
    """A rep before one of their drafts."""

    world: World
    here: Visitor
    review: str
    unit: str

    @property
    def row(self) -> DraftRow:
        return next(row for row in self.world.rows(DraftRow, review_id=self.review) if row.state == "waiting")

    @property
    def body(self) -> str:
        return editing.body_of(self.world.draft(self.row.id))

    def send(self, do: str, **changes: str) -> object:
        draft = self.world.draft(self.row.id)
        words_of = {"subject": draft.subject, "text": self.body, "digest": draft.digest, **changes}
        return self.here.post(f"/reviews/{self.review}/edit", do=do, unit=self.unit, step=draft.step, **words_of)

    def check(self, **changes: str) -> object:
        draft = self.world.draft(self.row.id)
        words_of = {"subject": draft.subject, "text": self.body, **changes}
        return self.here.post("/checks", review=self.review, unit=self.unit, step=draft.step, **words_of)


@pytest.fixture
def desk(company: Company) -> Desk:
    world = company("written")
    row = next(row for row in world.open("each") if row.assignee == "r04")
    unit = world.rows(DraftRow, review_id=row.id)[0].unit_id
    here = Visitor(world, "r04")
    here.post("/language", language="en")
    return Desk(world, here, row.id, unit)


def test_a_reps_own_words_are_saved_and_approved(desk: Desk) -> None:
    saved = desk.send("save", text=desk.body + "\n\nIt was good to see you at the fair.")
    assert (saved.status_code, saved.headers["location"]) == (303, f"/reviews/{desk.review}?saved=1")
    draft = desk.world.draft(desk.row.id)
    assert "at the fair" in draft.text and draft.author == "r04"
    assert "at the fair" in draft.html
    assert desk.here.decide(desk.review).status_code == 303
    assert desk.world.one(ReviewRow, desk.review).decided_by == "r04"


def test_the_legal_footer_stays_whatever_is_typed(desk: Desk) -> None:
    before = desk.world.draft(desk.row.id)
    desk.send("save", text="Hello,\n\nthese are all of my words, and nothing else stands here.")
    after = desk.world.draft(desk.row.id)
    assert editing.footer_of(after) == editing.footer_of(before) != ""
    assert next(link for link in before.links if "/unsubscribe/" in link) in after.text


def test_a_changed_price_visibly_goes_to_a_supervisor(desk: Desk) -> None:
    typed = desk.body + "\n\nFor you it is 9,800 yen a month."
    checked = desk.check(text=typed)
    assert checked.status_code == 200
    assert "This will go to a supervisor" in checked.text
    saved = desk.send("save", text=typed)
    assert saved.headers["location"] == "/?moved=1"
    assert "waits for a supervisor now" in desk.here.get("/?moved=1").text
    assert desk.world.one(ReviewRow, desk.review).role == "supervisor"
    assert desk.here.decide(desk.review, digest="any").status_code == 403, "not the editor"
    other = Visitor(desk.world, "sato")
    assert other.decide(desk.review).status_code == 303


def test_a_figure_without_a_fact_is_a_warning_only(desk: Desk) -> None:
    checked = desk.check(text=desk.body + "\n\nI saw that 77 colleagues of yours use it.")
    assert "77" in checked.text
    assert "supervisor" not in checked.text


def test_checking_keeps_nothing(desk: Desk) -> None:
    before = [(row.id, row.state) for row in desk.world.rows(DraftRow, review_id=desk.review)]
    audit = len(desk.world.rows(AuditRow))
    desk.check(text=desk.body + "\n\nAnd one more line of mine.")
    assert [(row.id, row.state) for row in desk.world.rows(DraftRow, review_id=desk.review)] == before
    assert len(desk.world.rows(AuditRow)) <= audit + 1, "that the draft was opened, at most"


def test_without_scripts_a_button_checks_and_keeps_what_was_typed(desk: Desk) -> None:
    answer = desk.send("check", text=desk.body + "\n\nFor you it is 9,800 yen a month.", subject="My own subject")
    assert answer.status_code == 200
    assert "This will go to a supervisor" in answer.text
    assert "For you it is 9,800 yen a month." in answer.text
    assert 'value="My own subject"' in answer.text
    assert desk.row.revision == 0


def test_the_difference_stands_side_by_side(desk: Desk) -> None:
    answer = desk.check(subject="A quick word about your reports")
    assert 'class="gone"' in answer.text and 'class="new"' in answer.text
    assert "A quick word about your reports" in answer.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"subject": ""}, "needs a subject and a text"),
        ({"text": "Hi"}, "needs a subject and a text"),
        ({"subject": "=?utf-8?q?=0D=0ABcc=3A_evil=40x.example?="}, "can&#39;t stand in a mail"),
    ],
)
def test_what_cannot_stand_is_said_and_not_saved(desk: Desk, changes: dict[str, str], said: str) -> None:
    if "text" in changes:  # nothing but the footer would be left
        draft = desk.world.draft(desk.row.id)
        desk.world.change_draft(draft.id, text="Hi\n")
    answer = desk.send("save", **changes)
    assert answer.status_code == 400
    assert said in answer.text
    assert desk.row.revision == 0


def test_an_edit_of_words_that_changed_meanwhile_is_refused(desk: Desk) -> None:
    shown = desk.world.draft(desk.row.id).digest
    desk.world.edit(desk.row.id, "r04", text=desk.world.draft(desk.row.id).text.replace("\n", "\n\n", 1))
    answer = desk.send("save", digest=shown, subject="Mine")
    assert answer.status_code == 409
    assert desk.world.draft(desk.row.id).subject != "Mine"


def test_nobody_edits_a_draft_that_was_decided(desk: Desk) -> None:
    typed = {"digest": desk.world.draft(desk.row.id).digest, "text": desk.body + "\n\nToo late, but never mind."}
    desk.here.decide(desk.review)
    assert desk.send("save", **typed).status_code == 409


def test_why_now_and_the_accounts_facts_stand_beside_the_draft(desk: Desk) -> None:
    said = words(desk.here.get(f"/reviews/{desk.review}").text)
    draft = desk.world.draft(desk.row.id)
    assert "Why now" in said and "Expected worth" in said and "Rule:" in said
    for key in ("reports_used", "reports_quota"):
        assert str(draft.facts[key]) in said


def test_the_checks_of_a_page_are_those_of_saving(desk: Desk) -> None:
    draft = desk.world.draft(desk.row.id)
    typed = desk.body + "\n\nYou get a 30% discount and 77 reports."
    preview = editing.check(desk.world.workspace, draft, person("r04"), draft.subject, typed)
    footer = editing.footer_of(draft)
    whole = check_edit(desk.world.workspace, draft, "r04", draft.subject, f"{typed}\n\n{footer}\n")
    assert [*preview.commitments, *preview.warnings] == whole.warnings
    assert preview.commitments == whole.commitments != []


# what the customer said


def test_a_rep_writes_back_what_the_customer_said(desk: Desk) -> None:
    answer = desk.here.post("/notes", unit=desk.unit, text="They will\r\ndecide in May. <b>Really</b>")
    assert answer.headers["location"] == f"/why?unit={desk.unit}"
    kept = desk.world.rows(CommentRow)
    assert [(row.source, row.unit_id, row.text) for row in kept] == [
        ("rep", desk.unit, "They will\ndecide in May. <b>Really</b>")
    ]
    page = desk.here.get("/why", unit=desk.unit).text
    assert "&lt;b&gt;Really" in page
    assert "decide in May" in Visitor(desk.world, "sato").get("/why", unit=desk.unit).text


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 2001])
def test_a_note_has_words(desk: Desk, text: str) -> None:
    assert desk.here.post("/notes", unit=desk.unit, text=text).status_code == 400
    assert desk.world.rows(CommentRow) == []


def test_what_was_handed_to_a_rep_is_asked_about(desk: Desk) -> None:
    desk.here.decide(desk.review)
    desk.world.tick()
    page = desk.here.get("/").text
    assert f"/why?unit={desk.unit}#note" in page
    assert f"/why?unit={desk.unit}#note" not in Visitor(desk.world, "r06").get("/").text

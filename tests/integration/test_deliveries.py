"""Promise 4: at most one delivery per key, each approved one ends exactly once; journeys from first to last step."""

import csv
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from kizuna.domain.delivery import ENDED
from kizuna.domain.errors import UserError
from kizuna.store.tables import AttemptRow, ContactRow, DecisionRow, DeliveryRow, DraftRow, JourneyRow, UnitRow

from .test_guardrails import no_consent, paused, suppressed, too_soon
from .transports import Recorder
from .world import World

Company = Callable[..., World]
SURVEY = "survey_before_discount"


def answer(world: World, row: DeliveryRow, words: str, ident: str = "Q900001") -> None:
    """The customer answers the survey, an hour ago."""
    at = f"{world.clock.now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    with (world.workspace.data / "survey_answers.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow([ident, row.contact_id, "save", at, words, ""])


def test_ticking_again_sends_nothing_again(company: Company) -> None:
    world = company("queued")
    for _ in range(3):
        world.tick()
    mails = world.mails()
    assert len(mails) == len(world.deliveries()) > 20
    world.live(hours=1)
    world.tick()
    assert world.mails() == mails


def test_every_delivery_ends_in_exactly_one_way(company: Company) -> None:
    """A cycle with all that can come between: at its end each delivery has ended, once, and says how."""
    world = company("queued")
    rows = [row for row in world.deliveries().values() if row.channel == "email"]
    suppressed(world, rows[0])
    no_consent(world, rows[1])
    too_soon(world, rows[2])
    gone = world.one(UnitRow, rows[3].unit_id)
    world.change(UnitRow, gone.unit_id, active=False)
    held = next(row for row in rows[4:] if row.action == "usage_digest")
    world.change(DeliveryRow, held.key, due_at=held.not_after + timedelta(days=3))
    world.tick()
    for days in (1, 2, 25, 3):
        world.live(days=days)
        world.tick()
    mine = {key: row for key, row in world.deliveries().items() if row.step != "before"}
    assert {row.state for row in mine.values()} <= {state.value for state in ENDED}
    ends = Counter(row.key for row in world.rows(AttemptRow) if row.phase in {state.value for state in ENDED})
    assert ends == dict.fromkeys(mine, 1)
    found = {mine[row.key].state for row in rows[:5]} | {mine[held.key].state}
    assert found >= {"suppressed", "sent", "cancelled"}
    assert mine[rows[2].key].state == "sent", "too soon on the first day, sent on a later one"
    assert mine[rows[3].key].reason == "unit_left"
    assert all((row.ended_at is not None) and row.owner is None for row in mine.values())
    left = [row for row in mine.values() if row.state in ("sent", "handed_over")]
    assert len(left) == len(world.mails())


def test_what_a_cycle_did_not_send_ends_with_it(company: Company) -> None:
    world = company("queued")
    paused(world, None)
    world.tick()
    assert set(world.states().values()) == {"queued"}
    world.live(days=30, hours=1)
    world.tick()
    assert set(world.states().values()) == {"cancelled"}
    assert {row.reason for row in world.deliveries().values()} == {"cycle_ended"}
    assert not world.mails()


def test_answer_decides_which_branch_leaves_and_only_that_one(company: Company) -> None:
    world = company("queued")
    world.tick()
    asked = [row for row in world.deliveries().values() if row.action == SURVEY]
    world.live(days=1, hours=2)
    answer(world, asked[0], "too_expensive", "Q900001")
    answer(world, asked[1], "fine", "Q900002")
    world.tick()
    sent = {row.decision_id: row.step for row in world.deliveries().values() if row.step not in ("survey",)}
    assert sent.get(asked[0].decision_id) == "plan_change"
    assert asked[1].decision_id not in sent
    assert world.states()[f"{asked[0].decision_id}/plan_change"] == "sent"
    world.live(days=6)
    world.tick()
    done = {row.decision_id: row.state for row in world.rows(JourneyRow, action=SURVEY)}
    assert set(done.values()) == {"done"}
    branches = [row for row in world.deliveries().values() if row.action == SURVEY and row.step != "survey"]
    assert len(branches) == 1


def test_branch_whose_recipient_moved_is_asked_about_again_step_by_step(company: Company) -> None:
    """The address changes before the survey, and again before its branch: two reviews, two mails, no loss."""
    world = company("written")
    world.approve_all()
    decision = next(row for row in world.rows(DecisionRow, action=SURVEY))
    world.change(ContactRow, decision.contact_id, email="first.move@minato1.example")
    world.tick()
    _approve_the_new_question(world, decision)
    world.tick()
    assert world.states()[f"{decision.id}/survey"] == "sent"
    world.live(days=1, hours=2)
    answer(world, world.deliveries()[f"{decision.id}/survey"], "too_expensive")
    path = world.workspace.data / "contacts.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    row = next(n for n, line in enumerate(lines) if line.startswith(f"{decision.contact_id},"))
    fields = next(csv.reader([lines[row]]))
    lines[row] = lines[row].replace(fields[3], "second.move@minato1.example")
    path.write_text("".join(lines), encoding="utf-8")
    world.tick()
    world.live(hours=1)
    world.tick()
    _approve_the_new_question(world, decision)
    world.tick()
    assert world.states()[f"{decision.id}/plan_change"] == "sent"
    mail = world.folder / "outbox" / world.deliveries()[f"{decision.id}/plan_change"].place
    assert b"To: second.move@minato1.example" in mail.read_bytes()


def _approve_the_new_question(world: World, decision: DecisionRow) -> None:
    asked = [row for row in world.open() if decision.unit_id in row.subject]
    assert len(asked) == 1, [row.id for row in world.open()]
    assert asked[0].summary["note"]
    world.decide(asked[0].id, "sato")


def test_rejected_renewal_is_written_again_by_itself(company: Company) -> None:
    """A single draft that was asked about again is revised as a single draft, not as its batch."""
    world = company("written")
    world.approve_all()
    decision = world.rows(DecisionRow, action="usage_digest")[0]
    world.change(ContactRow, decision.contact_id, email="moved@minato1.example")
    world.tick()
    asked = next(row for row in world.open() if decision.unit_id in row.subject)
    world.decide(asked.id, "sato", type="reject", reason="too long", wish="shorter")
    world.tick()
    again = next(row for row in world.open() if decision.unit_id in row.subject)
    drafts = [row for row in world.rows(DraftRow, review_id=again.id) if row.state == "waiting"]
    assert (again.kind, again.subject, len(drafts)) == ("each", asked.subject, 1)
    world.decide(again.id, "sato")
    world.tick()
    assert world.states()[f"{decision.id}/digest"] == "sent"


def test_customer_who_bears_the_senders_name_holds_up_nobody_else(company: Company) -> None:
    """Their mail can't be built (a sender must not pose as the recipient): it fails alone, and says so."""
    world = company("written")
    decision = world.rows(DecisionRow, action="usage_digest")[0]
    draft = next(row for row in world.rows(DraftRow, decision_id=decision.id))
    world.change(ContactRow, decision.contact_id, name=world.draft(draft.id).sender.name)
    world.approve_all()
    world.tick()
    _approve_the_new_question(world, decision)
    world.tick()
    ended = world.deliveries()[f"{decision.id}/digest"]
    assert (ended.state, ended.reason, ended.reached_at) == ("failed", "unsendable", None)
    assert len(world.mails()) == len(world.states()) - 1 > 20


def test_edit_that_no_mail_can_carry_is_refused_at_once(company: Company) -> None:
    world = company("written")
    review = world.open("batch")[0]
    draft = next(row for row in world.rows(DraftRow, review_id=review.id))
    for subject in ("=?utf-8?q?=0D=0ABcc=3A_evil=40x.example?=", "見え\u200bない"):
        with pytest.raises(UserError, match="subject"):
            world.edit(draft.id, "sato", subject=subject)


def test_mail_holds_what_was_approved_and_when_it_left(company: Company) -> None:
    world = company("queued")
    world.worker(way_out := Recorder()).run()
    bytes_of = dict(way_out.sent)
    for row in list(world.deliveries().values())[:5]:
        message = bytes_of[row.message_id]
        draft = world.draft(row.draft_id)
        assert f"To: {draft.recipient.email}".encode() in message
        assert f"Message-ID: {row.message_id}".encode() in message
        assert b"Date: Wed, 01 Apr 2026 01:00:00 +0000" in message

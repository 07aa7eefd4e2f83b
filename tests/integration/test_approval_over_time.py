"""Promise 1, as time passes: policies change, people move, reviews and send windows end."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from kizuna.agents.workspace import Workspace, open_workspace
from kizuna.delivery.worker import BATCH
from kizuna.domain.errors import Conflict, UserError
from kizuna.store.tables import AuditRow, ContactRow, DecisionRow, DeliveryRow, ReviewRow

from .transports import Recorder
from .world import World, own_action, write_brief

Company = Callable[..., World]


@pytest.mark.parametrize(
    "change",
    [{"guardrails": {"gap": "48h"}}, {"reviewers": {"supervisors": ["sato", "ueda"], "expiry": "5 business days"}}],
    ids=["guardrails", "reviewers"],
)
def test_policy_change_after_approval_voids_it(company: Company, change: dict[str, object]) -> None:
    world = company("queued")
    world.change_brief(change)
    assert [row.actor for row in world.rows(AuditRow, action="brief_changed")] == ["mori"]
    world.tick()
    assert {(row.state, row.reason) for row in world.deliveries().values()} == {("suppressed", "approval_void")}
    assert not world.mails()


def test_a_changed_brief_that_nobody_put_in_force_is_told(company: Company) -> None:
    world = company("planned")
    told: list[str] = []

    def opened() -> Workspace:
        found = open_workspace(world.workspace.brief_path, progress=lambda key, _values: told.append(key))
        found.store.close()
        return found

    in_force = opened().brief
    assert "brief_waits" not in told
    write_brief(world.folder, {"guardrails": {"gap": "48h"}})
    assert opened().brief == in_force
    assert "brief_waits" in told


def test_policy_change_during_a_workers_round_voids_the_rest(company: Company) -> None:
    """The worker began under the old policy; the brief changes while it sends."""
    world = company("queued")

    def change(_message_id: str) -> None:
        if len(way_out.sent) == 2:
            other = World(world.folder, world.clock)
            other.change_brief({"guardrails": {"gap": "48h"}})
            other.close()

    way_out = Recorder(before=change)
    world.worker(way_out).run()
    assert len(way_out.sent) == BATCH  # those of the batch that was past its intent when the policy changed
    rest = [row for row in world.deliveries().values() if row.reached_at is None]
    assert len(rest) == len(world.deliveries()) - BATCH > 0
    assert {(row.state, row.reason) for row in rest} == {("suppressed", "approval_void")}


def test_action_that_is_under_way_is_not_taken_out_of_the_brief(company: Company) -> None:
    """Its journeys would have nobody to carry them on; the plan is the place to leave it out."""
    world = company("queued")
    others = [name for name in world.workspace.brief.playbooks if name != "usage_digest"]
    with pytest.raises(UserError, match="usage_digest"):
        world.change_brief({"playbooks": others})
    world.tick()
    assert set(world.states().values()) == {"sent", "handed_over"}


def test_recipient_change_opens_a_new_review(company: Company) -> None:
    world = company("written")
    world.approve_all()
    review = next(row for row in world.rows(ReviewRow, kind="batch") if row.summary["action"] == "usage_digest")
    decision = next(row for row in world.rows(DecisionRow, action="usage_digest"))
    world.change(ContactRow, decision.contact_id, email="new.address@minato1.example")
    world.tick()
    asked = next(row for row in world.open() if row.subject.startswith(f"usage_digest.{decision.unit_id}"))
    assert (asked.kind, asked.role, asked.assignee) == ("each", "supervisor", None)
    assert asked.id != review.id
    key = f"{decision.id}/digest"
    assert key not in world.deliveries()
    world.decide(asked.id, "sato")
    world.tick()
    assert world.states()[key] == "sent"
    mail = world.folder / "outbox" / world.deliveries()[key].place
    assert b"To: new.address@minato1.example" in mail.read_bytes()


def test_recipient_change_between_release_and_sending_stops_the_mail(company: Company) -> None:
    world = company("queued")
    row = next(iter(world.deliveries().values()))
    world.change(ContactRow, row.contact_id, email="new.address@minato1.example")
    world.only([row.key])
    world.worker(way_out := Recorder()).run()
    assert not way_out.sent
    assert world.deliveries()[row.key].reason == "approval_void"


def test_expired_review_is_not_sent(company: Company) -> None:
    world = company("written")
    asked = world.open()
    world.live(days=6)
    with pytest.raises(Conflict, match="expired"):
        world.decide(asked[0].id, asked[0].assignee or "sato")
    world.tick()
    assert not world.open() and not world.deliveries() and not world.mails()
    assert {row.state for row in world.rows(ReviewRow) if row.kind != "plan"} == {"expired"}
    assert {row.reason for row in world.rows(DecisionRow, cycle=1) if row.contact_id and row.action} == set()
    assert "approval_expired" in {row.reason for row in world.rows(DecisionRow, cycle=1)}
    with pytest.raises(Conflict):
        world.decide(asked[0].id, asked[0].assignee or "sato")


def test_send_window_closed_means_expired(company: Company) -> None:
    world = company("queued")
    row = next(row for row in world.deliveries().values() if row.channel == "email")
    world.only([row.key])
    world.clock.moment = row.not_after
    world.worker(way_out := Recorder()).run()
    assert not way_out.sent
    assert (world.states()[row.key], world.deliveries()[row.key].reason) == ("expired", "approval_expired")


def test_a_longer_window_in_the_outbox_is_not_what_was_approved(company: Company) -> None:
    world = company("queued")
    row = next(row for row in world.deliveries().values() if row.channel == "email")
    world.only([row.key])
    world.change(DeliveryRow, row.key, not_after=row.not_after + timedelta(days=30))
    world.clock.moment = row.not_after + timedelta(days=2)  # a Monday: no other guardrail speaks
    world.worker(way_out := Recorder()).run()
    assert not way_out.sent
    assert world.states()[row.key] in ("expired", "suppressed")


def test_no_review_policy_means_a_supervisor_looks_at_each(company: Company) -> None:
    world = company("founded")
    own_action(world.folder / "own", "usage_digest", {"review": None})
    write_brief(world.folder, {"playbooks": ["usage_digest"], "playbook_folder": "own"})
    world.reopen()
    world.start()
    world.tick()
    world.approve_all("plan")
    world.tick()
    asked = world.open()
    chosen = [row for row in world.rows(DecisionRow) if row.action]
    assert len(asked) == len(chosen) > 1
    assert {(row.kind, row.role, row.assignee) for row in asked} == {("each", "supervisor", None)}

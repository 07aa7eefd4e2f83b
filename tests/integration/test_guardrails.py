"""Promise 5: each guardrail alone stops a message: at the plan, at the release, at the intent to send. And says why."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from kizuna.delivery.worker import Worker
from kizuna.domain.clock import FixedClock
from kizuna.store import directory
from kizuna.store.tables import (
    CampaignRow,
    ConsentRow,
    ContactRow,
    DecisionRow,
    DeliveryRow,
    IncidentRow,
    JourneyRow,
    PauseRow,
    PreferenceRow,
)
from sqlmodel import Session

from .transports import Recorder
from .world import CAMPAIGN, MORNING, World

Company = Callable[..., World]
Setup = Callable[[World, Any], None]
NIGHT = datetime(2026, 4, 1, 12, tzinfo=UTC)  # 21:00 in Tokyo
SATURDAY = datetime(2026, 4, 4, 3, tzinfo=UTC)


def earlier(world: World, row: Any, ago: timedelta, **values: Any) -> None:
    """A message that went out before."""
    at = world.clock.now() - ago
    sent = {
        "key": f"{CAMPAIGN}/0/{row.unit_id}/{ago}",
        "draft_id": "",
        "decision_id": f"{CAMPAIGN}/0/{row.unit_id}",
        "step": "before",
        "campaign": CAMPAIGN,
        "unit_id": row.unit_id,
        "contact_id": row.contact_id,
        "action": "other_action",
        "channel": "email",
        "digest": "",
        "message_id": f"<{ago.total_seconds()}.{row.unit_id}@nagare.example>",
        "cost_jpy": 0.0,
        "state": "sent",
        "due_at": at,
        "not_after": at,
        "reached_at": at,
        "ended_at": at,
    }
    world.write(lambda session: session.add(DeliveryRow(**{**sent, **values})))


def unreachable(world: World, row: Any) -> None:
    world.change(ContactRow, row.contact_id, email=None, address_hash=None)


def suppressed(world: World, row: Any) -> None:
    address = world.one(ContactRow, row.contact_id).address_hash
    world.write(lambda session: directory.suppress(session, [address], "complaint", world.clock.now()))


def no_consent(world: World, row: Any) -> None:
    withdrawn = {"contact_id": row.contact_id, "channel": "email", "purpose": "marketing", "state": "withdrawn"}
    withdrawn |= {"recorded_at": world.clock.now(), "evidence": "preference page"}
    world.write(lambda session: directory.keep_consents(session, [withdrawn]))


def never_consented(world: World, row: Any) -> None:
    def forget(session: Session) -> None:
        for consent in world.rows(ConsentRow, contact_id=row.contact_id):
            session.delete(consent)

    world.write(forget)


def cooldown(world: World, row: Any) -> None:
    not_long_enough = world.workspace.actions[row.action].cooldown - timedelta(hours=1)
    earlier(world, row, not_long_enough, action=row.action)


def budget_exhausted(world: World, row: Any) -> None:
    spent = world.workspace.brief.budget.total
    earlier(world, row, timedelta(days=31), unit_id="A999999", contact_id="C999999", cost_jpy=spent)


def prefers(world: World, row: Any, kind: str, name: str = "", **values: Any) -> None:
    asked = PreferenceRow(contact_id=row.contact_id, kind=kind, name=name, changed_at=world.clock.now(), **values)
    world.write(lambda session: session.add(asked))


def topic_turned_off(world: World, row: Any) -> None:
    prefers(world, row, "topic", world.workspace.actions[row.action].topic.value)


def channel_turned_off(world: World, row: Any) -> None:
    prefers(world, row, "channel", "email")


def asked_for_a_pause(world: World, row: Any) -> None:
    prefers(world, row, "pause", until=world.clock.now() + timedelta(hours=1))


def asked_for_a_pause_without_end(world: World, row: Any) -> None:
    prefers(world, row, "pause")


def complained(world: World, row: Any) -> None:
    incident = {"campaign": CAMPAIGN, "unit_id": row.unit_id, "contact_id": "C999999", "kind": "complaint"}
    incident |= {"id": "I1", "owner": "sato", "opened_at": world.clock.now()}
    world.write(lambda session: session.add(IncidentRow(**incident)))


def own_limit(world: World, row: Any) -> None:
    prefers(world, row, "per_month", value="1")
    earlier(world, row, timedelta(days=29))


def paused(world: World, row: Any) -> None:
    pause = PauseRow(scope=CAMPAIGN, paused_by="sato", paused_at=world.clock.now(), reason="wrong price")
    world.write(lambda session: session.add(pause))


def everything_paused(world: World, row: Any) -> None:
    pause = PauseRow(scope="all", paused_by="sato", paused_at=world.clock.now(), reason="incident")
    world.write(lambda session: session.add(pause))


def capacity(world: World, row: Any) -> None:
    brief = world.one(CampaignRow, CAMPAIGN).brief
    one_a_week = {**brief, "capacity": {**brief["capacity"], "email_per_week": 1}}
    world.change(CampaignRow, CAMPAIGN, brief=one_a_week)
    earlier(world, row, timedelta(days=6), unit_id="A999999", contact_id="C999999")
    world.reopen()


def frequency_cap(world: World, row: Any) -> None:
    earlier(world, row, timedelta(days=3))
    earlier(world, row, timedelta(days=5))


def frequency_cap_of_a_month(world: World, row: Any) -> None:
    for days in (10, 15, 20, 25):
        earlier(world, row, timedelta(days=days))


def too_soon(world: World, row: Any) -> None:
    earlier(world, row, timedelta(hours=23))


def quiet_hours(world: World, row: Any) -> None:
    world.clock.moment = NIGHT


def weekend(world: World, row: Any) -> None:
    world.clock.moment = SATURDAY


#: Final for the message: the reason that its delivery, or its journey, ends with.
FINAL: dict[Setup, str] = {
    suppressed: "suppressed",
    no_consent: "no_consent",
    never_consented: "no_consent",
    cooldown: "cooldown",
    budget_exhausted: "budget_exhausted",
    topic_turned_off: "opted_out",
    channel_turned_off: "opted_out",
    asked_for_a_pause: "opted_out",
    asked_for_a_pause_without_end: "opted_out",
    complained: "complained",
}
#: These pass with time: the message is held.
PASSING: dict[Setup, str] = {
    paused: "paused",
    everything_paused: "paused",
    capacity: "capacity",
    frequency_cap: "frequency_cap",
    frequency_cap_of_a_month: "frequency_cap",
    too_soon: "too_soon",
    own_limit: "own_limit",
    quiet_hours: "quiet_hours",
    weekend: "quiet_hours",
}


def one_mail(world: World) -> DeliveryRow:
    row = next(row for row in world.deliveries().values() if row.action == "usage_digest")
    world.only([row.key])
    return row


def test_nothing_speaks_against_the_mail_that_the_other_tests_stop(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    row = one_mail(world)
    world.worker(way_out := Recorder()).run()
    assert way_out.ids == [row.message_id]


@pytest.mark.parametrize(("speak", "reason"), FINAL.items())
def test_guardrail_ends_the_mail_at_the_intent(company_anywhere: Company, speak: Setup, reason: str) -> None:
    world = company_anywhere("queued")
    row = one_mail(world)
    speak(world, row)
    world.worker(way_out := Recorder()).run()
    assert not way_out.sent
    ended = world.deliveries()[row.key]
    assert (ended.state, ended.reason, ended.reached_at) == ("suppressed", reason, None)


@pytest.mark.parametrize(("speak", "reason"), PASSING.items())
def test_guardrail_holds_the_mail_at_the_intent(company_anywhere: Company, speak: Setup, reason: str) -> None:
    world = company_anywhere("queued")
    row = one_mail(world)
    speak(world, row)
    world.worker(way_out := Recorder()).run()
    assert not way_out.sent
    held = world.deliveries()[row.key]
    assert (held.state, held.reason, held.reached_at) == ("queued", reason, None)
    assert held.due_at > world.clock.now()


def test_unreachable_contact_gets_nothing_at_the_intent(company: Company) -> None:
    """Here the gate speaks first: the approved address is not the contact's any more."""
    world = company("queued")
    row = one_mail(world)
    unreachable(world, row)
    world.worker(way_out := Recorder()).run()
    assert not way_out.sent
    assert (world.states()[row.key], world.deliveries()[row.key].reason) == ("suppressed", "approval_void")


def test_consent_withdrawn_between_claim_and_intent_stops_the_mail(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    row = one_mail(world)
    deliver = Worker._deliver

    def withdraw_first(worker: Worker, *args: Any) -> Any:
        assert world.states()[row.key] == "leased"
        no_consent(world, row)
        return deliver(worker, *args)

    with patch.object(Worker, "_deliver", withdraw_first):
        world.worker(way_out := Recorder()).run()
    assert not way_out.sent
    assert world.deliveries()[row.key].reason == "no_consent"


@pytest.mark.parametrize(("speak", "reason"), {unreachable: "unreachable", **FINAL}.items())
def test_guardrail_ends_the_journey_at_the_release(company: Company, speak: Setup, reason: str) -> None:
    world = company("written")
    world.approve_all()
    row = world.rows(DecisionRow, action="usage_digest")[0]
    speak(world, row)
    world.release()
    assert f"{row.id}/digest" not in world.deliveries()
    journey = world.one(JourneyRow, row.id)
    assert (journey.state, journey.reason) == ("stopped", reason)
    if speak is not budget_exhausted:
        assert len(world.deliveries()) > 20  # the others go on


@pytest.mark.parametrize(
    "harmless",
    [
        lambda world, row: prefers(world, row, "topic", "offers"),
        lambda world, row: prefers(world, row, "channel", "letter"),
        lambda world, row: prefers(world, row, "pause", until=world.clock.now()),
        lambda world, row: prefers(world, row, "per_month", value="1"),
        lambda world, row: earlier(world, row, timedelta(days=29), channel="audience"),
    ],
    ids=[
        "another topic",
        "another channel",
        "a pause that is over",
        "a limit not reached",
        "an audience is no message",
    ],
)
def test_what_a_customer_did_not_turn_off_still_reaches_them(company: Company, harmless: Setup) -> None:
    world = company("queued")
    row = one_mail(world)
    harmless(world, row)
    world.worker(way_out := Recorder()).run()
    assert way_out.ids == [row.message_id]


@pytest.mark.parametrize(
    ("listed", "leaves"),
    [((), False), (("@elsewhere.example",), False), ("domain", True), ("address", True)],
)
def test_before_live_only_listed_addresses_get_mail_from_a_server(company: Company, listed: Any, leaves: bool) -> None:
    world = company("queued")
    row = one_mail(world)
    address = world.one(ContactRow, row.contact_id).email
    allow = {"domain": ["@" + address.split("@")[1].upper()], "address": [address]}.get(listed, list(listed))
    brief = world.one(CampaignRow, CAMPAIGN).brief
    smtp = {"host": "127.0.0.1", "port": 1, "security": "none"}
    delivery = {"kind": "smtp", "smtp": smtp, "allow_list": allow}
    world.change(CampaignRow, CAMPAIGN, brief={**brief, "delivery": delivery})
    world.reopen()
    world.worker(way_out := Recorder()).run()
    assert bool(way_out.sent) is leaves
    assert world.deliveries()[row.key].reason == (None if leaves else "not_allowed")


def test_live_campaign_writes_to_everybody(company: Company) -> None:
    world = company("queued")
    row = one_mail(world)
    brief = world.one(CampaignRow, CAMPAIGN).brief
    delivery = {"kind": "smtp", "smtp": {"host": "127.0.0.1", "port": 1, "security": "none"}}
    world.change(CampaignRow, CAMPAIGN, brief={**brief, "delivery": delivery, "live": True})
    world.reopen()
    world.worker(way_out := Recorder()).run()
    assert way_out.ids == [row.message_id]


def test_quiet_hours_hold_until_eight_and_weekends_until_monday(company: Company) -> None:
    world = company("queued")
    row = one_mail(world)
    way_out = Recorder()
    friday_night = datetime(2026, 4, 3, 12, tzinfo=UTC)
    monday_eight = datetime(2026, 4, 5, 23, tzinfo=UTC)
    for moment in (friday_night, friday_night + timedelta(hours=12), monday_eight - timedelta(minutes=1)):
        world.clock.moment = moment
        world.worker(way_out).run()
        assert not way_out.sent
        assert world.deliveries()[row.key].due_at == monday_eight
    world.clock.moment = monday_eight
    world.worker(way_out).run()
    assert way_out.ids == [row.message_id]


def test_a_pause_ends_and_the_mail_leaves(company: Company) -> None:
    world = company("queued")
    row = one_mail(world)
    paused(world, row)
    world.worker(way_out := Recorder()).run()
    world.write(lambda session: session.delete(session.get(PauseRow, CAMPAIGN)))
    world.live(days=1)
    world.worker(way_out).run()
    assert way_out.ids == [row.message_id]


def test_capacity_counts_the_mails_of_the_same_batch(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    brief = world.one(CampaignRow, CAMPAIGN).brief
    five = {**brief, "capacity": {**brief["capacity"], "email_per_week": 5}}
    world.change(CampaignRow, CAMPAIGN, brief=five)
    world.reopen()
    mails = [row.message_id for row in world.deliveries().values() if row.channel == "email"]
    world.worker(way_out := Recorder()).run()
    assert len([ident for ident in way_out.ids if ident in mails]) == 5
    assert isinstance(world.clock, FixedClock) and world.clock.now() == MORNING

"""Promise 4: workers that die, stall, or work at once; on both databases."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from kizuna.delivery.worker import BATCH
from kizuna.domain.playbook import Channel
from kizuna.store import deliveries
from kizuna.store.leases import new_owner
from kizuna.store.tables import AttemptRow, DeliveryRow

from .transports import Recorder
from .world import CAMPAIGN, World

Company = Callable[..., World]


def dead_owner() -> str:
    """The name of a worker on this host whose process is gone."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host, _, number = new_owner().split("|")
    return f"{host}|{gone.pid}|{number}"


def one_mail(world: World) -> DeliveryRow:
    row = next(row for row in world.deliveries().values() if row.channel == "email")
    world.only([row.key])
    return row


def leave(world: World, row: DeliveryRow, state: str, owner: str, until: datetime) -> None:
    """As a worker left it."""
    reached = world.clock.now() if state == "intent" else None
    held = {"state": state, "owner": owner, "lease_until": until, "generation": 1, "reached_at": reached}
    world.change(DeliveryRow, row.key, **held)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def test_worker_that_died_before_the_intent_left_nothing(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    row = one_mail(world)
    leave(world, row, "leased", dead_owner(), soon())
    world.worker(way_out := Recorder()).run()
    assert way_out.ids == [row.message_id]
    assert world.states()[row.key] == "sent"
    assert [attempt.phase for attempt in by_time(world, row)] == ["put_back", "intent", "sent"]


def by_time(world: World, row: DeliveryRow) -> list[AttemptRow]:
    return sorted(world.rows(AttemptRow, key=row.key), key=lambda attempt: attempt.id or 0)


def test_intent_with_evidence_was_sent(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    row = one_mail(world)
    way_out = Recorder()
    way_out.send(b"as it left", message_id=row.message_id, channel=Channel.EMAIL, sender="", recipient=None)
    leave(world, row, "intent", dead_owner(), soon())
    world.worker(way_out).run()
    assert len(way_out.sent) == 1
    ended = world.deliveries()[row.key]
    assert (ended.state, ended.reason) == ("sent", "found_after_crash")
    assert ended.reached_at is not None and ended.place


def test_intent_whose_absence_is_certain_is_sent_now(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    row = one_mail(world)
    leave(world, row, "intent", dead_owner(), soon())
    world.worker(way_out := Recorder()).run()
    world.worker(way_out).run()
    assert way_out.ids == [row.message_id]


def test_intent_without_certainty_is_uncertain_and_never_resent(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    row = one_mail(world)
    leave(world, row, "intent", dead_owner(), soon())
    way_out = Recorder(knows=False)
    for _ in range(4):
        world.worker(way_out).run()
        world.live(days=1)
    assert not way_out.sent
    ended = world.deliveries()[row.key]
    assert ended.state == "uncertain"
    assert ended.reached_at is not None, "they may have been reached, so caps and gap count it"


def test_what_a_living_worker_holds_is_left_alone(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    row = one_mail(world)
    for state in ("leased", "intent"):
        leave(world, row, state, new_owner(), soon())
        world.worker(way_out := Recorder()).run()
        assert not way_out.sent
        assert world.states()[row.key] == state


def test_lease_that_ran_out_frees_what_another_host_held(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    row = one_mail(world)
    leave(world, row, "leased", "elsewhere/pid:[1]|1|abcd", soon())
    world.worker(way_out := Recorder()).run()
    assert not way_out.sent, "of processes on other hosts nothing is known"
    leave(world, row, "leased", "elsewhere/pid:[1]|1|abcd", datetime.now(UTC) - timedelta(seconds=1))
    world.worker(way_out).run()
    assert way_out.ids == [row.message_id]


def test_worker_that_lost_its_claim_changes_nothing(company_anywhere: Company) -> None:
    """It stalls while sending; its lease ends, another worker settles the delivery; then it wakes up."""
    world = company_anywhere("queued")
    row = one_mail(world)

    def stall(_message_id: str) -> None:
        world.change(DeliveryRow, row.key, lease_until=datetime.now(UTC) - timedelta(seconds=1))
        world.worker(Recorder(knows=False)).run()
        assert world.states()[row.key] == "uncertain"

    tally = world.worker(way_out := Recorder(knows=False, before=stall)).run()
    assert len(way_out.sent) == 1
    assert tally.counts == {"lost": 1}
    assert world.states()[row.key] == "uncertain"


def test_an_old_generation_is_fenced_off(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    row, owner, now = one_mail(world), new_owner(), world.clock.now()
    with world.workspace.store.write() as session:
        first = deliveries.claim(session, owner, CAMPAIGN, now, 1)[0]
    with world.workspace.store.write() as session:
        held = deliveries.held(session, first)
        assert held is not None
        deliveries.put_back(session, held, now, now, "worker_gone")
    with world.workspace.store.write() as session:
        second = deliveries.claim(session, owner, CAMPAIGN, now, 1)[0]
        assert (second.key, second.owner) == (row.key, first.owner)
        assert deliveries.held(session, first) is None
        assert deliveries.held(session, second) is not None


def test_two_workers_at_once_send_each_once(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    meeting = threading.Barrier(2, timeout=60)

    def wait_once(_message_id: str) -> None:
        if threading.get_ident() not in met:
            met.add(threading.get_ident())
            meeting.wait()

    met: set[int] = set()
    way_out = Recorder(before=wait_once)
    workers = [world.worker(way_out), world.worker(way_out)]
    with ThreadPoolExecutor(2) as pool:
        tallies = list(pool.map(lambda worker: worker.run(), workers))
    assert sorted(way_out.ids) == sorted(row.message_id for row in world.deliveries().values())
    assert set(world.states().values()) == {"sent", "handed_over"}
    assert all(sum(tally.counts.values()) >= BATCH for tally in tallies), "both had a share"


def test_queueing_twice_changes_nothing(company_anywhere: Company) -> None:
    world = company_anywhere("queued")
    row = one_mail(world)
    world.worker(Recorder()).run()
    sent = world.deliveries()[row.key]
    again = {**row.model_dump(), "state": "queued", "digest": "other"}
    world.write(lambda session: deliveries.enqueue(session, [again]))
    assert world.deliveries()[row.key] == sent
    world.worker(way_out := Recorder()).run()
    assert not way_out.sent


def test_failing_way_out_leaves_what_evidence_can_settle(company: Company) -> None:
    """The relay breaks in the middle of a batch: what left is sent once, the rest is tried again."""
    world = company("queued")

    def breaks(_message_id: str) -> None:
        if len(way_out.sent) == 3 and not broken:
            broken.append(True)
            raise ConnectionError("the relay went away")

    broken: list[bool] = []
    way_out = Recorder(before=breaks)
    with pytest.raises(ConnectionError):
        world.worker(way_out).run()
    assert len(way_out.sent) == 3
    for row in world.deliveries().values():
        if row.state == "intent":
            world.change(DeliveryRow, row.key, lease_until=datetime.now(UTC) - timedelta(seconds=1))
    world.worker(way_out).run()
    assert sorted(way_out.ids) == sorted(row.message_id for row in world.deliveries().values())


def test_campaigns_in_one_store_leave_each_others_messages_alone(company: Company) -> None:
    """Two briefs in one folder share a store; the worker of one knows nothing of the other's terms."""
    world = company("queued")
    row = next(iter(world.deliveries().values()))
    mine = world.worker()
    mine.terms = type(mine.terms)(
        brief=mine.terms.brief.model_copy(update={"name": "other-campaign"}), actions={}, caps=()
    )
    leave(world, row, "leased", dead_owner(), soon())
    mine.run()
    assert not world.mails() and set(world.states().values()) == {"queued", "leased"}

"""A relay that fails at any moment: the way out says truly whether the message left, and each message ends once."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from kizuna.domain.delivery import ENDED
from kizuna.domain.delivery_settings import Smtp
from kizuna.domain.errors import KizunaError, MayHaveLeft, NotSentYet, PauseSending, RefusedForGood
from kizuna.domain.playbook import Channel
from kizuna.store.tables import AttemptRow, DeliveryRow, PauseRow, SuppressionRow
from kizuna.tools import smtp
from kizuna.tools.pace import Pace
from kizuna.tools.smtp import SmtpRelay

from .faulty_relay import ACCEPT_THEN_DROP, DROP, SILENCE, FaultyRelay, Moment
from .world import World

ID = f"<{'ab' * 20}@nagare.example>"
MAIL = b"From: a@nagare.example\r\nSubject: x\r\n\r\n.dot at a line start\r\nend\r\n"


@contextmanager
def way_out(relay: FaultyRelay, **settings: Any) -> Iterator[SmtpRelay]:
    given = {"host": "127.0.0.1", "port": relay.port, "security": "none", "timeout_seconds": 1.0, **settings}
    out = SmtpRelay(Smtp(**given), secret=b"s" * 32, sleep=lambda seconds: None, dot_seconds=0.3)
    yield out
    out.close()


def send(out: SmtpRelay, message: bytes = MAIL) -> str:
    return out.send(
        message, message_id=ID, channel=Channel.EMAIL, sender="hello@nagare.example", recipient="b@kakuu.example"
    )


def failed(relay: FaultyRelay, message: bytes = MAIL) -> KizunaError:
    with way_out(relay) as out, pytest.raises(KizunaError) as refused:
        send(out, message)
    return refused.value


def test_a_message_arrives_as_it_was_with_the_servers_word_kept() -> None:
    with FaultyRelay() as relay, way_out(relay) as out:
        assert send(out) == "250 2.0.0 queued"
    assert [(one.envelope, one.recipient, one.message) for one in relay.kept] == [
        ("hello@nagare.example", "b@kakuu.example", MAIL)
    ]


def test_failures_come_back_to_an_address_that_names_the_message() -> None:
    with FaultyRelay() as relay, way_out(relay, bounces="bounces@nagare.example") as out:
        send(out)
    assert relay.kept[0].envelope.startswith("bounces+") and relay.kept[0].envelope.endswith("@nagare.example")


def test_nobody_listens() -> None:
    with FaultyRelay() as relay:
        pass
    assert isinstance(failed(relay), NotSentYet)


#: (moment, answer) -> what it means. Whatever comes before the dot left nothing.
FAULTS: list[tuple[Moment, str, type[KizunaError]]] = [
    ("greeting", DROP, NotSentYet),
    ("greeting", "421 4.3.2 shutting down", NotSentYet),
    ("greeting", "554 go away", PauseSending),
    ("ehlo", DROP, NotSentYet),
    ("mail", DROP, NotSentYet),
    ("mail", "451 4.3.0 busy", NotSentYet),
    ("mail", "550 5.1.8 bad sender", PauseSending),
    ("rcpt", DROP, NotSentYet),
    ("rcpt", "450 4.2.0 greylisted, try again in 300 seconds", NotSentYet),
    ("rcpt", "550 5.1.1 no such user", RefusedForGood),
    ("rcpt", "421 4.3.2 shutting down", NotSentYet),
    ("rcpt", "421 4.7.0 unusual rate", PauseSending),
    ("rcpt", "550 5.7.1 blocked by policy", PauseSending),
    ("data", DROP, NotSentYet),
    ("data", "451 4.3.0 busy", NotSentYet),
    ("data", "554 5.5.1 no valid recipients", RefusedForGood),
    ("dot", "451 4.3.0 try again", NotSentYet),
    ("dot", "421 4.7.0 unusual rate", PauseSending),
    ("dot", "552 5.3.4 too big", RefusedForGood),
    ("dot", "550 5.7.1 looks like spam", PauseSending),
]


@pytest.mark.parametrize(("moment", "answer", "meaning"), FAULTS)
def test_whatever_comes_instead_of_a_yes_says_that_it_did_not_leave(moment, answer, meaning) -> None:
    with FaultyRelay({moment: answer}) as relay:
        error = failed(relay)
    assert type(error) is meaning
    assert relay.kept == []


@pytest.mark.parametrize("answer", [DROP, ACCEPT_THEN_DROP, SILENCE, "what? no code here", "354 go on"])
def test_no_clear_reply_after_the_dot_means_that_it_may_have_left(answer) -> None:
    with FaultyRelay({"dot": answer}) as relay:
        assert type(failed(relay)) is MayHaveLeft


def test_a_server_that_breaks_off_inside_a_long_message_did_not_get_it() -> None:
    long = MAIL + b"x" * 70 + b"\r\n"
    with FaultyRelay({"body": DROP}) as relay:
        assert type(failed(relay, long * 200_000)) is NotSentYet
    assert relay.kept == []


def test_a_server_found_gone_right_before_the_dot_did_not_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    look = smtp.said_early
    monkeypatch.setattr(smtp, "said_early", lambda sock: (time.sleep(0.1), look(sock))[1])
    with FaultyRelay({"body": DROP}) as relay:
        assert type(failed(relay)) is NotSentYet


def test_the_wait_that_the_server_asks_for_is_handed_on() -> None:
    with FaultyRelay({"rcpt": "450 4.2.0 greylisted, try again in 300 seconds"}) as relay:
        error = failed(relay)
    assert isinstance(error, NotSentYet) and error.retry_after == timedelta(minutes=5)


def test_one_connection_carries_many_messages() -> None:
    with FaultyRelay() as relay, way_out(relay) as out:
        for _ in range(smtp.MESSAGES_PER_CONNECTION + 5):
            send(out)
        assert (len(relay.kept), relay.connections) == (smtp.MESSAGES_PER_CONNECTION + 5, 2)


def test_a_refused_recipient_does_not_cost_the_next_one_the_connection() -> None:
    with FaultyRelay({"rcpt": "550 5.1.1 no such user"}, times=1) as relay, way_out(relay) as out:
        with pytest.raises(RefusedForGood):
            send(out)
        send(out)
        assert (len(relay.kept), relay.connections) == (1, 1)


@pytest.mark.parametrize("answer", [DROP, "421 4.4.2 idle too long"])
def test_a_connection_that_slept_too_long_is_replaced_without_a_fuss(answer) -> None:
    with FaultyRelay() as relay, way_out(relay) as out:
        send(out)
        relay.faults, relay.times = {"mail": answer}, 1
        send(out)
        assert (len(relay.kept), relay.connections) == (2, 2)


def test_connecting_is_tried_a_few_times_and_then_rests() -> None:
    with FaultyRelay({"greeting": DROP}) as relay, way_out(relay) as out:
        for _ in range(5):
            with pytest.raises(NotSentYet):
                send(out)
        assert relay.connections == smtp.CONNECT_TRIES


def test_a_greeting_that_fails_once_is_tried_again_within_the_same_message() -> None:
    with FaultyRelay({"greeting": DROP}, times=1) as relay, way_out(relay) as out:
        send(out)
        assert relay.connections == 2


def test_the_data_phase_is_never_tried_again_by_itself() -> None:
    with FaultyRelay({"dot": ACCEPT_THEN_DROP}) as relay:
        failed(relay)
        assert len(relay.kept) == 1 and sum(line == "DATA" for line in relay.commands) == 1


def test_the_hourly_limit_is_kept_before_anything_is_said_to_the_server() -> None:
    with FaultyRelay() as relay:
        settings = Smtp(host="127.0.0.1", port=relay.port, security="none", per_hour=2)
        out = SmtpRelay(settings, secret=b"s" * 32, pace=Pace(2))
        send(out)
        send(out)
        with pytest.raises(NotSentYet) as refused:
            send(out)
        out.close()
    assert refused.value.retry_after is not None and timedelta(minutes=59) < refused.value.retry_after
    assert len(relay.kept) == 2


def test_a_relay_without_encryption_is_no_place_for_a_password() -> None:
    with (
        FaultyRelay() as relay,
        way_out(relay, security="starttls") as out,
        pytest.raises(PauseSending, match="does not offer"),
    ):
        send(out)
    assert relay.kept == [] and not any(line.startswith("AUTH") for line in relay.commands)


# through the worker and the store: each delivery has exactly one end


@dataclass
class Ending:
    """What became of one delivery, and of what it says about the world."""

    state: str
    reason: str | None
    kept: int
    suppressed: int
    paused: int


Company = Callable[..., World]


def ending(company: Company, faults: dict[Moment, str], *, ticks: int = 1, times: int | None = None) -> Ending:
    """One approved mail, a relay with these faults, and rounds of the worker an hour apart."""
    world = company("queued")
    key = next(row.key for row in world.rows(DeliveryRow) if row.channel == "email")
    world.only([key])
    with FaultyRelay(dict(faults), times=times) as relay:
        for _ in range(ticks):
            with way_out(relay) as out:
                world.worker(out).run()
            world.live(hours=1)
        row = world.one(DeliveryRow, key)
        ends = [one for one in world.rows(AttemptRow, key=key) if one.phase in {state.value for state in ENDED}]
        assert len(ends) == (row.state in ENDED), "one end each, and on record"
        return Ending(
            row.state, row.reason, len(relay.kept), len(world.rows(SuppressionRow)), len(world.rows(PauseRow))
        )


def test_a_message_that_the_relay_takes_is_sent_once(company: Company) -> None:
    assert ending(company, {}, ticks=3) == Ending("sent", None, kept=1, suppressed=0, paused=0)


@pytest.mark.parametrize(
    ("moment", "answer"),
    [("greeting", DROP), ("rcpt", "450 4.2.0 greylisted"), ("data", DROP), ("dot", "451 4.3.0 try again")],
)
def test_what_provably_did_not_leave_is_sent_later_once(company: Company, moment: Moment, answer: str) -> None:
    waiting = ending(company, {moment: answer})
    assert (waiting.state, waiting.kept, waiting.paused) == ("queued", 0, 0)


@pytest.mark.parametrize("moment", ["rcpt", "dot"])
def test_after_a_refusal_for_now_the_next_try_sends_it_once(company: Company, moment: Moment) -> None:
    assert ending(company, {moment: "451 4.3.0 busy"}, ticks=4, times=2) == Ending("sent", None, 1, 0, 0)


def test_an_address_that_does_not_exist_bounces_and_is_left_alone_from_then_on(company: Company) -> None:
    end = ending(company, {"rcpt": "550 5.1.1 no such user"}, ticks=2)
    assert end == Ending("bounced", "refused_by_server", kept=0, suppressed=1, paused=0)


def test_a_refused_message_fails_and_says_nothing_about_the_address(company: Company) -> None:
    end = ending(company, {"dot": "552 5.3.4 too big"}, ticks=2)
    assert end == Ending("failed", "refused_by_server", kept=0, suppressed=0, paused=0)


@pytest.mark.parametrize("answer", [DROP, ACCEPT_THEN_DROP, SILENCE])
def test_what_may_have_left_is_uncertain_and_never_sent_again(company: Company, answer: str) -> None:
    end = ending(company, {"dot": answer}, ticks=3, times=1)
    assert (end.state, end.reason) == ("uncertain", "may_have_left")
    assert end.kept == (answer != DROP)


@pytest.mark.parametrize("answer", ["550 5.7.1 looks like spam", "421 4.7.0 unusual rate"])
def test_a_server_that_says_stop_pauses_the_campaign_and_burns_no_message(company: Company, answer: str) -> None:
    end = ending(company, {"dot": answer}, ticks=3, times=1)
    assert (end.state, end.kept, end.suppressed, end.paused) == ("queued", 0, 0, 1)

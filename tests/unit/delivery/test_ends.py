"""How a try ends, by what the way out did: every case is one end, or a wait."""

from datetime import timedelta

import pytest
from kizuna.delivery.ends import RETRY_AFTER, End, try_once
from kizuna.domain.decision import Reason
from kizuna.domain.delivery import ENDED, DeliveryState
from kizuna.domain.errors import MayHaveLeft, NotSentYet, PauseSending, RefusedForGood
from kizuna.domain.playbook import Channel


def failing(error: Exception) -> End:
    def send() -> str:
        raise error

    return try_once(Channel.EMAIL, send)


@pytest.mark.parametrize(
    ("channel", "state"),
    [
        (Channel.EMAIL, DeliveryState.SENT),
        (Channel.LETTER, DeliveryState.SENT),
        (Channel.AUDIENCE, DeliveryState.SENT),
        (Channel.REP_DRAFT, DeliveryState.HANDED_OVER),
        (Channel.STAFF_TASK, DeliveryState.HANDED_OVER),
    ],
)
def test_what_left_is_sent_or_handed_over(channel: Channel, state: DeliveryState) -> None:
    end = try_once(channel, lambda: "250 ok")
    assert (end.state, end.place) == (state, "250 ok")


def test_what_did_not_leave_waits_as_long_as_the_server_said() -> None:
    assert failing(NotSentYet("busy", timedelta(minutes=3))).later == timedelta(minutes=3)
    end = failing(NotSentYet("busy"))
    assert (end.state, end.reason, end.later) == (None, Reason.TRY_LATER, RETRY_AFTER)


@pytest.mark.parametrize(
    ("code", "state", "is_bad"),
    [("5.1.1", DeliveryState.BOUNCED, True), ("5.2.2", DeliveryState.FAILED, False), ("", DeliveryState.FAILED, False)],
)
def test_only_a_bad_address_bounces_for_everybody(code: str, state: DeliveryState, is_bad: bool) -> None:
    end = failing(RefusedForGood("no", code))
    assert (end.state, end.address_is_bad) == (state, is_bad)
    assert end.state in ENDED


def test_a_server_that_wants_us_to_stop_makes_everything_wait() -> None:
    end = failing(PauseSending("5.7.1 spam"))
    assert end.everything_must_wait and end.state is None


def test_what_may_have_left_is_uncertain() -> None:
    assert failing(MayHaveLeft("no reply")).state is DeliveryState.UNCERTAIN


def test_the_unforeseen_is_not_taken_for_an_end() -> None:
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError())

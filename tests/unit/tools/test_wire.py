"""What goes over the wire (RFC 5321), the pace, and the addresses that failures come back to."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizuna.domain.bounce_address import bounce_address, message_behind
from kizuna.domain.delivery_settings import Smtp
from kizuna.domain.errors import NotSentYet, RefusedForGood
from kizuna.domain.token import make_token
from kizuna.tools.pace import Pace
from kizuna.tools.smtp import on_the_wire
from pydantic import ValidationError

SECRET = b"s" * 32
ID = "0123456789abcdef0123456789abcdef01234567"


def test_dots_at_line_starts_are_doubled_and_the_end_is_a_line_end() -> None:
    assert on_the_wire(b".a\r\nb.\r\n..c") == b"..a\r\nb.\r\n...c\r\n"


@pytest.mark.parametrize(
    "message",
    [
        b"a\nb\r\n",
        b"a\rb\r\n",
        b"a\r\n.\nMAIL FROM:<x@y.example>\r\n",
        b"x" * 999 + b"\r\n",
        "é\r\n".encode(),
        b"a\0\r\n",
    ],
)
def test_what_could_be_read_as_two_messages_or_be_cut_is_refused(message) -> None:
    with pytest.raises(RefusedForGood):
        on_the_wire(message)


@given(st.lists(st.text("ab.", max_size=5), min_size=1, max_size=6))
def test_no_line_of_a_message_can_end_it(lines) -> None:
    *sent, end = on_the_wire("".join(f"{line}\r\n" for line in lines).encode()).split(b"\r\n")
    assert b"." not in sent and end == b""
    assert [line.removeprefix(b".") if line.startswith(b".") else line for line in sent] == [x.encode() for x in lines]


def test_a_bounce_address_leads_back_to_its_message() -> None:
    address = bounce_address("bounces@nagare.example", f"<{ID}@nagare.example>", SECRET)
    assert message_behind(address, SECRET) == ID
    assert message_behind(address.upper(), SECRET) == ID, "relays may change capitals"
    local = address.split("@")[0]
    assert len(local) <= 64 and local.startswith("bounces+") and ID[:10] not in local


@pytest.mark.parametrize("forged", ["", "x", "bounces@nagare.example", f"bounces+{'a' * 48}@nagare.example"])
def test_a_forged_bounce_address_leads_nowhere(forged) -> None:
    assert message_behind(forged, SECRET) is None


def test_a_token_of_another_purpose_or_key_is_no_bounce_address() -> None:
    good = bounce_address("bounces@nagare.example", f"<{ID}@nagare.example>", SECRET)
    assert message_behind(good, b"t" * 32) is None
    assert message_behind(f"bounces+{make_token(SECRET, 'bounce', ID)}@nagare.example", SECRET) is None


def test_a_foreign_message_id_gets_the_plain_address() -> None:
    assert bounce_address("bounces@nagare.example", "<abc@x.example>", SECRET) == "bounces@nagare.example"


def test_the_pace_is_kept_over_any_hour() -> None:
    now = datetime(2026, 4, 1, tzinfo=UTC)
    pace = Pace(3, [now - timedelta(minutes=50), now - timedelta(minutes=90)], now=lambda: now)
    pace.check()
    pace.note()
    pace.note()
    with pytest.raises(NotSentYet) as refused:
        pace.check()
    assert refused.value.retry_after == timedelta(minutes=10)
    now += timedelta(minutes=11)
    pace.check()


def test_without_encryption_only_this_machine_is_allowed() -> None:
    Smtp(host="127.0.0.1", port=25, security="none")
    with pytest.raises(ValidationError, match="starttls"):
        Smtp(host="mail.nagare.example", port=25, security="none")

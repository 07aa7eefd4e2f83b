"""What a reply means: try later, never, or stop altogether."""

from datetime import timedelta

import pytest
from kizuna.domain.errors import NotSentYet, PauseSending, RefusedForGood
from kizuna.tools.smtp_replies import as_reply, refusal, wait_named_in

#: As large receivers and common servers really word them.
REPLIES = [
    (450, "4.2.0 <a@b.example>: Recipient address rejected: Greylisted for 300 seconds", "recipient", NotSentYet),
    (450, "4.7.1 <a@b.example>: Recipient address rejected: Greylisted", "recipient", NotSentYet),
    (451, "4.3.0 Mail server temporarily rejected message", "message", NotSentYet),
    (452, "4.2.2 The recipient's inbox is out of storage space", "recipient", NotSentYet),
    (421, "4.3.2 The system is not accepting network messages", "us", NotSentYet),
    (421, "4.7.0 Our system has detected an unusual rate of unsolicited mail", "message", PauseSending),
    (421, "4.7.28 Gmail has detected an unusual rate of mail", "recipient", PauseSending),
    (450, "4.7.26 This mail has been rate limited because it is unauthenticated", "message", PauseSending),
    (550, "5.1.1 The email account that you tried to reach does not exist", "recipient", RefusedForGood),
    (550, "User unknown", "recipient", RefusedForGood),
    (552, "5.3.4 Message size exceeds fixed limit", "message", RefusedForGood),
    (552, "5.2.2 Mailbox full", "recipient", RefusedForGood),
    (550, "5.7.26 This mail has been blocked because the sender is unauthenticated", "message", PauseSending),
    (550, "5.7.515 Access denied, sending domain does not meet the required authentication", "message", PauseSending),
    (554, "5.7.1 <a@b.example>: Relay access denied", "recipient", PauseSending),
    (554, "Message rejected as spam by Content Filtering", "message", PauseSending),
    (553, "5.1.8 Sender address rejected: Domain not found", "us", PauseSending),
    (530, "5.7.0 Must issue a STARTTLS command first", "us", PauseSending),
]


@pytest.mark.parametrize(("code", "text", "about", "meaning"), REPLIES)
def test_replies_of_real_servers_are_understood(code, text, about, meaning) -> None:
    assert type(refusal(as_reply(code, text), about)) is meaning


def test_the_servers_own_code_goes_on() -> None:
    error = refusal(as_reply(550, b"5.1.1 no such user"), "recipient")
    assert isinstance(error, RefusedForGood) and error.code == "5.1.1"
    plain = refusal(as_reply(550, b"no such user"), "recipient")
    assert isinstance(plain, RefusedForGood) and plain.code == "550"


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("Greylisted, try again in 300 seconds", timedelta(minutes=5)),
        ("please retry in 5 minutes", timedelta(minutes=5)),
        ("come back in 2 hours", timedelta(hours=2)),
        ("come back in 900 hours", timedelta(days=1)),
        ("4.2.1 over quota", None),
    ],
)
def test_the_wait_that_a_server_names_is_kept(text, wait) -> None:
    assert wait_named_in(text) == wait


def test_no_address_stays_in_what_is_kept_of_a_reply() -> None:
    said = str(as_reply(550, b"5.1.1 <Hanako.Sato@kakuu.example>: unknown\n5.1.1 to hanako@kakuu.example"))
    assert "@" not in said and "unknown" in said


def test_a_reply_is_one_short_line_without_control_characters() -> None:
    said = str(as_reply(550, b"a\r\nb\x1b[31m" + b"x" * 5000))
    assert "\n" not in said and "\x1b" not in said and len(said) < 320

"""Mail through an SMTP relay: one guarded connection, and for each message a true answer to "did it leave?".

Exactly once is impossible over SMTP (RFC 1047): between the final dot and its reply nobody can know. Here that window
is as small as it can be: the body goes first, the dot in a write of its own. Whatever fails before the dot provably
left nothing (RFC 5321, 4.1.1.4) and may be tried again; what fails after it is never sent again.
"""

import re
import smtplib
import ssl
import time
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import SecretStr
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from ..domain.bounce_address import bounce_address
from ..domain.delivery_settings import Smtp
from ..domain.errors import KizunaError, MayHaveLeft, NotSentYet, RefusedForGood
from ..domain.playbook import Channel
from .pace import Pace
from .smtp_connection import connect, said_early
from .smtp_replies import About, as_reply, refusal

#: The reply to the dot may take long (RFC 5321, 4.5.3.2.6); giving up early makes a message uncertain for ever.
DOT_SECONDS = 600.0
#: Tries to connect before the messages at hand wait for a later tick.
CONNECT_TRIES = 3
#: After such a failure no further message tries for so long.
REST_SECONDS = 30.0
#: Relays close a connection after so many messages, some without a word.
MESSAGES_PER_CONNECTION = 100
_LONGEST_LINE = 998
#: Printable ASCII without brackets and blanks; SMTPUTF8 can't be assumed (RFC 6531).
_ADDRESS = re.compile(r"[!-;=?-~]{1,200}@[A-Za-z0-9.-]{1,253}")
_DOT_AT_START = re.compile(rb"(?m)^\.")
Answer = TypeVar("Answer")


class SmtpRelay:
    """The relay as a way out. Keeps one connection open until `close`; not for several threads at once."""

    def __init__(
        self,
        settings: Smtp,
        *,
        secret: bytes,
        password: SecretStr | None = None,
        pace: Pace | None = None,
        trust: ssl.SSLContext | None = None,
        sleep: Callable[[float], None] = time.sleep,
        dot_seconds: float = DOT_SECONDS,
    ) -> None:
        """`secret` makes bounce addresses; `trust` replaces the system's certificate authorities."""
        self.settings, self._secret = settings, secret
        self._pace, self._sleep = pace or Pace(None), sleep
        if trust is None and settings.security != "none":
            trust = ssl.create_default_context()  # once: reading the authorities takes as long as hundreds of mails
        self._connect: Callable[[], smtplib.SMTP] = lambda: connect(settings, password, trust)
        self._dot_seconds = dot_seconds
        self._connection: smtplib.SMTP | None = None
        self._taken = 0
        self._resting: tuple[float, str] = (0.0, "")

    def send(self, message: bytes, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str:
        """Hand one mail to the relay and return its 250 reply.

        Raises NotSentYet, RefusedForGood or PauseSending where it certainly did not leave, MayHaveLeft where it may.
        """
        bounces = self.settings.bounces
        envelope = bounce_address(bounces, message_id, self._secret) if bounces else sender
        return self.submit(message, envelope=envelope, recipient=recipient or "")

    def submit(self, message: bytes, *, envelope: str, recipient: str) -> str:
        """The same, with the envelope sender named: for notices, whose failures come back to nobody's campaign."""
        body = on_the_wire(message)
        if not (_ADDRESS.fullmatch(recipient) and _ADDRESS.fullmatch(envelope)):
            raise RefusedForGood("a mail needs a plain address")
        self._pace.check()
        self._begin(envelope)
        self._ask(lambda server: server.docmd("RCPT", f"TO:<{recipient}>"), (250, 251), "recipient")
        self._ask(lambda server: server.docmd("DATA"), (354,), "message")
        reply = self._hand_over(body)
        self._pace.note()
        return reply

    def evidence(self, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str | None:
        """A relay can't be asked what it took: always raises MayHaveLeft."""
        raise MayHaveLeft("a mail relay can't be asked whether it took a message")

    def check(self) -> str:
        """Connect and log in without sending anything; returns what the server offers. Raises as `send` does."""
        connection = self._connect()
        offered = " ".join(sorted(connection.esmtp_features))
        connection.close()
        return offered

    def close(self) -> None:
        """Say good-bye, if the server still listens."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except (smtplib.SMTPException, OSError):
                connection.close()  # nothing depends on the good-bye

    # one message, phase by phase

    def _begin(self, envelope: str) -> None:
        """MAIL FROM; a connection that died since the last message is replaced, as nothing has left by then."""
        if self._connection is not None and self._taken < MESSAGES_PER_CONNECTION:
            try:
                code, text = self._connection.docmd("MAIL", f"FROM:<{envelope}>")
            except (smtplib.SMTPException, OSError):
                code, text = 421, b""
            if code == 250:
                return
            if code != 421:
                raise self._refused(code, text, "us")
        self.close()
        self._connection, self._taken = self._open(), 0
        self._ask(lambda server: server.docmd("MAIL", f"FROM:<{envelope}>"), (250,), "us")

    def _open(self) -> smtplib.SMTP:
        """Connect, a few times if need be; after a failure the next messages don't try at once."""
        until, why = self._resting
        if time.monotonic() < until:
            raise NotSentYet(why)
        retrying = Retrying(
            stop=stop_after_attempt(CONNECT_TRIES),
            wait=wait_random_exponential(multiplier=0.5, max=5),  # full jitter
            retry=retry_if_exception_type(NotSentYet),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._connect)
        except NotSentYet as error:
            self._resting = (time.monotonic() + REST_SECONDS, str(error))
            raise

    def _ask(self, command: Callable[[smtplib.SMTP], tuple[int, bytes]], wanted: tuple[int, ...], about: About) -> None:
        code, text = self._before_the_dot(command)
        if code not in wanted:
            raise self._refused(code, text, about)

    def _before_the_dot(self, step: Callable[[smtplib.SMTP], Answer]) -> Answer:
        """A step after which nothing has left: a connection that breaks here is a matter of trying again."""
        assert self._connection is not None
        try:
            return step(self._connection)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise NotSentYet(f"the connection broke before the message was complete: {named(error)}") from error

    def _hand_over(self, body: bytes) -> str:
        """The body, a last look whether the server is still there, then the dot and its reply."""
        self._before_the_dot(lambda server: server.send(body))
        early = self._before_the_dot(lambda server: said_early(_socket(server)))
        if early is not None:
            self._drop()
            raise NotSentYet(f"the mail server broke off before the message was complete: {as_reply(0, early).text}")
        connection = self._connection
        assert connection is not None
        try:
            _socket(connection).settimeout(max(self._dot_seconds, self.settings.timeout_seconds))
            connection.send(b".\r\n")
            code, text = connection.getreply()
            _socket(connection).settimeout(self.settings.timeout_seconds)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise MayHaveLeft(f"no reply after the end of the message: {named(error)}") from error
        self._taken += 1
        return self._judged(code, text)

    def _judged(self, code: int, text: bytes) -> str:
        """The reply to the dot: 2xx is the only yes, 4xx and 5xx are a sure no, anything else tells nothing."""
        if 200 <= code < 300:
            return str(as_reply(code, text))
        if 400 <= code < 600:
            raise self._refused(code, text, "message")
        self._drop()
        raise MayHaveLeft(f"no readable reply after the end of the message: {as_reply(code, text)}")

    def _refused(self, code: int, text: bytes, about: About) -> KizunaError:
        """The error for a refusal; the connection stays in order for the next message, or goes."""
        error = refusal(as_reply(code, text), about)
        try:
            if code == 421 or self._connection is None or self._connection.rset()[0] != 250:
                self._drop()
        except (smtplib.SMTPException, OSError):
            self._drop()
        return error

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def on_the_wire(message: bytes) -> bytes:
    """The message as DATA carries it, but for the last dot: dots doubled at line starts, CRLF at the end.

    Refuses what could be read as two messages or cut on its way: bare line ends (SMTP smuggling), lines over 998
    octets, anything but ASCII (8BITMIME can't be assumed); RFC 5321, 4.5.2 and 4.5.3.1.6.
    """
    ends = message.count(b"\r\n")
    if message.count(b"\n") != ends or message.count(b"\r") != ends or not message.isascii() or b"\0" in message:
        raise RefusedForGood("the message holds a bare line end, or bytes that are not ASCII")
    if max(map(len, message.split(b"\r\n"))) > _LONGEST_LINE:
        raise RefusedForGood(f"the message holds a line over {_LONGEST_LINE} octets")
    body = _DOT_AT_START.sub(b"..", message) if b"\n." in message or message.startswith(b".") else message
    return body if body.endswith(b"\r\n") else body + b"\r\n"


def named(error: Exception) -> str:
    """What broke, without what the server or we said: that may hold an address."""
    return type(error.__cause__ or error.__context__ or error).__name__


def _socket(connection: smtplib.SMTP) -> Any:
    if connection.sock is None:
        raise smtplib.SMTPServerDisconnected("not connected")
    return connection.sock

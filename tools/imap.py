"""Mailboxes by IMAP (RFC 3501): put a draft into a rep's, read what came back in ours. Certificates are checked."""

import imaplib
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import SecretStr

from ..domain.delivery_settings import Mailboxes, Server
from ..domain.errors import KizunaError, NotSentYet
from ..domain.playbook import Channel

#: No more of a message is read than this: bounces and replies say what they mean at their beginning.
LARGEST_READ_BYTES = 512 * 1024
_BROKEN = (imaplib.IMAP4.error, OSError)
Found = TypeVar("Found")
_PLAIN_ID = re.compile(r"<[\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]+>")  # no quote, backslash or angle inside


class MailboxClosed(KizunaError):
    """The mailbox can't be used now; the message says why, without any password."""


@dataclass(frozen=True)
class Arrived:
    """A message in the mailbox, and where it lies there."""

    uid: int
    raw: bytes


class OpenMailbox:
    """A mailbox after log-in, one folder of it."""

    def __init__(self, connection: imaplib.IMAP4, folder: str) -> None:
        self._connection, self.folder = connection, folder

    def find(self, message_id: str) -> int | None:
        """The UID of the message with this Message-ID, if it lies in the folder."""
        if not _PLAIN_ID.fullmatch(message_id):
            raise ValueError(f"{message_id!r} can't be looked for")
        self._select()
        found = self._checked(self._connection.uid("SEARCH", "HEADER", "Message-ID", f'"{message_id}"'))[0]
        return max(map(int, found.split()), default=None) if found else None

    def put_draft(self, message: bytes) -> None:
        """Add a message, marked as a draft."""
        self._checked(self._connection.append(_named(self.folder), r"(\Draft)", "", message))

    def validity(self) -> int:
        """UIDs mean what they meant before as long as this number stays (RFC 3501, 2.3.1.1)."""
        self._select()
        _, answer = self._connection.response("UIDVALIDITY")
        return int(answer[0] or 0) if answer else 0

    def after(self, uid: int, at_most: int) -> Iterator[Arrived]:
        """Messages with a higher UID, the oldest first. They stay unread in the mailbox."""
        self._select()
        found = self._checked(self._connection.uid("SEARCH", "UID", f"{uid + 1}:*"))[0] or b""
        newer = sorted(number for number in map(int, found.split()) if number > uid)  # `n:*` always has the last one
        for number in newer[:at_most]:
            parts = self._checked(
                self._connection.uid("FETCH", str(number), f"(UID BODY.PEEK[]<0.{LARGEST_READ_BYTES}>)")
            )
            raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
            if raw is not None:  # else somebody took it away meanwhile
                yield Arrived(number, bytes(raw))

    def _select(self) -> None:
        self._checked(self._connection.select(_named(self.folder), readonly=True))

    def _checked(self, answer: tuple[str, list[Any]]) -> list[Any]:
        state, data = answer
        if state != "OK":
            raise MailboxClosed(f"the mail server refused it for the folder {self.folder!r}")
        return data


@contextmanager
def open_mailbox(
    server: Server, folder: str, user: str, password: SecretStr | None, trust: ssl.SSLContext | None = None
) -> Iterator[OpenMailbox]:
    """Connect, log in, and leave in the end. Whatever breaks is a MailboxClosed."""
    place = f"{server.host}:{server.port}"
    connection: imaplib.IMAP4 | None = None
    try:
        connection = _connected(server, trust or ssl.create_default_context())
        if user and password is not None:
            _log_in(connection, user, password)
        yield OpenMailbox(connection, folder)
    except ssl.SSLCertVerificationError as error:
        raise MailboxClosed(f"the certificate of {place} can't be trusted: {error.verify_message}") from None
    except _BROKEN as error:
        raise MailboxClosed(f"{place} can't be used: {type(error).__name__}") from None
    finally:
        if connection is not None:
            _leave(connection)


class RepMailboxes:
    """Reps' drafts put into their own mailboxes. Looking before adding makes it safe to try again at any time."""

    def __init__(self, settings: Mailboxes, password: SecretStr | None, trust: ssl.SSLContext | None = None) -> None:
        self.settings, self._password, self._trust = settings, password, trust

    def send(self, message: bytes, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str:
        """Put the draft into the sender's folder, unless it lies there already. Raises NotSentYet alone."""

        def put(mailbox: OpenMailbox) -> str:
            if mailbox.find(message_id) is None:
                mailbox.put_draft(message)
            return f"imap/{mailbox.folder}/{mailbox.find(message_id)}"

        try:
            return self._within(sender, put)
        except MailboxClosed as error:
            raise NotSentYet(f"the draft can't be put into the rep's mailbox: {error}") from error

    def evidence(self, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str | None:
        """Where the draft lies. None also where the mailbox can't be asked now: trying again looks before it adds."""

        def look(mailbox: OpenMailbox) -> str | None:
            uid = mailbox.find(message_id)
            return f"imap/{mailbox.folder}/{uid}" if uid is not None else None

        try:
            return self._within(sender, look)
        except MailboxClosed:
            return None

    def close(self) -> None:
        """Nothing stays open."""

    def _within(self, address: str, do: Callable[[OpenMailbox], Found]) -> Found:
        user = user_of(self.settings, address)
        with open_mailbox(self.settings, self.settings.folder, user, self._password, self._trust) as mailbox:
            return do(mailbox)


def user_of(settings: Server, address: str) -> str:
    """The log-in for this mailbox."""
    return settings.user.replace("{mailbox}", address)


def _connected(server: Server, trust: ssl.SSLContext) -> imaplib.IMAP4:
    if server.security == "tls":
        return imaplib.IMAP4_SSL(server.host, server.port, ssl_context=trust, timeout=server.timeout_seconds)
    connection = imaplib.IMAP4(server.host, server.port, timeout=server.timeout_seconds)
    try:
        if server.security == "starttls":
            connection.starttls(trust)
    except BaseException:
        connection.shutdown()
        raise
    return connection


def _log_in(connection: imaplib.IMAP4, user: str, password: SecretStr) -> None:
    try:
        connection.login(user, password.get_secret_value())
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        raise MailboxClosed(f"the log-in of {user} is refused") from None
    except UnicodeError:
        raise MailboxClosed(f"the log-in of {user} is not ASCII, which IMAP can't carry") from None


def _leave(connection: imaplib.IMAP4) -> None:
    try:
        connection.logout()
    except _BROKEN:
        connection.shutdown()


def _named(folder: str) -> str:
    """A folder's name as IMAP wants it: modified UTF-7 (RFC 3501, 5.1.3), quoted."""
    parts = re.split(r"([^\x20-\x7e]+)", folder)
    written = "".join(_shifted(part) if number % 2 else part.replace("&", "&-") for number, part in enumerate(parts))
    return '"' + written.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shifted(text: str) -> str:
    return "&" + b64encode(text.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"

"""Builds the bytes of a mail (RFC 5322, 2047, 2045, 8058) from an approved draft, by hand and guarded.

The standard library's generator lets `=?utf-8?q?=0D=0A...?=` in a subject become a header on Python 3.11.7
(CVE-2024-6923) and is 70 times slower. Here every dynamic header text passes a guard, and the header block is
read back: it must hold exactly the headers that were meant.
"""

import base64
import hashlib
import hmac
import re
import unicodedata
from datetime import UTC, datetime
from email import policy
from email.parser import BytesHeaderParser
from email.utils import format_datetime

from ..domain.draft import Addressee, Draft, Party
from ..domain.errors import KizunaError
from ..domain.playbook import Channel

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9.-]{8,128}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+>")
_URL = re.compile(r"https://[A-Za-z0-9._~:/?#\[\]@!$&'()*+;=%-]{3,900}")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_READER = BytesHeaderParser(policy=policy.compat32)
_WORD_BYTES = 45  # 60 characters of base64 in an encoded word; with its frame under the 75 of RFC 2047
_LINE = 998

Header = tuple[str, str]


class HeaderRefused(KizunaError):
    """A header of this mail holds what no honest mail holds; nothing is built."""


def build_message(
    draft: Draft,
    *,
    organisation: str,
    message_id: str,
    date: datetime,
    unsubscribe_url: str | None,
    campaign: str,
) -> bytes:
    """The draft as a mail, ready for the wire or for a rep's mailbox. Same input, same bytes."""
    envelope = _envelope(draft, message_id, date)
    boundary = f"=_kizuna_{hashlib.sha256(message_id.encode()).hexdigest()[:40]}"
    headers = [
        *envelope,
        ("Organization", _words(organisation, "organisation")),
        ("Feedback-ID", _feedback_id(campaign, draft.action, draft.step)),
        *_by_channel(draft, unsubscribe_url),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode("ascii")
    _read_back(head, headers)
    parts = (_part("plain", draft.text, boundary), _part("html", draft.html, boundary))
    return b"\r\n".join((head, *parts, f"--{boundary}--\r\n".encode()))


def message_id(key: str, secret: bytes, domain: str) -> str:
    """The same for the same idempotency key on every try; tells nobody else what the key was."""
    if not _DOMAIN.fullmatch(domain):
        raise HeaderRefused(f"{domain!r} is no domain for a Message-ID")
    return f"<{hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()[:40]}@{domain}>"


def guarded(text: str, what: str) -> str:
    """Text that may stand in a header: visible, on one line, and not posing as an encoded word."""
    if "=?" in text:
        raise HeaderRefused(f"the {what} holds `=?`, which would be read as encoded text")
    for char in text:
        if unicodedata.category(char) in _REFUSED:
            raise HeaderRefused(f"the {what} holds an invisible or control character (U+{ord(char):04X})")
    return text.strip()


def _envelope(draft: Draft, message_id: str, date: datetime) -> list[Header]:
    if not _MESSAGE_ID.fullmatch(message_id):
        raise HeaderRefused("the Message-ID must read `<id@domain>`")
    if date.tzinfo is None:
        raise HeaderRefused("the date of a mail needs a time zone")
    subject = _words(draft.subject, "subject")
    if not subject:
        raise HeaderRefused("a mail needs a subject")
    return [
        ("From", _mailbox(draft.sender, draft.recipient)),
        ("To", _address(draft.recipient.email or "", "recipient")),  # no name: it is the customer's text
        ("Subject", subject),
        ("Date", format_datetime(date.astimezone(UTC))),
        ("Message-ID", message_id),
    ]


def _by_channel(draft: Draft, unsubscribe_url: str | None) -> list[Header]:
    """A rep's draft opens as something to send; the company's mail says how to leave in one click."""
    if draft.channel is Channel.REP_DRAFT:
        return [("X-Unsent", "1")]
    if unsubscribe_url is None or not _URL.fullmatch(unsubscribe_url) or "=?" in unsubscribe_url:
        raise HeaderRefused("a mail to a customer needs a plain https address to unsubscribe")
    return [
        ("List-Unsubscribe", f"\r\n <{unsubscribe_url}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Auto-Submitted", "auto-generated"),
    ]


def _feedback_id(campaign: str, action: str, step: str) -> str:
    parts = [guarded(part, "Feedback-ID") for part in (campaign, action, step)]
    return ":".join([*(re.sub(r"[^A-Za-z0-9._-]", "_", part) or "_" for part in parts), "kizuna"])


def _mailbox(sender: Party, recipient: Addressee) -> str:
    address = _address(sender.email, "sender")
    name = guarded(sender.name, "sender's name")
    if "@" in name:
        raise HeaderRefused("the sender's name must not look like an address")
    if _poses_as(name, recipient.name):
        raise HeaderRefused("the sender's name must not hold the recipient's name")
    if not name:
        return address
    if name.isascii() and len(name) <= 60:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{_encoded(name)}\r\n <{address}>"


def _poses_as(name: str, recipient: str) -> bool:
    """Whether the sender's name holds the recipient's full name (Google counts it as deception).

    Names of one word are left alone: a rep and a customer may share a family name.
    """
    words = unicodedata.normalize("NFKC", recipient).casefold().split()
    theirs = unicodedata.normalize("NFKC", name).casefold()
    return len(words) > 1 and (" ".join(words) in " ".join(theirs.split()) or _ja_inside(words, theirs))


def _ja_inside(words: list[str], name: str) -> bool:
    joined = "".join(words)
    return len(joined) >= 3 and not joined.isascii() and joined in "".join(name.split())


def _address(email: str, what: str) -> str:
    if not _ADDRESS.fullmatch(email) or len(email) > 254 or "=?" in email:
        raise HeaderRefused(f"the address of the {what} is no plain mail address")
    return email


def _words(text: str, what: str) -> str:
    """Header text: plain where short ASCII, else encoded words."""
    text = guarded(text, what)
    return text if text.isascii() and len(text) <= 66 else _encoded(text)


def _encoded(text: str) -> str:
    """RFC 2047 encoded words, cut between characters, each on its own line."""
    chunks: list[bytes] = [b""]
    for char in text:
        piece = char.encode()
        if len(chunks[-1]) + len(piece) > _WORD_BYTES:
            chunks.append(b"")
        chunks[-1] += piece
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in chunks)


def _part(kind: str, text: str, boundary: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    try:
        body = base64.encodebytes(lines.encode()).rstrip(b"\n").replace(b"\n", b"\r\n")
    except UnicodeEncodeError as error:
        raise HeaderRefused(f"the {kind} part holds what is no text: {error.reason}") from error
    head = f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + body


def _read_back(head: bytes, meant: list[Header]) -> None:
    """What a receiver will read must be the headers that were meant: no more, no fewer, no other."""
    if [name for name, _ in meant] != _READER.parsebytes(head).keys():
        raise HeaderRefused("read back, the mail has other headers than it was given")
    bare = head.replace(b"\r\n", b"")
    if b"\r" in bare or b"\n" in bare or any(len(line) > _LINE for line in head.split(b"\r\n")):
        raise HeaderRefused("a header holds a bare line end, or a line over 998 octets")

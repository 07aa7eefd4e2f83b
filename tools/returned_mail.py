"""Reads a mail that came back to us: a bounce (RFC 3464), a complaint (RFC 5965), an automatic answer, or a reply.

What stands in it was written by anybody: it is only ever sorted and cut down here, never believed. Whether it is about
a message of ours is told by tokens and ids that only our messages carry; the caller checks them.
"""

import hashlib
import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import Message
from html.parser import HTMLParser
from typing import Literal

Kind = Literal["bounce", "complaint", "automatic", "reply"]

LONGEST_TEXT = 4000
_MOST_PARTS = 50
_MOST_REFERENCES = 20
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")
_MESSAGE_ID = re.compile(r"<([0-9a-f]{40})@[A-Za-z0-9.-]{1,190}>")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
#: Lines that are not the writer's own: quotes, and what mail programs put above them.
_QUOTED = re.compile(
    r"^(>|on .{4,160} wrote:$|.{0,80}\d{4}[年/.-]\d{1,2}[月/.-]\d{1,2}.{0,120}[:：]$|\d{4}年.{0,100}<[^>]+@[^>]+>)",
    re.IGNORECASE,
)
#: From here on everything is the message that is answered.
_END = re.compile(
    r"^(-{2,}\s*(original message|forwarded message|元のメッセージ|転送)|_{10,}$|from:\s.+@|(差出人|送信者)\s*[:：])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ReturnedMail:
    """`ours`: left parts of Message-IDs of our making that it names. `addressed`: the addresses it was sent to.

    `status` is the RFC 3463 code of a bounce; `is_final` whether the other side has given up.
    """

    kind: Kind
    id: str
    addressed: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()
    status: str = ""
    is_final: bool = False
    text: str = ""


_HIDDEN = ("script", "style", "head", "title", "blockquote")


@dataclass
class _Words(HTMLParser):
    """The words of an HTML page, without scripts, styles, quotes and tags."""

    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        if tag in ("p", "br", "div", "tr", "li"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def read_returned(raw: bytes) -> ReturnedMail:
    """Sort a mail. Anything unreadable in it is left out; the same bytes give the same id."""
    mail = message_from_bytes(raw, policy=policy.compat32)
    parts = [part for _, part in zip(range(_MOST_PARTS), mail.walk(), strict=False)]
    ident = hashlib.sha256(_header(mail, "Message-ID").strip().encode() or raw).hexdigest()[:32]
    addressed = _addresses(mail, _TO)
    report = str(mail.get_param("report-type", "")).lower() if mail.get_content_type() == "multipart/report" else ""
    if report == "delivery-status":
        status, is_final = _delivery_status(parts)
        return ReturnedMail("bounce", ident, addressed, _returned_ids(parts), status, is_final)
    if report == "feedback-report" and _is_complaint(parts):
        senders = tuple(a for part in parts for a in _addresses(part, ("Return-Path", "Original-Mail-From")))
        fields = tuple(
            a for part in _fields(parts, "message/feedback-report") for a in _addresses(part, ("Original-Mail-From",))
        )
        return ReturnedMail("complaint", ident, (*addressed, *senders, *fields), _returned_ids(parts))
    ours = _ids(f"{_header(mail, 'In-Reply-To')} {_header(mail, 'References')}")
    if report or _is_automatic(mail):
        return ReturnedMail("automatic", ident, addressed, ours)
    return ReturnedMail("reply", ident, addressed, ours, text=_own_words(parts))


def _is_automatic(mail: Message) -> bool:
    """RFC 3834, 2: such mails are never taken for a person's words, and never answered."""
    said = _header(mail, "Auto-Submitted").split(";")[0].strip().lower()
    return (
        said not in ("", "no")
        or _header(mail, "Precedence").strip().lower() in ("bulk", "list", "junk", "auto_reply")
        or _header(mail, "Return-Path").strip() == "<>"
        or any(mail.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "List-Id"))
    )


def _delivery_status(parts: list[Message]) -> tuple[str, bool]:
    """(status, whether the other side has given up): of the first recipient that failed, else of the first named."""
    found = [
        (match[1] if (match := _STATUS.search(_header(one, "Status"))) else "", _header(one, "Action").strip().lower())
        for one in _fields(parts, "message/delivery-status")
        if one.get("Action") is not None
    ]
    for status, action in found:
        if action == "failed":
            return status, True
    return (found[0][0], False) if found else ("", False)


def _is_complaint(parts: list[Message]) -> bool:
    kinds = [_header(one, "Feedback-Type").strip().lower() for one in _fields(parts, "message/feedback-report")]
    return any(kind and kind != "not-spam" for kind in kinds)


def _fields(parts: list[Message], content_type: str) -> list[Message]:
    """The groups of header-like fields in a report's parts."""
    found: list[Message] = []
    for part in parts:
        if part.get_content_type() != content_type:
            continue
        inside = part.get_payload()
        if isinstance(inside, list):
            found += [one for one in inside if isinstance(one, Message)]
        else:
            found.append(message_from_bytes(_bytes(part), policy=policy.compat32))
    return found


def _returned_ids(parts: list[Message]) -> tuple[str, ...]:
    """Our Message-IDs among the headers of the message that is returned."""
    inner = [part for part in parts[1:] if part.get("Message-ID") is not None]
    headers = [
        _bytes(part)[:20_000].decode("latin-1") for part in parts if part.get_content_type() == "text/rfc822-headers"
    ]
    return _ids(" ".join([*(_header(part, "Message-ID") for part in inner), *headers]))


def _ids(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(text)))[:_MOST_REFERENCES]


def _addresses(mail: Message, names: tuple[str, ...]) -> tuple[str, ...]:
    said = " ".join(str(value) for name in names for value in mail.get_all(name, []))
    return tuple(dict.fromkeys(_ADDRESS.findall(said)))[:_MOST_REFERENCES]


def _header(mail: Message, name: str) -> str:
    return str(mail.get(name, ""))


def _own_words(parts: list[Message]) -> str:
    """What the writer added, as plain text: quotes, tags and control characters gone, cut at LONGEST_TEXT."""
    for content_type in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == content_type and part.get_content_disposition() != "attachment":
                text = _decoded(part)
                return _unquoted(_without_tags(text) if content_type == "text/html" else text)
    return ""


def _decoded(part: Message) -> str:
    raw = _bytes(part)[: LONGEST_TEXT * 25]
    try:
        return raw.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _without_tags(text: str) -> str:
    words = _Words()
    words.feed(text)
    return "".join(words.parts)


def _unquoted(text: str) -> str:
    kept: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        beginning = line.strip()[:400]
        if _END.match(beginning):
            break
        if not _QUOTED.match(beginning):
            kept.append("".join(c for c in line if c.isprintable() or c == "\t"))
    return "\n".join(kept).strip()[:LONGEST_TEXT]

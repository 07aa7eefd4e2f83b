"""What a mail server's reply means for a message (RFC 5321, 4.2; RFC 3463; the codes of large receivers)."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from ..domain.errors import KizunaError, NotSentYet, PauseSending, RefusedForGood

#: What a refusal is about: us (greeting, log-in, sender), this recipient, or this message.
About = Literal["us", "recipient", "message"]

_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"]+@[^\s<>()\[\]:;,\"]+")
_AGAIN_IN = re.compile(r"\b(\d{1,6})\s*(second|sec|s|minute|min|m|hour|hr|h)(?:s|utes|onds)?\b", re.IGNORECASE)
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600}
_GREYLISTED = re.compile(r"gr[ae]y.?list", re.IGNORECASE)
#: Words of a policy refusal, for servers that give no enhanced code.
_POLICY = re.compile(r"\b(spam|block(ed|list)|blacklist|polic(y|ies)|reputation|dmarc|spf|dkim)\b", re.IGNORECASE)
_LONGEST_WAIT = timedelta(days=1)
_LONGEST_TEXT = 300


@dataclass(frozen=True)
class Reply:
    """A server's reply. `text` is one line, cut, without mail addresses: it is kept in records."""

    code: int
    enhanced: str
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


def as_reply(code: int, raw: bytes | str) -> Reply:
    """A reply as smtplib returns it."""
    said = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    text = "".join(c if c.isprintable() else " " for c in " ".join(said.split()))
    found = _ENHANCED.search(text[:40])
    return Reply(code, found[1] if found else "", _ADDRESS.sub("(address)", text)[:_LONGEST_TEXT])


def refusal(reply: Reply, about: About) -> KizunaError:
    """The error that a reply other than the expected one stands for.

    4xx: try later. 5xx: never. Unless the reply says that we are unwelcome: x.7.x, or any 5xx about us, means that
    the next message would fare no better, so a person should look (Gmail answers 421 4.7.0, 550 5.7.26 and so on).
    """
    if _says_stop(reply, about):
        return PauseSending(f"the mail server wants us to stop: {reply}")
    if reply.code >= 500:
        return RefusedForGood(f"the mail server refused it: {reply}", code=reply.enhanced or str(reply.code))
    return NotSentYet(f"the mail server can't take it now: {reply}", retry_after=wait_named_in(reply.text))


def wait_named_in(text: str) -> timedelta | None:
    """How long the server asks us to wait (`try again in 5 minutes`), up to a day; None where it does not say."""
    found = _AGAIN_IN.search(text)
    if found is None:
        return None
    return min(timedelta(seconds=int(found[1]) * _UNIT_SECONDS[found[2][0].lower()]), _LONGEST_WAIT)


def _says_stop(reply: Reply, about: About) -> bool:
    if _GREYLISTED.search(reply.text) and reply.code < 500:
        return False  # 450 4.7.1 too, but it passes by itself
    if reply.enhanced[1:3] == ".7":
        return True
    if reply.code >= 500 and not reply.enhanced and _POLICY.search(reply.text):
        return True
    return reply.code >= 500 and about == "us"

"""Signed calls to our own systems: tasks for staff, memberships in audiences, notices.

The receiver checks `Kizuna-Signature: t=<unix seconds>,v1=<hex>`, where v1 is HMAC-SHA256 with the shared secret over
`<t>.` and the body, and refuses old t. It must take each `Idempotency-Key` once and answer a repeat with 2xx or 409:
then a call that timed out can be repeated without harm, which is what happens here.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import timedelta

from pydantic import SecretStr

from ..domain.delivery_settings import Webhook
from ..domain.errors import NotSentYet, PauseSending, RefusedForGood
from ..domain.playbook import Channel
from .guarded_https import Answer, NotReached, exchange

#: Sends a body with headers to an address: `exchange`, or a test's own.
Poster = Callable[..., Answer]
_LONGEST_WAIT = timedelta(days=1)
#: The receiver is not what the brief says it is; the next call would fare no better.
_MISPLACED = frozenset({401, 403, 404, 405, 407, 410})


class WebhookWay:
    """A webhook as a way out: a record is sent when the receiver says 2xx, or 409 for a key that it has already."""

    def __init__(self, settings: Webhook, secret: SecretStr, post: Poster = exchange) -> None:
        self.settings, self._secret, self._post = settings, secret, post

    def send(self, message: bytes, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str:
        """Call once. Raises NotSentYet, RefusedForGood or PauseSending; a repeat after NotSentYet is harmless."""
        return self.call(message, key=message_id)

    def call(self, body: bytes, *, key: str) -> str:
        """The same for any record."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "kizuna",
            "Idempotency-Key": key,
            "Kizuna-Signature": signature(body, self._secret, int(time.time())),
        }
        try:
            answer = self._post("POST", self.settings.url, headers=headers, body=body)
        except NotReached as error:
            raise NotSentYet(f"the webhook can't be reached: {error}") from error
        return _judged(answer)

    def evidence(self, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str | None:
        """None: the receiver takes a key once, so calling again is as good as knowing."""
        return None

    def close(self) -> None:
        """Nothing stays open."""


def signature(body: bytes, secret: SecretStr, at_unix_seconds: int) -> str:
    """What stands in the header `Kizuna-Signature`."""
    signed = f"{at_unix_seconds}.".encode() + body
    mac = hmac.new(secret.get_secret_value().encode(), signed, hashlib.sha256).hexdigest()
    return f"t={at_unix_seconds},v1={mac}"


def _judged(answer: Answer) -> str:
    status = answer.status
    if 200 <= status < 300 or status == 409:
        return f"webhook {status}"
    if status in _MISPLACED or 300 <= status < 400:
        raise PauseSending(f"the webhook answers {status}: its address or its secret is wrong")
    if status in (408, 425, 429) or status >= 500 or status < 200:
        raise NotSentYet(f"the webhook answers {status}", retry_after=_named_wait(answer))
    raise RefusedForGood(f"the webhook refuses the record: {status}", code=str(status))


def _named_wait(answer: Answer) -> timedelta | None:
    """Retry-After in seconds (RFC 9110, 10.2.3); its other form, a date, is left to the usual wait."""
    named = answer.headers.get("retry-after", "")
    if not (named.isascii() and named.isdigit() and len(named) < 7):
        return None
    return min(timedelta(seconds=int(named)), _LONGEST_WAIT)

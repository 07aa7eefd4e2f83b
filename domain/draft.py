"""Drafts: content before approval, and the digest that an approval binds."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Literal

from .brief import Language
from .model import Frozen
from .playbook import Channel
from .quantity import EmailAddress


class Party(Frozen):
    """Who a message is from."""

    name: str
    email: EmailAddress


class Addressee(Frozen):
    """Who a message is for; which address counts follows from the channel."""

    name: str
    email: EmailAddress | None = None
    postal_address: str = ""


class Draft(Frozen):
    """One message to one recipient, complete, waiting for a person.

    `facts` are the figures and names that the words may use; `links` every address the bodies hold.
    `not_before` and `not_after` bound the send window (aware UTC).
    """

    id: str
    decision_id: str
    step: str
    revision: int
    unit_id: str
    contact_id: str
    action: str
    variant: str
    language: Language
    channel: Channel
    sender: Party
    recipient: Addressee
    subject: str
    text: str
    html: str
    links: tuple[str, ...]
    facts: dict[str, str | int | float | list[str] | None]
    offer: str | None
    not_before: datetime
    not_after: datetime
    policy_version: str
    template_version: str
    author: str

    @property
    def key(self) -> str:
        """The idempotency key: at most one delivery per decision and step."""
        return f"{self.decision_id}/{self.step}"

    @property
    def digest(self) -> str:
        """What an approval binds (promise 1): who, from whom, every byte, links, window, policy, channel."""
        return digest_of(
            {
                "key": self.key,
                "channel": self.channel,
                "recipient": self.recipient.model_dump(),
                "contact": self.contact_id,
                "sender": self.sender.model_dump(),
                "subject": self.subject,
                "text": self.text,
                "html": self.html,
                "links": list(self.links),
                "offer": self.offer,
                "facts": self.facts,
                "not_before": _utc(self.not_before),
                "not_after": _utc(self.not_after),
                "policy": self.policy_version,
            }
        )


def draft_id(decision: str, step: str, revision: int) -> str:
    """The same for the same message, however often a node runs again."""
    return f"{decision}/{step}#{revision}"


def digest_of(value: Any) -> str:
    """SHA-256 over canonical JSON (sorted keys, no spaces, UTF-8)."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def bundle_digest(digests: list[str]) -> str:
    """One digest over many drafts: all branches of all journeys of a batch (promise 3)."""
    return digest_of(sorted(digests))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


#: `replaced`: edited into another draft; `outdated`: its facts changed after approval.
DraftState = Literal["waiting", "approved", "rejected", "left_out", "replaced", "expired", "outdated"]

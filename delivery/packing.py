"""What leaves, by channel: a mail, a letter to print, or a record for a task or advertising system."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from ..domain.draft import Draft
from ..domain.playbook import Channel
from .message import HeaderRefused, build_message

_BODY = re.compile(r"<body[^>]*>")
_ADDRESS = "white-space:pre-line;font-style:normal;max-width:600px;margin:0 auto;padding:20px 16px 0"


@dataclass(frozen=True)
class Cover:
    """What a message carries beside its approved words."""

    organisation: str
    message_id: str
    date: datetime
    campaign: str
    unsubscribe_base: str


def pack(draft: Draft, cover: Cover) -> bytes:
    """The bytes that leave for this draft; the same draft and cover give the same bytes.

    Raises HeaderRefused where no honest message can be made of it.
    """
    if draft.channel is Channel.LETTER:
        return _letter(draft, cover)
    if draft.channel is Channel.STAFF_TASK:
        return _record(draft, cover, {"subject": draft.subject, "text": draft.text, "staff": draft.sender.email})
    if draft.channel is Channel.AUDIENCE:
        return _record(draft, cover, {"audience": draft.action, **_matching_key(draft)})
    link = next((link for link in draft.links if link.startswith(cover.unsubscribe_base)), None)
    return build_message(
        draft,
        organisation=cover.organisation,
        message_id=cover.message_id,
        date=cover.date,
        unsubscribe_url=link,
        campaign=cover.campaign,
    )


def _letter(draft: Draft, cover: Cover) -> bytes:
    """A page to print: the postal address, then the approved words. What it is stands in its head, for machines."""
    if not draft.recipient.postal_address:
        raise HeaderRefused("a letter needs a postal address")
    marks = {
        "kizuna-id": cover.message_id,
        "kizuna-message": f"{cover.campaign}:{draft.action}:{draft.step}",
        "kizuna-contact": draft.contact_id,
        "kizuna-date": cover.date.astimezone(UTC).isoformat(timespec="seconds"),
    }
    head = "".join(f'<meta name="{name}" content="{escape(value)}">\n' for name, value in marks.items())
    to = f"{draft.recipient.postal_address}\n{draft.recipient.name}"
    address = f'\n<address style="{_ADDRESS}">{escape(to)}</address>'
    page = draft.html.replace("<head>\n", f"<head>\n{head}", 1)
    return _BODY.sub(lambda body: body[0] + address, page, count=1).encode()


def _record(draft: Draft, cover: Cover, more: dict[str, str]) -> bytes:
    content = {
        "id": cover.message_id,
        "campaign": cover.campaign,
        "action": draft.action,
        "step": draft.step,
        "unit_id": draft.unit_id,
        "contact_id": draft.contact_id,
        "date": cover.date.astimezone(UTC).isoformat(timespec="seconds"),
        "until": draft.not_after.astimezone(UTC).isoformat(timespec="seconds"),
        **more,
    }
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _matching_key(draft: Draft) -> dict[str, str]:
    """How advertising systems know somebody: the SHA-256 of the lower-case address, never the address."""
    if draft.recipient.email is None:
        raise HeaderRefused("an audience needs a mail address to match by")
    return {"email_sha256": hashlib.sha256(draft.recipient.email.strip().lower().encode()).hexdigest()}

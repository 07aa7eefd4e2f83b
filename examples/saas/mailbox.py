"""What customers and reps find in their mailboxes: the product's mails, read as any mail program would."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path

import numpy as np

from .calendar_days import DAY_SECONDS
from .state import Hashes, State

_ADDRESS = re.compile(r"[a-z.]+?([23]?)@[a-z]+([0-9]{1,9})\.example")
_FEEDBACK_ID = re.compile(r"([^:]*):([^:]*):([^:]*):kizuna")
_PARSER = BytesHeaderParser()


@dataclass(frozen=True, order=True)
class Mail:
    """One mail to one of the company's contacts."""

    sent_at: int
    """Seconds since 1970."""
    message_id: str
    contact: int
    account: int
    action: str
    step: str
    by_rep: bool
    """A draft in a rep's mailbox, which the rep may send."""


def new_mails(state: State, outbox: Path, day: int) -> list[Mail]:
    """Mails dated up to the end of the day that were not seen before, oldest first; remembers them in the state."""
    paths, ids = set(state.seen_paths.tolist()), set(state.seen_ids.tolist())
    known_paths, known_ids = len(paths), len(ids)
    found: list[Mail] = []
    base = len(str(outbox))
    for name, by_rep in (("sent", False), ("handed_over", True)):
        for path in _mail_files(outbox / name):
            mark = _mark(path[base:])
            if mark in paths:
                continue
            message = _read(path)
            if message is None or (sent_at := _date(message, day)) >= (day + 1) * DAY_SECONDS:
                continue
            paths.add(mark)
            mail = _mail(state, message, sent_at, by_rep)
            if mail and _mark(mail.message_id) not in ids:
                ids.add(_mark(mail.message_id))
                found.append(mail)
    if len(paths) > known_paths:
        state.seen_paths = _sorted(paths)
    if len(ids) > known_ids:
        state.seen_ids = _sorted(ids)
    return sorted(found)


def contact_at(state: State, address: str) -> tuple[int, int] | None:
    """The contact and account that an address belongs to; addresses carry the account's number."""
    match = _ADDRESS.fullmatch(address.strip().lower())
    if not match:
        return None
    account, position = int(match[2]) - 1, int(match[1] or 1) - 1
    if not 0 <= account < state.units or position >= state.contacts[account]:
        return None
    return int(state.first_contact[account]) + position, account


def _mail_files(folder: Path) -> Iterator[str]:
    for where, _, names in os.walk(folder):
        yield from (f"{where}/{name}" for name in names if name.endswith(".eml"))


def _read(path: str) -> Message | None:
    try:
        with open(path, "rb") as file:
            return _PARSER.parse(file)
    except FileNotFoundError:
        return None


def _header(message: Message, name: str) -> str:
    """The header on one line, empty if there is none."""
    return " ".join(str(message.get(name, "")).split())


def _date(message: Message, day: int) -> int:
    """When it was sent; a mail without a readable date counts as sent this morning."""
    try:
        sent_at = parsedate_to_datetime(_header(message, "Date"))
        return int((sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC)).timestamp())
    except ValueError:
        return day * DAY_SECONDS + 3600


def _mail(state: State, message: Message, sent_at: int, by_rep: bool) -> Mail | None:
    """The mail, if it is to somebody we know."""
    addresses = [address for _, address in getaddresses([_header(message, "To")])]
    who = next((found for address in addresses if (found := contact_at(state, address))), None)
    if who is None:
        return None
    match = _FEEDBACK_ID.fullmatch(_header(message, "Feedback-ID"))
    action, step = (match[2], match[3]) if match else ("", "")
    message_id = _header(message, "Message-ID") or f"<{sent_at}.{who[0]}.{action}.{step}>"
    return Mail(sent_at, message_id, who[0], who[1], action, step, by_rep)


def _mark(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _sorted(marks: set[int]) -> Hashes:
    return np.array(sorted(marks), np.uint64)

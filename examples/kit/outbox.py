"""What left the product, read as the receiving side would: mails, drafts, letters, tasks, audiences.

Mails and drafts are read as any mail program reads them. A print house reads letters, the staff's task list reads
tasks, and an advertising or coupon system reads audiences.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from html import unescape
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from .arrays import Hashes
from .calendar_days import DAY_SECONDS

Way = Literal["mail", "draft", "letter", "task", "audience"]
_FOLDERS: tuple[tuple[str, Way, str], ...] = (
    ("sent", "mail", ".eml"),
    ("handed_over", "draft", ".eml"),
    ("letters", "letter", ".html"),
    ("tasks", "task", ".json"),
    ("audiences", "audience", ".json"),
)
_FEEDBACK_ID = re.compile(r"([^:]*):([^:]*):([^:]*):kizuna")
_META = re.compile(r'<meta name="kizuna-([a-z]+)" content="([^"]*)"')
_PERSON = re.compile(r"P([0-9]{6,9})")
_PERSONS_ADDRESS = re.compile(r"[a-z.]+\.([0-9]{1,9})@[a-z]+\.example")
_HEAD_BYTES = 16_384
_PARSER = BytesHeaderParser()


@dataclass(frozen=True, order=True)
class Arrival:
    """One thing that left, on its way to one of the company's people."""

    sent_at: int
    """Seconds since 1970."""
    message_id: str
    person: int
    """Position of the person (in an account-based company: of the contact)."""
    action: str
    step: str
    way: Way = "mail"
    staff: str = ""
    """The mailbox of the member of staff whose task or draft it is."""


class Seen(Protocol):
    """What was read before: paths, and ids of messages."""

    seen_paths: Hashes
    seen_ids: Hashes


@dataclass(frozen=True)
class _Read:
    date: str
    message_id: str
    to: tuple[str, ...]
    """Addresses, or the person's id."""
    action: str
    step: str


def new_arrivals(seen: Seen, outbox: Path, day: int, person_of: Callable[[str], int | None]) -> list[Arrival]:
    """What is dated up to the end of the day and was not seen before, oldest first; remembers it as seen.

    `person_of` tells whom a mail address, or an id, belongs to.
    """
    paths, ids = set(seen.seen_paths.tolist()), set(seen.seen_ids.tolist())
    known_paths, known_ids = len(paths), len(ids)
    found: list[Arrival] = []
    base = len(str(outbox))
    for folder, way, ending in _FOLDERS:
        for path in _files(outbox / folder, ending):
            mark = _mark(path[base:])
            if mark in paths:
                continue
            read = _read(path, way)
            if read is None or (sent_at := _moment(read.date, day)) >= (day + 1) * DAY_SECONDS:
                continue
            paths.add(mark)
            arrival = _arrival(read, sent_at, way, path, person_of)
            if arrival and _mark(arrival.message_id) not in ids:
                ids.add(_mark(arrival.message_id))
                found.append(arrival)
    if len(paths) > known_paths:
        seen.seen_paths = np.array(sorted(paths), np.uint64)
    if len(ids) > known_ids:
        seen.seen_ids = np.array(sorted(ids), np.uint64)
    return sorted(found)


def person_of(address: str, persons: int) -> int | None:
    """The position of the person that an id (P000001), or an address with that number, belongs to."""
    match = _PERSON.fullmatch(address) or _PERSONS_ADDRESS.fullmatch(address.strip().lower())
    position = int(match[1]) - 1 if match else -1
    return position if 0 <= position < persons else None


def _files(folder: Path, ending: str) -> Iterator[str]:
    for where, _, names in os.walk(folder):
        yield from (f"{where}/{name}" for name in names if name.endswith(ending))


def _read(path: str, way: Way) -> _Read | None:
    try:
        with open(path, "rb") as file:
            if way in ("mail", "draft"):
                return _read_mail(_PARSER.parse(file))
            text = file.read(_HEAD_BYTES if way == "letter" else -1).decode(errors="replace")
    except FileNotFoundError:
        return None
    return _read_letter(text) if way == "letter" else _read_json(text)


def _read_mail(message: Message) -> _Read:
    def header(name: str) -> str:
        return " ".join(str(message.get(name, "")).split())

    match = _FEEDBACK_ID.fullmatch(header("Feedback-ID"))
    action, step = (match[2], match[3]) if match else ("", "")
    to = tuple(address for _, address in getaddresses([header("To")]))
    return _Read(header("Date"), header("Message-ID"), to, action, step)


def _read_letter(text: str) -> _Read:
    about = {name: unescape(content) for name, content in _META.findall(text)}
    _, action, step = f"{about.get('message', '')}:::".split(":")[:3]
    return _Read(about.get("date", ""), about.get("id", ""), (about.get("contact", ""),), action, step)


def _read_json(text: str) -> _Read:
    try:
        entry = json.loads(text)
    except json.JSONDecodeError:
        entry = {}
    about = entry if isinstance(entry, dict) else {}
    names = ("date", "id", "contact_id", "action", "step")
    date, name, contact, action, step = (str(about.get(key) or "") for key in names)
    return _Read(date, name, (contact or str(about.get("unit_id") or ""),), action, step)


def _moment(date: str, day: int) -> int:
    """When it left; what has no readable date counts as of this morning."""
    try:
        sent_at = datetime.fromisoformat(date) if date[:4].isdigit() else parsedate_to_datetime(date)
        return int((sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC)).timestamp())
    except ValueError:
        return day * DAY_SECONDS + 3600


def _arrival(read: _Read, sent_at: int, way: Way, path: str, person_of: Callable[[str], int | None]) -> Arrival | None:
    """The arrival, if it is for somebody we know."""
    who = next((found for address in read.to if (found := person_of(address)) is not None), None)
    if who is None:
        return None
    message_id = read.message_id or f"<{sent_at}.{who}.{read.action}.{read.step}>"
    staff = Path(path).parent.name if way in ("draft", "task") else ""
    return Arrival(sent_at, message_id, who, read.action, read.step, way, staff)


def _mark(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")

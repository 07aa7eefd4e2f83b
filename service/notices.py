"""Tells reviewers, deputies and owners that something waits: once per reason, person and way; at least once if need be.

Notices are no customer mail: they go to people of this workspace alone, with counts and deadlines, through a door of
their own. What is told in one tick to one person is one mail; its Message-ID stays the same when it is tried again.
"""

import hashlib
import hmac
import json
from collections import defaultdict
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from ..agents.workspace import Workspace
from ..domain.brief import Language
from ..domain.errors import KizunaError
from ..prompts.noticing import Item, write_notice
from ..store import notices, people
from ..store.tables import NoticeRow, PersonRow
from ..tools.outward import Outward
from .occasions import Kind, Occasion, occasions

_ORDER: tuple[Kind, ...] = ("incident", "paused", "expiring", "deputy", "waiting")
_URGENT = frozenset({"incident", "paused", "expiring"})
Batch = list[tuple[NoticeRow, Occasion]]


def send_notices(workspace: Workspace) -> int:
    """Tell everybody what they should know and were not told; how many messages left. Never stops a tick."""
    batches = _batches(workspace)
    if not batches:
        return 0
    count = 0
    for (login, way, _), batch in sorted(batches.items()):
        rows = [row for row, _ in batch]
        try:
            with workspace.transport as transport:
                _tell(workspace, transport, login, way, batch)
        except (KizunaError, OSError) as error:
            why = str(error) if isinstance(error, KizunaError) else type(error).__name__
            with workspace.store.write() as session:
                notices.not_told(session, rows, why)
            workspace.tell("notice_failed", to=login, why=why)
            continue
        with workspace.store.write() as session:
            notices.told(session, rows, workspace.clock.now())
        count += 1
    if count:
        workspace.tell("notified", count=count)
    return count


def _batches(workspace: Workspace) -> dict[tuple[str, str, datetime], Batch]:
    """What is to be told now: by person, way, and the tick in which it came up, so that a batch never changes."""
    ways = _ways(workspace)
    if not ways:
        return {}
    now = workspace.clock.now()
    with workspace.store.write() as session:
        current = {_key(occasion, way): (occasion, way) for occasion in occasions(session, workspace) for way in ways}
        new = current.keys() - notices.known(session, workspace.brief.name)
        notices.want(session, [_row(workspace, key, *current[key], now) for key in sorted(new)])
        waiting = notices.untold(session, workspace.brief.name)
        notices.over(session, [row for row in waiting if row.key not in current])
    batches: dict[tuple[str, str, datetime], Batch] = defaultdict(list)
    for row in waiting:
        if row.key in current:
            batches[row.recipient, row.way, row.created_at].append((row, current[row.key][0]))
    return batches


def _ways(workspace: Workspace) -> list[str]:
    wanted = workspace.brief.notices
    return [way for way, is_on in (("mail", wanted.mail), ("webhook", wanted.webhook is not None)) if is_on]


def _key(occasion: Occasion, way: str) -> str:
    return f"{occasion.kind}|{occasion.subject}|{occasion.recipient}|{way}"


def _row(workspace: Workspace, key: str, occasion: Occasion, way: str, now: datetime) -> dict[str, object]:
    return {
        "key": key,
        "campaign": workspace.brief.name,
        "subject": occasion.subject,
        "kind": occasion.kind,
        "recipient": occasion.recipient,
        "way": way,
        "state": notices.WAITING,
        "attempts": 0,
        "created_at": now,
        "note": "",
    }


def _tell(workspace: Workspace, transport: Outward, login: str, way: str, batch: Batch) -> None:
    with workspace.store.read() as session:
        person = people.person(session, login)
    if person is None:
        raise KizunaError(f"nobody has the login {login}")
    items = _items(workspace, [occasion for _, occasion in batch])
    ident = _ident(workspace, [row.key for row, _ in batch])
    if way == "mail":
        sender = workspace.brief.sender.email
        message = _mail(workspace, person, items, ident)
        transport.notify_by_mail(message, message_id=ident, sender=sender, recipient=person.email)
        return
    webhook = workspace.brief.notices.webhook
    assert webhook is not None
    body = {
        "id": ident,
        "campaign": workspace.brief.name,
        "recipient": login,
        "items": items,
        "inbox_url": workspace.brief.notices.inbox_url,
    }
    transport.notify_by_webhook(webhook, json.dumps(body, ensure_ascii=False).encode(), key=ident)


def _items(workspace: Workspace, told: list[Occasion]) -> list[Item]:
    """One line for each reason: how many, the first deadline in the office's time, why a campaign stopped."""
    zone = workspace.brief.guardrails.quiet_hours.zone
    items: list[Item] = []
    for kind in _ORDER:
        some = [occasion for occasion in told if occasion.kind == kind]
        if some:
            first = min((occasion.until for occasion in some if occasion.until is not None), default=None)
            until = f"{first.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})" if first is not None else ""
            items.append({"kind": kind, "count": len(some), "until": until, "why": some[0].why})
    return items


def _ident(workspace: Workspace, keys: list[str]) -> str:
    mac = hmac.new(workspace.secret, ("notice\n" + "\n".join(sorted(keys))).encode(), hashlib.sha256).hexdigest()
    return f"<{mac[:40]}@{workspace.brief.sender.email.split('@')[1]}>"


def _mail(workspace: Workspace, person: PersonRow, items: list[Item], ident: str) -> bytes:
    language: Language = "ja" if person.language == "ja" else "en"
    subject, text = write_notice(
        language,
        name=person.name,
        campaign=workspace.brief.name,
        inbox_url=workspace.brief.notices.inbox_url,
        items=items,
        urgent=any(item["kind"] in _URGENT for item in items),
    )
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"Kizuna <{workspace.brief.sender.email}>"
    mail["To"] = person.email
    mail["Subject"] = subject
    mail["Date"] = format_datetime(workspace.clock.now())
    mail["Message-ID"] = ident
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="base64")
    return mail.as_bytes()

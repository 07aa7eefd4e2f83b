"""Looks whether everything that a campaign needs is in order, from the store to what receivers see in the DNS."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Literal

from ..agents.workspace import Workspace
from ..domain.delivery_settings import Server
from ..domain.errors import KizunaError, UserError
from ..store import audit, campaigns, directory
from ..tools.dns_records import NotKnown, Resolver, SystemResolver
from ..tools.guarded_https import Answer, NotReached, exchange
from ..tools.imap import open_mailbox, user_of
from ..tools.outward import password_of
from ..tools.secret import secret_from
from .live import Fetch, organisation_of, pages_fault, secrets_of

State = Literal["fine", "broken", "doubtful", "not_checked", "not_needed"]
#: A clock that is off by more makes tokens, signatures and deadlines wrong.
LARGEST_DRIFT = timedelta(minutes=2)


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `what` is a code that the words file knows; `note` says more, in English like the logs."""

    what: str
    state: State
    note: str = ""

    @property
    def is_bad(self) -> bool:
        return self.state == "broken"


def examine(workspace: Workspace, *, fetch: Fetch | None = None, resolver: Resolver | None = None) -> list[Finding]:
    """Everything, in the order in which it should be mended. Changes nothing and sends nothing."""
    return [
        *_store(workspace),
        *_secrets(workspace),
        *_relay(workspace),
        *_mailboxes(workspace),
        *_pages_and_clock(workspace, fetch or exchange),
        *_records(workspace, resolver or SystemResolver()),
    ]


def _store(workspace: Workspace) -> Iterator[Finding]:
    with workspace.store.write() as session:  # also whether it can be written
        names = campaigns.campaign_names(session)
    yield Finding("store", "fine", ", ".join(names))
    with workspace.store.read() as session:
        broken = audit.broken_at(session)
    yield Finding("audit", "broken" if broken else "fine", f"row {broken} does not fit the chain" if broken else "")


def _secrets(workspace: Workspace) -> Iterator[Finding]:
    for field, variable in secrets_of(workspace.brief):
        try:
            secret_from(variable)
        except UserError as error:
            yield Finding("secret", "broken", f"{field}: {error}")


def _relay(workspace: Workspace) -> Iterator[Finding]:
    if workspace.brief.delivery.smtp is None:
        yield Finding("relay", "not_needed")
        return

    def look() -> str:
        with workspace.transport as transport:
            assert transport.relay is not None
            return transport.relay.check()

    yield _tried("relay", look)


def _mailboxes(workspace: Workspace) -> Iterator[Finding]:
    inbound, mailboxes = workspace.brief.delivery.inbound, workspace.brief.delivery.mailboxes
    if inbound is None:
        yield Finding("inbound", "not_needed")
    else:
        yield _tried("inbound", lambda: _open(inbound, inbound.folder, inbound.user))
    if mailboxes is None:
        yield Finding("mailboxes", "not_needed")
        return
    with workspace.store.read() as session:
        reps = sorted(rep.email for rep in directory.reps(session).values())
    if not reps:
        yield Finding("mailboxes", "not_checked", "no rep is known yet")
    for address in reps:
        user = user_of(mailboxes, address)
        yield _tried("mailboxes", partial(_open, mailboxes, mailboxes.folder, user))


def _open(server: Server, folder: str, user: str) -> str:
    with open_mailbox(server, folder, user, password_of(server)) as mailbox:
        mailbox.validity()
    return f"{user}, folder {folder}"


def _pages_and_clock(workspace: Workspace, fetch: Fetch) -> Iterator[Finding]:
    """The pages' answer also carries a date, of a server whose clock is somebody else's."""
    dates: list[str] = []

    def noting(*args: object, **options: object) -> Answer:
        answer = fetch(*args, **options)
        dates.append(answer.headers.get("date", ""))
        return answer

    why = pages_fault(workspace, noting)
    needed = workspace.brief.delivery.kind == "smtp"
    yield Finding(
        "pages", "fine" if why is None else "broken" if needed else "doubtful", why or workspace.brief.pages.base_url
    )
    yield _clock(dates)


def _clock(dates: list[str]) -> Finding:
    try:
        said = parsedate_to_datetime(dates[0]) if dates and dates[0] else None
    except ValueError:
        said = None
    if said is None or said.tzinfo is None:
        return Finding("clock", "not_checked", "no other clock to compare with answered")
    drift = abs(datetime.now(UTC) - said)
    return Finding("clock", "broken" if drift > LARGEST_DRIFT else "fine", f"{drift.total_seconds():.0f} s off")


def _records(workspace: Workspace, resolver: Resolver) -> Iterator[Finding]:
    smtp = workspace.brief.delivery.smtp
    if smtp is None:
        yield Finding("dns", "not_needed")
        return
    sender = workspace.brief.sender.email.split("@")[1]
    bounces = smtp.bounces.split("@")[1] if smtp.bounces else sender
    yield _looked_up("spf", lambda: _spf(resolver, bounces))
    yield _looked_up("dmarc", lambda: _dmarc(resolver, sender))
    yield _looked_up("mx", lambda: (bool(hosts := resolver.mx(bounces)), f"{bounces}: {', '.join(hosts) or 'none'}"))
    yield _looked_up("ptr", lambda: (bool(names := resolver.names_of(smtp.host)), ", ".join(names) or smtp.host))
    yield Finding("dkim", "not_checked", "the relay signs with a selector that the brief does not know")


def _spf(resolver: Resolver, domain: str) -> tuple[bool, str]:
    """Exactly one record (RFC 7208, 4.5), at the domain of the envelope."""
    found = [text for text in resolver.txt(domain) if text.lower().split(" ")[0] == "v=spf1"]
    return len(found) == 1, f"{domain}: {found[0] if len(found) == 1 else f'{len(found)} records'}"


def _dmarc(resolver: Resolver, domain: str) -> tuple[bool, str]:
    """At the sender's domain, or its organisation's (RFC 7489, 6.6.3)."""
    for name in dict.fromkeys((domain, organisation_of(domain))):
        found = [text for text in resolver.txt(f"_dmarc.{name}") if text.replace(" ", "").startswith("v=DMARC1")]
        if found:
            return len(found) == 1, f"_dmarc.{name}: {found[0]}"
    return False, f"_dmarc.{domain}: none"


def _looked_up(what: str, look: Callable[[], tuple[bool, str]]) -> Finding:
    try:
        is_there, note = look()
    except NotKnown as error:
        return Finding(what, "not_checked", str(error))
    return Finding(what, "fine" if is_there else "broken", note)


def _tried(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, "fine", look())
    except (KizunaError, NotReached) as error:
        return Finding(what, "broken", str(error))

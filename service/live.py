"""What a campaign needs before it may write to real customers: `live: true` in the brief asks for all of it at once."""

import json
import re
import secrets
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ..agents.proof_of_consent import proof_of_consents
from ..agents.workspace import Workspace
from ..domain.brief import Brief
from ..domain.delivery_settings import Server
from ..domain.document import parse_document
from ..domain.errors import Fault, FaultyFile, UserError
from ..tools.guarded_https import Answer, NotReached, exchange
from ..tools.secret import secret_from
from .keeping import is_ours

#: Asks for a page: `exchange` where none is given.
Fetch = Callable[..., Answer]
#: Second levels under which organisations register (a fragment of the public suffix list, for the comparison below).
_SHARED = frozenset(["ac", "ad", "co", "com", "edu", "go", "gov", "gr", "lg", "ne", "net", "or", "org"])
_UNFINISHED = re.compile(r"\b(todo|tbd|fixme|xxx+|lorem)\b|[?？]{3}|未定|後で", re.IGNORECASE)
#: (field of the brief, code of what is wrong, values for its words)
Lacking = tuple[str, str, dict[str, object]]
_SAY = {
    "smtp": "a live campaign sends by SMTP; write `delivery: {{kind: smtp, smtp: {{…}}}}`",
    "bounces": "failures must come back to us; name an address as `delivery.smtp.bounces`",
    "inbound": "nobody reads what comes back; name the mailbox of `bounces` as `delivery.inbound`",
    "pages": "the customers' pages can't be reached at {url}: {why}",
    "consent": "{lacking} of {granted} consents have no evidence; the law wants proof of each (column `evidence`)",
    "no_consent": "nobody has given consent yet (consents.csv)",
    "alignment": "mails are from {sender}, but failures go to {bounces}: receivers want the same organisation's domain",
    "unfinished": "still says {text!r}; the law wants the real words in every mail",
    "secret": "{why}",
}


def live_faults(workspace: Workspace, fetch: Fetch | None = None) -> list[Fault]:
    """Everything that is missing for `live: true`, in plain words, with the lines of the brief; [] if nothing is."""
    fault = _at_its_line(workspace.brief_path)
    brief = workspace.brief
    found = [fault(field, _SAY[code].format(**values)) for field, code, values in _about_the_brief(brief)]
    why = pages_fault(workspace, fetch)
    if why is not None:
        found.append(fault("pages.base_url", _SAY["pages"].format(url=brief.pages.base_url, why=why)))
    proof = proof_of_consents(workspace)
    if proof.without_evidence:
        text = _SAY["consent"].format(lacking=proof.without_evidence, granted=proof.granted)
        found.append(fault("sources.folder", text))
    if not proof.granted:
        found.append(fault("sources.folder", _SAY["no_consent"]))
    return found


def must_be_ready(workspace: Workspace, fetch: Fetch | None = None) -> None:
    """Raises FaultyFile with everything that a live campaign lacks; nothing to ask of one that is not live."""
    faults = live_faults(workspace, fetch) if workspace.brief.live else []
    if faults:
        raise FaultyFile(faults)


def pages_fault(workspace: Workspace, fetch: Fetch | None = None) -> str | None:
    """Why the customers' pages are not ours, or not there; None if they answer over https with this workspace's key."""
    nonce = secrets.token_urlsafe(16)
    url = f"{workspace.brief.pages.base_url.rstrip('/')}/health?nonce={nonce}"
    try:
        answer = (fetch or exchange)("GET", url, public_only=False)
    except NotReached as error:
        return str(error)
    if answer.status != 200:
        return f"they answer {answer.status}" + (
            ", and redirects are not followed" if answer.status // 100 == 3 else ""
        )
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    if not isinstance(said, dict) or said.get("service") != "kizuna":
        return "something else answers there"
    if not is_ours(workspace, nonce, str(said.get("proof", ""))):
        return "another workspace answers there: its links would not work"
    return None


def organisation_of(domain: str) -> str:
    """The part of a domain that an organisation registers: `mail.shop.co.jp` -> `shop.co.jp`."""
    labels = domain.lower().rstrip(".").split(".")
    count = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED else 2
    return ".".join(labels[-count:])


def secrets_of(brief: Brief) -> Iterator[tuple[str, str]]:
    """(field, environment variable) of every secret that the brief names."""
    delivery = brief.delivery
    servers: dict[str, Server | None] = {
        "smtp": delivery.smtp,
        "mailboxes": delivery.mailboxes,
        "inbound": delivery.inbound,
    }
    for name, server in servers.items():
        if server is not None and server.password_env is not None:
            yield f"delivery.{name}.password_env", server.password_env
    hooks = {
        "delivery.tasks": delivery.tasks,
        "delivery.audiences": delivery.audiences,
        "notices.webhook": brief.notices.webhook,
    }
    for field, hook in hooks.items():
        if hook is not None:
            yield f"{field}.secret_env", hook.secret_env


def _about_the_brief(brief: Brief) -> Iterator[Lacking]:
    yield from _about_the_servers(brief)
    yield from _about_the_sender(brief)
    for field, variable in secrets_of(brief):
        try:
            secret_from(variable)
        except UserError as error:
            yield field, "secret", {"why": error}


def _about_the_servers(brief: Brief) -> Iterator[Lacking]:
    """Encryption needs no question: a brief without it is for this very machine (see `Server`)."""
    smtp = brief.delivery.smtp
    if smtp is None:
        yield "delivery.kind", "smtp", {}
    elif smtp.bounces is None:
        yield "delivery.smtp", "bounces", {}
    else:
        sender, bounces = (address.split("@")[1] for address in (brief.sender.email, smtp.bounces))
        if organisation_of(sender) != organisation_of(bounces):
            yield "delivery.smtp.bounces", "alignment", {"sender": sender, "bounces": bounces}
    if brief.delivery.inbound is None:
        yield "delivery", "inbound", {}


def _about_the_sender(brief: Brief) -> Iterator[Lacking]:
    """The words that the law wants in every mail (特定電子メール法 4条, CAN-SPAM) are there and no placeholders."""
    texts = {
        f"sender.{part}.{language}": getattr(brief.sender, part)[language]
        for language in brief.voice.languages
        for part in ("name", "organisation", "postal_address")
    }
    for field, text in {**texts, "sender.contact": brief.sender.contact}.items():
        if len(text.strip()) < 2 or _UNFINISHED.search(text):
            yield field, "unfinished", {"text": text}


def _at_its_line(path: Path) -> Callable[[str, str], Fault]:
    document = parse_document(path.read_text(encoding="utf-8-sig"), str(path))

    make = partial(Fault, str(path))
    return lambda field, problem: make(document.line_of(tuple(field.split("."))), field, problem)

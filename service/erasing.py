"""Erase a person: from every table, snapshot, checkpoint and message file, and from the sources whenever they are read.

It is asked for at once and done under the leases of all campaigns, so that nobody writes about the person meanwhile.
Where somebody holds one, the next tick does it. A crash in between leaves the wish standing, and doing it again goes on
where it stopped. What can't be called back (mails in other people's mailboxes, backups) is in docs/customers-pages.md.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from ..agents.reading import forget_erased
from ..agents.scoring import snapshots_without
from ..agents.workspace import Workspace
from ..domain.errors import UserError
from ..store import campaigns, directory, erasing
from ..store.leases import Busy, lease
from ..store.subjects import Holdings, Subject, find_subject, holdings_of
from ..store.tables import DeliveryRow, SnapshotRow
from .threads import forget_reviews

_WISH = "erase/"


@dataclass(frozen=True)
class Erased:
    """What an erasure went through."""

    done: bool  #: False: a campaign is at work; the next tick does it
    people: int
    messages: int  #: files of messages deleted
    snapshots: int  #: snapshots written anew


def ask(workspace: Workspace, ident: str, *, by: str) -> str:
    """From this moment nothing is sent to them and no source brings them back; the rest follows.

    `ident` is a contact's id, or a unit's with all its contacts. Raises UserError where there is nobody. Returns the
    name under which `finish` answers for it.
    """
    now, key = workspace.clock.now(), f"{_WISH}{secrets.token_hex(8)}"
    with workspace.store.write() as session:
        subject = _subject(session, ident)
        erasing.keep_erasure(session, subject, workspace.secret, now)
        hashes = [row.address_hash for row in subject.contacts if row.address_hash is not None]
        directory.suppress(session, hashes, "erased", now)
        campaigns.keep_setting(session, key, json.dumps({"who": ident, "by": by}))
    return key


def finish(workspace: Workspace, *, held: str | None = None) -> dict[str, Erased]:
    """Do all erasures that were asked for. `held` is the campaign whose lease the caller holds already."""
    with workspace.store.read() as session:
        wishes = campaigns.settings_under(session, _WISH)
    if not wishes:
        return {}
    try:
        with _alone(workspace, held):
            return {key: _finish_one(workspace, key, json.loads(wish)) for key, wish in wishes.items()}
    except Busy:
        return {key: Erased(False, 0, 0, 0) for key in wishes}


def erase(workspace: Workspace, ident: str, *, by: str) -> Erased:
    """Ask for it and do it now, where nobody is at work."""
    key = ask(workspace, ident, by=by)
    return finish(workspace).get(key, Erased(False, 0, 0, 0))


def is_erased(workspace: Workspace, contact_id: str) -> bool:
    """Whether this contact was erased, or is about to be."""
    with workspace.store.read() as session:
        return erasing.is_erased(session, workspace.secret, contact_id)


@contextmanager
def _alone(workspace: Workspace, held: str | None) -> Iterator[None]:
    """Nobody else works on any campaign of this store; raises Busy."""
    with workspace.store.read() as session:
        names = campaigns.campaign_names(session)
    with ExitStack() as stack:
        for name in names:
            if name != held:
                stack.enter_context(lease(workspace.store, f"campaign/{name}"))
        yield


def _finish_one(workspace: Workspace, key: str, wish: dict[str, str]) -> Erased:
    done = Erased(True, 0, 0, 0)
    with workspace.store.read() as session:
        subject = find_subject(session, wish["who"]) if wish["who"] else None
        holdings = holdings_of(session, subject) if subject is not None else None
    if subject is not None and holdings is not None:
        done = _take_out(workspace, key, subject, holdings, wish["by"])
    forget_erased(workspace)
    _sweep_snapshots(workspace)
    with workspace.store.write() as session:
        campaigns.drop_setting(session, key)
    workspace.store.compact()
    workspace.tell("erased", people=done.people)
    return done


def _take_out(workspace: Workspace, key: str, subject: Subject, holdings: Holdings, by: str) -> Erased:
    """Files first, for they can be deleted twice; then all rows and the snapshots' manifests in one commit."""
    messages = _delete_messages(workspace, holdings)
    forget_reviews(workspace, [row.id for row in holdings.own_reviews])
    for alias in subject.unit_ids[1:]:  # what they were before their records were found to be one person
        _keep_manifests(workspace, snapshots_without(workspace, alias))
    fresh = snapshots_without(workspace, subject.unit_id) if subject.unit_id is not None else []
    now = workspace.clock.now()
    with workspace.store.write() as session:
        standing = _subject(session, subject.ids[0])
        for row in fresh:
            session.merge(row)
        erasing.erase_rows(session, standing, holdings_of(session, standing), at=now, actor=by)
        campaigns.keep_setting(session, key, json.dumps({"who": "", "by": ""}))
    return Erased(True, len(subject.contacts), messages, len(fresh))


def _keep_manifests(workspace: Workspace, rows: list[SnapshotRow]) -> None:
    with workspace.store.write() as session:
        for row in rows:
            session.merge(row)


def _delete_messages(workspace: Workspace, holdings: Holdings) -> int:
    """Mails, letters, tasks and audiences in the outbox: a file's name is made of its message's id."""
    outbox = workspace.folder / workspace.brief.delivery.path
    rows = holdings.of(DeliveryRow)
    names = {hashlib.sha256(row.message_id.encode()).hexdigest()[:24] for row in rows}
    found = {outbox / row.place for row in rows if row.place}
    for folder, _, files in os.walk(outbox) if names else ():
        found |= {Path(folder, file) for file in files if file.split(".")[0] in names}
    there = [path for path in found if path.is_file() and path.resolve().is_relative_to(outbox.resolve())]
    for path in there:
        path.unlink()
    return len(there)


def _sweep_snapshots(workspace: Workspace) -> None:
    """Snapshot files that no manifest names (the old ones, or what a crash left) go."""
    with workspace.store.read() as session:
        named = {(workspace.folder / row.path).resolve() for row in campaigns.snapshots(session)}
    for path in (workspace.private / "snapshots").glob("*"):
        if path.resolve() not in named:
            path.unlink()


def _subject(session: Session, ident: str) -> Subject:
    subject = find_subject(session, ident)
    if subject is None:
        raise UserError(f"there is nobody with the id {ident!r}: give a contact's id, or an account's")
    return subject

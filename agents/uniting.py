"""Who is who in the sources: what the store knows goes into the opening, and what linking found comes back."""

from dataclasses import asdict

from ..customers.identity.stable import Links
from ..customers.identity.unify import Unified, Who
from ..store import identity
from .workspace import Workspace

#: The entities that linking compares; one that a brief does not have is not there.
COMPARED = ("persons", "contacts", "identifiers")


def who_is_who(workspace: Workspace) -> Who | None:
    """What the opening of the sources needs to know; None where every record is a customer of its own."""
    settings = workspace.brief.sources.identity
    if settings is None:
        return None
    with workspace.store.read() as session:
        known = identity.known(session)
    links = Links(known.links, known.joined, known.apart, known.mark)
    return Who(settings, links)


def keep_links(workspace: Workspace, unified: Unified | None) -> None:
    """Keep what linking found; nothing where the sources were the same as last time."""
    if unified is None or unified.changes is None:
        return
    changes = unified.changes
    links = [asdict(link) for link in changes.links]
    merges = [(merge.alias, merge.customer_id) for merge in changes.merges]
    with workspace.store.write() as session:
        identity.keep(session, links, merges, changes.flags, changes.mark, workspace.clock.now())

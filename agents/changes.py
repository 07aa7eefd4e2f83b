"""What has changed since a plan was made: its brief, playbook, snapshot, beliefs, and the code."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..domain.made_from import MadeFrom
from ..playbooks.loader import digest
from ..store import campaigns
from .believing import current_beliefs
from .versions import beliefs_digest, code_version
from .workspace import Workspace

_SHOWN = 12


@dataclass(frozen=True)
class Change:
    """Something that decided and is different now: `brief`, `action` (with its name), `snapshot`, `beliefs`, `code`.

    `was` and `is_now` are digests; '' for what is gone. A changed brief or action alone changes no replay, which uses
    those of then; any other may.
    """

    what: str
    name: str
    was: str
    is_now: str

    @property
    def may_differ(self) -> bool:
        return self.what not in ("brief", "action")


def changes_since(workspace: Workspace, cycle: int, made_from: MadeFrom) -> tuple[Change, ...]:
    """All that is different from when the plan of the cycle was made."""
    return tuple(each for each in _compared(workspace, cycle, made_from) if each.was != each.is_now)


def _compared(workspace: Workspace, cycle: int, made_from: MadeFrom) -> Iterator[Change]:
    with workspace.store.read() as session:
        snapshot = campaigns.snapshot(session, workspace.brief.name, made_from.snapshot)
    yield _change("brief", "", made_from.brief_digest, workspace.brief_digest)
    for name, action in made_from.actions_then().items():
        now = workspace.actions.get(name)
        yield _change("action", name, digest(action), digest(now) if now is not None else "")
    yield _change(
        "snapshot", made_from.snapshot, made_from.snapshot_digest, snapshot.digest if snapshot is not None else ""
    )
    yield _change("beliefs", "", made_from.beliefs_digest, beliefs_digest(current_beliefs(workspace, cycle)))
    yield Change("code", "", made_from.code, code_version())


def _change(what: str, name: str, was: str, is_now: str) -> Change:
    return Change(what, name, was[:_SHOWN], is_now[:_SHOWN])

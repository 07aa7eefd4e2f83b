"""What a person looked at before deciding: opened drafts are on record, and a batch takes enough of them."""

from sqlmodel import Session

from ..agents.workspace import Workspace
from ..domain.draft import Draft
from ..domain.errors import UserError
from ..domain.review import ReviewKind
from ..store import audit, reviews
from ..store.tables import ReviewRow
from .people import Person

#: So many different drafts of a batch has a person opened who approves it; all, where there are fewer.
SAMPLES_TO_READ = 3
_READ = "draft_read"


class TooFewRead(UserError):
    """A batch is approved by somebody who looked into it."""

    def __init__(self, read: int, due: int) -> None:
        self.read, self.due = read, due
        super().__init__(f"open {due} different drafts before you approve the batch; you opened {read}")


def note_read(workspace: Workspace, row: ReviewRow, draft: Draft, person: Person) -> None:
    """Somebody opened a draft of an open review: kept once for each version of its words."""
    if row.state != "open":
        return
    with workspace.store.read() as session:
        if draft.digest in _digests_read(session, row, person):
            return
    with workspace.store.write() as session:
        audit.record(
            session,
            at=workspace.clock.now(),
            actor=person.login,
            action=_READ,
            subject=row.id,
            details={"draft": draft.id, "digest": draft.digest},
        )


def read_by(workspace: Workspace, row: ReviewRow, person: Person) -> set[str]:
    """The digests of this review's drafts that the person opened."""
    with workspace.store.read() as session:
        return _digests_read(session, row, person)


def samples_due(drafts: int) -> int:
    """How many drafts of a batch of this size have to be opened."""
    return min(SAMPLES_TO_READ, drafts)


def check_enough_read(session: Session, row: ReviewRow, person: Person) -> None:
    """Raises TooFewRead where a batch is about to be approved unread."""
    if row.kind != ReviewKind.BATCH:
        return
    standing = set(reviews.digests_of(session, row.id))
    read, due = len(standing & _digests_read(session, row, person)), samples_due(len(standing))
    if read < due:
        raise TooFewRead(read, due)


def _digests_read(session: Session, row: ReviewRow, person: Person) -> set[str]:
    return {str(event.details["digest"]) for event in audit.events_about(session, row.id, _READ, person.login)}

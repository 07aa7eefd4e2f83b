"""Decide: list, show, approve, edit, reject, hand over. Every right is checked here, whoever asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from ..agents.workspace import Workspace
from ..domain.draft import Draft, bundle_digest
from ..domain.errors import Conflict, NotAllowed, UserError
from ..domain.playbook import Role
from ..domain.review import Answer, ReviewKind, ReviewState, Wish, makes_sense
from ..store import audit, people, reviews
from ..store.tables import DraftRow, ReviewRow
from .people import Person
from .reading import check_enough_read
from .rights import Refusal, may_not_decide, may_not_edit
from .wording import check_edit


@dataclass(frozen=True)
class Shown:
    """A review with the drafts it asks about."""

    review: ReviewRow
    drafts: list[Draft]


@dataclass(frozen=True)
class Edited:
    """What an edit did: the new draft, the difference, warnings, and who has to look now."""

    draft: Draft
    diff: str
    warnings: list[str]
    reassigned: str


def waiting(workspace: Workspace, person: Person | None = None) -> list[ReviewRow]:
    """Open reviews of this campaign; with a person, only those that they may decide."""
    with workspace.store.read() as session:
        rows = reviews.reviews(session, workspace.brief.name, [ReviewState.OPEN])
    return [row for row in rows if person is None or refusal(workspace, row, person) is None]


def show(workspace: Workspace, review_id: str) -> Shown:
    with workspace.store.read() as session:
        row = _review(session, review_id)
        return Shown(row, [reviews.as_draft(draft) for draft in reviews.drafts_of(session, row.id)])


def refusal(workspace: Workspace, row: ReviewRow, person: Person) -> str | None:
    """Why this person may not decide this review; None if they may (promise 2)."""
    wanting = may_not_decide(workspace, row, person)
    return None if wanting is None else str(wanting)


def decide(
    workspace: Workspace, review_id: str, person: Person, answer: Answer, *, shown_digest: str | None = None
) -> ReviewRow:
    """Approve or reject. Binds the digest that stands now; the second of two deciders gets a Conflict.

    With `shown_digest`, what a page showed: refused if it changed since, and a batch is approved only by somebody
    who opened enough of its drafts (OWASP Agentic ASI09: no approval of what was not looked at).
    """
    now = workspace.clock.now()
    with _refusals_on_record(workspace, person, answer.type, review_id), workspace.store.write() as session:
        row = _review(session, review_id)
        _check_rights(workspace, row, person)
        _check_answer(session, row, answer)
        _check_unchanged(session, row, shown_digest)
        if shown_digest is not None and answer.type == "approve":
            check_enough_read(session, row, person)
        state = ReviewState.APPROVED if answer.type == "approve" else ReviewState.REJECTED
        taken = now < row.expires_at and reviews.decide(
            session, row.id, state, by=person.login, at=now, answer=answer.model_dump(mode="json")
        )
        if not taken:
            raise Conflict(_too_late(row))
        audit.record(
            session,
            at=now,
            actor=person.login,
            action=f"review_{state.value}",
            subject=row.id,
            details={"digest": row.digest, "without": list(answer.without), "wish": answer.wish},
        )
    return row


def edit(
    workspace: Workspace,
    draft_key: str,
    person: Person,
    *,
    subject: str | None,
    text: str | None,
    shown_digest: str | None = None,
) -> Edited:
    """Change a draft's words. Its review asks about the new words from then on; who edits is an author.

    With `shown_digest`, the digest of the draft that a page showed: refused if it is another by now.
    """
    now = workspace.clock.now()
    with _refusals_on_record(workspace, person, "edit", draft_key), workspace.store.write() as session:
        stored = reviews.draft(session, draft_key)
        if stored is None:
            raise UserError(f"no draft {draft_key!r}; `kizuna show REVIEW` lists them")
        row = _review(session, stored.review_id)
        if stored.state != "waiting" or row.state != ReviewState.OPEN:
            raise Conflict(f"{draft_key} can't be edited any more: its review is {row.state}")
        _refuse(may_not_edit(workspace, row, person))
        old = reviews.as_draft(stored)
        _check_shown(old, shown_digest)
        words = (old.subject if subject is None else subject, old.text if text is None else text)
        checked = check_edit(workspace, old, person.login, *words)
        new, changed = checked.draft, checked.commitments
        _replace(session, row, stored, new, person)
        reassigned = _to_supervisor(session, row, person) if changed and row.role == Role.SALES_REP else ""
        audit.record(
            session,
            at=now,
            actor=person.login,
            action="draft_edited",
            subject=new.id,
            details={"before": old.digest, "after": new.digest, "commitments_changed": len(changed)},
        )
    return Edited(new, checked.diff, checked.warnings, reassigned)


def draft_text(workspace: Workspace, draft_key: str) -> str:
    """The words of a draft as they stand, for an editor."""
    with workspace.store.read() as session:
        stored = reviews.draft(session, draft_key)
    if stored is None:
        raise UserError(f"no draft {draft_key!r}; `kizuna show REVIEW` lists them")
    return reviews.as_draft(stored).text


def hand_over(workspace: Workspace, review_id: str, person: Person, to: str) -> ReviewRow:
    """Let somebody else decide; they must be allowed to."""
    now = workspace.clock.now()
    with _refusals_on_record(workspace, person, "hand_over", review_id), workspace.store.write() as session:
        row = _review(session, review_id)
        _check_rights(workspace, row, person)
        if row.state != ReviewState.OPEN:
            raise Conflict(_too_late(row))
        taker = people.person(session, to)
        if taker is None:
            raise UserError(f"there is nobody with the login {to!r}")
        role = Role.SUPERVISOR if Role.SUPERVISOR.value in taker.roles else Role.SALES_REP
        if role is Role.SALES_REP and row.role != Role.SALES_REP:
            raise NotAllowed(f"{to} is no supervisor")
        if role is Role.SALES_REP:
            raise NotAllowed("a draft goes from the responsible rep to a supervisor, not to another rep's customer")
        reviews.reassign(session, row, role=role.value, assignee=to)
        wanting = refusal(workspace, row, Person(to, taker.name, frozenset(Role(r) for r in taker.roles), taker.rep_id))
        if wanting is not None:
            raise NotAllowed(wanting)
        audit.record(
            session, at=now, actor=person.login, action="review_handed_over", subject=row.id, details={"to": to}
        )
    return row


def _review(session: Session, review_id: str) -> ReviewRow:
    row = reviews.review(session, review_id)
    if row is None:
        raise UserError(f"no review {review_id!r}; `kizuna reviews` lists those that wait")
    return row


@contextmanager
def _refusals_on_record(workspace: Workspace, person: Person, attempt: str, subject: str) -> Iterator[None]:
    """A refused attempt changes nothing, but stays on record: in a transaction of its own."""
    try:
        yield
    except NotAllowed:
        with workspace.store.write() as session:
            audit.record(
                session,
                at=workspace.clock.now(),
                actor=person.login,
                action=f"{attempt}_refused",
                subject=subject,
            )
        raise


def _check_rights(workspace: Workspace, row: ReviewRow, person: Person) -> None:
    _refuse(may_not_decide(workspace, row, person))


def _refuse(wanting: Refusal | None) -> None:
    if wanting is not None:
        raise NotAllowed(str(wanting))


def _check_unchanged(session: Session, row: ReviewRow, shown_digest: str | None) -> None:
    """What is decided on is what stands in the drafts, and what the page showed."""
    standing = row.digest
    if row.kind != ReviewKind.PLAN:
        standing = bundle_digest(reviews.digests_of(session, row.id))
    if standing != row.digest or shown_digest not in (None, row.digest):
        raise Conflict(f"{row.id} changed while it was looked at; show it again")


def _check_shown(old: Draft, shown_digest: str | None) -> None:
    if shown_digest not in (None, old.digest):
        raise Conflict(f"{old.id} changed while it was looked at; show it again")


def _check_answer(session: Session, row: ReviewRow, answer: Answer) -> None:
    if row.state != ReviewState.OPEN:
        raise Conflict(_too_late(row))
    if not makes_sense(answer.wish, ReviewKind(row.kind)):
        raise UserError(f"the wish {answer.wish} makes no sense for a {row.kind} review")
    if answer.wish is Wish.WITHOUT and not answer.without:
        raise UserError("say which actions the plan should do without: --without ACTION")
    if not answer.without:
        return
    if row.kind == ReviewKind.PLAN:
        known = {entry["action"] for entry in row.summary["actions"]}
    else:
        known = {draft.unit_id for draft in reviews.drafts_of(session, row.id)}
    unknown = sorted(set(answer.without) - known)
    if unknown:
        raise UserError(f"not in {row.id}: {', '.join(unknown)}")


def _too_late(row: ReviewRow) -> str:
    if row.state == ReviewState.OPEN:
        return f"{row.id} expired on {row.expires_at:%Y-%m-%d %H:%M} UTC; nothing of it is sent"
    return f"{row.id} was {row.state} by {row.decided_by} already"


def _replace(session: Session, row: ReviewRow, stored: DraftRow, new: Draft, person: Person) -> None:
    reviews.set_draft_state(session, [stored.id], "replaced")
    reviews.add_draft(session, new, row.campaign, row.id)
    session.expire_all()
    row.digest = bundle_digest([draft.digest for draft in reviews.drafts_of(session, row.id)])
    row.authors = sorted({*row.authors, person.login})
    session.add(row)


def _to_supervisor(session: Session, row: ReviewRow, person: Person) -> str:
    """An edit beyond the words takes a supervisor's eyes, other than the editor's."""
    reviews.reassign(session, row, role=Role.SUPERVISOR.value, assignee=None)
    return "a supervisor has to approve this: the edit changes an offer, a price or a link"


def summary_of(row: ReviewRow) -> dict[str, Any]:
    """A review's own figures, for those who print it."""
    return {"id": row.id, "kind": row.kind, "state": row.state, "expires_at": row.expires_at, **row.summary}

"""Decide: list, show, approve, edit, reject, hand over. Every right is checked here, whoever asks."""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from ..agents.workspace import Workspace
from ..delivery.message import HeaderRefused, guarded
from ..domain.draft import Draft, bundle_digest, draft_id
from ..domain.errors import Conflict, NotAllowed, UserError
from ..domain.playbook import Role
from ..domain.review import Answer, ReviewKind, ReviewState, Wish, makes_sense
from ..prompts.grounding import changed_commitments, check_words
from ..prompts.rendering import text_to_html
from ..store import audit, people, reviews
from ..store.tables import DraftRow, ReviewRow
from .people import Person
from .words import addresses_in, offer_terms


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
    named = set(workspace.brief.reviewers.supervisors) | set(workspace.brief.reviewers.deputies.values())
    if row.role == Role.SALES_REP:
        if person.login == row.assignee and Role.SALES_REP in person.roles:
            return None
        return f"this is for {row.assignee}, the responsible sales rep"
    if person.login in row.authors:
        return f"{person.login} had a hand in it, and nobody approves their own work; ask another supervisor"
    if Role.SUPERVISOR not in person.roles or person.login not in named:
        return f"this takes a supervisor named in the brief: {', '.join(sorted(named))}"
    if row.assignee is not None and person.login != row.assignee:
        return f"this was handed to {row.assignee}"
    return None


def decide(workspace: Workspace, review_id: str, person: Person, answer: Answer) -> ReviewRow:
    """Approve or reject. Binds the digest that stands now; the second of two deciders gets a Conflict."""
    now = workspace.clock.now()
    with _refusals_on_record(workspace, person, answer.type, review_id), workspace.store.write() as session:
        row = _review(session, review_id)
        _check_rights(workspace, row, person)
        _check_answer(session, row, answer)
        if row.kind != ReviewKind.PLAN:
            standing = bundle_digest([draft.digest for draft in reviews.drafts_of(session, row.id)])
            if standing != row.digest:
                raise Conflict(f"{row.id} changed while it was looked at; show it again")
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


def edit(workspace: Workspace, draft_key: str, person: Person, *, subject: str | None, text: str | None) -> Edited:
    """Change a draft's words. Its review asks about the new words from then on; who edits is an author."""
    now = workspace.clock.now()
    with _refusals_on_record(workspace, person, "edit", draft_key), workspace.store.write() as session:
        stored = reviews.draft(session, draft_key)
        if stored is None:
            raise UserError(f"no draft {draft_key!r}; `kizuna show REVIEW` lists them")
        row = _review(session, stored.review_id)
        if stored.state != "waiting" or row.state != ReviewState.OPEN:
            raise Conflict(f"{draft_key} can't be edited any more: its review is {row.state}")
        _check_may_edit(workspace, row, person)
        old = reviews.as_draft(stored)
        new = _rewritten(old, person, old.subject if subject is None else subject, old.text if text is None else text)
        changed = changed_commitments(
            f"{old.subject}\n{old.text}",
            f"{new.subject}\n{new.text}",
            offer_terms(workspace.actions[old.action]),
            old.language,
        )
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
    diff = _diff(old, new)
    warnings = changed + check_words(new.text, new.subject, new.facts, old.links, language=new.language)
    return Edited(new, diff, list(dict.fromkeys(warnings)), reassigned)


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
    wanting = refusal(workspace, row, person)
    if wanting is not None:
        raise NotAllowed(wanting)


def _check_may_edit(workspace: Workspace, row: ReviewRow, person: Person) -> None:
    """Whoever could decide may edit; so may an earlier editor of the same draft."""
    if person.login in row.authors and Role.SUPERVISOR in person.roles and row.role == Role.SUPERVISOR:
        return
    _check_rights(workspace, row, person)


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


def _rewritten(old: Draft, person: Person, subject: str, text: str) -> Draft:
    subject, text = " ".join(subject.split()), text.replace("\r\n", "\n").strip() + "\n"
    if not subject or len(text) < 20:
        raise UserError("a mail needs a subject and a text")
    try:
        guarded(subject, "subject")
    except HeaderRefused as error:
        raise UserError(str(error)) from error
    lost = [link for link in old.links if "/unsubscribe/" in link and link not in text]
    if lost:
        raise UserError("the unsubscribe link must stay in the text: the law asks for it")
    links = tuple(dict.fromkeys(addresses_in(text)))
    return old.model_copy(
        update={
            "id": draft_id(old.decision_id, old.step, old.revision + 1),
            "revision": old.revision + 1,
            "subject": subject,
            "text": text,
            "html": text_to_html(text, links, old.language),
            "links": links,
            "author": person.login,
        }
    )


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


def _diff(old: Draft, new: Draft) -> str:
    def lines(draft: Draft) -> list[str]:
        return [f"Subject: {draft.subject}", "", *draft.text.splitlines()]

    return "\n".join(difflib.unified_diff(lines(old), lines(new), "before", "after", lineterm="", n=1))


def summary_of(row: ReviewRow) -> dict[str, Any]:
    """A review's own figures, for those who print it."""
    return {"id": row.id, "kind": row.kind, "state": row.state, "expires_at": row.expires_at, **row.summary}

"""Who may decide a review: one rule for the command line, the pages and the list of what waits (promise 2)."""

from dataclasses import dataclass

from sqlmodel import Session

from ..agents.workspace import Workspace
from ..domain.playbook import Role
from ..store import people
from ..store.tables import PersonRow, ReviewRow
from .people import Person, as_person


@dataclass(frozen=True)
class Refusal:
    """Why somebody may not decide: a code that pages have words for, and whom it is about."""

    code: str  #: not_your_draft, own_work, not_named, handed_over
    who: str

    def __str__(self) -> str:
        return _SAY[self.code].format(who=self.who)


_SAY = {
    "not_your_draft": "this is for {who}, the responsible sales rep",
    "own_work": "{who} had a hand in it, and nobody approves their own work; ask another supervisor",
    "not_named": "this takes a supervisor named in the brief: {who}",
    "handed_over": "this was handed to {who}",
}


def may_not_decide(workspace: Workspace, row: ReviewRow, person: Person) -> Refusal | None:
    """Why this person may not decide this review; None if they may."""
    reviewers = workspace.brief.reviewers
    named = set(reviewers.supervisors) | set(reviewers.deputies.values())
    if row.role == Role.SALES_REP:
        if person.login == row.assignee and Role.SALES_REP in person.roles:
            return None
        return Refusal("not_your_draft", row.assignee or "?")
    if person.login in row.authors:
        return Refusal("own_work", person.login)
    if Role.SUPERVISOR not in person.roles or person.login not in named:
        return Refusal("not_named", ", ".join(sorted(named)))
    if row.assignee is not None and person.login != row.assignee:
        return Refusal("handed_over", row.assignee)
    return None


def may_not_edit(workspace: Workspace, row: ReviewRow, person: Person) -> Refusal | None:
    """Whoever could decide may edit; so may an earlier editor of the same draft."""
    if person.login in row.authors and Role.SUPERVISOR in person.roles and row.role == Role.SUPERVISOR:
        return None
    return may_not_decide(workspace, row, person)


def may_look(workspace: Workspace, row: ReviewRow, person: Person) -> bool:
    """A rep sees the drafts to their own customers and those they edited; all others see everything."""
    if person.roles.intersection((Role.SUPERVISOR, Role.MARKETER, Role.OPERATOR)):
        return True
    return person.login in (row.assignee, *row.authors) or may_not_decide(workspace, row, person) is None


def deciders(workspace: Workspace, session: Session, row: ReviewRow) -> list[str]:
    """The logins of everybody who may decide this review."""
    return [who.login for who in everybody(session) if may_not_decide(workspace, row, who) is None]


def everybody(session: Session) -> list[Person]:
    rows: list[PersonRow] = people.people(session)
    return [as_person(row) for row in rows]

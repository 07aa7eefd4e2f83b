"""Editing on a page: the body without the legal footer, checked while it is typed, saved under the same rules."""

from dataclasses import dataclass

from ..agents.workspace import Workspace
from ..domain.draft import Draft
from ..prompts.layout import RULE
from . import reviewing
from .desk import Line, side_by_side
from .people import Person
from .wording import check_edit
from .words import without_footer


@dataclass(frozen=True)
class Preview:
    """What an edit would do. With `commitments` (changed prices, offers, links, promises) a supervisor decides."""

    changes: list[Line]
    warnings: list[str]
    commitments: list[str]


def body_of(draft: Draft) -> str:
    """The words that may be edited."""
    return without_footer(draft.text).strip()


def footer_of(draft: Draft) -> str:
    """What the law wants under every mail, and stays."""
    return draft.text[len(without_footer(draft.text)) :].strip()


def check(workspace: Workspace, draft: Draft, person: Person, subject: str, body: str) -> Preview:
    """What is to say about these words; nothing is kept. Raises CantStand."""
    checked = check_edit(workspace, draft, person.login, subject, _whole(draft, body))
    before = f"{draft.subject}\n\n{body_of(draft)}"
    after = f"{checked.draft.subject}\n\n{body_of(checked.draft)}"
    only_warnings = [warning for warning in checked.warnings if warning not in checked.commitments]
    return Preview(side_by_side(before, after), only_warnings, checked.commitments)


def save(
    workspace: Workspace, draft: Draft, person: Person, subject: str, body: str, *, shown_digest: str
) -> reviewing.Edited:
    """Keep the words; the review asks about them from then on. Raises CantStand, Conflict, NotAllowed."""
    whole = _whole(draft, body)
    return reviewing.edit(workspace, draft.id, person, subject=subject, text=whole, shown_digest=shown_digest)


def _whole(draft: Draft, body: str) -> str:
    footer = footer_of(draft)
    words = without_footer(body.replace("\r\n", "\n")).strip()
    return f"{words}\n\n{footer}\n" if footer.startswith(RULE) else f"{words}\n"

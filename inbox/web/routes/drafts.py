"""One draft: read it, see it as its reader will, change its words with live checks."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ....domain.errors import Conflict
from ....service import desk, editing, reviewing
from ....service.wording import CantStand
from ..pages import address, fragment, page
from ..security import MAIL_POLICY
from ..sessions import Place, Reader, Sender, Visitor

router = APIRouter()
_MAIL_HEADERS = {"content-security-policy": MAIL_POLICY}


@router.get("/reviews/{review_id}/draft")
def show(
    request: Request,
    workspace: Place,
    who: Reader,
    review_id: str,
    unit: str,
    step: str,
    without: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """One draft of a batch, with the facts beside its figures; that it was opened is on record."""
    seen = desk.look(workspace, review_id, who.person)
    opened = desk.open_draft(workspace, seen.row, desk.Place(unit, step), who.person)
    batch = desk.lay_out(workspace, seen.row, who.person)
    return page(
        request,
        workspace,
        "draft.html.j2",
        seen=seen,
        row=seen.row,
        opened=opened,
        batch=batch,
        without=without or [],
    )


@router.get("/reviews/{review_id}/mail")
def mail(workspace: Place, who: Reader, review_id: str, unit: str, step: str) -> Response:
    """The HTML part as it is, for a frame without scripts and without an origin; nothing in it is loaded."""
    seen = desk.look(workspace, review_id, who.person)
    draft = desk.draft_in(workspace, seen.row, desk.Place(unit, step))
    return HTMLResponse(draft.html, headers=_MAIL_HEADERS)


@dataclass(frozen=True)
class Words:
    """What an editing form holds."""

    unit: str
    step: str
    subject: str
    text: str
    digest: str


def words(
    unit: Annotated[str, Form()],
    step: Annotated[str, Form()],
    subject: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    digest: Annotated[str, Form()] = "",
) -> Words:
    return Words(unit, step, subject, text, digest)


@router.get("/reviews/{review_id}/edit")
def ask(request: Request, workspace: Place, who: Reader, review_id: str, unit: str, step: str) -> Response:
    """The form for other words."""
    seen, opened = _opened(workspace, who, review_id, unit, step)
    typed = (opened.draft.subject, editing.body_of(opened.draft))
    return _form(request, workspace, seen, opened, typed)


@router.post("/reviews/{review_id}/edit")
def save(
    request: Request,
    workspace: Place,
    who: Sender,
    review_id: str,
    given: Annotated[Words, Depends(words)],
    do: Annotated[str, Form()] = "check",
) -> Response:
    """Save, or only check (the button for browsers without scripts)."""
    seen, opened = _opened(workspace, who, review_id, given.unit, given.step)
    typed = (given.subject, given.text)
    try:
        if do != "save":
            checked = editing.check(workspace, opened.draft, who.person, *typed)
            return _form(request, workspace, seen, opened, typed, checked=checked)
        done = editing.save(workspace, opened.draft, who.person, *typed, shown_digest=given.digest)
    except CantStand as error:
        return _form(request, workspace, seen, opened, typed, problem=error.code, status=400)
    except Conflict:
        return page(request, workspace, "conflict.html.j2", status=409, seen=seen, row=seen.row)
    return RedirectResponse(_after_saving(seen, done), 303)


def _after_saving(seen: desk.Seen, done: reviewing.Edited) -> str:
    """Back to what was edited; what went to a supervisor is out of the editor's hands."""
    if done.reassigned:
        return address("/", moved=1)
    if seen.row.kind == "each":
        return address(f"/reviews/{seen.row.id}", saved=1)
    return address(f"/reviews/{seen.row.id}/draft", unit=done.draft.unit_id, step=done.draft.step)


@router.post("/checks")
def check(
    workspace: Place, who: Sender, review: Annotated[str, Form()], given: Annotated[Words, Depends(words)]
) -> Response:
    """What is to say about words that are being typed: a fragment for the page, nothing is kept."""
    seen, opened = _opened(workspace, who, review, given.unit, given.step)
    try:
        checked, problem = editing.check(workspace, opened.draft, who.person, given.subject, given.text), ""
    except CantStand as error:
        checked, problem = None, error.code
    words_of = {"checked": checked, "problem": problem, "needs_supervisor": seen.row.role == "sales_rep"}
    return fragment(workspace, who.language, "checks.html.j2", **words_of)


def _opened(workspace: Place, who: Visitor, review_id: str, unit: str, step: str) -> tuple[desk.Seen, desk.Opened]:
    seen = desk.look(workspace, review_id, who.person)
    return seen, desk.open_draft(workspace, seen.row, desk.Place(unit, step), who.person)


def _form(
    request: Request,
    workspace: Place,
    seen: desk.Seen,
    opened: desk.Opened,
    typed: tuple[str, str],
    *,
    checked: editing.Preview | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    return page(
        request,
        workspace,
        "edit.html.j2",
        status=status,
        seen=seen,
        row=seen.row,
        opened=opened,
        subject=typed[0],
        text=typed[1],
        footer=editing.footer_of(opened.draft),
        checked=checked,
        problem=problem,
        needs_supervisor=seen.row.role == "sales_rep",
    )

"""One review: read it, decide it, hand it over."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from ....domain.errors import Conflict, UserError
from ....domain.review import Answer, Wish
from ....service import desk, reviewing
from ....service.reading import TooFewRead
from ..pages import address, page
from ..sessions import Place, Reader, Sender, Visitor

router = APIRouter()
_LONGEST_REASON = 2000


@router.get("/reviews/{review_id}")
def show(
    request: Request,
    workspace: Place,
    who: Reader,
    review_id: str,
    without: Annotated[list[str] | None, Query()] = None,
    sheet: int = 1,
    saved: bool = False,
) -> Response:
    """A plan, a batch or a single draft. `without`: units or actions marked to be left out, kept in the address."""
    return _page(request, workspace, who, review_id, without=without or [], sheet=sheet, saved=saved)


@router.post("/reviews/{review_id}/decide")
def decide(
    request: Request,
    workspace: Place,
    who: Sender,
    review_id: str,
    answer: Annotated[str, Form()],
    digest: Annotated[str, Form()],
    reason: Annotated[str, Form()] = "",
    wish: Annotated[str, Form()] = "",
    without: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Approve or reject what the page showed; what it lacks is said on the page, with all that was typed."""
    left_out = [name for given in without or [] for name in given.split()]
    problem, numbers = "", {}
    try:
        reviewing.decide(workspace, review_id, who.person, _answer(answer, reason, wish, left_out), shown_digest=digest)
    except _Incomplete as error:
        problem = str(error)
    except TooFewRead as error:
        problem, numbers = "too_few_read", {"read": error.read, "due": error.due}
    except Conflict:
        return _conflict(request, workspace, who, review_id)
    if problem:
        typed = {"reason": reason, "wish": wish}
        return _page(request, workspace, who, review_id, without=left_out, problem=(problem, numbers), typed=typed)
    request.app.state.decided()
    return RedirectResponse(address("/", after=review_id), 303)


@router.post("/reviews/{review_id}/hand-over")
def hand_over(request: Request, workspace: Place, who: Sender, review_id: str, to: Annotated[str, Form()]) -> Response:
    try:
        reviewing.hand_over(workspace, review_id, who.person, to)
    except Conflict:
        return _conflict(request, workspace, who, review_id)
    return RedirectResponse("/", 303)


class _Incomplete(UserError):
    """The form lacks something; the message is a code that the page has words for."""


def _answer(answer: str, reason: str, wish: str, without: list[str]) -> Answer:
    """What the form says; what was ticked for an approval counts in a rejection only with that wish."""
    if answer == "reject" and not reason.strip():
        raise _Incomplete("reason_missing")
    if answer == "reject" and wish == Wish.WITHOUT and not without:
        raise _Incomplete("without_missing")
    counts = answer == "approve" or wish == Wish.WITHOUT
    try:
        return Answer.model_validate(
            {
                "type": answer,
                "reason": reason.strip()[:_LONGEST_REASON] if answer == "reject" else "",
                "wish": (wish or None) if answer == "reject" else None,
                "without": without if counts else (),
            }
        )
    except ValidationError as error:
        raise UserError("this form is not one of ours; load the page again") from error


def _page(
    request: Request,
    workspace: Place,
    who: Visitor,
    review_id: str,
    *,
    without: list[str],
    sheet: int = 1,
    saved: bool = False,
    problem: tuple[str, dict[str, int]] | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    seen = desk.look(workspace, review_id, who.person)
    values: dict[str, Any] = {
        "seen": seen,
        "row": seen.row,
        "without": without,
        "problem": problem,
        "typed": typed or {"reason": "", "wish": ""},
        "saved": saved,
    }
    status = 200 if problem is None else 400
    if seen.row.kind == "plan":
        return page(request, workspace, "plan.html.j2", status=status, plan=seen.row.summary, **values)
    batch = desk.lay_out(workspace, seen.row, who.person, sheet)
    if seen.row.kind == "batch":
        return page(request, workspace, "batch.html.j2", status=status, batch=batch, sheet=sheet, **values)
    opened = [desk.open_draft(workspace, seen.row, sample.place, who.person) for sample in batch.page]
    why = desk.why_now(workspace, opened[0].draft.decision_id) if opened else None
    return page(request, workspace, "each.html.j2", status=status, opened=opened, why=why, **values)


def _conflict(request: Request, workspace: Place, who: Visitor, review_id: str) -> Response:
    """Somebody was faster, or the words changed: who, when, what."""
    seen = desk.look(workspace, review_id, who.person)
    return page(request, workspace, "conflict.html.j2", status=409, seen=seen, row=seen.row)

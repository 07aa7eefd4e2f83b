"""The first page: what waits for me, and what for others."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from ....domain.errors import UserError
from ....service import incidents
from ....service.desk import Seen, look
from ....service.queue import queue_of
from ..pages import page
from ..sessions import Place, Reader, Sender, Visitor

router = APIRouter()


@router.get("/")
def queue(request: Request, workspace: Place, who: Reader, after: str = "", moved: bool = False) -> Response:
    """What waits; `after` names the review just decided, `moved`: an edit brought one before a supervisor."""
    return page(
        request,
        workspace,
        "queue.html.j2",
        queue=queue_of(workspace, who.person),
        decided=_just_decided(workspace, who, after),
        moved=moved,
    )


@router.post("/incidents/settle")
def settle(
    request: Request,
    workspace: Place,
    who: Sender,
    incident: Annotated[str, Form()],
    note: Annotated[str, Form()] = "",
) -> Response:
    """Say how a complaint was settled; its customer may be written to again."""
    incidents.settle(workspace, incident, who.person, note=note)
    request.app.state.decided()
    return RedirectResponse("/", 303)


def _just_decided(workspace: Place, who: Visitor, review_id: str) -> Seen | None:
    """The review, if this person decided it: an address in a mail can't make us say otherwise."""
    if not review_id:
        return None
    try:
        seen = look(workspace, review_id, who.person)
    except UserError:
        return None
    return seen if seen.row.decided_by == who.person.login else None

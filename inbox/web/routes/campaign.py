"""Where the campaign stands, what it did, why one unit got what it got; and the switch that stops everything."""

import base64
import hashlib
import re
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ....service import notes, switching
from ....service.picture import picture_of
from ....service.receipts import build_receipt
from ....service.reporting import build_report
from ....service.standing import status
from ...explaining import in_sentences, spoken, why_not
from ...receipt import headline
from ...report.page import render_page
from ..drawing import draw
from ..pages import address, page
from ..sessions import Place, Reader, Sender
from .log_in import local

router = APIRouter()
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@router.get("/campaign")
def campaign(request: Request, workspace: Place, who: Reader) -> Response:
    """The graph with the place where it stands, and the counts."""
    stands, picture = status(workspace), picture_of(workspace)
    return page(
        request,
        workspace,
        "campaign.html.j2",
        stands=stands,
        picture=picture,
        drawn=draw(picture, stands, who.language),
        goal=workspace.brief.goal,
    )


@router.get("/report")
def report(workspace: Place, who: Reader) -> Response:
    """The report as it is written to a file, with a way back; its inline style is allowed by its hash alone."""
    made = render_page(build_report(workspace), who.language, home="/")
    style = _STYLE.search(made)
    digest = base64.b64encode(hashlib.sha256((style[1] if style else "").encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    return HTMLResponse(made, headers={"content-security-policy": policy})


@router.get("/why")
def why(request: Request, workspace: Place, who: Reader, unit: str = "") -> Response:
    """The receipt of one unit; without one, the form that asks for it."""
    unit = unit.strip()
    if not unit:
        return page(request, workspace, "why.html.j2", receipt=None, notes=[], may_note=False)
    told = notes.notes_about(workspace, who.person, unit)
    return page(
        request,
        workspace,
        "why.html.j2",
        receipt=build_receipt(workspace, unit),
        headline=partial(headline, language=who.language),
        in_sentences=partial(in_sentences, language=who.language),
        why_not=partial(why_not, language=who.language),
        spoken=partial(spoken, language=who.language),
        notes=told,
        may_note=notes.may_write_note(workspace, who.person, unit),
    )


@router.post("/notes")
def note(workspace: Place, who: Sender, unit: Annotated[str, Form()], text: Annotated[str, Form()] = "") -> Response:
    """What the customer said, as their sales rep writes it back."""
    notes.write_note(workspace, who.person, unit, text)
    return RedirectResponse(address("/why", unit=unit), 303)


@router.post("/pause")
def pause(
    workspace: Place,
    who: Sender,
    reason: Annotated[str, Form(max_length=500)] = "",
    everything: Annotated[bool, Form()] = False,
    then: Annotated[str, Form()] = "/",
) -> Response:
    """From now on nothing leaves. A missing reason is no reason to let things go on."""
    switching.pause(workspace, who.person, reason=reason.strip() or "-", everything=everything)
    return RedirectResponse(local(then), 303)


@router.post("/resume")
def resume(
    request: Request,
    workspace: Place,
    who: Sender,
    everything: Annotated[bool, Form()] = False,
    then: Annotated[str, Form()] = "/",
) -> Response:
    """Let things leave again."""
    switching.resume(workspace, who.person, everything=everything)
    request.app.state.decided()
    return RedirectResponse(local(then), 303)

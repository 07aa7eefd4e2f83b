"""Who asks: the cookie, the log-in behind it, and the checks that every form goes through."""

from dataclasses import dataclass
from secrets import compare_digest
from typing import Annotated

from fastapi import Depends, Form, Request
from starlette.responses import Response

from ...domain.brief import Language
from ...domain.errors import NotAllowed, NotLoggedIn
from ...service import sessions
from ...service.keeping import Workspace, keep_current
from ...service.people import Person
from .security import is_from_our_page


@dataclass(frozen=True)
class Visitor:
    """Somebody logged in, asking for a page."""

    person: Person
    csrf: str
    language: Language
    token: str


class ForgedForm(NotAllowed):
    """This form did not come from a page of this inbox, or from one that is too old. Load the page again."""


def workspace_of(request: Request) -> Workspace:
    """The campaign's workspace, with the brief that is in force now."""
    workspace: Workspace = request.app.state.workspace
    keep_current(workspace)
    return workspace


Place = Annotated[Workspace, Depends(workspace_of)]


def cookie_name(request: Request) -> str:
    """One for each campaign: cookies know no ports, and two inboxes may run on one machine.

    `__Host-`: the browser itself holds that it is Secure, of this host alone and for all paths (RFC 6265bis).
    """
    name = f"kizuna-{request.app.state.workspace.brief.name}"
    return f"__Host-{name}" if request.app.state.is_https else name


def token_of(request: Request) -> str:
    return request.cookies.get(cookie_name(request), "")


def visitor(request: Request, workspace: Place) -> Visitor:
    """The log-in behind the cookie; raises NotLoggedIn."""
    here = recognise(request)
    if here is None:
        raise NotLoggedIn
    return here


def recognise(request: Request) -> Visitor | None:
    """Whoever is logged in, if anybody is; kept for the page that is made."""
    known: Visitor | None = getattr(request.state, "visitor", None)
    if known is not None:
        return known
    token = token_of(request)
    found = sessions.look_up(request.app.state.workspace, token)
    if found is not None:
        request.state.visitor = Visitor(found.person, found.csrf, found.language, token)
    return getattr(request.state, "visitor", None)


def sender(request: Request, who: Annotated[Visitor, Depends(visitor)], csrf: Annotated[str, Form()] = "") -> Visitor:
    """Whoever sends a form of ours: logged in, from our own page, with the log-in's token."""
    if not is_from_our_page(request.headers) or not _is_same(csrf, who.csrf):
        raise ForgedForm
    return who


Reader = Annotated[Visitor, Depends(visitor)]
Sender = Annotated[Visitor, Depends(sender)]


def set_cookie(request: Request, response: Response, token: str) -> None:
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=int(sessions.LONGEST.total_seconds()),
        path="/",
        secure=request.app.state.is_https,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response) -> None:
    response.delete_cookie(
        cookie_name(request), path="/", secure=request.app.state.is_https, httponly=True, samesite="lax"
    )


def _is_same(given: str, wanted: str) -> bool:
    return compare_digest(given.encode(), wanted.encode())

"""The inbox as one ASGI application: pages for those who decide, and the customers' pages beside them."""

import logging
from collections.abc import Callable, MutableMapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from ...domain.errors import KizunaError, NotAllowed, NotLoggedIn, UserError
from ...domain.refusals import TooManyFaulty
from ...service.keeping import Workspace
from ..pages.routes import install as install_customers_pages
from ..refusals import too_many_in_words
from .limits import Attempts
from .pages import address, page, wanted_language
from .routes import campaign, drafts, log_in, plain, queue, reviews, segments
from .security import Guard, told
from .sessions import ForgedForm, recognise

_log = logging.getLogger("kizuna.inbox")


def _nothing() -> None:
    """Nobody has to know."""


def create_app(workspace: Workspace, *, is_https: bool = False, decided: Callable[[], None] = _nothing) -> FastAPI:
    """The pages of one campaign. `is_https`: reached through a proxy that speaks https, by its name.

    `decided` is called after every decision, so that the campaign can go on at once.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.workspace = workspace
    app.state.is_https = is_https
    app.state.decided = decided
    app.state.attempts = Attempts()
    for part in (plain, log_in, queue, reviews, drafts, campaign, segments):
        app.include_router(part.router)
    install_customers_pages(app, workspace)
    app.add_exception_handler(KizunaError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_middleware(Guard, is_https=is_https, failed=_unforeseen)
    return app


def _ours(request: Request, error: Exception) -> Response:
    """A refusal in words; whoever is not logged in is asked to, and comes back to where they wanted to go."""
    if isinstance(error, NotLoggedIn):
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(address("/log-in", then=wanted if request.method == "GET" else "/"), 303)
    if isinstance(error, ForgedForm):
        return _say(request, "forged", 403)
    if isinstance(error, NotAllowed):
        return _say(request, "not_allowed", 403, str(error))
    if isinstance(error, TooManyFaulty):
        here = recognise(request)
        language = here.language if here is not None else wanted_language(request)
        return _say(request, "refused", 400, too_many_in_words(error, language))
    if isinstance(error, UserError):
        return _say(request, "refused", 400, str(error))
    _log.error("%s", told(error))
    return _say(request, "failed", 500)


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _say(request, "not_found" if status == 404 else "refused", status)


def _malformed(request: Request, _error: Exception) -> Response:
    return _say(request, "refused", 400)


def _unforeseen(scope: MutableMapping[str, Any]) -> Response:
    """No traceback on a page: that is for the log."""
    return _say(Request(scope), "failed", 500)


def _say(request: Request, problem: str, status: int, detail: str = "") -> Response:
    """A page about what went wrong, for whoever asks, also where no route got to know them."""
    recognise(request)
    return page(request, request.app.state.workspace, "error.html.j2", status=status, problem=problem, detail=detail)

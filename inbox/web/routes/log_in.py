"""Log in, log out, switch the language."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from ....domain.brief import Language
from ....domain.errors import NotAllowed
from ....service import sessions
from ..pages import page, wanted_language
from ..security import is_from_our_page
from ..sessions import ForgedForm, Place, Sender, drop_cookie, set_cookie, token_of

router = APIRouter()


@router.get("/log-in")
def ask(request: Request, workspace: Place, then: str = "/") -> Response:
    """The form; whoever is logged in already goes on."""
    if sessions.look_up(workspace, token_of(request)) is not None:
        return RedirectResponse(local(then), 303)
    return _form(request, workspace, then=then)


@router.post("/log-in")
def log_in(
    request: Request,
    workspace: Place,
    login: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    then: Annotated[str, Form(max_length=2000)] = "/",
    lang: Annotated[str, Form(max_length=2)] = "",
) -> Response:
    """Begin a log-in with a new token. No session yet to bind a form to: the browser says where it came from."""
    if not is_from_our_page(request.headers):
        raise ForgedForm
    attempts, here = request.app.state.attempts, request.client.host if request.client else ""
    login = login.strip().lower()
    if attempts.are_too_many(login, here):
        return _form(request, workspace, then=then, login=login, problem="too_many", status=429)
    chosen: Language | None = ("ja" if lang == "ja" else "en") if lang in ("ja", "en") else None
    try:
        token = sessions.begin(workspace, login, password, chosen, token_of(request))
    except NotAllowed:
        attempts.failed(login, here)
        return _form(request, workspace, then=then, login=login, problem="wrong", status=403)
    attempts.succeeded(login, here)
    answer = RedirectResponse(local(then), 303)
    set_cookie(request, answer, token)
    return answer


@router.post("/log-out")
def log_out(request: Request, workspace: Place, who: Sender) -> Response:
    sessions.end(workspace, who.token)
    return _gone(request)


@router.post("/log-out-everywhere")
def log_out_everywhere(request: Request, workspace: Place, who: Sender) -> Response:
    sessions.end_everywhere(workspace, who.person)
    return _gone(request)


@router.post("/language")
def speak(
    workspace: Place, who: Sender, language: Annotated[Language, Form()], then: Annotated[str, Form()] = "/"
) -> Response:
    sessions.speak(workspace, who.token, language)
    return RedirectResponse(local(then), 303)


def local(then: str) -> str:
    """Where to go on: a path of ours, never another site (`//elsewhere`, `/\\elsewhere`)."""
    is_ours = then.startswith("/") and not then.startswith(("//", "/\\")) and then.isprintable()
    return then if is_ours else "/"


def _form(
    request: Request, workspace: Place, *, then: str, login: str = "", problem: str = "", status: int = 200
) -> Response:
    asked = request.query_params.get("lang") or ""
    return page(
        request,
        workspace,
        "log_in.html.j2",
        status=status,
        language=wanted_language(request),
        then=local(then),
        login=login,
        problem=problem,
        lang=asked if asked in ("ja", "en") else "",
    )


def _gone(request: Request) -> Response:
    answer = RedirectResponse("/log-in", 303)
    drop_cookie(request, answer)
    return answer

"""The customers' pages. A link of a mail is all it takes: no log-in, no cookie, no script. GET changes nothing."""

import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from ...domain.errors import UserError
from ...domain.playbook import Channel
from ...service import erasing, taking_out, visiting
from ...service.keeping import Workspace
from ...service.visiting import Opened, Visitor, Wishes
from .. import figures
from .forms import Form, read_form
from .held import LANGUAGE_NAMES, as_shown
from .rendering import Screen, page_headers, screen

SentForm = Annotated[Form, Depends(read_form)]


def install(app: FastAPI, workspace: Workspace) -> None:
    """Put the pages into an application."""
    app.include_router(routes(workspace))


def create_pages_app(workspace: Workspace) -> FastAPI:
    """The customers' pages alone, for a host that the world can reach."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    install(app, workspace)

    def refuse(request: Request, error: Exception) -> Response:
        return _refused(request, workspace, error.status_code if isinstance(error, HTTPException) else 500)

    app.add_exception_handler(HTTPException, refuse)
    app.add_exception_handler(Exception, refuse)
    return app


def _refused(request: Request, workspace: Workspace, status: int) -> Response:
    """No such page, or a form that could not be read."""
    key = "error.not_found" if status in (404, 405) else "error.bad_form"
    return screen(request, workspace.brief, None).told(key, status=status)


def routes(workspace: Workspace) -> APIRouter:
    """All pages of one workspace, as a router of its own."""

    class OurRoute(APIRoute):
        """Says what is wrong with a form in the words of these pages, in whatever application they are."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                try:
                    return await handle(request)
                except HTTPException as error:
                    return _refused(request, workspace, error.status_code)

            return guarded

    router = APIRouter(route_class=OurRoute)
    pages = _Pages(workspace)
    for path, get, post in (
        ("/unsubscribe/{token}", pages.ask_to_leave, pages.leave),
        ("/preferences/{token}", pages.preferences, pages.save),
        ("/preferences/{token}/leave", pages.preferences, pages.leave_from_settings),
        ("/preferences/{token}/return", pages.preferences, pages.come_back),
        ("/preferences/{token}/data", pages.data, pages.show_data),
        ("/preferences/{token}/export", pages.data, pages.export),
        ("/preferences/{token}/erase", pages.ask_to_erase, pages.erase),
        ("/go/{token}", pages.go, pages.answer),
    ):
        router.add_api_route(path, get, methods=["GET"], include_in_schema=False)
        router.add_api_route(path, post, methods=["POST"], include_in_schema=False)
    return router


class _Pages:
    """The handlers: each finds out who asks, lets the use case do it, and says what happened."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    # leaving

    def ask_to_leave(self, request: Request, token: str) -> Response:
        visitor = visiting.visitor_of(self.workspace, "unsubscribe", token)
        if visitor is None:
            return self._not_found(request)
        here = self._screen(request, visitor)
        if visitor.is_erased:
            return here.told("erase.gone")
        url = self._settings(here, visitor)
        return here.page("unsubscribe.html.j2", has_left=visitor.gets_nothing == "unsubscribed", preferences_url=url)

    def leave(self, request: Request, token: str, form: SentForm) -> Response:
        """One click of a mail program (RFC 8058), or the button of the page."""
        visitor = visiting.visitor_of(self.workspace, "unsubscribe", token)
        if visitor is None:
            return self._not_found(request)
        if form.one("List-Unsubscribe") == "One-Click":
            visiting.leave(self.workspace, visitor, how="one-click")
            return PlainTextResponse("unsubscribed\n", headers=page_headers())
        here = self._screen(request, visitor, form)
        if form.one("stop") != "all":
            return here.told("error.bad_form", status=400)
        visiting.leave(self.workspace, visitor, how="button")
        return self._left(here, visitor)

    def leave_from_settings(self, request: Request, token: str, form: SentForm) -> Response:
        visitor = self._of_settings(token)
        if visitor is None or visitor.contact is None:
            return self._nobody(request, visitor)
        here = self._screen(request, visitor, form)
        if form.one("stop") != "all":
            return here.told("error.bad_form", status=400)
        visiting.leave(self.workspace, visitor, how="button of the settings")
        return self._left(here, visitor)

    def come_back(self, request: Request, token: str, form: SentForm) -> Response:
        visitor = self._of_settings(token)
        if visitor is None or visitor.contact is None:
            return self._nobody(request, visitor)
        here = self._screen(request, visitor, form)
        if form.one("agree") == "yes":
            wording = here.words("preferences.consent", company=here.company)
            visiting.come_back(self.workspace, visitor, wording=wording)
        return self._show_settings(here, token)

    # choosing

    def preferences(self, request: Request, token: str) -> Response:
        visitor = self._of_settings(token)
        if visitor is None or visitor.contact is None:
            return self._nobody(request, visitor)
        return self._show_settings(self._screen(request, visitor), token)

    def save(self, request: Request, token: str, form: SentForm) -> Response:
        visitor = self._of_settings(token)
        if visitor is None or visitor.contact is None:
            return self._nobody(request, visitor)
        if form.one("form") != "preferences":
            return self._screen(request, visitor, form).told("error.bad_form", status=400)
        before = visiting.wishes_of(self.workspace, visitor)
        try:
            wishes = self._wishes(visitor, before, form)
            visiting.change_wishes(self.workspace, visitor, wishes)
        except (UserError, ValueError):
            return self._screen(request, visitor, form).told("error.bad_form", status=400)
        changed = wishes.language != before.language
        known = self._of_settings(token) or visitor
        return self._show_settings(self._screen(request, known, None if changed else form), token, is_saved=True)

    def _wishes(self, visitor: Visitor, before: Wishes, form: Form) -> Wishes:
        """The form as wishes; what the page does not offer stays as it was."""
        topics, channels = visiting.offered_topics(self.workspace), visiting.offered_channels(self.workspace)
        on = {*form.all("topic")}, {*form.all("channel")}
        pause, often, asked = form.one("pause"), form.one("per_month"), form.one("language")
        keeps = pause == "keep" and before.is_paused
        language = next((known for known in self.workspace.brief.voice.languages if known == asked), None)
        is_own = visitor.contact is not None and language == visitor.contact.language
        return Wishes(
            topics_off=(before.topics_off - {*topics}) | {topic for topic in topics if topic.value not in on[0]},
            channels_off=(before.channels_off - {*channels}) | {c for c in channels if c.value not in on[1]},
            per_month=int(often) if often else None,
            language=None if is_own and before.language is None else language,
            is_paused=keeps or pause in visiting.PAUSES,
            paused_until=before.paused_until if keeps else self._pause_end(pause),
        )

    def _pause_end(self, pause: str) -> Any:
        return visiting.pause_end(self.workspace, pause) if pause not in ("", "keep") else None

    # seeing, taking along, erasing

    def data(self, request: Request, token: str) -> Response:
        visitor = self._of_settings(token)
        if visitor is None or visitor.contact is None:
            return self._nobody(request, visitor)
        return self._screen(request, visitor).page("data.html.j2", held=None, token=token)

    def show_data(self, request: Request, token: str, form: SentForm) -> Response:
        visitor = self._of_settings(token)
        if visitor is None or visitor.contact is None:
            return self._nobody(request, visitor)
        here = self._screen(request, visitor, form)
        zone = self.workspace.brief.guardrails.quiet_hours.zone
        held = taking_out.held(self.workspace, visitor.contact_id)
        return here.page("data.html.j2", held=as_shown(held, here.language, zone), token=token)

    def export(self, request: Request, token: str, form: SentForm) -> Response:
        visitor = self._of_settings(token)
        if visitor is None or visitor.contact is None:
            return self._nobody(request, visitor)
        if form.one("take") != "all":
            return self._screen(request, visitor, form).told("error.bad_form", status=400)
        content = taking_out.export(self.workspace, visitor.contact_id, by="customer")
        return Response(
            json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True),
            media_type="application/json",
            headers={**page_headers(), "Content-Disposition": 'attachment; filename="my-data.json"'},
        )

    def ask_to_erase(self, request: Request, token: str) -> Response:
        visitor = self._of_settings(token)
        if visitor is None or visitor.contact is None:
            return self._nobody(request, visitor)
        return self._screen(request, visitor).page("erase.html.j2", token=token, is_unticked=False)

    def erase(self, request: Request, token: str, form: SentForm) -> Response:
        """Asked for at once; done after the answer, or by the next tick where a campaign is at work."""
        visitor = self._of_settings(token)
        if visitor is None or visitor.contact is None:
            return self._nobody(request, visitor)
        here = self._screen(request, visitor, form)
        if form.one("erase") != "all" or form.one("sure") != "yes":
            return here.page("erase.html.j2", token=token, is_unticked=True, status=400)
        erasing.ask(self.workspace, visitor.contact_id, by="customer")
        answer = here.told("erase.asked")
        answer.background = BackgroundTask(erasing.finish, self.workspace)
        return answer

    # answering

    def go(self, request: Request, token: str) -> Response:
        opened = visiting.open_link(self.workspace, token)
        if opened is None:
            return self._not_found(request)
        here = self._screen(request, opened.visitor)
        if opened.visitor.is_erased:
            return here.told("erase.gone")
        if opened.target:
            return RedirectResponse(visiting.follow(self.workspace, opened), 303, headers=page_headers())
        if opened.survey is None or opened.visitor.contact is None:
            return self._plain(here)
        return self._ask(here, opened)

    def answer(self, request: Request, token: str, form: SentForm) -> Response:
        opened = visiting.open_link(self.workspace, token)
        if opened is None:
            return self._not_found(request)
        here = self._screen(request, opened.visitor, form)
        if opened.survey is None or opened.visitor.contact is None:
            return here.told("erase.gone") if opened.visitor.is_erased else self._plain(here)
        choice = form.one("answer")
        if choice not in opened.survey.answers:
            return self._ask(here, opened, is_unchosen=True, status=400)
        taken = visiting.answer(self.workspace, opened, choice, form.one("words"))
        text = here.words("survey.thanks" if taken else "survey.stands")
        url = self._settings(here, opened.visitor)
        return here.page("told.html.j2", title=here.words("survey.thanks_title"), text=text, preferences_url=url)

    def _ask(self, here: Screen, opened: Opened, *, is_unchosen: bool = False, status: int = 200) -> Response:
        return here.page(
            "survey.html.j2",
            status=status,
            survey=opened.survey,
            chosen=opened.chosen,
            answered=opened.answered,
            is_unchosen=is_unchosen,
            longest_words=visiting.LONGEST_WORDS,
        )

    def _plain(self, here: Screen) -> Response:
        contact = self.workspace.brief.sender.contact
        return here.told("plain", company=here.company, contact=contact)

    # what many of them need

    def _of_settings(self, token: str) -> Visitor | None:
        return visiting.visitor_of(self.workspace, "preferences", token)

    def _screen(self, request: Request, visitor: Visitor | None, form: Form | None = None) -> Screen:
        known = visitor.language if visitor is not None else None
        return screen(request, self.workspace.brief, known, form.one("lang") if form is not None else "")

    def _settings(self, here: Screen, visitor: Visitor) -> str:
        if visitor.contact is None:
            return ""
        token = visiting.settings_token(self.workspace, visitor)
        return f"{here.root}preferences/{token}{here.query}"

    def _not_found(self, request: Request) -> Response:
        return self._screen(request, None).told("error.not_found", status=404)

    def _nobody(self, request: Request, visitor: Visitor | None) -> Response:
        """A link that we never made, or one of somebody who is not here any more."""
        if visitor is None:
            return self._not_found(request)
        here = self._screen(request, visitor)
        return here.told("erase.gone") if visitor.is_erased else self._plain(here)

    def _left(self, here: Screen, visitor: Visitor) -> Response:
        has_letters = Channel.LETTER in visiting.offered_channels(self.workspace)
        return here.page("left.html.j2", has_letters=has_letters, preferences_url=self._settings(here, visitor))

    def _show_settings(self, here: Screen, token: str, *, is_saved: bool = False) -> Response:
        visitor = self._of_settings(token)
        assert visitor is not None and visitor.contact is not None
        wishes, brief = visiting.wishes_of(self.workspace, visitor), self.workspace.brief
        zone = brief.guardrails.quiet_hours.zone
        until = wishes.paused_until.astimezone(zone) if wishes.paused_until is not None else None
        return here.page(
            "preferences.html.j2",
            here=f"{here.root}preferences/{token}",
            is_saved=is_saved,
            gets_nothing=visitor.gets_nothing,
            wishes=wishes,
            paused_until=figures.day(here.language, until) if until is not None else "",
            topics=[topic.value for topic in visiting.offered_topics(self.workspace)],
            channels=[channel.value for channel in visiting.offered_channels(self.workspace)],
            per_month=visiting.PER_MONTH,
            pauses=list(visiting.PAUSES),
            languages=brief.voice.languages,
            language_names=LANGUAGE_NAMES,
            mail_language=visitor.language or brief.voice.fallback,
        )

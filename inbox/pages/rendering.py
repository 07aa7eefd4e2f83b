"""How the customers' pages are made: one file each, without script, cookie or anything from elsewhere."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import Request
from jinja2 import Environment
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from ...domain.brief import Brief, Language
from ..templates import templates
from ..words import LANGUAGES, say


@cache
def _css() -> str:
    return "\n" + files(__package__).joinpath("pages.css").read_text(encoding="utf-8")


@cache
def page_headers() -> dict[str, str]:
    """Nothing is loaded, stored, framed, indexed or told to others (W3C CSP Level 3; the style by its hash)."""
    style = base64.b64encode(hashlib.sha256(_css().encode()).digest()).decode()
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
    }


@dataclass(frozen=True)
class Screen:
    """One request: in which language to answer, whose pages these are, and how to link to the others."""

    request: Request
    brief: Brief
    language: Language
    is_chosen: bool = False  #: the visitor switched the language by hand

    @property
    def root(self) -> str:
        """The way to where the pages begin, whatever stands before them in the address."""
        route = self.request.scope.get("route")
        return "../" * (getattr(route, "path", "/").count("/") - 1)

    @property
    def query(self) -> str:
        """Keeps the chosen language in links."""
        return f"?lang={self.language}" if self.is_chosen else ""

    @property
    def company(self) -> str:
        return self.brief.voice.company.get(self.language) or self.brief.voice.company[self.brief.voice.fallback]

    def words(self, key: str, **values: object) -> str:
        return say(self.language, f"pages.{key}", **values)

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A whole page; every value is escaped."""
        sender = self.brief.sender
        fallback = self.brief.voice.fallback
        content = (
            _environment()
            .get_template(template)
            .render(
                **values,
                css=Markup(_css()),  # noqa: S704 - our own file
                language=self.language,
                other_language=next((known for known in LANGUAGES if known != self.language), ""),
                say=self.words,
                company=self.company,
                organisation=sender.organisation.get(self.language) or sender.organisation[fallback],
                address=sender.postal_address.get(self.language) or sender.postal_address[fallback],
                contact=sender.contact,
                root=self.root,
                query=self.query,
            )
        )
        return HTMLResponse(content, status, headers=page_headers())

    def told(self, key: str, *, status: int = 200, preferences_url: str = "", **values: object) -> Response:
        """A page that says one thing: `<key>_title` and `<key>`."""
        return self.page(
            "told.html.j2",
            status=status,
            title=self.words(f"{key}_title"),
            text=self.words(key, **values),
            preferences_url=preferences_url,
        )


def screen(request: Request, brief: Brief, known: Language | None, form_language: str = "") -> Screen:
    """In the language switched to, else the visitor's own, else the browser's, else the company's."""
    asked = form_language or request.query_params.get("lang", "")
    chosen = next((language for language in LANGUAGES if language == asked), None)
    return Screen(request, brief, chosen or known or _of_browser(request) or brief.voice.fallback, chosen is not None)


def _of_browser(request: Request) -> Language | None:
    """The first language of the browser's list that we have (RFC 9110, 12.5.4; the order stands for the weights)."""
    for entry in request.headers.get("accept-language", "").lower().split(","):
        for language in LANGUAGES:
            if entry.strip().split(";")[0].split("-")[0] == language:
                return language
    return None


@cache
def _environment() -> Environment:
    return templates(_template)


def _template(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")

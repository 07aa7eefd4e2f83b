"""How pages are made: one template environment, the words of the reader's language, what every page shows."""

import hashlib
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from ...domain.brief import Language, Metric
from ...service import switching
from ...service.keeping import Workspace
from .. import figures
from ..helping import help_lines, helps_little
from ..reasoning import plan_reasoning
from ..report.fairness import planned_fairness
from ..words import name, outcome, say, words
from .sessions import Visitor

STATIC = ("inbox.css", "inbox.js")
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_KEPT_CONTROLS = "\n\t"


def page(
    request: Request,
    workspace: Workspace,
    template: str,
    *,
    status: int = 200,
    language: Language | None = None,
    **values: Any,
) -> Response:
    """A whole page for whoever asks. Every value is escaped; control characters of any text are taken out first."""
    here: Visitor | None = getattr(request.state, "visitor", None)
    tongue = language or (here.language if here is not None else wanted_language(request))
    common = {
        "here": here,
        "path": request.url.path,
        "again": _again(request),
        "pauses": switching.pauses(workspace) if here is not None else [],
        "may_pause": here is not None and switching.may_pause(here.person),
        "may_resume": here is not None and switching.may_resume(here.person),
        "company": workspace.brief.voice.company[tongue if tongue in workspace.brief.voice.company else "ja"],
        "campaign": workspace.brief.name,
    }
    spoken = speech(tongue, workspace)
    made = environment().get_template(template).render(**spoken, **common, **values)
    return HTMLResponse(made, status_code=status)


def _again(request: Request) -> str:
    """The address that shows this page again; a form's answer has none."""
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query if request.method == "GET" else "/"


def fragment(workspace: Workspace, language: Language, template: str, **values: Any) -> Response:
    """A part of a page, for the script that puts it in place."""
    return HTMLResponse(environment().get_template(template).render(**speech(language, workspace), **values))


def speech(language: Language, workspace: Workspace) -> dict[str, Any]:
    """What templates say things with, in one language."""
    zone = workspace.brief.guardrails.quiet_hours.zone
    return {
        "language": language,
        "say": partial(say, language),
        "w": lambda key, **values: say(language, f"web.{key}", **values),
        "name": partial(name, language),
        "outcome": partial(outcome, language),
        "figures": figures,
        "yen": partial(figures.yen, language),
        "moment": lambda at: figures.moment(language, at.astimezone(zone)) if isinstance(at, datetime) else "",
        "left": partial(time_left, language),
        "static": static_address,
        "query": address,
        "describe": partial(_describe, workspace, language),
        "limit_name": partial(_limit_name, language),
        "fact": partial(_fact, language),
        "gain": partial(_gain, language),
        "reasoning": partial(plan_reasoning, language=language),
        "planned_fairness": partial(planned_fairness, language=language),
        "help_lines": partial(help_lines, language=language),
        "helps_little": helps_little,
    }


def _describe(workspace: Workspace, language: Language, action: str) -> str:
    """What an action is, in the words of its playbook."""
    known = workspace.actions.get(action)
    return known.describe.get(language) or next(iter(known.describe.values())) if known is not None else ""


def _limit_name(language: Language, limit: str) -> str:
    """A limit of the allocation in words: `budget`, a channel, or the person whose hands are full."""
    if f"web.limit_{limit}" in words(language):
        return say(language, f"web.limit_{limit}")
    return say(language, "web.limit_person", who=limit.rpartition(":")[2].rpartition("/")[2])


def _fact(language: Language, key: str) -> str | Markup:
    """What a fact is called: in words, or by its name in the templates, which may break after each `_`."""
    stem, _, number = key.rpartition("_")
    if number.isdigit() and f"web.fact.{stem}" in words(language):
        return f"{words(language)[f'web.fact.{stem}']} {number}"
    known = words(language).get(f"web.fact.{key}")
    return known if known is not None else Markup("<code>{}</code>").format(Markup("_<wbr>").join(key.split("_")))


def _gain(language: Language, metric: str, gain: float) -> str:
    """How far a lever moves the goal's metric for the average unit, in the metric's own unit."""
    if metric in (Metric.LTV, Metric.ORDER_VALUE):
        return figures.yen(language, gain, signed=True)
    return f"{figures.points(gain)} pt"


def time_left(language: Language, left: timedelta) -> str:
    """The time until something is over, as coarse as it may be."""
    minutes = int(left.total_seconds() // 60)
    if minutes <= 0:
        return say(language, "web.left_none")
    days, hours = divmod(minutes // 60, 24)
    if days >= 2:
        return say(language, "web.left_days", days=days)
    if minutes >= 120:
        return say(language, "web.left_hours", hours=24 * days + hours)
    return say(language, "web.left_minutes", minutes=minutes)


def wanted_language(request: Request) -> Language:
    """Before log-in: what the address asks for, else what the browser prefers (RFC 9110, 12.5.4), else Japanese."""
    asked = request.query_params.get("lang")
    if asked in ("ja", "en"):
        return "ja" if asked == "ja" else "en"
    best, best_weight = "ja", 0.0
    for part in request.headers.get("accept-language", "")[:200].split(","):
        tag, _, weight = part.strip().partition(";q=")
        language = tag[:2].lower()
        value = float(weight) if weight.replace(".", "", 1).isdigit() else 1.0
        if language in ("ja", "en") and value > best_weight:
            best, best_weight = language, value
    return "en" if best == "en" else "ja"


def address(path: str, **values: object) -> str:
    """A path with its query, encoded; what is empty is left out, lists repeat their name."""
    query = urlencode({key: value for key, value in values.items() if value not in (None, "", [], ())}, doseq=True)
    return f"{path}?{query}" if query else path


@cache
def static_file(file: str) -> bytes:
    return files(__package__).joinpath("static", file).read_bytes()


@cache
def static_address(file: str) -> str:
    """The address of a file that never changes: it names the content."""
    return f"/static/{file}?v={hashlib.sha256(static_file(file)).hexdigest()[:12]}"


def shown(value: object) -> object:
    """Text without control characters and reversed writing; lines stay lines."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(
        c for c in value if c in _KEPT_CONTROLS or (unicodedata.category(c) != "Cc" and c not in _BIDI_CONTROLS)
    )


@cache
def environment() -> Environment:
    made = Environment(
        loader=FunctionLoader(lambda file: files(__package__).joinpath("templates", file).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["items_of"] = _items
    return made


def _items(value: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    return list((value or {}).items())

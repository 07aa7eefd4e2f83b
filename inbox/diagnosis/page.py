"""The diagnosis as one HTML file that needs nothing else: no script, no font, no picture from elsewhere."""

from functools import cache, partial
from importlib.resources import files

from jinja2 import Environment

from ...domain.brief import Language
from ...domain.diagnosis import Diagnosis
from ...service.diagnosing import Told
from .. import figures
from ..templates import templates
from ..words import name
from . import story, way

_OF_THE_REPORT = "page.css"


def render_page(diagnosis: Diagnosis, told: Told, language: Language) -> str:
    """The whole page. Every value is escaped; what comes from the sources is stripped of control characters first."""
    template = _environment().get_template("page.html.j2")
    return template.render(
        diagnosis=diagnosis,
        told=told,
        language=language,
        say=partial(story.phrase, language),
        name=partial(name, language),
        entity=partial(story.entity, language),
        people=partial(story.people, language, told.unit),
        yen=partial(figures.yen, language),
        figures=figures,
        story=story,
        drawing=way.drawn(diagnosis, language),
    )


def _read(file: str) -> str:
    """The styles are the report's, with a few of our own after them."""
    folder = files("kizuna.inbox.report") if file == _OF_THE_REPORT else files(__package__)
    return folder.joinpath(file).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return templates(_read)

"""The simulation as one HTML file that needs nothing else: no script, no font, no picture from elsewhere."""

from functools import cache, partial
from importlib.resources import files

from jinja2 import Environment
from markupsafe import Markup

from ...domain.brief import Language
from ...domain.simulation import Simulation
from .. import figures
from ..templates import templates
from . import charts, story

_OF_THE_REPORT = "page.css"
_CHARTS = {"worlds": charts.worlds, "lifts": charts.lifts, "budget": charts.budget, "messages": charts.messages}


def render_page(found: Simulation, language: Language) -> str:
    """The whole page. Every value is escaped; text from people is stripped of control characters first."""
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            found=found,
            language=language,
            say=partial(story.say, language),
            yen=partial(figures.yen, language),
            day=partial(figures.short_day, language),
            figures=figures,
            story=story,
            drawn=partial(_drawn, found, language),
        )
    )


def _drawn(found: Simulation, language: Language, chart: str) -> dict[str, Markup]:
    """One chart for each of the two widths; the stylesheet shows the one that fits."""
    widths = {"wide": charts.WIDE, "narrow": charts.NARROW}
    return {key: _CHARTS[chart](found, language, width) for key, width in widths.items()}


def _read(file: str) -> str:
    """The styles are the report's, with a few of our own after them."""
    folder = files("kizuna.inbox.report") if file == _OF_THE_REPORT else files(__package__)
    return folder.joinpath(file).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return templates(_read)

"""The report as one HTML file that needs nothing else: no script, no font, no picture from elsewhere."""

from functools import cache, partial
from importlib.resources import files

from jinja2 import Environment
from markupsafe import Markup

from ...domain.brief import Language
from ...domain.report import Estimate, Report
from .. import figures
from ..templates import templates
from ..words import name, outcome, say
from . import charts, fairness, story, variants, worth
from .promotions import promotions

_TERMS = ("holdout", "lift", "interval", "incremental", "points", "belief", "guardrail")
_VERDICTS = ("collecting", "likely_better", "better", "worse", "no_difference")


def render_page(report: Report, language: Language, *, home: str = "") -> str:
    """The whole page. Every value is escaped; text from people is stripped of control characters first.

    `home`: inside the inbox, the address to go back to.
    """
    template = _environment().get_template("page.html.j2")
    return template.render(
        report=report,
        language=language,
        home=home,
        gap=Markup(" ") if story.gap(language) else "",
        say=partial(say, language),
        name=partial(name, language),
        outcome=partial(outcome, language),
        yen=partial(figures.yen, language),
        money=partial(_money, language),
        metric=partial(figures.metric, language, report.metric),
        day=partial(figures.short_day, language),
        figures=figures,
        story=story,
        variants=variants,
        fairness=fairness,
        promotions=promotions(report, language),
        worth=worth.told(report.worth, language) if report.worth else None,
        drawn=partial(_drawn, report, language),
        terms=_terms(language),
    )


def _money(language: Language, estimate: Estimate) -> str:
    return figures.interval(estimate, partial(figures.yen, language, signed=True))


def _drawn(report: Report, language: Language, chart: str) -> dict[str, Markup]:
    """One chart for each of the two widths; the stylesheet shows the one that fits."""
    widths = {"wide": charts.WIDE, "narrow": charts.NARROW}
    if chart == "beliefs":
        return {key: charts.beliefs(report.actions, language, width) for key, width in widths.items()}
    if chart == "tenths" and report.worth is not None:
        return {key: charts.tenths(report.worth.model, language, width) for key, width in widths.items()}
    draw = {"headline": charts.headline, "goal_path": charts.goal_path, "contacts": charts.contacts}[chart]
    return {key: draw(report, language, width) for key, width in widths.items()}


def _terms(language: Language) -> list[tuple[str, str]]:
    verdicts = [(name(language, "verdict", key), say(language, f"terms.{key}")) for key in _VERDICTS]
    return [(say(language, f"term.{key}"), say(language, f"terms.{key}")) for key in _TERMS] + verdicts


@cache
def _environment() -> Environment:
    return templates(lambda file: files(__package__).joinpath(file).read_text(encoding="utf-8"))

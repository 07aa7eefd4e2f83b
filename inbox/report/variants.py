"""The report's section on wordings that are tried against one another, the same for the terminal and the page."""

from itertools import groupby

from ...domain.brief import Language
from ...domain.report import Report, VariantResult
from .. import figures
from ..terminal import Sheet
from ..words import clean, name, outcome, say


def tables(report: Report, language: Language) -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    """For each action and language a heading, and a row per wording: its name, what came back, the rate, its share."""
    grouped = groupby(report.variants, key=lambda row: (row.action, row.language, row.outcome))
    return [
        (_heading(action, tongue, kind, language), [_row(row, language) for row in rows])
        for (action, tongue, kind), rows in grouped
    ]


def header(language: Language) -> tuple[str, str, str, str]:
    """Of each table."""
    wording, back, rate, share = (say(language, f"variants.{key}") for key in ("wording", "came_back", "rate", "share"))
    return wording, back, rate, share


def print_variants(report: Report, language: Language, sheet: Sheet) -> None:
    """Nothing where no action tries several wordings."""
    if not report.variants:
        return
    sheet.heading(say(language, "variants.title"))
    sheet.line(say(language, "variants.note"), "dim")
    for heading, rows in tables(report, language):
        sheet.blank()
        sheet.line(heading)
        sheet.rows(rows, header(language), figures=(1, 2, 3))


def _heading(action: str, tongue: Language, kind: str, language: Language) -> str:
    told = outcome(language, kind.removeprefix("mail_")) if kind else say(language, "variants.nothing_back")
    spoken = say(language, f"variants.language_{tongue}")
    return say(language, "variants.of", action=clean(action), spoken=spoken, outcome=told)


def _row(row: VariantResult, language: Language) -> tuple[str, str, str, str]:
    back = say(language, "variants.count", succeeded=figures.number(row.succeeded), reached=figures.number(row.reached))
    rate = figures.with_interval(row.rate, figures.percent) if row.reached else figures.UNKNOWN
    return name(language, "web.variant", row.variant), back, rate, figures.percent(row.share, 0)

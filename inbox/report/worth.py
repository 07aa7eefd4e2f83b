"""The report's section on what customers are worth: `kizuna value` in short, from the same figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...domain.brief import Language
from ...domain.report import Report
from ...domain.worth import Worth
from .. import figures
from .. import worth as said
from ..terminal import Sheet
from ..words import say

_MOST_MOVES = 4
#: A figure, and what stands smaller below it.
Cell = tuple[str, str]


@dataclass(frozen=True)
class Told:
    """What the page shows; tables are rows of cells below a head. What there is nothing of is empty."""

    average: str
    terms: str
    at_risk: str
    rank_head: Sequence[str]
    ranks: list[list[Cell]]
    moved: str
    why: list[str]
    checked: str
    check_head: Sequence[str]
    checks: list[list[Cell]]
    tenths: str
    source_head: Sequence[str]
    sources: list[list[Cell]]
    shift: list[str]


def told(worth: Worth, language: Language) -> Told:
    """The section's words and figures."""
    average, terms = said.mean(worth, language)
    has_sources = bool(worth.acquisition["sources"])
    return Told(
        average=average,
        terms=terms,
        at_risk=said.at_risk(worth, language),
        rank_head=said.head(language, "rank", "units", "mean_ltv", "ltv_share"),
        ranks=[
            [
                (rank, ""),
                (units, say(language, "worth.change", change=change) if worth.since else ""),
                (mean, ""),
                (share, ""),
            ]
            for rank, units, change, mean, share in said.ranks(worth, language)
        ],
        moved=_moved(worth, language),
        why=said.why(worth.model, language),
        checked=_checked(worth.model, language),
        check_head=_check_head(worth.model, language),
        checks=[
            [(name, used), (expected, say(language, "worth.came", came=came)), (error, ""), (misfit, ""), (top, "")]
            for (name, expected, came, error, _, misfit, top), used in _checks(worth.model, language)
        ],
        tenths=_tenths(worth.model, language),
        source_head=said.head(language, "source", "mean_ltv", "cac", "ratio"),
        sources=_sources(worth.acquisition, language),
        shift=said.shift(worth.acquisition, language) if has_sources else [],
    )


def print_worth(report: Report, language: Language, sheet: Sheet) -> None:
    """Nothing before the first snapshot."""
    worth = report.worth
    if worth is None:
        return
    shown = told(worth, language)
    sheet.heading(say(language, "value.title"))
    sheet.line(shown.average)
    sheet.line(shown.terms, "dim")
    sheet.line(shown.at_risk)
    head = said.head(language, "rank", "units", "change", "mean_ltv", "ltv_share")
    sheet.rows(said.ranks(worth, language), head, range(1, 5))
    sheet.line(shown.moved, indent=2)
    for sentence in [*shown.why, shown.checked]:
        sheet.line(sentence)
    _print_checks(worth.model, language, sheet)
    if shown.sources:
        sheet.line(say(language, "value.sources_note"), "dim")
        head = said.head(language, "source", "mean_ltv", "interval", "cac", "ratio", "payback")
        sheet.rows([(row[0], *row[3:]) for row in said.sources(worth.acquisition, language)], head, (1, 3, 4, 5))
    for sentence in shown.shift:
        sheet.line(sentence)


def _print_checks(model: Mapping[str, Any], language: Language, sheet: Sheet) -> None:
    checks = _checks(model, language)
    rows = [(f"{row[0]} · {used}" if used else row[0], *row[1:4], *row[5:]) for row, used in checks]
    if not rows:
        return
    kind = model["kind"]
    head = said.head(language, "forecast", f"expected_{kind}", f"came_{kind}", "total_error", "deviance", "top_share")
    sheet.rows(rows, head, range(1, 6))
    tenths = said.tenths(model)
    if not tenths:
        return
    low, high = ({key: _rate(kind, tenth[key]) for key in ("expected", "actual")} for tenth in (tenths[0], tenths[-1]))
    sheet.line(
        say(
            language,
            f"worth.ends_{kind}",
            low=low["expected"],
            low_came=low["actual"],
            high=high["expected"],
            high_came=high["actual"],
        )
    )


def _rate(kind: str, value: float) -> str:
    return figures.number(value, 2) if kind == "orders" else figures.percent(value)


def _moved(worth: Worth, language: Language) -> str:
    if worth.since is None or not worth.moves:
        return said.moved(worth, language)
    ways = [
        say(language, "worth.move", left=left, joined=joined, units=units)
        for left, joined, units in said.moves(worth, language, _MOST_MOVES)
    ]
    return say(language, "worth.moved", since=figures.day(language, worth.since), ways=" · ".join(ways))


def _checks(model: Mapping[str, Any], language: Language) -> list[tuple[said.Row, str]]:
    """The rows of the check, the one in force marked where there is a choice."""
    rows = said.checks(model, language)
    in_force = len(rows) - 1 if model.get("model") in ("rfm", "constant") else 0
    used = say(language, "worth.in_use")
    return [(row, used if place == in_force and len(rows) > 1 else "") for place, row in enumerate(rows)]


def _checked(model: Mapping[str, Any], language: Language) -> str:
    if not model.get("check"):
        return ""
    begins = figures.day(language, date.fromisoformat(model["checked_on"]))
    return say(language, f"value.check_{model['kind']}", day=begins, days=model["window_days"])


def _check_head(model: Mapping[str, Any], language: Language) -> Sequence[str]:
    if not model.get("check"):
        return ()
    return said.head(language, "forecast", f"expected_{model['kind']}", "total_error", "deviance", "top_share")


def _tenths(model: Mapping[str, Any], language: Language) -> str:
    if not said.tenths(model):
        return ""
    return say(language, f"worth.tenths_{model['kind']}", days=model["window_days"])


def _sources(acquisition: Mapping[str, Any], language: Language) -> list[list[Cell]]:
    rows = []
    for source, months, customers, ltv, interval, cac, ratio, payback in said.sources(acquisition, language):
        of = say(language, "worth.of_source", customers=customers, months=months)
        is_paid = payback != say(language, "value.never")
        back = say(language, "worth.payback", time=payback) if is_paid else payback
        rows.append([(source, of), (ltv, interval), (cac, back), (ratio, "")])
    return rows

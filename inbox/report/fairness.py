"""Fairness in words: of a plan before anything is sent, and the report's section on the groups."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...domain.brief import Language
from ...domain.report import FairnessGroup, Report
from .. import figures
from ..terminal import Sheet
from ..words import clean, say


def planned_fairness(plan: Mapping[str, Any], language: Language) -> list[str]:
    """Sentences on the plan's treatment of the declared groups; none where the brief declares none."""
    return [line for part in plan.get("fairness", ()) for line in _planned(part, language)]


def _planned(part: Mapping[str, Any], language: Language) -> list[str]:
    groups = [FairnessGroup.model_validate(group) for group in part["groups"]]
    told = ("、" if language == "ja" else "; ").join(_rate(group, language) for group in groups)
    lines = [say(language, "fairness.of", feature=clean(part["feature"]), groups=told)]
    lines.append(say(language, "fairness.gap", gap=_points(part["gap"])))
    if part["bounded_gap"] is not None and part["max_gap"] is not None:
        holds = part["bounded_gap"] <= part["max_gap"] + 1e-9
        terms = {"bound": _points(part["max_gap"]), "found": _points(part["bounded_gap"])}
        terms["forgone"] = figures.yen(language, part["forgone_jpy"])
        lines.append(say(language, "fairness.kept" if holds else "fairness.broken", **terms))
    if part["unknown"]:
        lines.append(say(language, "fairness.unknown", units=figures.number(part["unknown"])))
    return lines


def tables(report: Report, language: Language) -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    """For each partition its feature, and a row per group: label, treated, offered, lift."""
    return [(part.feature, [_row(group, report, language) for group in part.groups]) for part in report.fairness]


def header(language: Language) -> tuple[str, str, str, str]:
    """Of each table."""
    keys = ("group", "treated", "offered", "lift")
    group, treated, offered, lift = (say(language, f"fairness.{key}") for key in keys)
    return group, treated, offered, lift


def print_fairness(report: Report, language: Language, sheet: Sheet) -> None:
    """Nothing where the brief declares no groups."""
    if not report.fairness:
        return
    sheet.heading(say(language, "fairness.title"))
    sheet.line(say(language, "fairness.note"), "dim")
    for feature, rows in tables(report, language):
        sheet.blank()
        sheet.line(clean(feature))
        sheet.rows(rows, header(language), figures=(1, 2, 3))


def _row(group: FairnessGroup, report: Report, language: Language) -> tuple[str, str, str, str]:
    lift = say(language, "fairness.too_few")
    if group.lift is not None:
        form = _metric(report, language)
        lift = _flagged(figures.with_interval(group.lift, form), group.lift_flagged, language)
    return clean(group.label), _share(group, "treated", language), _share(group, "offered", language), lift


def _metric(report: Report, language: Language) -> figures.Form:
    return lambda value: figures.metric(language, report.metric, value)


def _share(group: FairnessGroup, which: str, language: Language) -> str:
    if group.too_few:
        return say(language, "fairness.too_few")
    is_offer = which == "offered"
    count = group.offered if is_offer else group.treated
    low, high = (group.offered_low, group.offered_high) if is_offer else (group.low, group.high)
    flagged = group.offered_flagged if is_offer else group.flagged
    shown = f"{figures.percent(count / group.units)} [{figures.percent(low)}, {figures.percent(high)}]"
    return _flagged(shown, flagged, language)


def _flagged(shown: str, flagged: bool, language: Language) -> str:
    return f"{shown} · {say(language, 'fairness.differs')}" if flagged else shown


def _rate(group: FairnessGroup, language: Language) -> str:
    terms: dict[str, str] = {"label": clean(group.label), "units": figures.number(group.units)}
    if group.too_few:
        return say(language, "fairness.few", **terms)
    rates: Sequence[float] = (group.treated / group.units, group.low, group.high)
    terms |= dict(zip(("rate", "low", "high"), (figures.percent(rate) for rate in rates), strict=True))
    flag = say(language, "fairness.flag") if group.flagged else ""
    return say(language, "fairness.one", **terms, treated=figures.number(group.treated), flag=flag)


def _points(share: float) -> str:
    return figures.number(100 * share, 1)

"""What other policies would have brought, on the terminal."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from rich.console import Console

from ..domain.brief import Language
from ..domain.report import Estimate
from . import figures
from .terminal import Sheet
from .words import clean, listed, name, say

#: The one that is shown with its interval, and those beside which it stands.
_MAIN, _BESIDE = "dr", ("ips", "snips")


def print_evaluation(evaluation: Mapping[str, Any], language: Language, console: Console) -> None:
    """What doing nothing brings, how much more the policies would have, how to read it. Takes plain data."""
    sheet = Sheet(console)
    sheet.line(say(language, "evaluation.title"), "bold")
    cycles = listed(language, (str(cycle) for cycle in evaluation["cycles"]))
    shown = {"decisions": figures.number(evaluation["decisions"]), "cycles": cycles}
    sheet.line(say(language, "evaluation.log", **shown), "dim")
    sheet.blank()
    level = evaluation["level"]
    sheet.line(_nothing(evaluation["nothing"], level, language))
    over = say(language, "evaluation.over", level=figures.percent(level, 0))
    header = [say(language, "evaluation.policy"), over, say(language, "evaluation.ess")]
    header += [say(language, f"evaluation.{one}") for one in _BESIDE]
    rows = [_row(policy, level, language) for policy in evaluation["policies"]]
    sheet.rows(rows, header, figures=(1, 2, 3, 4))
    sheet.blank()
    for key in ("reading", "limits"):
        sheet.line(say(language, f"evaluation.{key}"), "dim")


def _nothing(found: Mapping[str, Any], level: float, language: Language) -> str:
    if "refusal" in found:
        return say(language, "evaluation.nothing_unknown", why=name(language, "off_policy", found["refusal"]))
    shown = figures.with_interval(_estimate(found, level), partial(figures.yen, language))
    return say(language, "evaluation.nothing", value=shown, level=figures.percent(level, 0))


def _row(policy: Mapping[str, Any], level: float, language: Language) -> tuple[str, ...]:
    called = name(language, "evaluated", policy["policy"])
    if policy["action"]:
        called = say(language, "evaluation.for_all", action=clean(policy["action"]))
    gains, yen = policy["over_nothing"], partial(figures.yen, language, signed=True)
    main = gains[_MAIN]
    if "refusal" in main:
        return called, name(language, "off_policy", main["refusal"]), *(3 * [figures.UNKNOWN])
    beside = [figures.UNKNOWN if "refusal" in gains[one] else yen(gains[one]["value"]) for one in _BESIDE]
    return called, figures.with_interval(_estimate(main, level), yen), figures.number(main["ess"]), *beside


def _estimate(found: Mapping[str, Any], level: float) -> Estimate:
    return Estimate(value=found["value"], low=found["low"], high=found["high"], level=level)

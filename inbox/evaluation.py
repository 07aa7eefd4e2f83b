"""What other policies would have brought, on the terminal."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from rich.console import Console

from ..domain.brief import Language
from ..domain.report import Estimate
from . import figures
from .terminal import Sheet
from .words import clean, name, say

_METHODS = ("ips", "snips", "dr")


def print_evaluation(evaluation: Mapping[str, Any], language: Language, console: Console) -> None:
    """The policies, worst known first as they are given; then how to read the columns. Takes plain data."""
    sheet = Sheet(console)
    sheet.line(say(language, "evaluation.title"), "bold")
    cycles = ", ".join(str(cycle) for cycle in evaluation["cycles"])
    shown = {"decisions": figures.number(evaluation["decisions"]), "cycles": cycles}
    sheet.line(say(language, "evaluation.log", **shown), "dim")
    sheet.blank()
    over = say(language, "evaluation.over", level=figures.percent(evaluation["level"], 0))
    header = [say(language, "evaluation.policy"), *(say(language, f"evaluation.{one}") for one in _METHODS), over]
    rows = [_row(policy, evaluation["level"], language) for policy in evaluation["policies"]]
    sheet.rows(rows, (*header, say(language, "evaluation.ess")), figures=(1, 2, 3, 4, 5))
    sheet.blank()
    for key in ("reading", "limits"):
        sheet.line(say(language, f"evaluation.{key}"), "dim")


def _row(policy: Mapping[str, Any], level: float, language: Language) -> tuple[str, ...]:
    called = name(language, "evaluated", policy["policy"])
    if policy["action"]:
        called = say(language, "evaluation.for_all", action=clean(policy["action"]))
    values = [_value(policy["values"][method], language) for method in _METHODS]
    gain, yen = policy["over_nothing"], partial(figures.yen, language, signed=True)
    if "refusal" in gain:
        return called, *values, name(language, "off_policy", gain["refusal"]), figures.UNKNOWN
    estimate = Estimate(value=gain["value"], low=gain["low"], high=gain["high"], level=level)
    return called, *values, figures.with_interval(estimate, yen), figures.number(gain["ess"])


def _value(found: Mapping[str, Any], language: Language) -> str:
    return figures.UNKNOWN if "refusal" in found else figures.yen(language, found["value"])

"""What would bring a plan nearer to its goal, in words: one line for each way that was worked out."""

import math
from collections.abc import Mapping
from typing import Any

from ..domain.brief import Language
from . import figures
from .words import listed, name, say


def help_lines(plan: Mapping[str, Any], language: Language) -> list[str]:
    """The ways, the best first; nothing where the goal is likely and would be seen."""
    return [_line(way, language) for way in plan.get("would_help", ())]


def helps_little(plan: Mapping[str, Any]) -> bool:
    """Whether the goal is not likely and none of the ways to more effect makes a difference."""
    kinds = {way["way"] for way in plan.get("would_help", ())}
    return "smaller_goal" in kinds and not kinds & {"longer", "budget", "levers"}


def shares_in_words(percent: Mapping[str, float], language: Language) -> str:
    """`policy 50%, holdout 50%`."""
    return listed(language, (f"{name(language, 'group', group)} {share:.0f}%" for group, share in percent.items()))


def _line(way: Mapping[str, Any], language: Language) -> str:
    smallest = way["minimum_detectable_lift"]
    values = {
        "chance": figures.probability(way["chance"]),
        "lift": figures.lift(way.get("lift", way.get("expected_lift", 0.0))),
        "mde": figures.lift(math.inf if smallest is None else smallest),
        "days": figures.number(way.get("days", 0)),
        "units": figures.number(way.get("units", 0)),
        "budget": figures.yen(language, way.get("budget_jpy", 0.0)),
        "levers": listed(language, (name(language, "lever", lever) for lever in way.get("levers", ()))),
        "groups": shares_in_words(way.get("percent", {}), language),
    }
    return say(language, f"helps.{way['way']}", **values)

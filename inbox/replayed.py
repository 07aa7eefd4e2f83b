"""What a replay found, in words: the same, or exactly what differs and what has changed since."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console

from ..domain.brief import Language
from ..service.replaying import Change, Difference, Replayed
from . import figures
from .terminal import Sheet
from .words import clean, name, say

_MOST = 20
_MONEY = frozenset({"value_jpy", "low_jpy", "high_jpy", "cost_jpy"})


def print_replayed(found: Sequence[Replayed], language: Language, console: Console, *, unit_id: str = "") -> None:
    """Each cycle's verdict, what differs (of one unit with `unit_id`), and what has changed since."""
    sheet = Sheet(console)
    for replayed in found:
        differences = replayed.of_unit(unit_id) if unit_id else replayed.differences
        sheet.line(verdict(replayed, differences, language, unit_id=unit_id))
        for difference in differences[:_MOST]:
            sheet.line(_difference(difference, language), indent=2)
        if len(differences) > _MOST:
            sheet.line(say(language, "replay.more", count=len(differences) - _MOST), indent=2)
        for line in _changes(replayed, language):
            sheet.line(line, "dim", indent=2)


def verdict(replayed: Replayed, differences: Sequence[Difference], language: Language, *, unit_id: str = "") -> str:
    """One line: the same, different, or why it can't be told."""
    if replayed.problem:
        return say(language, f"replay.{replayed.problem}", cycle=replayed.cycle)
    answer = "differs" if differences else "same"
    if unit_id:
        return say(language, f"replay.{answer}_unit", cycle=replayed.cycle)
    units = {"units": len({each.unit_id for each in differences})} if differences else {}
    return say(language, f"replay.{answer}", cycle=replayed.cycle, count=replayed.decisions, **units)


def _changes(replayed: Replayed, language: Language) -> Iterator[str]:
    if replayed.erased:
        yield say(language, "replay.erased", count=replayed.erased)
    for change in replayed.changes:
        yield _change(change, language)


def _change(change: Change, language: Language) -> str:
    gone = say(language, "replay.gone")
    values = {"was": clean(change.was) or gone, "is_now": clean(change.is_now) or gone}
    named = {"name": clean(change.name)} if change.what == "action" else {}
    return say(language, f"replay.changed.{change.what}", **values, **named)


def _difference(difference: Difference, language: Language) -> str:
    figure = name(language, "replay.figure", difference.figure)
    what = say(language, "replay.of_action", figure=figure, action=clean(difference.action))
    recorded, again = (_shown(difference.figure, value, language) for value in (difference.recorded, difference.again))
    told = what if difference.action else figure
    return say(language, "replay.difference", unit=clean(difference.unit_id), what=told, recorded=recorded, again=again)


def _shown(figure: str, value: Any, language: Language) -> str:
    if isinstance(value, bool):
        return say(language, "why.truth_yes" if value else "why.truth_no")
    if isinstance(value, float):
        return figures.yen(language, value, signed=True) if figure in _MONEY else f"{value:.6g}"
    if figure in ("reason", "why_not") and value:
        return name(language, "reason", str(value))
    if figure == "group":
        return name(language, "group", str(value))
    return clean(str(value)) if value else say(language, "why.nothing")

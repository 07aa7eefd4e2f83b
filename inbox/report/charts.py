"""The report's charts: plain SVG, coloured by the page's stylesheet, drawn once per width."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from markupsafe import Markup

from ...domain.brief import Language
from ...domain.report import ActionResult, Estimate, Report
from .. import figures, worth
from ..words import say
from .drawing import Scale, box, count_width, dot, element, ends, fitted, label, line, picture, span, ticks
from .story import level, side

WIDE = 720
NARROW = 340


def headline(report: Report, language: Language, width: int) -> Markup:
    """The lift with its interval on a line with zero and the goal; without a lift, the goal alone."""
    lift, goal = report.headline, report.target_lift
    values = [*ends([lift]), 0.0, goal] + ([lift.value] if lift else [])
    across = Scale(*span(values, 0.14), 8.0, width - 8.0)
    parts = _grid_below(across, 22, 66, width)
    parts += [line(across(0), 22, across(0), 66, "zero"), line(across(goal), 18, across(goal), 66, "goal")]
    goal_text = say(language, "goal.goal", lift=figures.lift(goal))
    parts.append(label(across(goal), 12, goal_text, "goal-label", _anchor(across(goal), width)))
    shown = {"goal": figures.lift(goal)}
    if lift is None:
        told = say(language, "chart.headline_none", **shown)
    else:
        parts += _whisker(across, lift, 44, f"now {_toward(lift, goal)}", 7)
        low, high = figures.lift(lift.low), figures.lift(lift.high)
        shown |= {"lift": figures.lift(lift.value), "level": level(lift), "low": low, "high": high}
        told = say(language, "chart.headline", **shown)
    return picture(f"headline-{width}", width, 88, say(language, "chart.headline_title"), told, parts)


def goal_path(report: Report, language: Language, width: int) -> Markup:
    """The lift with its interval after each cycle, against zero and the goal; cycles without one are shaded."""
    goal, lifts = report.target_lift, {point.cycle: point.lift for point in report.goal_path}
    up = Scale(*span([*ends(lifts.values()), 0.0, goal]), 200.0, 22.0)
    columns = max([report.cycles, *lifts, 1])
    slot = (width - 56) / columns
    parts = _grid_left(up, 48, width)
    for cycle in range(1, columns + 1):
        x = 48 + slot * (cycle - 0.5)
        parts += _cycle(up, x, slot, cycle in lifts, lifts.get(cycle), goal)
        parts.append(label(x, 220, str(cycle), "tick", "middle"))
    parts += [line(48, up(0), width - 8, up(0), "zero"), line(48, up(goal), width - 8, up(goal), "goal")]
    goal_text = say(language, "goal.goal", lift=figures.lift(goal))
    parts += [line(48, 8, 72, 8, "goal"), label(78, 12, goal_text, "goal-label")]
    parts.append(label(0, 220, say(language, "label.cycle"), "tick"))
    if not any(lifts.values()):
        parts.append(label(48 + (width - 56) / 2, 115, say(language, "label.not_yet"), "waiting", "middle"))
    told = " ".join(
        f"{say(language, 'label.cycle_number', cycle=cycle)}: {_spoken(lift, language)}."
        for cycle, lift in lifts.items()
    )
    return picture(f"goal-path-{width}", width, 228, say(language, "chart.goal_path_title"), told, parts)


def beliefs(actions: Sequence[ActionResult], language: Language, width: int) -> Markup:
    """Per action the belief before any data and the belief now, on one line with zero."""
    estimates = [estimate for action in actions for estimate in (action.prior, action.belief)]
    across = Scale(*span([*ends(estimates), 0.0]), 8.0, width - 8.0)
    bottom = 52 * len(actions) + 4
    parts = _grid_below(across, 4, bottom, width, points=True)
    parts.append(line(across(0), 4, across(0), bottom, "zero"))
    told = []
    for row, action in enumerate(actions):
        top = 52 * row
        now = figures.with_interval(action.belief, figures.points)
        room = width - 24 - count_width([now], 12)
        parts.append(element("text", fitted(action.action, room), x=8, y=top + 16, class_="name halo"))
        parts.append(label(width - 8, top + 16, now, "value halo", "end"))
        parts += _whisker(across, action.prior, top + 27, "before", 3)
        parts += _whisker(across, action.belief, top + 37, f"now {side(action.belief)}", 5)
        told.append(f"{action.action}: {figures.with_interval(action.prior, figures.points)} → {now}.")
    title = say(language, "chart.beliefs_title")
    return picture(f"beliefs-{width}", width, bottom + 22, title, " ".join(told), parts)


def contacts(report: Report, language: Language, width: int) -> Markup:
    """One row of bars per action, one bar per cycle, all on one scale."""
    cycles = max([report.cycles, *(len(action.per_cycle) for action in report.actions)])
    most = max([1, *(count for action in report.actions for count in action.per_cycle)])
    slot, up = (width - 16) / max(cycles, 1), Scale(0, most, 0, 30)
    thick = min(slot * 0.76, 56.0)
    parts, told = [], []
    for row, action in enumerate(report.actions):
        base = 68 * row + 62
        parts.append(element("text", fitted(action.action, width - 16), x=8, y=base - 48, class_="name"))
        parts.append(line(8, base, width - 8, base, "axis"))
        shown = [figures.number(count) for count in action.per_cycle]
        is_roomy = slot >= count_width(shown, 11)
        for place, count in enumerate(action.per_cycle):
            x, height = 8 + slot * (place + 0.5), max(up(count), 1.5 if count else 0.0)
            parts.append(box(x - thick / 2, base - height, thick, height, f"bar {action.state}"))
            if is_roomy:
                kind = "count" if count else "count none"
                parts.append(label(x, base - height - 4, shown[place], kind, "middle"))
        told.append(f"{action.action}: {', '.join(shown)}.")
    bottom = 68 * len(report.actions) + 12
    parts += [label(8 + slot * (cycle + 0.5), bottom, str(cycle + 1), "tick", "middle") for cycle in range(cycles)]
    title = say(language, "chart.contacts_title")
    return picture(f"contacts-{width}", width, bottom + 6, title, " ".join(told), parts)


def tenths(model: Mapping[str, Any], language: Language, width: int) -> Markup:
    """Per tenth of the forecast of value a bar for what came, and a line for what was foreseen."""
    rows, is_share = worth.tenths(model), model["kind"] != "orders"
    most = max([0.001, *(tenth[key] for tenth in rows for key in ("expected", "actual"))])
    up = Scale(0.0, most * 1.08, 124.0, 8.0)

    def shown(value: float) -> str:
        return figures.percent(value) if is_share else figures.number(value, 2)

    parts = []
    for value in ticks(0.0, most, 4):
        mark = figures.percent(value).replace(".0%", "%") if is_share else f"{value:g}"
        parts += [line(48, up(value), width - 8, up(value), "grid"), label(42, up(value) + 4, mark, "tick", "end")]
    slot, told = (width - 56) / max(len(rows), 1), []
    for place, tenth in enumerate(rows):
        x = 48 + slot * (place + 0.5)
        parts.append(box(x - slot * 0.28, up(tenth["actual"]), slot * 0.56, 124 - up(tenth["actual"]), "bar"))
        parts.append(line(x - slot * 0.42, up(tenth["expected"]), x + slot * 0.42, up(tenth["expected"]), "foreseen"))
        parts.append(label(x, 140, str(place + 1), "tick", "middle"))
        told.append(f"{place + 1}: {shown(tenth['expected'])} → {shown(tenth['actual'])}.")
    return picture(f"tenths-{width}", width, 146, say(language, "worth.tenths_title"), " ".join(told), parts)


def _cycle(up: Scale, x: float, slot: float, is_past: bool, lift: Estimate | None, goal: float) -> list[Markup]:
    if not is_past:
        return []
    if lift is None:
        return [box(x - slot * 0.42, up.end, slot * 0.84, up.start - up.end, "shaded")]
    kind = f"now {_toward(lift, goal)}"
    return [line(x, up(lift.low), x, up(lift.high), kind), dot(x, up(lift.value), kind)]


def _whisker(across: Scale, estimate: Estimate, y: float, kind: str, radius: float) -> list[Markup]:
    span_line = line(across(estimate.low), y, across(estimate.high), y, kind)
    return [span_line, dot(across(estimate.value), y, kind, radius)] if isfinite(estimate.value) else []


def _grid_below(across: Scale, top: float, bottom: float, width: int, points: bool = False) -> list[Markup]:
    parts = []
    for value in ticks(across.low, across.high, 6 if width > 500 else 4):
        shown = figures.points(value) if points else figures.lift(value).replace(".0%", "%")
        parts.append(line(across(value), top, across(value), bottom, "grid"))
        parts.append(label(across(value), bottom + 16, shown, "tick", _anchor(across(value), width)))
    return parts


def _grid_left(up: Scale, left: float, width: int) -> list[Markup]:
    parts = []
    for value in ticks(up.low, up.high):
        parts.append(line(left, up(value), width - 8, up(value), "grid"))
        parts.append(label(left - 6, up(value) + 4, figures.lift(value).replace(".0%", "%"), "tick", "end"))
    return parts


def _toward(lift: Estimate, goal: float) -> str:
    """Helps, harms or unclear: a lift is good where it points to the goal."""
    if goal >= 0:
        return side(lift)
    return {"helps": "harms", "harms": "helps"}.get(side(lift), "unclear")


def _spoken(lift: Estimate | None, language: Language) -> str:
    return figures.with_interval(lift, figures.lift) if lift else say(language, "label.not_yet")


def _anchor(x: float, width: int) -> str:
    if x < 40:
        return "start"
    return "end" if x > width - 40 else "middle"

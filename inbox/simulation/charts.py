"""The simulation's charts, of the report's shapes and styles, drawn once per width."""

from markupsafe import Markup

from ...domain.brief import Language
from ...domain.simulation import Bars, Range, Simulation
from .. import figures
from ..report.drawing import Scale, box, dot, element, fitted, label, line, picture, span, ticks
from ..words import clean
from . import story
from .story import say

WIDE = 720
NARROW = 340


def worlds(found: Simulation, language: Language, width: int) -> Markup:
    """Per world the true lift: the middle of the runs and 80 % of them, against zero and the goal."""
    goal = found.target_lift
    ranges = [world.true_lift for world in found.worlds]
    across = Scale(*span([*_ends(ranges), 0.0, goal], 0.1), 8.0, width - 8.0)
    bottom = 44 * len(ranges) + 26
    parts = _grid_below(across, 26, bottom, width)
    parts += [line(across(0), 26, across(0), bottom, "zero"), line(across(goal), 20, across(goal), bottom, "goal")]
    goal_text = say(language, "goal", lift=figures.lift(goal))
    parts.append(label(across(goal), 14, goal_text, "goal-label", _anchor(across(goal), width)))
    told = []
    for place, world in enumerate(found.worlds):
        top, lift = 26 + 44 * place, world.true_lift
        words = fitted(story.world(language, world.world), width - 24)
        parts.append(element("text", clean(words), x=8, y=top + 16, class_="halo"))
        parts.append(label(width - 8, top + 16, story.shown_lift(lift.median), "value halo", "end"))
        if lift.median is not None and lift.low is not None and lift.high is not None:
            kind = f"now {_side(lift, goal)}"
            parts.append(line(across(lift.low), top + 30, across(lift.high), top + 30, kind))
            parts.append(dot(across(lift.median), top + 30, kind, 5))
        told.append(f"{story.world(language, world.world)}: {story.shown_lift(lift.median)} {story.lift_range(lift)}.")
    title = say(language, "true_lift")
    return picture(f"worlds-{width}", width, bottom + 22, title, " ".join(told), parts)


def lifts(found: Simulation, language: Language, width: int) -> Markup:
    """Two histograms over one another on one scale: the truth, and what the report would measure."""
    stated, goal = found.stated, found.target_lift
    panels = [("chart_true", found.true_lifts, stated.true_lift), ("chart_seen", found.seen_lifts, stated.seen_lift)]
    across = Scale(*span([*found.true_lifts.edges, *found.seen_lifts.edges, 0.0, goal], 0.04), 8.0, width - 8.0)
    parts, told, bottom = [], [], 2 * 130
    parts += _grid_below(across, 8, bottom, width)
    for place, (key, bars, lift) in enumerate(panels):
        base = 130 * (place + 1)
        parts += _bars(across, bars, base, 84)
        parts.append(line(8, base, width - 8, base, "axis"))
        heading = say(language, key, runs=stated.runs)
        parts.append(element("text", clean(heading), x=8, y=base - 108, class_="halo"))
        words = say(language, "chart_lift_told", runs=stated.runs, goal=figures.lift(goal), **story.lifts(lift))
        told.append(f"{heading}: {words}")
    parts += [line(across(0), 30, across(0), bottom, "zero"), line(across(goal), 30, across(goal), bottom, "goal")]
    goal_text = say(language, "goal", lift=figures.lift(goal))
    parts.append(label(across(goal), bottom + 32, goal_text, "goal-label", _anchor(across(goal), width)))
    return picture(f"lifts-{width}", width, bottom + 40, say(language, "title_lift"), " ".join(told), parts)


def budget(found: Simulation, language: Language, width: int) -> Markup:
    """What is spent by the end of each cycle: the middle, a band of 80 % of the runs, and the whole budget."""
    spent = [point.spent_jpy for point in found.per_cycle]
    up = Scale(0.0, max([found.budget_jpy, *_ends(spent)]) * 1.06, 190.0, 18.0)
    left, slot = 64.0, (width - 80.0) / max(1, len(spent))
    places = [left + slot * place for place in range(len(spent) + 1)]
    parts = [line(left, up(found.budget_jpy), width - 16, up(found.budget_jpy), "goal")]
    for value in ticks(0.0, up.high, 4):
        parts.append(line(left, up(value), width - 16, up(value), "grid"))
        parts.append(label(left - 6, up(value) + 4, figures.yen(language, value), "tick", "end"))
    middle = [0.0, *(point.median or 0.0 for point in spent)]
    low, high = ([0.0, *(getattr(point, end) or 0.0 for point in spent)] for end in ("low", "high"))
    band = [(x, up(y)) for x, y in zip(places, high, strict=True)]
    band += [(x, up(y)) for x, y in reversed(list(zip(places, low, strict=True)))]
    parts.append(element("polygon", points=_points(band), class_="band"))
    path = [(x, up(y)) for x, y in zip(places, middle, strict=True)]
    parts.append(element("polyline", points=_points(path), class_="path"))
    parts += [dot(x, y, "path", 3.5) for x, y in path[1:]]
    told = []
    for point, x in zip(found.per_cycle, places[1:], strict=True):
        parts.append(label(x, 208, str(point.cycle), "tick", "middle"))
        money = [figures.yen(language, value or 0.0) for value in (point.spent_jpy.median, point.spent_jpy.low)]
        high_shown = figures.yen(language, point.spent_jpy.high or 0.0)
        told.append(
            say(language, "chart_budget_told", cycle=point.cycle, middle=money[0], low=money[1], high=high_shown)
        )
    parts.append(label(0, 208, say(language, "cycle"), "tick"))
    shown = say(language, "budget", budget=figures.yen(language, found.budget_jpy))
    parts.append(label(width - 16, up(found.budget_jpy) - 6, shown, "goal-label", "end"))
    return picture(f"budget-{width}", width, 214, say(language, "chart_budget"), " ".join(told), parts)


def messages(found: Simulation, language: Language, width: int) -> Markup:
    """The share of people by the messages they get."""
    shown = story.messages(found, language)
    slot, most = (width - 16) / max(1, len(shown)), max([0.01, *(share for _, share in shown)])
    up, parts, told = Scale(0.0, most, 0.0, 90.0), [], []
    for place, (number, share) in enumerate(shown):
        x, height, thick = 8 + slot * (place + 0.5), max(up(share), 1.0), min(slot * 0.72, 60.0)
        parts.append(box(x - thick / 2, 116 - height, thick, height, "bar"))
        parts.append(label(x, 110 - height, figures.percent(share, 0), "count", "middle"))
        parts.append(label(x, 132, number, "tick", "middle"))
        told.append(f"{number}: {figures.percent(share)}.")
    parts.append(line(8, 116, width - 8, 116, "axis"))
    return picture(f"messages-{width}", width, 138, say(language, "messages"), " ".join(told), parts)


def _bars(across: Scale, bars: Bars, base: float, tall: float) -> list[Markup]:
    most = max([1, *bars.counts])
    parts = []
    for left, right, count in zip(bars.edges, bars.edges[1:], bars.counts, strict=False):
        x, height = across(left), tall * count / most
        if count:
            parts.append(box(x + 0.5, base - height, max(across(right) - x - 1.0, 1.0), height, "bar"))
    return parts


def _grid_below(across: Scale, top: float, bottom: float, width: int) -> list[Markup]:
    parts = []
    for value in ticks(across.low, across.high, 6 if width > 500 else 4):
        shown = figures.lift(value).replace(".0%", "%")
        parts.append(line(across(value), top, across(value), bottom, "grid"))
        parts.append(label(across(value), bottom + 16, shown, "tick", _anchor(across(value), width)))
    return parts


def _points(path: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in path)


def _ends(ranges: list[Range]) -> list[float]:
    return [end for one in ranges for end in (one.low, one.high) if end is not None]


def _side(lift: Range, goal: float) -> str:
    """Helps, harms or unclear: where 80 % of the runs lie to zero, seen toward the goal."""
    low, high = lift.low or 0.0, lift.high or 0.0
    if goal < 0:
        low, high = -high, -low
    return "helps" if low > 0 else "harms" if high < 0 else "unclear"


def _anchor(x: float, width: int) -> str:
    if x < 40:
        return "start"
    return "end" if x > width - 40 else "middle"

"""The simulation on the terminal: what the plan brings, in which world, at what price; then how it comes about."""

from rich.console import Console
from rich.text import Text

from ...domain.brief import Language
from ...domain.simulation import Range, Share, Simulation, WorldResult
from .. import figures
from ..terminal import Sheet
from ..words import clean
from . import story
from .story import say


def print_simulation(found: Simulation, language: Language, console: Console) -> None:
    """In the order in which somebody who must decide wants to know it. Without colours, nothing is lost."""
    sheet = Sheet(console)
    _head(found, language, sheet)
    _worlds(found, language, sheet)
    _cycles(found, language, sheet)
    _people(found, language, sheet)
    _workload(found, language, sheet)
    _limits(found, language, sheet)
    _learning(found, language, sheet)
    sheet.heading(say(language, "title_assumed"))
    for sentence in story.assumed(found, language):
        sheet.line(f"· {sentence}", indent=2)


def _head(found: Simulation, language: Language, sheet: Sheet) -> None:
    sheet.line(f"{say(language, 'simulated')}{'：' if language == 'ja' else ': '}{story.lead(found, language)}", "bold")
    goal = figures.lift(found.target_lift)
    sheet.rows(
        [
            (say(language, "chance_of_goal", goal=goal), *_chance(found.stated.goal)),
            (say(language, "chance_of_better"), *_chance(found.stated.better)),
            (say(language, "gained"), *_money(found.stated.gained_jpy, language, signed=True)),
            (say(language, "spent"), *_money(found.stated.cost_jpy, language)),
        ],
        figures=(1,),
    )
    sheet.line(say(language, "head_note"), "dim", indent=2)
    for sentence in story.otherwise(found, language):
        sheet.line(sentence)
    sheet.blank()
    sheet.line(story.first_plan(found, language))
    fictional = [say(language, "fictional")] if found.fictional else []
    title = " · ".join([story.company(found, language), found.campaign, story.period(found, language), *fictional])
    sheet.line(title, "dim")
    sheet.line(story.made_of(found, language), "dim")
    for key in ("nothing_left", "knows"):
        sheet.line(say(language, key), "dim")


def _chance(share: Share) -> tuple[str, str]:
    return story.chance(share), story.chance_range(share)


def _money(money: Range, language: Language, *, signed: bool = False) -> tuple[str, str]:
    return figures.yen(language, money.median or 0.0, signed), story.yen_range(language, money, signed=signed)


def _worlds(found: Simulation, language: Language, sheet: Sheet) -> None:
    keys = ("world", "true_lift", "goal_share", "better", "worse", "net", "cost")
    sheet.heading(say(language, "title_worlds"))
    sheet.rows(
        [_world(world, language) for world in found.worlds],
        tuple(say(language, key) for key in keys),
        figures=(1, 2, 3, 4, 5, 6),
    )
    sheet.line(say(language, "worlds_note"), "dim", indent=2)
    if found.first.counts_on is None:
        return
    sheet.blank()
    sheet.line(say(language, "dropped"), indent=2)
    for world in found.worlds:
        shares = story.dropped(world, language)
        sheet.line(say(language, "dropped_line", world=story.world(language, world.world), shares=shares), indent=4)
    sheet.line(say(language, "dropped_note", action=clean(found.first.counts_on)), "dim", indent=2)


def _world(world: WorldResult, language: Language) -> tuple[str | Text, ...]:
    return (
        story.world(language, world.world),
        f"{story.shown_lift(world.true_lift.median)} {story.lift_range(world.true_lift)}",
        story.chance(world.goal),
        story.chance(world.better),
        story.chance(world.worse),
        figures.yen(language, world.gained_jpy.median or 0.0, signed=True),
        figures.yen(language, world.cost_jpy.median or 0.0),
    )


def _cycles(found: Simulation, language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "title_cycles"))
    rows = [
        (
            str(point.cycle),
            figures.short_day(language, point.on),
            story.count_range(point.contacts),
            figures.yen(language, point.spent_jpy.median or 0.0),
            f"{story.shown_lift(point.seen_lift.median)} {story.lift_range(point.seen_lift)}",
            story.chance(point.better),
        )
        for point in found.per_cycle
    ]
    keys = ("cycle", "begins", "contacts", "spent_to_date", "seen_lift", "better")
    sheet.rows(rows, tuple(say(language, key) for key in keys), figures=(2, 3, 4, 5))


def _people(found: Simulation, language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "title_people"))
    if found.messages:
        header = (say(language, "messages"), say(language, "messages_share"))
        rows = [(shown, figures.percent(share)) for shown, share in story.messages(found, language)]
        sheet.rows(rows, header, figures=(1,))
    sheet.line(say(language, "messages_note"), "dim", indent=2)
    sheet.line(story.opted_out(found, language), indent=2)


def _workload(found: Simulation, language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "title_workload"))
    rows = [
        (
            say(language, "week", week=load.week),
            story.count_range(load.reviews),
            story.count_range(load.texts),
            story.count_range(load.rep_drafts),
            story.count_range(load.busiest_rep),
        )
        for load in found.workload
    ]
    keys = ("reviews", "texts", "rep_drafts", "busiest")
    sheet.rows(rows, ("", *(say(language, key) for key in keys)), figures=(1, 2, 3, 4))
    sheet.line(say(language, "workload_note", days=found.expiry_days), "dim", indent=2)


def _limits(found: Simulation, language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "title_limits"))
    if not found.limits:
        sheet.line(say(language, "limits_none"), indent=2)
        return
    rows = [
        (story.limit(one, language), story.chance(one.runs), story.times(one, found.cycles, language))
        for one in found.limits
    ]
    keys = ("limit", "limit_runs", "limit_times")
    sheet.rows(rows, tuple(say(language, key) for key in keys), figures=(1, 2))
    sheet.line(say(language, "limits_note"), "dim", indent=2)


def _learning(found: Simulation, language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "title_learning"))
    rows = [
        (
            action.action,
            figures.points(action.mean),
            story.uncertainty(action),
            story.noticed(action, language),
            story.chance(action.wrongly_dropped),
        )
        for action in found.actions
    ]
    keys = ("action", "believed", "uncertainty", "noticed", "wrongly")
    sheet.rows(rows, tuple(say(language, key) for key in keys), figures=(1, 3, 4))
    contacts = [(action.action, story.per_cycle(action, language)) for action in found.actions]
    sheet.blank()
    sheet.rows(contacts, (say(language, "action"), say(language, "contacts_cycle")))
    for action in found.actions:
        if not action.is_measurable:
            sheet.line(f"{clean(action.action)}: {say(language, 'not_measurable')}", "dim", indent=2)
    sheet.line(say(language, "learning_note"), "dim", indent=2)

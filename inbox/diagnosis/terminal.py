"""The diagnosis on the terminal: whether a run can go, what to mend first, then all the rest."""

from rich.console import Console
from rich.text import Text

from ...domain.brief import Language
from ...domain.diagnosis import ChannelFigures, Diagnosis, EntityFigures, Gap
from ...service.diagnosing import Told
from .. import figures
from ..terminal import Sheet
from ..words import clean, name
from . import story
from .story import phrase

_COLOURS = {"broken": "bold red", "costly": "yellow", "sound": "green", "note": "dim"}
_MARKS = {"broken": "✗", "costly": "!", "sound": "✓", "note": "·"}
_BAR_CELLS = 20


def print_diagnosis(diagnosis: Diagnosis, told: Told, language: Language, console: Console) -> None:
    """In the order in which a person needs it. Without colours, nothing is lost."""
    sheet = Sheet(console)
    standing = story.standing(diagnosis)
    sheet.line(f"{_MARKS[standing]} {story.headline(diagnosis, language)}", f"bold {_COLOURS[standing]}")
    fictional = [phrase(language, "fictional")] if told.fictional else []
    sheet.line(
        " · ".join(
            [story.company(told, language), told.campaign, *story.status(diagnosis, told, language), *fictional]
        ),
        "dim",
    )
    _first(diagnosis, told, language, sheet)
    _sources(diagnosis, language, sheet)
    _journey(diagnosis, told, language, sheet)
    _rest(diagnosis, told, language, sheet)
    _absent(diagnosis, language, sheet)
    if diagnosis.sampled:
        sheet.blank()
        sheet.line(phrase(language, "sampled", count=figures.number(diagnosis.sampled)), "dim")


def _first(diagnosis: Diagnosis, told: Told, language: Language, sheet: Sheet) -> None:
    chosen = story.first(diagnosis)
    if not chosen:
        return
    sheet.heading(phrase(language, "first"))
    for number, gap in enumerate(chosen, 1):
        _gap(f"{number}. {_MARKS[gap.severity]} ", gap, told, language, sheet)


def _gap(start: str, gap: Gap, told: Told, language: Language, sheet: Sheet) -> None:
    sheet.line(start + story.sentence(gap, told, language), _COLOURS[gap.severity], indent=2)
    reasons = story.joined(language, story.reason(gap, told, language))
    if reasons:
        sheet.line(reasons, indent=5)
    sheet.line(f"→ {story.advice(gap, language)}", indent=5)
    for example in gap.examples[:2]:
        cell = f"{example.column}: {example.value!r}" if example.column else repr(example.value)
        sheet.line(f"{example.origin}:{example.line}  {cell}  {story.rule(example, language)}", "dim", indent=5)


def _sources(diagnosis: Diagnosis, language: Language, sheet: Sheet) -> None:
    there = [seen for seen in diagnosis.entities if seen.is_there]
    if not there:
        return
    sheet.heading(phrase(language, "sources"))
    keys = ("source", "rows", "refused", "match", "covered", "last", "rhythm")
    rows = [_source(seen, language) for seen in there]
    sheet.rows(rows, [phrase(language, f"head.{key}") for key in keys], figures=(1, 2, 3, 4, 5, 6))
    for line in story.anonymous(diagnosis, language):
        sheet.line(line, indent=2)


def _source(seen: EntityFigures, language: Language) -> list[str | Text]:
    is_stale = seen.freshness is not None and seen.freshness.is_stale
    return [
        story.entity(language, seen.entity),
        figures.number(seen.rows),
        Text(figures.number(seen.refused), style="red" if seen.refused else ""),
        story.share(seen.match_rate),
        story.share(seen.customer_share),
        Text(story.last_seen(seen, language), style="red" if is_stale else ""),
        story.rhythm(seen, language),
    ]


def _journey(diagnosis: Diagnosis, told: Told, language: Language, sheet: Sheet) -> None:
    """The way from top to bottom: a bar for each channel, a line from one to the next."""
    sheet.heading(phrase(language, "journey"))
    into = {step.after: step for step in diagnosis.steps}
    start = [found for step in diagnosis.steps[:1] for found in step.breaks if found.at == step.before]
    for channel in diagnosis.channels:
        if channel.channel == "letter":
            continue
        step = into.get(channel.channel)
        if step is not None:
            known = phrase(
                language, "map.known_long", share=figures.percent(step.known, 0), before=_channel(step.before, language)
            )
            sheet.line(f"│  {known}", "dim", indent=2)
            for found in (each for each in step.breaks if each.at != step.before):
                sheet.line(f"✗  {story.broken(found, language)}", "red", indent=2)
        for found in (each for each in start if each.at == channel.channel):
            sheet.line(f"✗  {story.broken(found, language)}", "red", indent=2)
        _stop(channel, told, language, sheet)
    sheet.line(phrase(language, "journey_note"), "dim")
    reach = [
        f"{_channel(channel.channel, language)} {story.people(language, told.unit, channel.reachable)}"
        for channel in diagnosis.channels
        if channel.reachable is not None
    ]
    sheet.line(" · ".join([phrase(language, "reach"), *reach]))


def _stop(channel: ChannelFigures, told: Told, language: Language, sheet: Sheet) -> None:
    title = _channel(channel.channel, language)
    if not channel.rows:
        sheet.line(f"○ {title}  {phrase(language, 'map.dark')}", "dim", indent=2)
        return
    filled = round(_BAR_CELLS * channel.share)
    bar = "█" * filled + "░" * (_BAR_CELLS - filled)
    seen = phrase(language, "map.seen", customers=story.people(language, told.unit, channel.customers))
    sheet.line(f"● {bar} {title} · {figures.percent(channel.share, 0)} ({seen})", indent=2)


def _channel(code: str, language: Language) -> str:
    return name(language, "diagnosis.channel", code)


def _rest(diagnosis: Diagnosis, told: Told, language: Language, sheet: Sheet) -> None:
    rest = story.worth_mending(diagnosis)[story.MOST_FIRST :]
    if rest:
        sheet.heading(phrase(language, "gaps"))
        for gap in rest:
            _gap(f"{_MARKS[gap.severity]} ", gap, told, language, sheet)
    empty = [
        (story.entity(language, entity), clean(column), figures.percent(share))
        for entity, column, share in story.empty_columns(diagnosis)
    ]
    if empty:
        sheet.heading(phrase(language, "unknown"))
        sheet.rows(empty, [phrase(language, f"head.{key}") for key in ("source", "column", "empty")], figures=(2,))
        sheet.line(phrase(language, "unknown_note"), "dim")


def _absent(diagnosis: Diagnosis, language: Language, sheet: Sheet) -> None:
    missing = story.absent(diagnosis)
    if not missing:
        return
    sheet.heading(phrase(language, "absent"))
    rows = [
        (story.entity(language, gap.entity), story.few(language, gap.cost.weakened), story.signals(gap, language))
        for gap in missing
    ]
    sheet.rows(rows, [phrase(language, f"head.{key}") for key in ("source", "without", "signals")])
    sheet.line(phrase(language, "absent_note"), "dim")

"""Segments on the terminal: sizes, who moved and why, signals, proposals; or one segment in detail."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console

from ..domain.brief import Language
from ..service.segments import Details, Overview, Size
from . import figures
from .conditions import measure, one_line, rule_lines, value_of
from .findings import reason, segment_name
from .terminal import Sheet
from .words import clean, name, say

_SHORT = 8


def print_overview(
    seen: Overview, language: Language, console: Console, *, moves: bool = False, propose: bool = False
) -> None:
    """All of it in short; with `moves` or `propose` only that, in full."""
    sheet = Sheet(console)
    sheet.line(say(language, "segments.title") + f" · {seen.campaign}", "bold")
    sheet.line(" · ".join(_dates(seen, language)), "dim")
    everything = not moves and not propose
    if everything:
        for life_cycle, title in ((True, "life_cycle"), (False, "others")):
            sheet.heading(say(language, f"segments.{title}"))
            sheet.line(say(language, f"segments.{title}_note"), "dim")
            sheet.rows(_size_rows(seen.of(life_cycle=life_cycle), language), _size_head(language), range(1, 6))
    if everything or moves:
        _moves(seen, language, sheet, most=None if moves else _SHORT)
    if everything:
        _signals(seen, language, sheet)
    if everything or propose:
        _proposals(seen, language, sheet)
    if everything:
        sheet.blank()
        sheet.line(say(language, "segments.use"), "dim")


def print_details(seen: Details, language: Language, console: Console, *, moves: bool = False) -> None:
    """One segment: its rule in words, how it grew, who came and left; with `moves` also each of them, by their id."""
    sheet = Sheet(console)
    size = seen.size
    sheet.line(f"{segment_name(language, size.segment)} ({clean(size.segment)})", "bold")
    if size.meaning.get(language):
        sheet.line(clean(size.meaning[language]))
    sheet.line(say(language, "segments.as_of", day=figures.day(language, seen.as_of)), "dim")
    sheet.blank()
    sheet.rows(_size_rows([size], language), _size_head(language), range(1, 6))
    sheet.heading(say(language, "segments.rule"))
    for depth, words in rule_lines(language, size.conditions):
        sheet.line(f"- {words}", indent=2 + 2 * depth)
    sheet.line(size.rule, "dim", indent=2)
    sheet.heading(say(language, "segments.history"))
    rows = [(figures.day(language, day), figures.number(units)) for day, units in seen.history]
    sheet.rows(rows, (say(language, "segments.day"), say(language, "segments.units")), (1,))
    if seen.since is not None:
        sheet.heading(say(language, "segments.moves"))
        _flow_rows(seen.flows, language, sheet)
    if moves and seen.moved:
        _moved(seen, language, sheet)


def flow_reason(language: Language, flow: Mapping[str, Any]) -> str:
    """What changed for most of a flow, with their share where it is not everybody."""
    why = reason(language, flow["why"], holds=flow["holds"])
    if flow["share"] >= 0.995:
        return why
    return say(language, "segments.of_them", why=why, share=figures.percent(flow["share"], 0))


def proposal_sentences(language: Language, proposal: Mapping[str, Any]) -> tuple[str, str]:
    """Who is proposed as a segment, and how good the proposal is."""
    parts = proposal["conditions"].get("and", [proposal["conditions"]])
    own = [part for part in parts if part.get("if") != "is_active"]
    shares = {key: figures.percent(proposal[key], 0) for key in ("share", "ltv_share")}
    told = {"units": figures.number(proposal["units"]), "rule": one_line(language, {"and": own}), **shares}
    good = {key: figures.percent(proposal[key], 0) for key in ("precision", "recall", "stability")}
    return (
        say(language, "segments.proposal", **told),
        say(language, "segments.proposal_quality", lift=figures.number(proposal["lift"], 1), **good),
    )


def _dates(seen: Overview, language: Language) -> Iterable[str]:
    yield say(language, "segments.as_of", day=figures.day(language, seen.as_of))
    if seen.since is not None:
        yield say(language, "segments.since", day=figures.day(language, seen.since))
    yield say(language, "segments.units_in_all", units=figures.number(seen.units))


def _size_head(language: Language) -> tuple[str, ...]:
    return tuple(say(language, f"segments.{key}") for key in ("segment", "units", "share", "came", "left", "ltv_share"))


def _size_rows(sizes: Sequence[Size], language: Language) -> list[tuple[str, ...]]:
    def came_and_left(size: Size) -> tuple[str, str]:
        if size.before is None:
            return figures.UNKNOWN, figures.UNKNOWN
        return figures.number(size.came, signed=True), figures.number(-size.left)

    return [
        (
            segment_name(language, size.segment),
            figures.number(size.units),
            figures.percent(size.share),
            *came_and_left(size),
            figures.percent(size.ltv_share),
        )
        for size in sizes
    ]


def _moves(seen: Overview, language: Language, sheet: Sheet, *, most: int | None) -> None:
    sheet.heading(say(language, "segments.moves"))
    if seen.since is None:
        sheet.line(say(language, "segments.first"))
        return
    sheet.line(say(language, "segments.moves_note"), "dim")
    _flow_rows(seen.ways(life_cycle=True)[:most], language, sheet)
    if most is None:
        sheet.blank()
        _flow_rows(seen.ways(life_cycle=False), language, sheet)


def _flow_rows(flows: Sequence[Mapping[str, Any]], language: Language, sheet: Sheet) -> None:
    if not flows:
        sheet.line(say(language, "segments.no_moves"))
        return
    rows = [
        (
            segment_name(language, flow["left"]),
            segment_name(language, flow["joined"]),
            figures.number(flow["units"]),
            flow_reason(language, flow),
        )
        for flow in flows
    ]
    sheet.rows(rows, [say(language, f"segments.{key}") for key in ("from", "to", "units", "why")], (2,))


def _signals(seen: Overview, language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "segments.signals"))
    if not seen.signals:
        sheet.line(say(language, "segments.no_signals"))
        return
    rows = [(name(language, "signal", signal), figures.number(units)) for signal, units in seen.signals.items()]
    sheet.rows(rows, (say(language, "segments.signal"), say(language, "segments.units")), (1,))


def _proposals(seen: Overview, language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "segments.proposals"))
    if not seen.proposals:
        sheet.line(say(language, "segments.no_proposals"))
        return
    sheet.line(say(language, "segments.proposals_note"), "dim")
    for proposal in seen.proposals:
        who, quality = proposal_sentences(language, proposal)
        sheet.blank()
        sheet.line(who)
        sheet.line(quality, "dim")
        sheet.line(proposal["rule"], "cyan", indent=2)


def _moved(seen: Details, language: Language, sheet: Sheet) -> None:
    shown, units = len(seen.moved), seen.size.came + seen.size.left
    sheet.blank()
    sheet.line(say(language, "segments.some_moved", shown=figures.number(shown), units=figures.number(units)))
    rows = [
        (
            row.unit_id,
            segment_name(language, row.came_from),
            segment_name(language, row.went_to),
            " · ".join(_figures(row.why, language)),
        )
        for row in seen.moved
    ]
    sheet.rows(rows, [say(language, f"segments.{key}") for key in ("unit", "from", "to", "figures")])


def _figures(why: Mapping[str, Mapping[str, Any]], language: Language) -> Iterable[str]:
    for condition, known in why.items():
        if not known:
            yield reason(language, condition, holds=True)
        for column, (before, now) in known.items():
            change = " → ".join(value_of(language, column, value) for value in (before, now))
            yield f"{measure(language, column)} {change}"

"""What a reading of the sources found, on the terminal."""

from rich.console import Console

from ..domain.brief import Language
from ..service.reading_sources import SourceRead, SourcesRead
from . import figures
from .refusals import fault_in_words
from .terminal import Sheet
from .words import name, say


def print_read(found: SourcesRead, language: Language, console: Console) -> None:
    """A row for each source with news, then the first faults, then whom it concerns."""
    sheet = Sheet(console)
    if found.sources:
        _sources(found, language, sheet)
    else:
        sheet.line(say(language, "ingest.nothing_new"))
        if found.touched is not None:
            return
    touched = "all_touched" if found.touched is None else "touched"
    sheet.line(say(language, f"ingest.{touched}", count=figures.number(found.touched or 0)))
    shown = [f"{name(language, 'signal', signal)} {count:,}" for signal, count in found.signals.items() if count]
    if shown:
        sheet.line(say(language, "ingest.signals", signals=" · ".join(shown)))


def _sources(found: SourcesRead, language: Language, sheet: Sheet) -> None:
    head = [
        say(language, f"ingest.{name}")
        for name in ("source", "read", "new", "changed", "repeated", "set_aside", "came_early", "rows")
    ]
    sheet.rows([_row(source, language) for source in found.sources], head, range(1, 8))
    for source in found.sources:
        _faults(source, language, sheet)
    if any(source.waiting for source in found.sources):
        sheet.blank()
        sheet.line(say(language, "ingest.how_waiting"), "dim")
    sheet.blank()


def _row(source: SourceRead, language: Language) -> list[str]:
    known = (source.repeated, source.set_aside, source.came_early, source.rows)
    counts = (source.read, source.new, source.changed, *known)
    return [_title(source, language), *(f"{count:,}" for count in counts)]


def _faults(source: SourceRead, language: Language, sheet: Sheet) -> None:
    notes = []
    if source.let_in:
        notes.append(say(language, "ingest.let_in", count=figures.number(source.let_in)))
    if source.waiting > source.overdue:
        notes.append(say(language, "ingest.waiting", count=figures.number(source.waiting - source.overdue)))
    if source.overdue:
        notes.append(say(language, "ingest.overdue", count=figures.number(source.overdue)))
    if source.removed:
        notes.append(say(language, "ingest.removed", count=figures.number(source.removed)))
    more = source.set_aside - len(source.faults)
    if more > 0 and source.faults:
        notes.append(say(language, "ingest.more", count=figures.number(more)))
    if notes or source.faults:
        sheet.heading(_title(source, language))
    for fault in source.faults:
        sheet.line(fault_in_words(fault, language))
    if source.first_waiting is not None:
        sheet.line(fault_in_words(source.first_waiting, language), "dim")
    for note in notes:
        sheet.line(note, "dim")


def _title(source: SourceRead, language: Language) -> str:
    return name(language, "diagnosis.entity", source.source)

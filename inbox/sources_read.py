"""What a reading of the sources found, on the terminal."""

from rich.console import Console

from ..domain.brief import Language
from ..service.reading_sources import SourceRead, SourcesRead
from .terminal import Sheet
from .words import name, say


def print_read(found: SourcesRead, language: Language, console: Console) -> None:
    """A row for each source with news, then the first faults, then whom it concerns."""
    sheet = Sheet(console)
    if not found.sources:
        sheet.line(say(language, "ingest.nothing_new"))
        return
    head = [
        say(language, f"ingest.{name}")
        for name in ("source", "read", "new", "changed", "repeated", "set_aside", "rows")
    ]
    sheet.rows([_row(source) for source in found.sources], head, range(1, 7))
    for source in found.sources:
        _faults(source, language, sheet)
    touched = "all_touched" if found.touched is None else "touched"
    sheet.blank()
    sheet.line(say(language, f"ingest.{touched}", count=found.touched or 0))
    shown = [f"{name(language, 'signal', signal)} {count:,}" for signal, count in found.signals.items() if count]
    if shown:
        sheet.line(say(language, "ingest.signals", signals=" · ".join(shown)))


def _row(source: SourceRead) -> list[str]:
    counts = (source.read, source.new, source.changed, source.repeated, source.set_aside, source.rows)
    return [source.source, *(f"{count:,}" for count in counts)]


def _faults(source: SourceRead, language: Language, sheet: Sheet) -> None:
    notes = []
    if source.let_in:
        notes.append(say(language, "ingest.let_in", count=source.let_in))
    if source.waiting:
        notes.append(say(language, "ingest.waiting", count=source.waiting))
    if source.removed:
        notes.append(say(language, "ingest.removed", count=source.removed))
    more = source.set_aside - len(source.faults)
    if more > 0 and source.faults:
        notes.append(say(language, "ingest.more", count=more))
    if notes or source.faults:
        sheet.heading(source.source)
    for fault in source.faults:
        sheet.line(fault)
    for note in notes:
        sheet.line(note, "dim")

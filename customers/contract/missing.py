"""Whether the files that must be there are there."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...domain.errors import Fault, FaultyFile
from ...domain.sources import Feed
from ..sources.files import paths_of
from .model import Model, Source, UnitKind

#: How like a file's name another one must be to count as a slip, where the file may be missing.
_SURELY_MEANT = 0.8


def check_files(
    folder: Path,
    sources: Sequence[Source],
    feeds: Mapping[str, Sequence[Feed]],
    *,
    unit: UnitKind,
    model: Model,
) -> None:
    """Raises FaultyFile with every file that is missing, and every feed for an entity that does not exist.

    A file that need not be there is missed where another of nearly its name lies there: a misspelt one would be ignored
    in silence.
    """
    if not folder.is_dir():
        raise FaultyFile([Fault(str(folder), 0, "", "no such folder", "see `sources: folder:` in the brief")])
    known = {source.name for source in sources}
    faults: list[Fault | None] = [_unknown(name, sorted(known)) for name in feeds if name not in known]
    for source in sources:
        if source.name in feeds:
            faults += [_nothing(source, number, feed, folder) for number, feed in enumerate(feeds[source.name])]
        elif not (folder / source.file).is_file():
            faults.append(_missing(source, folder, sources, _why_needed(source, unit, model)))
    found = [fault for fault in faults if fault is not None]
    if found:
        raise FaultyFile(found)


def _unknown(name: str, known: list[str]) -> Fault:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(known)}"
    return Fault("brief", 0, f"sources.feeds.{name}", "there is no such entity", hint)


def _nothing(source: Source, number: int, feed: Feed, folder: Path) -> Fault | None:
    if feed.file is None or paths_of(folder, feed.file):
        return None
    place = f"sources.feeds.{source.name}.{number}.file"
    return Fault("brief", 0, place, f"no file {feed.file!r} in {folder}")


def _why_needed(source: Source, unit: UnitKind, model: Model) -> str:
    if source.unit == unit:
        return f"a brief with `unit: {unit}` needs it"
    return f"a business with `model: {model}` needs it" if source.model == model else ""


def _missing(source: Source, folder: Path, sources: Sequence[Source], why: str) -> Fault | None:
    known = {other.file for other in sources}
    strangers = sorted(path.name for path in folder.glob("*.csv") if path.name not in known)
    close = difflib.get_close_matches(source.file, strangers, n=1, cutoff=0.6 if why else _SURELY_MEANT)
    if not why and not close:
        return None
    hint = f"did you mean to name {close[0]!r} so?" if close else why
    return Fault(source.file, 0, "", f"missing in {folder}", hint)

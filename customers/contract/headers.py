"""Which source files are there, and whether their header rows name what the contract wants."""

import csv
import difflib
from collections.abc import Sequence
from pathlib import Path

from ...domain.errors import Fault, FaultyFile
from .model import Model, Source, UnitKind

#: How like the wanted name another one must be to count as a slip, where the wanted one may be missing.
_SURELY_MEANT = 0.8


def read_headers(
    folder: Path, sources: Sequence[Source], *, unit: UnitKind, model: Model
) -> dict[str, list[str] | None]:
    """The header row of each source; None for a file that is not there and need not be.

    Raises FaultyFile with everything that is wrong. A file or column that may be missing is a fault where another
    of nearly its name stands there: a misspelt one would be ignored in silence.
    """
    if not folder.is_dir():
        raise FaultyFile([Fault(str(folder), 0, "", "no such folder", "see `sources: folder:` in the brief")])
    headers: dict[str, list[str] | None] = {}
    faults: list[Fault] = []
    for source in sources:
        path = folder / source.file
        if path.is_file():
            header = _header(path)
            headers[source.name] = header
            faults += _header_faults(source, header)
        else:
            headers[source.name] = None
            faults += _missing_file(source, folder, sources, _why_needed(source, unit, model))
    if faults:
        raise FaultyFile(faults)
    return headers


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return [cell.strip() for cell in next(csv.reader(file), [])]


def _why_needed(source: Source, unit: UnitKind, model: Model) -> str:
    if source.unit == unit:
        return f"a brief with `unit: {unit}` needs it"
    return f"a business with `model: {model}` needs it" if source.model == model else ""


def _missing_file(source: Source, folder: Path, sources: Sequence[Source], why: str) -> list[Fault]:
    known = {other.file for other in sources}
    strangers = sorted(path.name for path in folder.glob("*.csv") if path.name not in known)
    close = difflib.get_close_matches(source.file, strangers, n=1, cutoff=0.6 if why else _SURELY_MEANT)
    if not why and not close:
        return []
    hint = f"did you mean to name {close[0]!r} so?" if close else why
    return [Fault(source.file, 0, "", f"missing in {folder}", hint)]


def _header_faults(source: Source, header: list[str]) -> list[Fault]:
    if not header:
        return [Fault(source.file, 1, "", "the file is empty: the header row is missing")]
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return [Fault(source.file, 1, "", "the columns are not separated by commas")]
    faults = []
    optional = {column.header for column in source.columns if column.optional}
    for name in source.headers:
        if header.count(name) > 1:
            faults.append(Fault(source.file, 1, name, "this column stands there twice"))
        elif name not in header:
            close = _meant(source, name, header, is_optional=name in optional)
            hint = f"did you mean {close!r}?" if close else ""
            if close or name not in optional:
                faults.append(Fault(source.file, 1, name, "this column is missing", hint))
    return faults


def _meant(source: Source, name: str, header: list[str], *, is_optional: bool) -> str | None:
    """The column that nobody knows and that may be the one that is missing."""
    spare = [other for other in header if other not in source.headers]
    of_accounts = [column.name for column in source.columns if column.header == name and column.name in spare]
    close = difflib.get_close_matches(name, spare, n=1, cutoff=_SURELY_MEANT if is_optional else 0.6)
    return next(iter([*close, *of_accounts]), None)

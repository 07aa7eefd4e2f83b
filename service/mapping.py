"""Propose the columns of a file or table as a feed for the brief."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from ..customers.contract.model import Source, contract
from ..customers.contract.model import UnitKind as UnitKind
from ..customers.sources.proposing import Match, Proposal, Sureness, propose, propose_entity
from ..customers.sources.sampling import Sample, sample_file, sample_table
from ..domain.errors import KizunaError, UserError
from ..domain.sources import Database
from ..tools.brief_file import load_brief

__all__ = ["Match", "Proposal", "Proposed", "Sureness", "propose_file", "propose_table"]
_OTHERS_TOLD = 3


@dataclass(frozen=True)
class Proposed:
    """A feed for one entity of a brief, and what was read to propose it."""

    proposal: Proposal
    sample: Sample
    others: tuple[
        tuple[str, float], ...
    ]  #: entities that it might be as well, with their fit; none where one was named
    file: str | None = None  #: as the feed names it
    is_inside: bool = True  #: whether the file lies in the brief's data folder
    database: Database | None = None
    table: str | None = None


def propose_file(path: Path, entity: str | None, *, brief: Path, unit: UnitKind | None) -> Proposed:
    """The feed of a CSV, JSON or Parquet file. Without a brief, its folder counts as the data folder.

    Raises UserError where the file can't be read, or there is no such entity.
    """
    folder, unit = _setting(brief, unit)
    found, name = _placed(path, folder)
    sample = sample_file(found)
    proposal, others = _proposal(sample, entity, unit, found.name)
    return Proposed(proposal, sample, others, file=name or found.name, is_inside=name is not None)


def propose_table(
    database: Database, table: str, entity: str | None, *, brief: Path, unit: UnitKind | None
) -> Proposed:
    """The feed of a database's table or view. Raises UserError where it can't be read, or there is no such entity."""
    folder, unit = _setting(brief, unit)
    is_inside = True
    if database.file is not None:
        found, name = _placed(Path(database.file), folder)
        is_inside = name is not None
        folder, database = (
            (folder, Database(file=name)) if folder and name else (found.parent, Database(file=found.name))
        )
    sample = sample_table(database, folder or brief.parent, table=table)
    proposal, others = _proposal(sample, entity, unit, table)
    return Proposed(proposal, sample, others, is_inside=is_inside, database=database, table=table)


def _placed(path: Path, folder: Path | None) -> tuple[Path, str | None]:
    """(where the file is, its name in the data folder; None for one outside)."""
    found = path if path.exists() or folder is None else folder / path
    if not found.is_file():
        raise UserError(f"there is no file {path}")
    if folder is None:
        return found, found.name
    inside = found.resolve().is_relative_to(folder.resolve())
    return found, found.resolve().relative_to(folder.resolve()).as_posix() if inside else None


def _setting(brief: Path, unit: UnitKind | None) -> tuple[Path | None, UnitKind]:
    """The data folder and the unit of the brief; a brief that is not written yet, or not whole, says nothing."""
    try:
        written, _ = load_brief(brief)
    except KizunaError:
        return None, unit or "person"
    return brief.parent / written.sources.folder, unit or written.unit


def _proposal(
    sample: Sample, entity: str | None, unit: UnitKind, name: str
) -> tuple[Proposal, tuple[tuple[str, float], ...]]:
    sources = contract(unit)
    if entity is not None:
        return propose(sample, _named(sources, entity), name), ()
    best, *others = propose_entity(sample, sources, name)
    return best, tuple((other.source.name, other.fit) for other in others[:_OTHERS_TOLD])


def _named(sources: Sequence[Source], entity: str) -> Source:
    by_name = {source.name: source for source in sources}
    if entity not in by_name:
        close = get_close_matches(entity, by_name, n=1, cutoff=0.6)
        hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(by_name)}"
        raise UserError(f"there is no entity `{entity}` for this unit ({hint})")
    return by_name[entity]

"""The use case: read what is new in the sources now, and say what came of it."""

from dataclasses import dataclass
from datetime import datetime

from ..agents.looking_again import look_again
from ..agents.reading import is_united_otherwise, read_sources
from ..agents.workspace import Workspace
from ..domain.errors import UserError
from ..domain.refusals import RowFault

#: So many faults are shown of each source.
FAULTS_SHOWN = 5


@dataclass(frozen=True)
class SourceRead:
    """What was found in one source."""

    source: str
    read: int
    new: int
    changed: int
    repeated: int
    removed: int
    set_aside: int  #: rows that break a rule
    let_in: int
    came_early: int  #: rows of this reading that wait for what they name
    waiting: int  #: these and earlier ones
    overdue: int  #: of them: those that have waited too long, and count as faulty
    rows: int  #: good rows in all
    faulty: int  #: rows that break a rule in all
    faults: list[RowFault]  #: the first of those read now
    first_waiting: RowFault | None  #: of those read now


@dataclass(frozen=True)
class SourcesRead:
    """What a reading found in all sources. `touched`: how many units the new rows concern; None: all of them.

    `signals`: how many of them show each signal now; empty before a campaign's first analysis.
    """

    number: int
    read_at: datetime
    sources: list[SourceRead]
    touched: int | None
    signals: dict[str, int]


def read_now(workspace: Workspace) -> SourcesRead:
    """Read and publish what is new, and look again at the customers whom it concerns.

    Raises UserError where somebody else is at it, or too much is faulty.
    """
    found = read_sources(workspace)
    if found.is_busy:
        raise UserError("another process is reading the sources; try again in a minute")
    told = []
    for name, entity in found.manifest.entities.items():
        news = found.news.get(name)
        if news is not None:
            told.append(
                SourceRead(
                    source=name,
                    read=news.read,
                    new=news.new,
                    changed=news.changed,
                    repeated=news.repeated,
                    removed=news.removed,
                    set_aside=news.set_aside,
                    let_in=news.let_in,
                    came_early=news.waiting,
                    waiting=entity.waiting,
                    overdue=news.overdue,
                    rows=entity.rows,
                    faulty=entity.faulty,
                    faults=[fault for fault in news.faults if not fault.waits][:FAULTS_SHOWN],
                    first_waiting=next((fault for fault in news.faults if fault.waits), None),
                )
            )
    is_other = is_united_otherwise(workspace)
    touched = None if found.touched is None or is_other else sorted(found.touched)
    signals = look_again(workspace, touched) if told or is_other else {}
    count = None if touched is None else len(touched)
    return SourcesRead(found.manifest.number, workspace.clock.now(), told, count, signals)

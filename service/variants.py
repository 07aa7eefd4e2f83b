"""How the wordings of each action stand: for the report."""

from collections.abc import Iterator
from itertools import groupby

from sqlmodel import Session

from ..agents.variants import counted
from ..agents.workspace import Workspace
from ..decisioning.learning.variants import rate
from ..domain.brief import Language
from ..domain.report import Estimate, VariantResult
from ..store import variants_tried
from ..store.tables import VariantRow

_LEVEL = 0.95


def variants_of(workspace: Workspace, session: Session) -> tuple[VariantResult, ...]:
    """Every wording that was drawn: counted until now, with the share that the last cycle gave it."""
    return tuple(_found(workspace, session))


def _found(workspace: Workspace, session: Session) -> Iterator[VariantResult]:
    now = workspace.clock.now()
    rows = variants_tried.newest(session, workspace.brief.name)
    for (name, language), tried in groupby(rows, key=lambda row: (row.action, row.language)):
        standing, action = list(tried), workspace.actions.get(name)
        if action is None:
            continue
        tongue: Language = "ja" if language == "ja" else "en"
        counts = counted(session, workspace, action, tongue, [row.variant for row in standing], now)
        for row in standing:
            count = counts[row.variant]
            mean, low, high = rate(count, _LEVEL)
            yield _result(
                row, tongue, count.reached, count.succeeded, Estimate(value=mean, low=low, high=high, level=_LEVEL)
            )


def _result(row: VariantRow, language: Language, reached: int, succeeded: int, found: Estimate) -> VariantResult:
    return VariantResult(
        action=row.action,
        language=language,
        variant=row.variant,
        outcome=row.outcome,
        reached=reached,
        succeeded=succeeded,
        rate=found,
        share=row.share,
    )

"""Between two analyses: customers with new data get their features and signals anew, the others keep theirs."""

from collections.abc import Collection
from datetime import timedelta

from ..customers.signals.alignment import rows_before, taken
from ..customers.table import FeatureTable
from ..store import campaigns
from .moving import keep_signals
from .reading import refresh_features
from .scoring import load_snapshot
from .workspace import Workspace


def look_again(workspace: Workspace, touched: Collection[str] | None) -> dict[str, int]:
    """Signal -> how many of the touched customers show it as today ends; `touched` None: all.

    Scores stay those of the running cycle's analysis. Before the first analysis there is nothing to compare with,
    and nothing is kept.
    """
    name = workspace.brief.name
    with workspace.store.read() as session:
        analysed = [cycle.snapshot for cycle in campaigns.cycles(session, name) if cycle.snapshot]
    if not analysed or touched == []:
        return {}
    today = workspace.clock.now().date()
    # A merge can change customers whose own rows did not: with records united, all are looked at.
    units = None if workspace.brief.sources.identity is not None or touched is None else set(touched)
    table = refresh_features(workspace, today + timedelta(days=1), units)
    scored = _with_scores(table, load_snapshot(workspace, analysed[-1]))
    before = load_snapshot(workspace, analysed[-2]) if len(analysed) > 1 else None
    return keep_signals(workspace, scored, before, today, units=units)


def _with_scores(table: FeatureTable, analysed: FeatureTable) -> FeatureTable:
    """With the columns that only an analysis makes."""
    rows = rows_before(table.unit_ids, analysed.unit_ids)
    scores = {name: taken(column, rows) for name, column in analysed.columns.items() if name not in table.columns}
    return table.with_columns(**scores)

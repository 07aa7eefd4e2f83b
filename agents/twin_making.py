"""Makes the twin from a workspace that may be written to: two snapshots a cycle apart, and what is believed."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..customers.table import FeatureTable
from ..decisioning.measuring.experiment import unit_draws
from ..store import campaigns
from ..store.tables import CycleRow
from .believing import current_beliefs
from .listening import listen_to, open_urgent
from .reading import open_customers
from .records import keep_people
from .scoring import score_units
from .twin import Snapshots, Twin, build_twin
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]

_AFTER_ALL = 1_000_000


def make_twin(workspace: Workspace, most_units: int) -> Twin:
    """Read, listen and score as the analysis does, into this workspace's own store; at most so many units.

    Of more units than that a part is drawn by hash, and budget and capacities are cut to its share.
    """
    now = workspace.clock.now()
    cycle = CycleRow(campaign=workspace.brief.name, number=1, starts_at=now, ends_at=now + workspace.brief.cycle)
    with workspace.store.write() as session:
        campaigns.drop_snapshots(session)
    beliefs = current_beliefs(workspace, _AFTER_ALL)
    with open_customers(workspace) as customers:
        keep_people(workspace, customers)
        listen_to(workspace, customers, cycle)
        open_urgent(workspace, customers, cycle)
        workspace.tell("scoring", units=customers.row_counts["accounts"])
        table = score_units(workspace, customers, now.date()).table
        before = score_units(workspace, customers, (now - workspace.brief.cycle).date()).table
        keep = _part(table, most_units)
        share = float(keep.mean()) if len(table) else 1.0
        cut = workspace if share >= 1.0 else _cut(workspace, share)
        return build_twin(cut, Snapshots(table, before, customers, now), beliefs, share, keep)


def _part(table: FeatureTable, most_units: int) -> Array:
    """The units with the lowest draws of a hash: as good as random, and the same each time."""
    keep = np.ones(len(table), dtype=bool)
    if len(table) > most_units:
        draws = unit_draws(table.unit_ids, "simulation/part", 1)[0]
        keep = draws <= np.partition(draws, most_units - 1)[most_units - 1]
    return keep


def _cut(workspace: Workspace, share: float) -> Workspace:
    """The same workspace with budget and capacities for a share of the units."""
    brief, capacity = workspace.brief, workspace.brief.capacity

    def part(limit: int | None) -> int | None:
        return None if limit is None else round(limit * share)

    cut = capacity.model_copy(
        update={
            "email_per_week": part(capacity.email_per_week),
            "letters_per_week": part(capacity.letters_per_week),
            "drafts_per_rep_per_week": max(1, round(capacity.drafts_per_rep_per_week * share)),
        }
    )
    budget = brief.budget.model_copy(update={"total": brief.budget.total * share})
    return replace(workspace, brief=brief.model_copy(update={"capacity": cut, "budget": budget}))

"""Features and scores of all units on a date: what every agent's figures rest on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..customers.opening import Customers
from ..customers.snapshot import SnapshotFile, find, load, moves, publish, without
from ..customers.table import FeatureTable
from ..store import campaigns
from ..store.tables import SnapshotRow
from .computing import feature_builder
from .predicting import fit_predictor, start_of
from .valuing import Recalling, value_units
from .workspace import Workspace


@dataclass(frozen=True)
class Scored:
    """A published snapshot: features, scores, and the model that made them."""

    name: str
    table: FeatureTable
    model: dict[str, Any]


def score_units(workspace: Workspace, customers: Customers, as_of: date) -> Scored:
    """Build, score and publish the snapshot of a date; the same again gives the same file and row."""
    name = f"{workspace.brief.name}-{as_of.isoformat()}"
    published = _published(workspace, name)
    if published is not None:
        return published
    with feature_builder(workspace, customers) as build:
        table = build(as_of)
        before = Recalling(build, as_of - workspace.brief.business.churn_window)
        predictor = fit_predictor(workspace, customers, table, as_of, before)
        valued = value_units(workspace, customers, table, predictor, as_of, before.recall)
    scored, model = valued.table, predictor.as_dict() | {"value": valued.record}
    file = publish(scored, workspace.private / "snapshots", name)
    with workspace.store.write() as session:
        campaigns.keep_snapshot(
            session,
            {
                "campaign": workspace.brief.name,
                "name": name,
                "as_of": start_of(as_of),
                "path": str(file.path.relative_to(workspace.folder)),
                "rows": file.rows,
                "digest": file.digest,
                "model": model,
            },
        )
    return Scored(name, scored, model)


def _published(workspace: Workspace, name: str) -> Scored | None:
    """The snapshot of this name if its manifest row, which is its commit, is there already."""
    with workspace.store.read() as session:
        row = campaigns.snapshot(session, workspace.brief.name, name)
    return Scored(name, load(workspace.folder / row.path, row.digest), row.model) if row is not None else None


def load_snapshot(workspace: Workspace, name: str, only: Sequence[str] | None = None) -> FeatureTable:
    """The published snapshot of this name, or `only` these columns of it; agents read nothing else."""
    with workspace.store.read() as session:
        row = campaigns.snapshot(session, workspace.brief.name, name)
    assert row is not None, f"no manifest for snapshot {name}"
    return load(workspace.folder / row.path, row.digest, only)


def rank_moves(workspace: Workspace, before: SnapshotRow, now: SnapshotRow) -> dict[tuple[str | None, str | None], int]:
    """Units by their rank in the one snapshot and in the other, those that kept theirs as well."""
    first, second = (SnapshotFile(workspace.folder / row.path, row.rows, row.digest) for row in (before, now))
    return moves(first, second, "ltv_rank")


def figures_of(workspace: Workspace, unit_id: str) -> dict[str, dict[str, Any]]:
    """Snapshot -> what it says of one unit, for every snapshot that the unit is in."""
    with workspace.store.read() as session:
        rows = campaigns.snapshots(session)
    found = {row.name: find(workspace.folder / row.path, unit_id) for row in rows}
    return {name: figures for name, figures in found.items() if figures is not None}


def snapshots_without(workspace: Workspace, unit_id: str) -> list[SnapshotRow]:
    """Publish every snapshot that holds the unit again, without it; the new manifests are for the caller to keep."""
    with workspace.store.read() as session:
        rows = campaigns.snapshots(session)
    fresh = []
    for row in rows:
        path = workspace.folder / row.path
        file = without(path, unit_id, row.name) if path.is_file() else None
        if file is not None:
            row.path, row.rows, row.digest = str(file.path.relative_to(workspace.folder)), file.rows, file.digest
            fresh.append(row)
    return fresh

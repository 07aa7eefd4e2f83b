"""What customers are worth as of the newest snapshot: ranks and who moved, what is at risk, model and sources."""

from collections.abc import Mapping

import numpy as np

from ..agents.contacting import value_at_risk_jpy
from ..agents.scoring import load_snapshot, rank_moves
from ..agents.workspace import Workspace
from ..customers.table import FeatureTable
from ..domain.errors import UserError
from ..domain.worth import RankMove, RankSize, Worth
from ..store import campaigns
from ..store.tables import SnapshotRow

Ways = Mapping[tuple[str | None, str | None], int]

RANKS = ("high", "potential", "standard")
_COLUMNS = ("is_active", "churn_risk", "ltv_jpy", "ltv_rank")


def newest_worth(workspace: Workspace) -> Worth | None:
    """None before the first analysis, and where a snapshot's file can't be read: `kizuna value` says why."""
    rows = snapshots_of(workspace)
    if not rows:
        return None
    try:
        return worth_of(workspace, rows, load_snapshot(workspace, rows[-1].name, _COLUMNS))
    except UserError:
        return None


def snapshots_of(workspace: Workspace) -> list[SnapshotRow]:
    """The campaign's manifests, oldest first."""
    with workspace.store.read() as session:
        rows = [row for row in campaigns.snapshots(session) if row.campaign == workspace.brief.name]
    return sorted(rows, key=lambda row: row.as_of)


def worth_of(workspace: Workspace, rows: list[SnapshotRow], table: FeatureTable) -> Worth:
    """Of the newest snapshot, whose table this is, and of the one before, if there is one."""
    business = workspace.brief.business
    record = dict(rows[-1].model.get("value", {}))
    acquisition = record.pop("acquisition", {"sources": [], "shift": None})
    value = table.columns["ltv_jpy"].astype(float)
    known = value[~np.isnan(value)]
    ways = rank_moves(workspace, rows[-2], rows[-1]) if len(rows) > 1 else None
    at_risk, total = value_at_risk_jpy(table), float(np.maximum(known, 0.0).sum())
    return Worth(
        as_of=rows[-1].as_of.date(),
        since=rows[-2].as_of.date() if ways is not None else None,
        units=len(table),
        valued=int(known.size),
        mean_ltv_jpy=float(known.mean()) if known.size else 0.0,
        months=business.ltv_months,
        margin=business.margin,
        annual_discount=business.annual_discount,
        model=record,
        ranks=_ranks(table, ways),
        moves=_moves(ways or {}),
        at_risk_jpy=at_risk,
        at_risk_share=at_risk / total if total > 0.0 else 0.0,
        risk_days=business.churn_window.days,
        has_contracts=business.model == "subscription",
        acquisition=acquisition,
    )


def _ranks(table: FeatureTable, ways: Ways | None) -> tuple[RankSize, ...]:
    value, ranks = np.nan_to_num(table.columns["ltv_jpy"].astype(float)), table.columns["ltv_rank"]
    total = float(value.sum()) or 1.0
    found = []
    for rank in RANKS:
        of_rank = value[ranks == rank]
        mean = float(of_rank.mean()) if of_rank.size else 0.0
        before = None if ways is None else sum(units for (left, _), units in ways.items() if left == rank)
        found.append(RankSize(rank, int(of_rank.size), mean, float(of_rank.sum()) / total, before))
    return tuple(found)


def _moves(ways: Ways) -> tuple[RankMove, ...]:
    """The ways that lead elsewhere, the busiest first."""
    moved = [RankMove(left, joined, units) for (left, joined), units in ways.items() if left != joined]
    return tuple(sorted(moved, key=lambda move: (-move.units, str(move.left), str(move.joined))))

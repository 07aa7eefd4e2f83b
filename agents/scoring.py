"""Features and scores of all units on a date: what every agent's figures rest on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from ..customers.features import build_features
from ..customers.ingest import Customers, open_sources
from ..customers.outcomes import retained
from ..customers.snapshot import load, publish, without
from ..customers.table import FeatureTable
from ..decisioning import churn, ltv
from ..store import campaigns, erasing
from ..store.tables import SnapshotRow
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]

#: What the churn model looks at: behaviour and contract, never our own mails (they would teach it our treatment).
CHURN_FEATURES = (
    "events_30d",
    "events_prev_30d",
    "active_days_30d",
    "activity_change_30d",
    "days_since_last_event",
    "features_used_90d",
    "quota_used_last_month",
    "open_tickets",
    "open_unhappy_tickets",
    "unhappy_tickets_90d",
    "tenure_days",
    "monthly_price_jpy",
)
MONTH_DAYS = 30.4
_TRAINING_CUTOFFS = 4
_CUTOFF_STEP_DAYS = 30


@dataclass(frozen=True)
class Scored:
    """A published snapshot: features, scores, and the model that made them."""

    name: str
    table: FeatureTable
    model: dict[str, Any]


def open_customers(workspace: Workspace, only: Collection[str] | None = None) -> Customers:
    """Read and check the sources; raises ContractBroken with the faults when too much is wrong."""
    allowed = workspace.brief.sources.faulty_rows_allowed
    with workspace.store.read() as session:
        keep_out = erasing.who_is_erased(session, workspace.secret)
    return open_sources(workspace.data, faulty_rows_allowed=allowed, only=only, keep_out=keep_out)


def score_units(workspace: Workspace, customers: Customers, as_of: date) -> Scored:
    """Build, score and publish the snapshot of a date; the same again gives the same file and row."""
    name = f"{workspace.brief.name}-{as_of.isoformat()}"
    published = _published(workspace, name)
    if published is not None:
        return published
    table = build_features(customers, as_of)
    model = _fit_churn(workspace, customers, as_of)
    scored = _with_scores(workspace, table, model)
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
                "model": model.as_dict(),
            },
        )
    return Scored(name, scored, model.as_dict())


def _published(workspace: Workspace, name: str) -> Scored | None:
    """The snapshot of this name if its manifest row, which is its commit, is there already."""
    with workspace.store.read() as session:
        row = campaigns.snapshot(session, workspace.brief.name, name)
    return Scored(name, load(workspace.folder / row.path, row.digest), row.model) if row is not None else None


def load_snapshot(workspace: Workspace, name: str) -> FeatureTable:
    """The published snapshot of this name; agents read nothing else."""
    with workspace.store.read() as session:
        row = campaigns.snapshot(session, workspace.brief.name, name)
    assert row is not None, f"no manifest for snapshot {name}"
    return load(workspace.folder / row.path, row.digest)


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


def start_of(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=UTC)


def monthly_margin(workspace: Workspace, monthly_price: Array) -> Array:
    business = workspace.brief.business
    return monthly_price * business.margin - business.monthly_cost_to_serve


def monthly_churn(workspace: Workspace, churn_risk: Array) -> Array:
    """The churn window's probability, turned into a month's at a constant hazard."""
    return churn.change_horizon(churn_risk, workspace.brief.business.churn_window.days, MONTH_DAYS)


def _with_scores(workspace: Workspace, table: FeatureTable, model: churn.ChurnModel) -> FeatureTable:
    business = workspace.brief.business
    active = table.columns["is_active"].astype(float) == 1
    risk = np.where(active, churn.predict_churn(model, table.numeric(CHURN_FEATURES)), np.nan)
    price = np.where(active, table.columns["monthly_price_jpy"].astype(float), 0.0)
    value = ltv.subscription_ltv(
        monthly_margin(workspace, price),
        monthly_churn(workspace, np.where(active, risk, 1.0)),
        horizon_months=business.ltv_months,
        annual_discount=business.annual_discount,
    )
    value = np.where(active, value, np.nan)
    headroom = np.nan_to_num(table.columns["quota_used_last_month"].astype(float), nan=0.0)
    ranks = np.full(len(table), None, dtype=object)
    ranks[active] = ltv.rank(value[active], headroom[active])
    return table.with_columns(churn_risk=risk, ltv_jpy=value, ltv_rank=ranks)


def _fit_churn(workspace: Workspace, customers: Customers, as_of: date) -> churn.ChurnModel:
    """Fitted on cut-offs whose outcome is known by then, tested on a later one (no leakage)."""
    window = workspace.brief.business.churn_window.days
    test_x, test_y = _labelled(workspace, customers, as_of - timedelta(days=window), window)
    train = [
        _labelled(workspace, customers, as_of - timedelta(days=2 * window + step * _CUTOFF_STEP_DAYS), window)
        for step in range(_TRAINING_CUTOFFS)
    ]
    train_x = np.vstack([x for x, _ in train])
    train_y = np.concatenate([y for _, y in train])
    return churn.fit_churn(train_x, train_y, test_x, test_y, CHURN_FEATURES)


def _labelled(workspace: Workspace, customers: Customers, cutoff: date, window: int) -> tuple[Array, Array]:
    """Features on the cut-off and who cancelled in the window after it, of units active then and left alone in it."""
    table = build_features(customers, cutoff)
    start, end = start_of(cutoff), start_of(cutoff + timedelta(days=window))
    stayed = retained(customers, table.unit_ids, start, end)
    with workspace.store.read() as session:
        contacted = campaigns.units_reached_between(session, start, end)
    untouched = np.array([unit not in contacted for unit in table.unit_ids], dtype=bool)
    usable = ~np.isnan(stayed) & untouched
    return table.numeric(CHURN_FEATURES)[usable], 1.0 - stayed[usable]

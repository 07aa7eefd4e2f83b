"""The churn model as people look at it: how good it is beside simpler ones, what drives it, drift. Read only."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..agents.contacting import ActionWorth, worth_contacting, worth_of_contact
from ..agents.drifting import drift_findings
from ..agents.predicting import RiskPart, risk_parts
from ..agents.scoring import load_snapshot
from ..agents.workspace import Workspace
from ..decisioning.risk.contacting import Effect
from ..domain.errors import UserError
from ..store import campaigns
from ..store.tables import SnapshotRow

__all__ = ["ActionWorth", "ChurnView", "Effect", "Point", "RiskPart", "UnitRisk", "churn_view", "unit_risk"]
OLDER = "its churn model was kept by an older version; the next cycle keeps a new one"


@dataclass(frozen=True)
class Point:
    """A model of the past: how it did on later rows, and what had drifted."""

    as_of: date
    is_fallback: bool
    rows: int
    base_rate: float | None
    auc: float | None
    plain_auc: float | None
    brier: float | None
    plain_brier: float | None
    brier_base: float | None
    events_ratio: float | None
    """Events seen per event expected in the last window whose outcome was known."""
    told: tuple[str, ...]


@dataclass(frozen=True)
class ChurnView:
    """The newest model (as `ChurnModel.as_dict` keeps it), all before it, and whom it would pay to contact."""

    campaign: str
    as_of: date
    days: int
    has_contracts: bool
    model: Mapping[str, Any]
    history: tuple[Point, ...]
    worth: tuple[ActionWorth, ...]
    told: tuple[Mapping[str, Any], ...]
    """What is beyond its limits; see `agents.drifting.drift_findings`."""


@dataclass(frozen=True)
class UnitRisk:
    """One customer's risk, and what makes it up: with an average customer's log odds, the parts' add up to its own."""

    unit_id: str
    as_of: date
    days: int
    risk: float | None
    average_log_odds: float
    parts: tuple[RiskPart, ...]


def unit_risk(workspace: Workspace, unit_id: str) -> UnitRisk:
    """The newest snapshot's figures of one customer. Raises UserError where it has none."""
    newest = _snapshots(workspace)[-1]
    table, business = load_snapshot(workspace, newest.name), workspace.brief.business
    if unit_id not in table.unit_ids:
        raise UserError(f"there is no customer {unit_id!r} in the snapshot of {newest.as_of:%Y-%m-%d}")
    place = table.unit_ids.index(unit_id)
    has_contracts = business.model == "subscription"
    risk = float(table.columns["churn_risk"].astype(float)[place])
    return UnitRisk(
        unit_id=unit_id,
        as_of=newest.as_of.date(),
        days=business.churn_window.days,
        risk=None if math.isnan(risk) else risk,
        average_log_odds=newest.model["intercept"],
        parts=tuple(risk_parts(newest.model, table, place, has_contracts=has_contracts)),
    )


def churn_view(
    workspace: Workspace, *, contact: tuple[Effect, float] | None = None, action: str | None = None
) -> ChurnView:
    """The newest snapshot's model. With `contact` (effect, cost in JPY) that one is weighed, not the brief's actions.

    With `action`, that one of the brief alone. Raises UserError before the first analysis, and where there is no such
    action that keeps customers.
    """
    name, business = workspace.brief.name, workspace.brief.business
    rows = _snapshots(workspace)
    with workspace.store.read() as session:
        cycles = [row.number for row in campaigns.cycles(session, name)]
    newest = rows[-1]
    table = load_snapshot(workspace, newest.name)
    if contact is not None:
        worth = [worth_of_contact(workspace, table, *contact)]
    else:
        worth = _named(worth_contacting(workspace, table, max(cycles, default=1)), action)
    return ChurnView(
        campaign=name,
        as_of=newest.as_of.date(),
        days=business.churn_window.days,
        has_contracts=business.model == "subscription",
        model=newest.model,
        history=tuple(_point(row.as_of.date(), row.model) for row in rows),
        worth=tuple(worth),
        told=tuple(drift_findings(newest.model)),
    )


def _snapshots(workspace: Workspace) -> list[SnapshotRow]:
    """The campaign's, oldest first; the newest has a model that can be shown."""
    name = workspace.brief.name
    with workspace.store.read() as session:
        rows = [row for row in campaigns.snapshots(session) if row.campaign == name]
    rows.sort(key=lambda row: row.as_of)
    if not rows:
        raise UserError(
            f"nothing is known of {name!r} yet: the churn model comes with the first analysis; `kizuna run`"
        )
    if "checked" not in rows[-1].model:
        raise UserError(f"{name!r} was last analysed on {rows[-1].as_of:%Y-%m-%d}: {OLDER}")
    return rows


def _named(found: list[ActionWorth], action: str | None) -> list[ActionWorth]:
    if action is None:
        return found
    kept = [one for one in found if one.action == action]
    if not kept:
        there = ", ".join(one.action for one in found) or "none"
        raise UserError(f"no action {action!r} keeps customers for whom it fits now; those that do: {there}")
    return kept


def _point(as_of: date, model: Mapping[str, Any]) -> Point:
    plain, drift = model.get("plain") or {}, model.get("drift") or {}
    return Point(
        as_of=as_of,
        is_fallback=model["is_fallback"],
        rows=model["n_rows"],
        base_rate=model["base_rate"],
        auc=model["auc"],
        plain_auc=plain.get("auc"),
        brier=model["brier"],
        plain_brier=plain.get("brier"),
        brier_base=model["brier_base"],
        events_ratio=(model.get("surplus") or {}).get("mean"),
        told=tuple(drift.get("told", ())),
    )

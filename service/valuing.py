"""Lifetime value as people look at it: which model and why, was it right, what moves it, who ranks where. Read only."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from ..agents.levers import segment_drivers
from ..agents.scoring import load_snapshot
from ..agents.workspace import Workspace
from ..customers.eligibility import matches
from ..customers.table import FeatureTable
from ..decisioning.value.drivers import Drivers, Lever, metric_value, needed_change, pull
from ..decisioning.value.simple_value import SimpleValue
from ..decisioning.value.tree import repeat_rate
from ..domain.brief import Metric
from ..domain.errors import UserError
from ..store import campaigns
from ..store.tables import SnapshotRow

RANKS = ("high", "potential", "standard")
MONTHS_PER_YEAR = 12


@dataclass(frozen=True)
class RankSize:
    """One rank of the newest snapshot; `before` is its size in the one before, None in the first."""

    rank: str
    units: int
    mean_ltv_jpy: float
    ltv_share: float
    before: int | None


@dataclass(frozen=True)
class RankMove:
    """How many went from one rank to another; None is nobody's rank: new, or no customer any more."""

    left: str | None
    joined: str | None
    units: int


@dataclass(frozen=True)
class LeverNeed:
    """A lever's figure now, and where it alone would have to be for the goal; None where it can't reach it."""

    lever: str
    now: float
    needed: float | None


@dataclass(frozen=True)
class Simple:
    """The textbook's formula on the segment's average customer."""

    order_value_jpy: float
    margin: float
    purchases_per_year: float
    years: float
    gross_jpy: float
    acquisition_cost_jpy: float
    retention_cost_jpy: float
    net_jpy: float


@dataclass(frozen=True)
class ValueView:
    """All that `kizuna value` shows."""

    campaign: str
    as_of: date
    since: date | None
    units: int
    valued: int  #: units with a known LTV
    mean_ltv_jpy: float
    months: int  #: how far LTV looks ahead
    margin: float
    annual_discount: float
    model: dict[str, Any]
    ranks: tuple[RankSize, ...]
    moves: tuple[RankMove, ...]
    segment_units: int
    metric: str
    metric_now: float
    metric_goal: float
    levers: tuple[LeverNeed, ...]
    simple: Simple | None
    acquisition: dict[str, Any]


def value_view(workspace: Workspace) -> ValueView:
    """Raises UserError before the first analysis."""
    rows = _snapshots(workspace)
    if not rows:
        name = workspace.brief.name
        raise UserError(
            f"nothing is known of {name!r} yet: values come with the first analysis; start it with `kizuna run`"
        )
    table = load_snapshot(workspace, rows[-1].name)
    before = load_snapshot(workspace, rows[-2].name) if len(rows) > 1 else None
    business = workspace.brief.business
    record = dict(rows[-1].model.get("value", {}))
    acquisition = record.pop("acquisition", {"sources": [], "shift": None})
    value = table.columns["ltv_jpy"].astype(float)
    known = value[~np.isnan(value)]
    segment = matches(workspace.brief.segment, table)
    goal = _toward_goal(workspace, table, segment, acquisition) if segment.any() else None
    return ValueView(
        campaign=workspace.brief.name,
        as_of=rows[-1].as_of.date(),
        since=rows[-2].as_of.date() if before is not None else None,
        units=len(table),
        valued=int(known.size),
        mean_ltv_jpy=float(known.mean()) if known.size else 0.0,
        months=business.ltv_months,
        margin=business.margin,
        annual_discount=business.annual_discount,
        model=record,
        ranks=_ranks(table, before),
        moves=_moves(table, before) if before is not None else (),
        segment_units=int(segment.sum()),
        metric=workspace.brief.goal.metric.value,
        metric_now=goal[0] if goal else 0.0,
        metric_goal=goal[1] if goal else 0.0,
        levers=goal[2] if goal else (),
        simple=goal[3] if goal else None,
        acquisition=acquisition,
    )


def _snapshots(workspace: Workspace) -> list[SnapshotRow]:
    with workspace.store.read() as session:
        rows = [row for row in campaigns.snapshots(session) if row.campaign == workspace.brief.name]
    return sorted(rows, key=lambda row: row.as_of)


def _ranks(table: FeatureTable, before: FeatureTable | None) -> tuple[RankSize, ...]:
    value, ranks = np.nan_to_num(table.columns["ltv_jpy"].astype(float)), table.columns["ltv_rank"]
    earlier = Counter(before.columns["ltv_rank"]) if before is not None else None
    total = float(value.sum()) or 1.0
    found = []
    for rank in RANKS:
        of_rank = value[ranks == rank]
        mean = float(of_rank.mean()) if of_rank.size else 0.0
        size = earlier[rank] if earlier is not None else None
        found.append(RankSize(rank, int(of_rank.size), mean, float(of_rank.sum()) / total, size))
    return tuple(found)


def _moves(table: FeatureTable, before: FeatureTable) -> tuple[RankMove, ...]:
    """The ways that were taken, the busiest first."""
    then = dict(zip(before.unit_ids, before.columns["ltv_rank"], strict=True))
    now = dict(zip(table.unit_ids, table.columns["ltv_rank"], strict=True))
    ways = Counter((then.get(unit), now.get(unit)) for unit in then.keys() | now.keys())
    moved = [RankMove(left, joined, units) for (left, joined), units in ways.items() if left != joined]
    return tuple(sorted(moved, key=lambda move: (-move.units, str(move.left), str(move.joined))))


def _toward_goal(
    workspace: Workspace, table: FeatureTable, segment: Any, acquisition: dict[str, Any]
) -> tuple[float, float, tuple[LeverNeed, ...], Simple]:
    goal, figures = workspace.brief.goal, segment_drivers(workspace, table, segment)
    now = metric_value(goal.metric, figures)
    target = now * (1 + goal.relative_lift)
    needs = []
    for lever in Lever:
        change = needed_change(goal.metric, figures, lever, target)
        there = _figure(lever, pull(lever, change, figures)) if change is not None else None
        needs.append(LeverNeed(lever.value, _figure(lever, figures), there))
    return now, target, tuple(needs), _simple(figures, acquisition, workspace.brief.business.ltv_months)


def _figure(lever: Lever, figures: Drivers) -> float:
    """What the lever moves: yen per order, counts and costs a month, retention and repeat rate as shares."""
    match lever:
        case Lever.ORDER_VALUE:
            return metric_value(Metric.ORDER_VALUE, figures)
        case Lever.FREQUENCY:
            return figures.orders_per_month
        case Lever.RETENTION:
            return figures.monthly_retention
        case Lever.COST_TO_SERVE:
            return figures.monthly_cost_to_serve_jpy
        case Lever.LOYALTY:
            return repeat_rate(figures)
        case Lever.REFERRAL:
            return figures.referrals_per_month


def _simple(figures: Drivers, acquisition: dict[str, Any], months: int) -> Simple:
    """Years are those that the average customer is expected to stay within the horizon."""
    stays = float((figures.monthly_retention ** np.arange(months)).sum())
    won = [source for source in acquisition["sources"] if source["customers"]]
    customers = sum(source["customers"] for source in won)
    cost = sum(source["cost_jpy"] for source in won) / customers if customers else 0.0
    value = SimpleValue(
        order_value_jpy=figures.order_value_jpy,
        margin=figures.margin,
        purchases_per_year=figures.orders_per_month * MONTHS_PER_YEAR,
        years=stays / MONTHS_PER_YEAR,
        acquisition_cost_jpy=cost,
        retention_cost_jpy=figures.monthly_cost_to_serve_jpy * stays,
    )
    return Simple(
        value.order_value_jpy,
        value.margin,
        value.purchases_per_year,
        value.years,
        value.gross_jpy,
        value.acquisition_cost_jpy,
        value.retention_cost_jpy,
        value.net_jpy,
    )

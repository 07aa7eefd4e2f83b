"""Lifetime value as people look at it: which model and why, was it right, what moves it, who ranks where. Read only."""

from dataclasses import dataclass
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
from ..domain.worth import Worth
from .worth import snapshots_of, worth_of

MONTHS_PER_YEAR = 12


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
class ValueView(Worth):
    """All that `kizuna value` shows."""

    campaign: str
    segment_units: int
    metric: str
    metric_now: float
    metric_goal: float
    levers: tuple[LeverNeed, ...]
    simple: Simple | None


def value_view(workspace: Workspace) -> ValueView:
    """Raises UserError before the first analysis."""
    rows, brief = snapshots_of(workspace), workspace.brief
    if not rows:
        raise UserError(
            f"nothing is known of {brief.name!r} yet: values come with the first analysis; start it with `kizuna run`"
        )
    table = load_snapshot(workspace, rows[-1].name)
    worth = worth_of(workspace, rows, table)
    segment = matches(brief.segment, table)
    goal = _toward_goal(workspace, table, segment, worth.acquisition) if segment.any() else None
    return ValueView(
        **vars(worth),
        campaign=brief.name,
        segment_units=int(segment.sum()),
        metric=brief.goal.metric.value,
        metric_now=goal[0] if goal else 0.0,
        metric_goal=goal[1] if goal else 0.0,
        levers=goal[2] if goal else (),
        simple=goal[3] if goal else None,
    )


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

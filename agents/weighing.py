"""What each action is worth for each unit: eligibility, expected incremental value, cost. Figures for the strategy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..customers.eligibility import matches, unknown_for
from ..customers.table import FeatureTable
from ..decisioning.fairness import Grouping
from ..decisioning.learning import uplift
from ..domain.decision import Reason
from ..domain.playbook import Action, Channel
from .fairness import groupings
from .reach import FindWays, ways_now
from .telling_apart import figures_of
from .workspace import Workspace
from .worth import MONTH_DAYS, chance_of_loss, monthly_churn, usual_order_jpy

Array = np.ndarray[Any, np.dtype[Any]]

#: An action that harms with at least this probability is used on nobody, not even to learn more.
HARM_IS_LIKELY = 0.9
_INTERVAL_LEVEL = 0.8


@dataclass(frozen=True)
class Weighed:
    """Units by actions. `why_not` holds a word for every pair that is not eligible, '' elsewhere."""

    unit_ids: list[str]
    contacts: list[str | None]
    reps: list[str | None]
    actions: list[Action]
    channels: Array
    """The channel that each action would go over; None where none reaches the unit."""
    eligible: Array
    why_not: Array
    uplift: Array
    value: Array
    low: Array
    high: Array
    cost: Array
    ltv_jpy: Array
    churn_risk: Array
    ranks: list[str | None]
    active: list[bool]
    groupings: tuple[Grouping, ...] = ()
    """The partitions that the brief's `fairness` declares."""


def weigh(
    workspace: Workspace,
    table: FeatureTable,
    units: Array,
    *,
    cycle: int,
    levers: frozenset[str],
    beliefs: Mapping[str, uplift.Belief],
    find_ways: FindWays = ways_now,
) -> Weighed:
    """Weigh every allowed action for the units of the table that `units` (a mask) selects."""
    actions = [workspace.actions[name] for name in workspace.brief.playbooks]
    where = np.flatnonzero(units)
    unit_ids = [table.unit_ids[i] for i in where]
    why_not = np.full((len(where), len(actions)), "", dtype=object)
    channels = np.full((len(where), len(actions)), None, dtype=object)
    ways = find_ways(workspace, cycle, table, where)
    effects = [_effect(table, where, beliefs[action.action]) for action in actions]
    for column, action in enumerate(actions):
        why_not[:, column] = _why_not(table, where, action, levers, beliefs[action.action], effects[column])
        channels[:, column] = ways.best_channels(action, why_not[:, column])
    cost = np.array([[_cost(action, row[j]) for j, action in enumerate(actions)] for row in channels])
    cost = cost.reshape(len(where), len(actions))
    risk = table.columns["churn_risk"].astype(float)[where]
    figures = [_figures(workspace, table, where, a, effects[j], cost[:, j]) for j, a in enumerate(actions)]
    shape = (len(where), len(actions))
    stack = [np.column_stack([f[i] for f in figures]) if actions else np.zeros(shape) for i in range(4)]
    return Weighed(
        unit_ids=unit_ids,
        contacts=ways.contacts,
        reps=ways.reps,
        actions=actions,
        channels=channels,
        eligible=why_not == "",
        why_not=why_not,
        uplift=stack[0],
        value=stack[1],
        low=stack[2],
        high=stack[3],
        cost=cost,
        ltv_jpy=np.nan_to_num(table.columns["ltv_jpy"].astype(float)[where]),
        churn_risk=np.nan_to_num(risk),
        ranks=list(table.columns["ltv_rank"][where]),
        active=[bool(known) for known in table.columns["is_active"].astype(float)[where] == 1],
        groupings=groupings(workspace.brief, table, where),
    )


def _cost(action: Action, channel: Channel | None) -> float:
    return action.cost.over(channel if channel is not None else action.channels[0])


@dataclass(frozen=True)
class _Effect:
    """What is believed of an action's effect on each unit, at scale 1."""

    mean: Array
    sd: Array


def _effect(table: FeatureTable, where: Array, belief: uplift.Belief) -> _Effect:
    names = belief.slopes.axes.names if belief.slopes is not None else ()
    return _Effect(*belief.on_units(figures_of(table, names, where)))


def _why_not(
    table: FeatureTable, where: Array, action: Action, levers: frozenset[str], belief: uplift.Belief, effect: _Effect
) -> Array:
    """'' where the action may be used, else the first reason against it."""
    words = np.full(len(where), "", dtype=object)
    if uplift.probability_below_zero(belief) >= HARM_IS_LIKELY:
        words[:] = Reason.DOES_HARM.value
        return words
    words[uplift.below_zero(effect.mean, effect.sd) >= HARM_IS_LIKELY] = Reason.HARMS_SUCH_UNITS.value
    if action.lever not in levers:
        words[:] = Reason.OTHER_LEVER.value
    words[~matches(action.when, table)[where]] = Reason.RULE.value
    words[unknown_for(action.when, table)[where]] = Reason.UNKNOWN_FIGURE.value
    return words


def _figures(
    workspace: Workspace, table: FeatureTable, where: Array, action: Action, effect: _Effect, cost: Array
) -> tuple[Array, Array, Array, Array]:
    """Uplift, value and its interval per unit: belief x how much is at stake for this unit, less the cost."""
    scale, worth = stake(workspace, table, where, action)
    uplifts, half = effect.mean * scale, uplift.half_width(_INTERVAL_LEVEL) * effect.sd * scale
    return uplifts, uplifts * worth - cost, (uplifts - half) * worth - cost, (uplifts + half) * worth - cost


def stake(workspace: Workspace, table: FeatureTable, where: Array, action: Action) -> tuple[Array, Array]:
    """How far an average uplift scales for a unit (mean 1 over those the rule fits), and what a full one is worth.

    Retention: a unit that would stay anyway has little to gain, so uplift goes with the predicted risk, and what is
    kept is the unit's remaining LTV; without contracts, kept means ordered again, which is worth one order.
    Upgrades: the same for all, worth the price step for as long as the unit stays. Orders: one more order, of the
    size that the action aims at or of the unit's usual one; of somebody whose contract ended, a customer who comes
    back, worth an average one. Recommendations: one more customer of average lifetime value.
    """
    kind, everybody = action.value.kind, np.ones(len(where))
    has_contracts = workspace.brief.business.model == "subscription"
    margin = workspace.brief.business.margin
    if kind == "retained":
        scale = _scale_by_risk(workspace, table, where, action)
        kept = np.nan_to_num(table.columns["ltv_jpy"].astype(float)[where])
        return scale, kept if has_contracts else usual_order_jpy(table)[where] * margin
    average = np.full(len(where), _mean_ltv_jpy(table))
    if kind == "referred":
        return everybody, average
    if kind == "ordered":
        comes_back = has_contracts & (table.columns["is_active"].astype(float)[where] == 0)
        return everybody, np.where(comes_back, average, _order_jpy(table, action)[where] * margin)
    risk = np.nan_to_num(table.columns["churn_risk"].astype(float))
    stays_months = 1 / np.maximum(monthly_churn(workspace, risk[where]), 1e-6)
    months = np.minimum(workspace.brief.business.ltv_months, stays_months)
    return everybody, upgrade_step_jpy(table) * margin * months


def _scale_by_risk(workspace: Workspace, table: FeatureTable, where: Array, action: Action) -> Array:
    risk = np.nan_to_num(table.columns["churn_risk"].astype(float))
    chance = chance_of_loss(workspace, risk, action.value.within_days)
    fits = matches(action.when, table)
    mean = float(chance[fits].mean()) if fits.any() else 0.0
    return chance[where] / mean if mean > 0 else np.ones(len(where))


def _mean_ltv_jpy(table: FeatureTable) -> float:
    known = table.columns["ltv_jpy"].astype(float)
    known = known[~np.isnan(known)]
    return float(known.mean()) if known.size else 0.0


def _order_jpy(table: FeatureTable, action: Action) -> Array:
    """What the order that the action aims at is worth, per unit."""
    usual = usual_order_jpy(table)
    if action.value.order_value is None:
        return usual
    aimed = table.columns[action.value.order_value].astype(float)
    return np.where(np.isnan(aimed), usual, aimed)


def upgrade_step_jpy(table: FeatureTable) -> float:
    """The mean price step of the upgrades of the last year; without any, a quarter of the mean price."""
    count = np.nansum(table.columns["upgrades_365d"].astype(float))
    if count > 0:
        return float(np.nansum(table.columns["upgrade_revenue_365d_jpy"].astype(float)) / count)
    prices = table.columns["monthly_price_jpy"].astype(float)
    return 0.25 * float(np.nanmean(prices)) if (~np.isnan(prices)).any() else 0.0


def monthly_points(action: Action, points: float) -> float:
    """An uplift over the action's own window, as points a month."""
    return points * MONTH_DAYS / action.value.within_days

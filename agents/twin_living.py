"""Units of the twin living through a cycle: who stays, orders, upgrades, tells others, and where each stands then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..customers.table import FeatureTable
from ..decisioning.simulation.base_rates import shifted
from ..decisioning.simulation.happening import Draws, drawn, order_counts, order_sizes
from ..decisioning.value.ltv import ltv_to_date_and_rest
from ..domain.brief import Metric
from .twin import AWAY, BACK, LOST, ORDERED, STAYED, UPGRADED, Twin, own_ratio
from .twin_truth import Effects
from .weighing import upgrade_step_jpy
from .worth import MONTH_DAYS, chance_of_loss, monthly_churn, monthly_margin

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Truth:
    """What is true in one run, and the agents of the run do not know."""

    effects: Effects
    power: float
    """How far effects go with what the plan scales them by."""
    shift: float
    """Of the model's log odds of loss."""
    rates: Mapping[str, Array]


@dataclass
class Push:
    """What contacts add in a cycle, per unit: to the chance of each outcome, and what an order they cause is worth."""

    by_kind: dict[str, Array]
    order_margin_jpy: Array

    @classmethod
    def none(cls, n: int) -> "Push":
        kinds = ("retained", "upgraded", "ordered", "referred")
        return cls({kind: np.zeros(n) for kind in kinds}, np.zeros(n))


@dataclass
class Lives:
    """Where the units of a run stand; arrays [n]."""

    row: Array
    alive: Array
    value: Array
    received: Array
    told: Array
    orders: Array
    paid: Array
    upgraded: Array
    was_active: Array
    outcome: dict[str, Array] = field(default_factory=dict)
    """Of the last cycle, by kind; NaN where it can't be said."""

    @classmethod
    def of(cls, twin: Twin) -> "Lives":
        n = len(twin.unit_ids)
        alive = twin.table.columns["is_active"].astype(float)[twin.origin] == 1
        return cls(
            row=twin.origin.copy(),
            alive=alive,
            value=twin.value[twin.origin].copy(),
            received=np.zeros(n),
            told=np.zeros(n),
            orders=np.zeros(n),
            paid=np.zeros(n),
            upgraded=np.zeros(n),
            was_active=alive & (twin.joins == 1),
        )


def live(twin: Twin, truth: Truth, lives: Lives, draws: Draws, push: Push, here: Array) -> None:
    """One cycle, in place, for the units that are `here` already (a mask)."""
    before = lives.row
    kind = _subscribe(twin, truth, lives, draws, push) if twin.has_contracts else _shop(twin, truth, lives, draws, push)
    lives.row = np.where(here, twin.moves.next_row(before, kind, draws.moves), before)
    if not twin.has_contracts:
        lives.alive = twin.table.columns["is_active"].astype(float)[lives.row] == 1


def _subscribe(twin: Twin, truth: Truth, lives: Lives, draws: Draws, push: Push) -> Array:
    workspace, days = twin.workspace, twin.cycle_days
    alive, row = lives.alive, lives.row
    lost = shifted(chance_of_loss(workspace, _risk(twin, row), days), truth.shift)
    stays, _ = drawn(draws.stays, 1.0 - lost, push.by_kind["retained"])
    upgrades, _ = drawn(draws.upgrades, _rate(twin, truth, "upgraded", row), push.by_kind["upgraded"])
    orders, caused = drawn(draws.orders, _rate(twin, truth, "ordered", row), push.by_kind["ordered"])
    tells, _ = drawn(draws.refers, _rate(twin, truth, "referred", row), push.by_kind["referred"])
    stayed, upgraded, back = alive & stays, alive & stays & upgrades, ~alive & orders
    months = days / MONTH_DAYS * np.where(stayed, 1.0, np.where(alive | back, 0.5, 0.0))
    step = upgrade_step_jpy(twin.table) if upgraded.any() else 0.0
    usual = np.where(lives.value > 0, lives.value, _mean_value(twin))
    lives.value = np.where(back, usual, lives.value)
    margin = workspace.brief.business.margin
    lives.received += margin * (lives.value * months + step * upgraded) + push.order_margin_jpy * (caused & alive)
    lives.received += lives.told * margin * _mean_value(twin) * days / MONTH_DAYS
    lives.told += tells
    lives.orders += months > 0
    lives.paid += lives.value * (months > 0)
    lives.value = lives.value + step * upgraded
    lives.upgraded = np.maximum(lives.upgraded, upgraded)
    lives.outcome = {
        "retained": np.where(alive, stayed, np.nan),
        "upgraded": np.where(alive, upgraded, np.nan),
        "ordered": np.where(alive, orders | upgraded, back).astype(float),
        "referred": tells.astype(float),
    }
    lives.alive = stayed | back
    inside = np.where(~stayed, LOST, np.where(upgraded, UPGRADED, STAYED))
    return np.where(alive, inside, np.where(back, BACK, AWAY))


def _shop(twin: Twin, truth: Truth, lives: Lives, draws: Draws, push: Push) -> Array:
    workspace, days = twin.workspace, twin.cycle_days
    window = workspace.brief.business.churn_window.days
    expected = np.nan_to_num(twin.table.columns["expected_orders"].astype(float))[lives.row] * days / window
    chance = 1.0 - shifted(chance_of_loss(workspace, _risk(twin, lives.row), days), truth.shift)
    chance = np.where(lives.alive, chance, 1.0 - np.exp(-expected))
    comes, caused = drawn(draws.orders, chance, push.by_kind["ordered"] + push.by_kind["retained"])
    tells, _ = drawn(draws.refers, _rate(twin, truth, "referred", lives.row), push.by_kind["referred"])
    count = order_counts(comes & ~caused, chance, expected, draws.counts)
    paid = count * order_sizes(lives.value, draws.sizes)
    margin = workspace.brief.business.margin
    brought = margin * float((expected * lives.value).mean())
    extra = np.where(caused, push.order_margin_jpy, 0.0)
    lives.received += margin * paid + extra + lives.told * brought
    lives.told += tells
    lives.orders += count + caused
    lives.paid += paid + extra / margin if margin > 0 else paid
    lives.outcome = {
        "retained": np.where(lives.alive, comes, np.nan),
        "ordered": comes.astype(float),
        "upgraded": np.full(len(comes), np.nan),
        "referred": tells.astype(float),
    }
    return np.where(comes, ORDERED, STAYED)


def measured(twin: Twin, lives: Lives) -> Array:
    """The goal's metric of every unit so far, as the measurement of a real campaign would have it."""
    metric = twin.workspace.brief.goal.metric
    if metric is Metric.CHURN_RATE:
        stays = lives.alive if twin.has_contracts else lives.orders > 0
        return np.where(lives.was_active, 1.0 - stays, np.nan)
    if metric is Metric.UPGRADES:
        return np.where(lives.was_active, lives.upgraded, np.nan)
    if metric is Metric.REPEAT_RATE:
        return (lives.orders > 0).astype(float)
    if metric is Metric.ORDER_VALUE:
        return np.where(lives.orders > 0, lives.paid / np.maximum(lives.orders, 1), np.nan)
    return worth_so_far(twin, lives)


def worth_so_far(twin: Twin, lives: Lives) -> Array:
    """Margin received, and the rest that the scores of where a unit stands now predict, in JPY."""
    business = twin.workspace.brief.business
    if not twin.has_contracts:
        rest = np.nan_to_num(twin.table.columns["ltv_jpy"].astype(float))[lives.row]
        return np.asarray(lives.received + rest * own_ratio(twin, lives.row, lives.value))
    return ltv_to_date_and_rest(
        lives.received,
        monthly_margin(twin.workspace, lives.value),
        monthly_churn(twin.workspace, _risk(twin, lives.row)),
        lives.alive,
        horizon_months=business.ltv_months,
        annual_discount=business.annual_discount,
    )


def risk_of(table: FeatureTable) -> Array:
    """Each row's churn risk; where it is unknown, the mean of those where it is known."""
    risk = table.columns["churn_risk"].astype(float)
    known = ~np.isnan(risk)
    return np.where(known, risk, float(risk[known].mean()) if known.any() else 0.0)


def _risk(twin: Twin, row: Array) -> Array:
    return np.asarray(risk_of(twin.table)[row])


def _rate(twin: Twin, truth: Truth, kind: str, row: Array) -> Array:
    """How likely the outcome is without contact; nothing where no allowed action aims at it."""
    if kind not in twin.rates:
        return np.zeros(len(row))
    return np.asarray(truth.rates[kind][twin.inside[kind][row].astype(np.int64)])


def _mean_value(twin: Twin) -> float:
    paying = twin.value[(twin.value > 0) & (twin.table.columns["is_active"].astype(float) == 1)]
    return float(paying.mean()) if paying.size else 0.0

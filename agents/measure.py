"""Measure and learn: what the cycle changed against the holdout, and what is believed of each action now."""

from datetime import datetime
from typing import Any, Literal

import numpy as np
from langgraph.runtime import Runtime
from langgraph.types import Command

from ..customers import outcomes as seen
from ..customers.opening import Customers
from ..customers.table import FeatureTable
from ..decisioning.measuring import experiment
from ..decisioning.measuring.ratios import per_event_values
from ..domain.brief import Metric
from ..domain.decision import Group
from ..store import campaigns, identity
from ..store.tables import CycleRow, UnitGroupRow
from .comparing import baseline_of_goal, compare
from .fairness import measured_fairness
from .indicators import interval_figures, leading_indicators
from .learning import learn
from .listening import listen_to
from .promoting import consider_promotion
from .reading import open_customers
from .scoring import load_snapshot, score_units
from .state import CampaignState
from .workspace import Context, Workspace

Array = np.ndarray[Any, np.dtype[Any]]


def measure(state: CampaignState, runtime: Runtime[Context]) -> Command[Literal["analyse", "__end__"]]:
    """Close the cycle: outcomes, incremental LTV, beliefs; open the next one, or finish the campaign."""
    workspace = runtime.context.open()
    name, number = state["campaign"], state["cycle"]
    with workspace.store.read() as session:
        cycle = campaigns.cycle(session, name, number)
        enrolled = campaigns.groups(session, name)
        mixed = identity.not_one_person(session, name)
    assert cycle is not None and cycle.snapshot is not None
    enrolled = {unit: row for unit, row in enrolled.items() if unit not in mixed}
    workspace.tell("measuring", cycle=number, cycles=workspace.brief.cycles)
    with open_customers(workspace) as customers:
        listen_to(workspace, customers, cycle)
        now_table = score_units(workspace, customers, cycle.ends_at.date()).table
        measured = measure_goal(workspace, customers, now_table, enrolled, cycle)
        beliefs = learn(workspace, customers, cycle, load_snapshot(workspace, cycle.snapshot))
        with workspace.store.write() as session:
            campaigns.keep_beliefs(session, beliefs)
        measured["promotion"] = consider_promotion(workspace, customers, cycle)
    is_last = number >= workspace.brief.cycles
    with workspace.store.write() as session:
        row = campaigns.cycle(session, name, number)
        campaign = campaigns.campaign(session, name)
        assert row is not None and campaign is not None
        row.measurement, row.measured_at = measured, workspace.clock.now()
        campaign.state, campaign.cycle = ("finished", number) if is_last else ("running", number + 1)
        session.add_all([row, campaign])
        if not is_last:
            campaigns.open_cycle(session, name, number + 1, row.ends_at, row.ends_at + workspace.brief.cycle)
    workspace.tell("measured", cycle=number, verdict=measured["verdict"], lift=measured["lift"]["estimate"])
    if is_last:
        return Command(goto="__end__")
    return Command(update={"cycle": number + 1, "revision": 0, "counts": {}, "ask": {}}, goto="analyse")


def measure_goal(
    workspace: Workspace,
    customers: Customers,
    now_table: FeatureTable,
    enrolled: dict[str, UnitGroupRow],
    cycle: CycleRow,
) -> dict[str, Any]:
    """The goal's metric, policy against holdout, with an interval that is valid at this look (alpha spending)."""
    unit_ids = sorted(unit for unit, row in enrolled.items() if row.group in (Group.POLICY, Group.HOLDOUT))
    y = outcome_of_goal(workspace, customers, now_table, enrolled, unit_ids, cycle.ends_at)
    is_policy = np.array([enrolled[unit].group == Group.POLICY for unit in unit_ids], dtype=bool)
    before = np.array([baseline_of_goal(workspace, enrolled[unit]) for unit in unit_ids])
    compared = compare(workspace, y, before, is_policy, cycle.number)
    looks = {"cycle": cycle.number, "cycles": workspace.brief.cycles}
    return {
        **compared,
        "ltv": _ltv_difference(workspace, customers, now_table, enrolled, unit_ids, is_policy, cycle, compared["z"]),
        "indicators": leading_indicators(
            now_table, unit_ids, is_policy, by_orders=customers.model == "transactions", **looks
        ),
        "groups": _group_sizes(enrolled),
        "fairness": measured_fairness(workspace.brief, now_table, unit_ids, y, before, is_policy, compared["z"]),
    }


def outcome_of_goal(
    workspace: Workspace,
    customers: Customers,
    now_table: FeatureTable,
    enrolled: dict[str, UnitGroupRow],
    unit_ids: list[str],
    until: datetime,
) -> Array:
    """Each unit's value of the goal's metric since it was enrolled."""
    metric = workspace.brief.goal.metric
    if metric is Metric.LTV:
        return ltv_since_enrolment(workspace, customers, now_table, enrolled, unit_ids, until)
    since = _first_enrolment(enrolled)
    if metric is Metric.CHURN_RATE:
        return 1.0 - seen.retained(customers, unit_ids, since, until)
    if metric is Metric.UPGRADES:
        return seen.upgraded(customers, unit_ids, since, until)
    if metric is Metric.REPEAT_RATE:
        return seen.ordered_again(customers, unit_ids, since, until)
    is_policy = np.array([enrolled[unit].group == Group.POLICY for unit in unit_ids], dtype=bool)
    return _order_values(customers, unit_ids, is_policy, since, until)


def _order_values(
    customers: Customers, unit_ids: list[str], is_policy: Array, since: datetime, until: datetime
) -> Array:
    """Values whose group means are the mean value of an order, with all units in: who orders is an outcome too."""
    orders = seen.orders_made(customers, unit_ids, since, until)
    paid = np.nan_to_num(seen.mean_order_value(customers, unit_ids, since, until)) * orders
    values = np.full(len(unit_ids), np.nan)
    for side in (is_policy, ~is_policy):
        values[side] = per_event_values(paid[side], orders[side])
    return values


def ltv_since_enrolment(
    workspace: Workspace,
    customers: Customers,
    now_table: FeatureTable,
    enrolled: dict[str, UnitGroupRow],
    unit_ids: list[str],
    until: datetime,
) -> Array:
    """Margin received since enrolment, that of recommended customers included, plus the predicted rest (JPY)."""
    business = workspace.brief.business
    received = seen.margin_received(customers, unit_ids, _first_enrolment(enrolled), until, business.margin)
    place = {unit: i for i, unit in enumerate(now_table.unit_ids)}
    rows = np.array([place.get(unit, -1) for unit in unit_ids])
    worth = now_table.columns["ltv_jpy"].astype(float)
    rest = np.where(rows >= 0, np.nan_to_num(worth)[rows], _mean(worth))
    if business.model == "transactions":
        return received + rest
    _, alive = seen.price_and_alive(customers, unit_ids, until)
    return received + np.where(alive == 1.0, rest, 0.0)


def _ltv_difference(
    workspace: Workspace,
    customers: Customers,
    now_table: FeatureTable,
    enrolled: dict[str, UnitGroupRow],
    unit_ids: list[str],
    is_policy: Array,
    cycle: CycleRow,
    z: float,
) -> dict[str, Any]:
    """Incremental LTV per unit in JPY, whatever the goal's metric is: money is always shown."""
    y = ltv_since_enrolment(workspace, customers, now_table, enrolled, unit_ids, cycle.ends_at)
    before = np.array([enrolled[unit].baseline_ltv_jpy for unit in unit_ids])
    sides = (y[is_policy], y[~is_policy], before[is_policy], before[~is_policy])
    return interval_figures(experiment.adjusted_difference(*sides, z=z))


def _group_sizes(enrolled: dict[str, UnitGroupRow]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in enrolled.values():
        counts[row.group] = counts.get(row.group, 0) + 1
    return dict(sorted(counts.items()))


def _first_enrolment(enrolled: dict[str, UnitGroupRow]) -> datetime:
    return min(row.enrolled_at for row in enrolled.values())


def _mean(values: Array) -> float:
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    return float(known.mean()) if known.size else 0.0

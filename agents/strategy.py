"""The strategy agent: what to try. Lever, actions, who gets which, at what price, and what to expect of it."""

from typing import Any

import numpy as np
from langgraph.runtime import Runtime

from ..customers.eligibility import matches
from ..customers.table import FeatureTable
from ..decisioning import drivers, tree
from ..domain.brief import Metric
from ..domain.decision import Candidate, Decision, Group, Reason, decision_id
from ..domain.draft import digest_of
from ..domain.playbook import Lever
from ..domain.review import Wish
from ..playbooks.loader import digest as playbook_digest
from ..store import campaigns, decisions, reviews
from ..store.tables import PlanRow, UnitGroupRow
from .choosing import Chosen, choose, enroll
from .forecast import plan_summary
from .scoring import MONTH_DAYS, load_snapshot, monthly_churn
from .state import CampaignState
from .weighing import Weighed, current_beliefs, monthly_points, upgrade_step_jpy, weigh
from .workspace import Context, Workspace

Array = np.ndarray[Any, np.dtype[Any]]

_CHUNK = 10_000
#: A lever whose gain is a smaller share of the best one's only brushes the goal.
_COUNTS = 0.02


def strategise(state: CampaignState, runtime: Runtime[Context]) -> CampaignState:
    """Choose the lever and, for each unit of the audience, an action or none; keep the plan for review."""
    workspace = runtime.context.open()
    name, cycle = state["campaign"], state["cycle"]
    revision = state.get("revision", 0)
    table = load_snapshot(workspace, state["snapshot"])
    segment = matches(workspace.brief.segment, table)
    wishes = _wishes(workspace, name, cycle, revision)
    potentials = find_levers(workspace, table, segment, current_beliefs(workspace, cycle))
    useful = useful_levers(potentials)
    weighed = weigh(workspace, table, segment, cycle=cycle, levers=useful, beliefs=current_beliefs(workspace, cycle))
    _leave_out_unwanted(weighed, wishes)
    groups = enroll(workspace, cycle, weighed)
    chosen = choose(workspace, cycle, revision, weighed, groups, fewer=wishes.fewer)
    rows = _as_decisions(workspace, cycle, weighed, groups, chosen)
    summary = plan_summary(workspace, cycle, weighed, groups, chosen, potentials)
    digest = _keep(workspace, cycle, revision, rows, weighed, summary)
    lever = potentials[0].lever if potentials else None
    workspace.tell(
        "planned",
        lever=lever.value if lever else "",
        contacts=summary["contacts"],
        audience=len(weighed.unit_ids),
        cost=summary["cost_jpy"],
    )
    return {
        "review": f"{name}.{cycle}.plan.{revision}",
        "counts": {**state["counts"], "audience": len(weighed.unit_ids), "contacts": summary["contacts"]},
        "ask": {"plan_digest": digest},
    }


class _Wishes:
    """What reviewers of earlier revisions asked for."""

    def __init__(self) -> None:
        self.without: set[str] = set()
        self.fewer = 1.0


def _wishes(workspace: Workspace, name: str, cycle: int, revision: int) -> _Wishes:
    wishes = _Wishes()
    with workspace.store.read() as session:
        for earlier in range(revision):
            row = reviews.review(session, f"{name}.{cycle}.plan.{earlier}")
            if row is None or not row.answer:
                continue
            if row.answer.get("wish") == Wish.WITHOUT:
                wishes.without.update(row.answer.get("without", ()))
            if row.answer.get("wish") == Wish.FEWER:
                wishes.fewer /= 2
    return wishes


def _leave_out_unwanted(weighed: Weighed, wishes: _Wishes) -> None:
    for column, action in enumerate(weighed.actions):
        if action.action in wishes.without:
            weighed.why_not[weighed.eligible[:, column], column] = Reason.LEFT_OUT_BY_REVIEWER.value
            weighed.eligible[:, column] = False


def find_levers(
    workspace: Workspace, table: FeatureTable, segment: Array, beliefs: dict[str, Any]
) -> list[drivers.LeverPotential]:
    """Rank the levers by how far the allowed actions are believed to move this goal with them, from the figures."""
    if not segment.any():
        return []
    figures = segment_drivers(workspace, table, segment)
    step = upgrade_step_jpy(table)
    reachable: dict[Lever, float] = {}
    for name, action in workspace.actions.items():
        share = float(matches(action.when, table)[segment].mean())
        points = max(beliefs[name].mean, 0.0) * share
        is_upgrade = action.value.kind == "upgraded"
        change = points * step if is_upgrade else monthly_points(action, points)
        reachable[action.lever] = reachable.get(action.lever, 0.0) + change
    metric = workspace.brief.goal.metric
    target = tree.metric_value(metric, figures) * (1 + workspace.brief.goal.relative_lift)
    return drivers.lever_potentials(metric, figures, reachable, target)


def useful_levers(potentials: list[drivers.LeverPotential]) -> frozenset[str]:
    """The levers that move this goal: those with a gain that counts beside the best one's."""
    best = potentials[0].gain if potentials else 0.0
    return frozenset(p.lever.value for p in potentials if p.gain > 0 and p.gain >= _COUNTS * best)


def segment_drivers(workspace: Workspace, table: FeatureTable, segment: Array) -> tree.Drivers:
    """The average unit of the segment, as the driver tree sees it."""
    business = workspace.brief.business
    price = table.columns["monthly_price_jpy"].astype(float)[segment]
    orders = table.columns["orders_365d"].astype(float)[segment]
    tenure_months = np.clip(table.columns["tenure_days"].astype(float)[segment] / MONTH_DAYS, 1, 12)
    churn = monthly_churn(workspace, np.nan_to_num(table.columns["churn_risk"].astype(float)[segment]))
    upgrades = np.nansum(table.columns["upgrades_365d"].astype(float)[segment])
    is_subscription = business.model == "subscription"
    looks_at_money = workspace.brief.goal.metric is Metric.LTV
    horizon_months = max(1, round(workspace.brief.goal.horizon.days / MONTH_DAYS))
    return tree.Drivers(
        order_value_jpy=float(np.nanmean(price)),
        orders_per_month=1.0 if is_subscription else float(np.nanmean(orders / tenure_months)),
        monthly_retention=1.0 - float(churn.mean()),
        margin=business.margin,
        monthly_cost_to_serve_jpy=business.monthly_cost_to_serve,
        horizon_months=business.ltv_months if looks_at_money else horizon_months,
        annual_discount=business.annual_discount,
        upgrade_rate_monthly=float(min(1.0, upgrades / max(1.0, tenure_months.sum()))),
        upgrade_value_jpy=upgrade_step_jpy(table),
    )


def _as_decisions(
    workspace: Workspace, cycle: int, weighed: Weighed, groups: dict[str, UnitGroupRow], chosen: Chosen
) -> list[Decision]:
    versions = {
        "brief": workspace.brief_digest[:12],
        **{action.action: playbook_digest(action)[:12] for action in weighed.actions},
    }
    made = []
    for i, unit in enumerate(weighed.unit_ids):
        pick = int(chosen.choice[i])
        made.append(
            Decision(
                id=decision_id(workspace.brief.name, cycle, unit),
                campaign=workspace.brief.name,
                cycle=cycle,
                unit_id=unit,
                group=Group(groups[unit].group),
                action=weighed.actions[pick - 1].action if pick else None,
                reason=chosen.reason[i],
                probability=float(chosen.probability[i]),
                explored=bool(chosen.explored[i]),
                value_jpy=float(weighed.value[i, pick - 1]) if pick else 0.0,
                candidates=tuple(_candidate(weighed, i, column, chosen) for column in range(len(weighed.actions))),
                versions=versions,
            )
        )
    return made


def _candidate(weighed: Weighed, row: int, column: int, chosen: Chosen) -> Candidate:
    return Candidate(
        action=weighed.actions[column].action,
        eligible=bool(weighed.eligible[row, column]),
        why_not=str(weighed.why_not[row, column]),
        value_jpy=float(weighed.value[row, column]),
        low_jpy=float(weighed.low[row, column]),
        high_jpy=float(weighed.high[row, column]),
        uplift=float(weighed.uplift[row, column]),
        cost_jpy=float(weighed.cost[row, column]),
        probability=float(chosen.probability[row]) if chosen.choice[row] == column + 1 else 0.0,
    )


def _keep(
    workspace: Workspace, cycle: int, revision: int, made: list[Decision], weighed: Weighed, summary: dict[str, Any]
) -> str:
    """Decisions and plan in one transaction; the digest binds who gets what."""
    digest = digest_of({"summary": summary, "choices": [[d.unit_id, d.action] for d in made]})
    rows = [decisions.as_row(d, contact) for d, contact in zip(made, weighed.contacts, strict=True)]
    name = workspace.brief.name
    with workspace.store.write() as session:
        chunks = (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))
        decisions.replace_decisions(session, name, cycle, chunks)
        campaigns.keep_plan(
            session, PlanRow(campaign=name, cycle=cycle, revision=revision, digest=digest, summary=summary)
        )
        row = campaigns.cycle(session, name, cycle)
        assert row is not None
        row.lever, row.feasibility = summary["lever"], summary["feasibility"]
        session.add(row)
    return digest

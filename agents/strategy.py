"""The strategy agent: what to try. Lever, actions, who gets which, at what price, and what to expect of it."""

import hashlib
from typing import Any

import numpy as np
from langgraph.runtime import Runtime

from ..customers.eligibility import matches
from ..customers.table import FeatureTable
from ..decisioning import allocation, drivers, experiment, tree
from ..domain.decision import Candidate, Decision, Group, Reason, decision_id
from ..domain.draft import digest_of
from ..domain.playbook import Channel
from ..domain.review import Wish
from ..playbooks.loader import digest as playbook_digest
from ..store import campaigns, decisions, reviews
from ..store.tables import PlanRow, UnitGroupRow
from .forecast import plan_summary
from .scoring import load_snapshot, monthly_churn
from .state import CampaignState
from .weighing import Weighed, current_beliefs, monthly_points, upgrade_step_jpy, weigh
from .workspace import Context, Workspace

Array = np.ndarray[Any, np.dtype[Any]]

_CHUNK = 10_000


def strategise(state: CampaignState, runtime: Runtime[Context]) -> CampaignState:
    """Choose the lever and, for each unit of the audience, an action or none; keep the plan for review."""
    workspace = runtime.context.open()
    name, cycle = state["campaign"], state["cycle"]
    revision = state.get("revision", 0)
    table = load_snapshot(workspace, state["snapshot"])
    segment = matches(workspace.brief.segment, table)
    wishes = _wishes(workspace, name, cycle, revision)
    potentials = find_levers(workspace, table, segment, current_beliefs(workspace, cycle))
    useful = frozenset(potential.lever.value for potential in potentials if potential.gain > 0)
    weighed = weigh(workspace, table, segment, cycle=cycle, levers=useful, beliefs=current_beliefs(workspace, cycle))
    _leave_out_unwanted(weighed, wishes)
    groups = _enroll(workspace, cycle, weighed)
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
    reachable: dict[drivers.Lever, float] = {}
    for name, action in workspace.actions.items():
        share = float(matches(action.when, table)[segment].mean())
        points = max(beliefs[name].mean, 0.0) * share
        is_upgrade = action.value.kind == "upgraded"
        change = points * step if is_upgrade else monthly_points(action, points)
        lever = drivers.Lever(action.lever.value)
        reachable[lever] = reachable.get(lever, 0.0) + change
    metric = tree.Metric(workspace.brief.goal.metric.value)
    target = tree.metric_value(metric, figures) * (1 + workspace.brief.goal.relative_lift)
    return drivers.lever_potentials(metric, figures, reachable, target)


def segment_drivers(workspace: Workspace, table: FeatureTable, segment: Array) -> tree.Drivers:
    """The average unit of the segment, as the driver tree sees it."""
    business = workspace.brief.business
    price = table.columns["monthly_price_jpy"].astype(float)[segment]
    orders = table.columns["orders_365d"].astype(float)[segment]
    tenure_months = np.clip(table.columns["tenure_days"].astype(float)[segment] / 30.4, 1, 12)
    churn = monthly_churn(workspace, np.nan_to_num(table.columns["churn_risk"].astype(float)[segment]))
    upgrades = np.nansum(table.columns["upgrades_365d"].astype(float)[segment])
    is_subscription = business.model == "subscription"
    return tree.Drivers(
        order_value_jpy=float(np.nanmean(price)),
        orders_per_month=1.0 if is_subscription else float(np.nanmean(orders / tenure_months)),
        monthly_retention=1.0 - float(churn.mean()),
        margin=business.margin,
        monthly_cost_to_serve_jpy=business.monthly_cost_to_serve,
        horizon_months=business.ltv_months,
        annual_discount=business.annual_discount,
        upgrade_rate_monthly=float(min(1.0, upgrades / max(1.0, tenure_months.sum()))),
        upgrade_value_jpy=upgrade_step_jpy(table),
    )


def _enroll(workspace: Workspace, cycle: int, weighed: Weighed) -> dict[str, UnitGroupRow]:
    """Draw who is new into a group, for good; returns the group of every enrolled unit."""
    brief = workspace.brief
    shares = {group.value: share for group, share in brief.groups.items()}
    drawn = experiment.assign_groups(weighed.unit_ids, shares, salt=brief.name)
    pilot = _pilot_units(workspace, weighed)
    at = workspace.clock.now()
    rows = [
        {
            "campaign": brief.name,
            "unit_id": unit,
            "group": group,
            "enrolled_cycle": cycle,
            "enrolled_at": at,
            "in_pilot": unit in pilot,
            "baseline_ltv_jpy": float(weighed.ltv_jpy[i]),
            "baseline_churn_risk": float(weighed.churn_risk[i]),
        }
        for i, (unit, group) in enumerate(zip(weighed.unit_ids, drawn, strict=True))
    ]
    with workspace.store.write() as session:
        campaigns.enroll(session, rows)
        return campaigns.groups(session, brief.name)


def _pilot_units(workspace: Workspace, weighed: Weighed) -> set[str]:
    """Who the pilot reaches: the first units in the order of their hash, so that they are as good as random."""
    pilot = workspace.brief.pilot
    if pilot is None or pilot.units is None:
        return set(weighed.unit_ids)
    salt = f"{workspace.brief.name}/pilot"
    ordered = sorted(weighed.unit_ids, key=lambda unit: hashlib.sha256(f"{salt}:{unit}".encode()).hexdigest())
    return set(ordered[: pilot.units])


class Chosen:
    """The outcome of allocation and chance: per unit the final choice (0 = nothing), its probability and reason."""

    def __init__(self, n: int) -> None:
        self.choice = np.zeros(n, dtype=np.int64)
        self.probability = np.ones(n)
        self.explored = np.zeros(n, dtype=bool)
        self.reason = np.full(n, None, dtype=object)
        self.binding: tuple[str, ...] = ()


def choose(
    workspace: Workspace,
    cycle: int,
    revision: int,
    weighed: Weighed,
    groups: dict[str, UnitGroupRow],
    *,
    fewer: float,
) -> Chosen:
    """Allocate the policy group under budget and capacity, then let chance in; draw the random control group."""
    chosen = Chosen(len(weighed.unit_ids))
    group = np.array([groups[unit].group for unit in weighed.unit_ids])
    piloting = workspace.brief.pilot is not None and cycle <= workspace.brief.pilot.cycles
    reached = np.array([not piloting or _in_pilot(workspace, groups[u]) for u in weighed.unit_ids], dtype=bool)
    seed = hashlib.sha256(f"{workspace.brief.name}/{cycle}/{revision}".encode()).digest()
    rng = np.random.default_rng(np.frombuffer(seed, dtype=np.uint32))
    explorable = np.array([Channel.EMAIL in action.channels for action in weighed.actions], dtype=bool)
    random = np.flatnonzero(reached & (group == Group.RANDOM_CONTROL))
    policy = np.flatnonzero(reached & (group == Group.POLICY))
    if random.size:
        drawn, probability = allocation.uniform_choice(weighed.eligible[random], explorable, rng)
        chosen.choice[random], chosen.probability[random] = drawn, probability
        chosen.explored[random] = True
    if policy.size:
        best = _allocate(workspace, cycle, weighed, policy, explorable, len(random), fewer)
        share = workspace.brief.exploration * fewer
        drawn, probability, explored = allocation.explore(best.choice, weighed.eligible[policy], explorable, share, rng)
        chosen.choice[policy], chosen.probability[policy], chosen.explored[policy] = drawn, probability, explored
        chosen.binding = best.binding
    _give_reasons(chosen, weighed, group, reached)
    return chosen


def _in_pilot(workspace: Workspace, row: UnitGroupRow) -> bool:
    return row.in_pilot


def _allocate(
    workspace: Workspace,
    cycle: int,
    weighed: Weighed,
    policy: Array,
    explorable: Array,
    n_random: int,
    fewer: float,
) -> allocation.Allocation:
    """The best use of what is left of the budget for this cycle, keeping back what chance may cost at most."""
    brief = workspace.brief
    with workspace.store.read() as session:
        spent = campaigns.spent_jpy(session, brief.name)
    cycles_left = max(1, brief.cycles - cycle + 1)
    costs = [action.cost.per_contact for action, free in zip(weighed.actions, explorable, strict=True) if free]
    by_chance = (n_random + len(policy) * brief.exploration) * max(costs, default=0.0)
    budget = max(0.0, ((brief.budget.total - spent) / cycles_left - by_chance) * fewer)
    return allocation.allocate(
        weighed.value[policy],
        weighed.cost[policy],
        weighed.eligible[policy],
        budget=budget,
        capacity=_capacities(workspace, weighed, policy, explorable, n_random, fewer),
    )


def _capacities(
    workspace: Workspace, weighed: Weighed, policy: Array, explorable: Array, n_random: int, fewer: float
) -> list[allocation.Capacity]:
    """Mails per cycle, and drafts per rep: what a rep can read before the reviews expire."""
    brief = workspace.brief
    weeks = brief.cycle.days / 7
    mails = brief.capacity.email_per_week * weeks - n_random - len(policy) * brief.exploration
    limits = [allocation.Capacity("email", max(0.0, mails * fewer), tuple(np.flatnonzero(explorable).tolist()))]
    drafted = tuple(np.flatnonzero(~explorable).tolist())
    reps = np.array([weighed.reps[i] or "" for i in policy], dtype=object)
    for rep in sorted({rep for rep in reps if rep}) if drafted else ():
        per_rep = brief.capacity.drafts_per_rep_per_week * fewer
        limits.append(allocation.Capacity(f"rep {rep}", float(int(per_rep)), drafted, reps == rep))
    return limits


def _give_reasons(chosen: Chosen, weighed: Weighed, group: Array, reached: Array) -> None:
    """Why units get nothing, from the strongest reason to the weakest."""
    nothing = chosen.choice == 0
    worth = np.where(weighed.eligible, weighed.value, -np.inf).max(axis=1, initial=-np.inf)
    chosen.reason[nothing] = Reason.LIMIT
    chosen.reason[nothing & (worth <= 0)] = Reason.NO_VALUE
    chosen.reason[nothing & chosen.explored] = Reason.CHANCE
    chosen.reason[nothing & ~weighed.eligible.any(axis=1)] = Reason.NOT_ELIGIBLE
    chosen.reason[nothing & ~reached] = Reason.OUTSIDE_PILOT
    chosen.reason[group == Group.BUSINESS_AS_USUAL] = Reason.BUSINESS_AS_USUAL
    chosen.reason[group == Group.HOLDOUT] = Reason.HOLDOUT


def _as_decisions(
    workspace: Workspace, cycle: int, weighed: Weighed, groups: dict[str, UnitGroupRow], chosen: Chosen
) -> list[Decision]:
    versions = {
        "brief": workspace.brief_digest[:12],
        "policy": workspace.brief.policy_version,
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

"""What a plan is expected to do and cost, and whether its goal is within reach and would be seen."""

import math
from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np

from ..decisioning import drivers, feasibility
from ..domain.decision import Group
from ..domain.playbook import Term
from ..store import campaigns
from ..store.tables import UnitGroupRow
from .choosing import Chosen
from .weighing import Weighed
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]

#: Share of the variance that the prediction at enrolment explains, until a cycle has measured it (CUPED with the
#: LTV prediction as covariate cut 44.7 % on CDNOW).
_VARIANCE_EXPLAINED = 0.45
_Z80 = 1.2816


def plan_summary(
    workspace: Workspace,
    cycle: int,
    weighed: Weighed,
    groups: dict[str, UnitGroupRow],
    chosen: Chosen,
    potentials: list[drivers.LeverPotential],
) -> dict[str, Any]:
    """Everything a supervisor needs to decide on the plan, as plain data."""
    group = np.array([groups[unit].group for unit in weighed.unit_ids])
    picked = chosen.choice > 0
    rows = np.flatnonzero(picked)
    columns = chosen.choice[rows] - 1
    cost = float(weighed.cost[rows, columns].sum())
    return {
        "cycle": cycle,
        "cycles": workspace.brief.cycles,
        "segment": workspace.brief.segment,
        "lever": potentials[0].lever.value if potentials else None,
        "levers": [_lever(potential) for potential in potentials],
        "audience": len(weighed.unit_ids),
        "groups": dict(sorted(Counter(group.tolist()).items())),
        "contacts": int(picked.sum()),
        "cost_jpy": cost,
        "budget_jpy": workspace.brief.budget.total,
        "expected_value_jpy": _total(weighed, chosen, picked & (group == Group.POLICY)),
        "actions": [_action(weighed, chosen, group, column) for column in range(len(weighed.actions))],
        "by_chance": _by_chance(weighed, chosen, group),
        "left_alone": dict(sorted(Counter(str(reason) for reason in chosen.reason[~picked]).items())),
        "binding": list(chosen.binding),
        "workload": _workload(weighed, chosen),
        "balance": _balance(workspace, weighed, chosen),
        "feasibility": _plain(asdict(_feasibility(workspace, cycle, weighed, group, chosen))),
        "goal": {
            "metric": workspace.brief.goal.metric.value,
            "lift": workspace.brief.goal.relative_lift,
            "horizon_days": workspace.brief.goal.horizon.days,
        },
    }


def _lever(potential: drivers.LeverPotential) -> dict[str, Any]:
    return {
        "lever": potential.lever.value,
        "before": potential.metric_before,
        "after": potential.metric_after,
        "gain": potential.gain,
        "reachable_change": potential.reachable_change,
        "needed_change": potential.needed_change,
    }


def _total(weighed: Weighed, chosen: Chosen, rows: Array) -> dict[str, float]:
    """Sum of expected values with its interval; beliefs about one action move together, so bounds add up."""
    where = np.flatnonzero(rows)
    columns = chosen.choice[where] - 1
    return {
        "mean": float(weighed.value[where, columns].sum()),
        "low": float(weighed.low[where, columns].sum()),
        "high": float(weighed.high[where, columns].sum()),
    }


def _action(weighed: Weighed, chosen: Chosen, group: Array, column: int) -> dict[str, Any]:
    picked = chosen.choice == column + 1
    why_not = Counter(str(word) for word in weighed.why_not[:, column] if word)
    return {
        "action": weighed.actions[column].action,
        "lever": weighed.actions[column].lever.value,
        "term": weighed.actions[column].term.value,
        "channels": dict(sorted(Counter(str(channel) for channel in weighed.channels[picked, column]).items())),
        "eligible": int(weighed.eligible[:, column].sum()),
        "units": int(picked.sum()),
        "by_group": dict(sorted(Counter(group[picked].tolist()).items())),
        "cost_jpy": float(weighed.cost[picked, column].sum()),
        "expected_value_jpy": _total(weighed, chosen, picked),
        "why_not": dict(why_not.most_common(6)),
    }


def _by_chance(weighed: Weighed, chosen: Chosen, group: Array) -> dict[str, Any]:
    """What exploration and random control touch, with which actions, and what it costs."""
    touched = (chosen.choice > 0) & chosen.explored
    columns = chosen.choice[touched] - 1
    names = Counter(weighed.actions[column].action for column in columns)
    return {
        "units": int(touched.sum()),
        "exploration": int((touched & (group == Group.POLICY)).sum()),
        "random_control": int((touched & (group == Group.RANDOM_CONTROL)).sum()),
        "actions": dict(sorted(names.items())),
        "cost_jpy": float(weighed.cost[np.flatnonzero(touched), columns].sum()),
    }


def _balance(workspace: Workspace, weighed: Weighed, chosen: Chosen) -> dict[str, Any]:
    """How the plan's contacts divide into what pays soon and what builds the bond, and what the floor costs."""
    terms = Counter(weighed.actions[column - 1].term.value for column in chosen.choice[chosen.choice > 0])
    return {
        "short": terms[Term.SHORT.value],
        "long": terms[Term.LONG.value],
        "floor": workspace.brief.long_term,
        "forgone_jpy": chosen.long_term_forgone_jpy,
    }


def _workload(weighed: Weighed, chosen: Chosen) -> dict[str, int]:
    """Drafts and tasks that each rep, or member of staff, will have to read."""
    drafts: Counter[str] = Counter()
    for i in np.flatnonzero(chosen.choice > 0).tolist():
        channel = weighed.channels[i, chosen.choice[i] - 1]
        if channel is not None and channel.is_handed_over:
            drafts[weighed.reps[i] or ""] += 1
    return dict(sorted(drafts.items()))


def _feasibility(
    workspace: Workspace, cycle: int, weighed: Weighed, group: Array, chosen: Chosen
) -> feasibility.Feasibility:
    """Expected relative lift of mean LTV over all cycles left, policy against holdout.

    One cycle's value is taken to repeat each cycle on the units that are left; the best reachable is what giving
    every policy unit its best action, whatever it costs, would do at the optimistic end of the beliefs.
    """
    is_policy = group == Group.POLICY
    total = float(weighed.ltv_jpy[is_policy].sum())
    cycles_left = max(1, workspace.brief.cycles - cycle + 1)
    expected = _total(weighed, chosen, is_policy & (chosen.choice > 0))
    scale = cycles_left / total if total else 0.0
    best = np.where(weighed.eligible, weighed.high, 0.0).max(axis=1, initial=0.0)
    ltv = weighed.ltv_jpy
    return feasibility.feasibility(
        mean=float(ltv.mean()) if ltv.size else 0.0,
        sd=float(ltv.std(ddof=1)) if ltv.size > 1 else 0.0,
        n_policy=int(is_policy.sum()),
        n_control=int((group == Group.HOLDOUT).sum()),
        variance_explained=_variance_explained(workspace),
        target_lift=abs(workspace.brief.goal.relative_lift),
        expected_lift_mean=expected["mean"] * scale,
        expected_lift_sd=max(0.0, (expected["high"] - expected["low"]) / (2 * _Z80)) * scale,
        best_reachable_lift=float(best[is_policy].sum()) * scale,
    )


def _plain(figures: dict[str, Any]) -> dict[str, Any]:
    """As JSON can hold them: what is not finite (no lift would be seen, nobody is there) is None."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in figures.items()
    }


def _variance_explained(workspace: Workspace) -> float:
    """As the last cycle measured it in this very campaign; before that, what is usual."""
    with workspace.store.read() as session:
        measured = [c.measurement for c in campaigns.cycles(session, workspace.brief.name) if c.measurement]
    return float(measured[-1]["variance_explained"]) if measured else _VARIANCE_EXPLAINED

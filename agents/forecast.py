"""What a plan is expected to do and cost, and whether its goal is within reach and would be seen."""

import math
from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np

from ..decisioning.measuring import feasibility
from ..decisioning.measuring.sequences import always_valid_bounds
from ..decisioning.value import drivers
from ..domain.decision import Group, Reason
from ..domain.playbook import Term
from ..store import campaigns
from ..store.tables import UnitGroupRow
from .choosing import Chosen
from .fairness import planned_fairness
from .goal_figures import GoalFigures, goal_figures
from .weighing import Weighed
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]

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
    figures = goal_figures(workspace, cycle, weighed, potentials)
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
        "fairness": _fairness(workspace, weighed, chosen, group),
        "feasibility": plain(asdict(plan_feasibility(workspace, cycle, weighed, group, chosen, figures))),
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


def _fairness(workspace: Workspace, weighed: Weighed, chosen: Chosen, group: Array) -> list[dict[str, Any]]:
    """The treatment of the groups that the brief declares, where the engine chooses and the pilot reaches."""
    rows = np.flatnonzero((group == Group.POLICY) & (chosen.reason != Reason.OUTSIDE_PILOT))
    return planned_fairness(
        workspace.brief,
        [part.pick(rows) for part in weighed.groupings],
        weighed.actions,
        weighed.eligible[rows],
        chosen.choice[rows],
        chosen.fairness_gaps,
        chosen.fairness_forgone_jpy,
    )


def _workload(weighed: Weighed, chosen: Chosen) -> dict[str, int]:
    """Drafts and tasks that each rep, or member of staff, will have to read."""
    drafts: Counter[str] = Counter()
    for i in np.flatnonzero(chosen.choice > 0).tolist():
        channel = weighed.channels[i, chosen.choice[i] - 1]
        if channel is not None and channel.is_handed_over:
            drafts[weighed.reps[i] or ""] += 1
    return dict(sorted(drafts.items()))


def plan_feasibility(
    workspace: Workspace, cycle: int, weighed: Weighed, group: Array, chosen: Chosen, figures: GoalFigures
) -> feasibility.Feasibility:
    """Expected relative lift of the goal's own metric over all cycles left, policy against holdout.

    One cycle's gain is taken to repeat each cycle on the units that are left; the best reachable is what giving
    every policy unit its best action, whatever it costs, would do at the optimistic end of the beliefs.
    """
    is_policy = group == Group.POLICY
    total = float(figures.base[is_policy].sum())
    cycles_left = max(1, workspace.brief.cycles - cycle + 1)
    rows = np.flatnonzero(is_policy & (chosen.choice > 0))
    mean, low, high = (
        float(gains[rows, chosen.choice[rows] - 1].sum()) for gains in (figures.gain, figures.low, figures.high)
    )
    scale = cycles_left / total if total > 0 else 0.0
    best = np.where(weighed.eligible, figures.high, 0.0).max(axis=1, initial=0.0)
    return feasibility.feasibility(
        mean=figures.mean,
        sd=figures.sd,
        n_policy=int((is_policy & figures.counted).sum()),
        n_control=int(((group == Group.HOLDOUT) & figures.counted).sum()),
        variance_explained=variance_explained(workspace, figures),
        target_lift=abs(workspace.brief.goal.relative_lift),
        expected_lift_mean=min(mean * scale, figures.most),
        expected_lift_sd=max(0.0, (high - low) / (2 * _Z80)) * scale,
        best_reachable_lift=min(float(best[is_policy].sum()) * scale, figures.most),
        last_z=last_z(workspace),
    )


def last_z(workspace: Workspace) -> float | None:
    """What the last look's interval is as wide as; None where it is almost a plain one."""
    if workspace.brief.measurement.intervals == "spending":
        return None
    return always_valid_bounds([1.0])[0]


def plain(figures: dict[str, Any]) -> dict[str, Any]:
    """As JSON can hold them: what is not finite (no lift would be seen, nobody is there) is None."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in figures.items()
    }


def variance_explained(workspace: Workspace, figures: GoalFigures) -> float:
    """As the last cycle measured it in this very campaign; before that, what is usual."""
    with workspace.store.read() as session:
        measured = [c.measurement for c in campaigns.cycles(session, workspace.brief.name) if c.measurement]
    return float(measured[-1]["variance_explained"]) if measured else figures.variance_explained

"""What would make the goal likely, or its lift visible: each way is planned or computed anew with this very data."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
from scipy.special import ndtri

from ..decisioning.measuring.feasibility import Feasibility
from ..decisioning.measuring.sizing import Yardstick, propose_groups
from ..decisioning.value import drivers
from ..domain.brief import Brief
from ..domain.decision import Reason
from .choosing import choose
from .forecast import last_z, plain, plan_feasibility, variance_explained
from .goal_figures import goal_figures
from .planning import Planned, without
from .weighing import Weighed
from .workspace import Workspace

#: A goal with this chance counts as likely.
LIKELY = 0.8
_LONGER, _LONGEST = (1.5, 2.0, 3.0), timedelta(days=730)
_MORE_BUDGET = 2.0
#: A way that raises the chance by less is not worth a line.
_COUNTS = 0.05
_SHOWN = 3
#: Beyond, planning several times more would take longer than it is worth.
_LARGEST_AUDIENCE = 200_000


@dataclass(frozen=True)
class Question:
    """A plan, and how it came about: what is changed to see what would come of it."""

    workspace: Workspace
    cycle: int
    revision: int
    planned: Planned
    potentials: Sequence[drivers.LeverPotential]
    weigh_all: Callable[[], Weighed]
    """Weighs the same units again with all levers allowed."""

    def feasibility(self, brief: Brief | None = None, weighed: Weighed | None = None) -> Feasibility:
        """What the plan would be expected to do under another brief, or with other actions."""
        workspace = self.workspace if brief is None else replace(self.workspace, brief=brief)
        terms, groups = self.planned.terms, self.planned.groups
        kept = self.planned.weighed if weighed is None else without(weighed, terms.unused)
        chosen = choose(
            workspace,
            self.cycle,
            self.revision,
            kept,
            groups,
            fewer=terms.fewer,
            explore=terms.explore,
            spent_jpy=terms.spent_jpy,
        )
        group = np.array([groups[unit].group for unit in kept.unit_ids])
        figures = goal_figures(workspace, self.cycle, kept, self.potentials)
        return plan_feasibility(workspace, self.cycle, kept, group, chosen, figures)


def what_would_help(question: Question) -> list[dict[str, Any]]:
    """At most three ways, the best first, each with the chance of the goal and the smallest visible lift it gives.

    None where the goal is likely and would be seen. Raising the chance comes before making the lift visible; where
    nothing raises it enough, the goal that would be likely is among them.
    """
    now = question.planned.summary["feasibility"]
    likely, visible = now["chance_of_goal"] >= LIKELY, now["is_detectable"]
    if (likely and visible) or not question.planned.weighed.unit_ids:
        return []
    found: list[dict[str, Any]] = []
    if not likely and len(question.planned.weighed.unit_ids) <= _LARGEST_AUDIENCE:
        raising = [way for way in _raising(question) if way["chance"] >= now["chance_of_goal"] + _COUNTS]
        found += sorted(raising, key=lambda way: -way["chance"])[: _SHOWN - 1]
    if not visible:
        found += _showing(question, now)
    if not likely and all(way["chance"] < LIKELY for way in found):
        found = [*found[: _SHOWN - 1], *_smaller_goal(question, now)]
    return [plain(way) for way in found[:_SHOWN]]


def _raising(question: Question) -> Iterator[dict[str, Any]]:
    """Ways to more effect: each a plan made anew."""
    longer = _longer(question)
    if longer is not None:
        yield longer
    if "budget" in question.planned.summary["binding"]:
        budget = question.workspace.brief.budget
        more = budget.model_copy(update={"total": budget.total * _MORE_BUDGET})
        feasible = question.feasibility(question.workspace.brief.model_copy(update={"budget": more}))
        yield _way("budget", feasible, budget_jpy=more.total)
    unused = _unused_levers(question.planned.weighed)
    if unused:
        yield _way("levers", question.feasibility(weighed=question.weigh_all()), levers=unused)


def _longer(question: Question) -> dict[str, Any] | None:
    """The shortest of some longer horizons with which the goal is likely, or else the one with the best chance."""
    best: dict[str, Any] | None = None
    brief = question.workspace.brief
    for factor in _LONGER:
        cycles = max(brief.cycles + 1, round(brief.cycles * factor))
        horizon = brief.cycle * cycles
        if horizon > _LONGEST:
            break
        goal = brief.goal.model_copy(update={"horizon": horizon})
        feasible = question.feasibility(brief.model_copy(update={"goal": goal}))
        if best is None or feasible.chance_of_goal > best["chance"]:
            best = _way("longer", feasible, days=horizon.days)
        if feasible.chance_of_goal >= LIKELY:
            break
    return best


def _unused_levers(weighed: Weighed) -> list[str]:
    idle = (weighed.why_not == Reason.OTHER_LEVER.value).any(axis=0)
    return sorted({action.lever.value for action, is_idle in zip(weighed.actions, idle, strict=True) if is_idle})


def _showing(question: Question, now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Ways to see the lift: the effect stays as it is, the comparison gets sharper."""
    brief, audience = question.workspace.brief, len(question.planned.weighed.unit_ids)
    yardstick = _yardstick(question)
    proposal = propose_groups(audience, [group for group, share in brief.groups.items() if share], yardstick)
    found = []
    smallest = now["minimum_detectable_lift"]
    if smallest is None or proposal.minimum_detectable_lift < 0.95 * smallest:
        shares = {group.value: share for group, share in proposal.percent.items()}
        found.append(_as_it_is("groups", now, proposal.minimum_detectable_lift, percent=shares))
    if not proposal.is_detectable and proposal.units_needed is not None:
        found.append(_as_it_is("wider", now, yardstick.target_lift, units=proposal.units_needed))
    return found


def _yardstick(question: Question) -> Yardstick:
    workspace = question.workspace
    figures = goal_figures(workspace, question.cycle, question.planned.weighed, question.potentials)
    return Yardstick(
        mean=figures.mean,
        sd=figures.sd,
        variance_explained=variance_explained(workspace, figures),
        target_lift=abs(workspace.brief.goal.relative_lift),
        last_z=last_z(workspace),
    )


def _smaller_goal(question: Question, now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The goal that this plan would reach with the chance that counts as likely."""
    half = (now["expected_lift_high"] - now["expected_lift_low"]) / 2.0 / float(ndtri(0.9))
    lift = now["expected_lift"] - float(ndtri(LIKELY)) * half
    if lift < 0.001:
        return []
    sign = -1.0 if question.workspace.brief.goal.relative_lift < 0 else 1.0
    way = {"way": "smaller_goal", "chance": LIKELY, "lift": sign * lift}
    return [way | {"minimum_detectable_lift": now["minimum_detectable_lift"]}]


def _way(way: str, feasible: Feasibility, **what: Any) -> dict[str, Any]:
    return {
        "way": way,
        "chance": feasible.chance_of_goal,
        "expected_lift": feasible.expected_lift,
        "minimum_detectable_lift": feasible.minimum_detectable_lift,
        **what,
    }


def _as_it_is(way: str, now: Mapping[str, Any], smallest: float, **what: Any) -> dict[str, Any]:
    figures = {"chance": now["chance_of_goal"], "expected_lift": now["expected_lift"]}
    return {"way": way, **figures, "minimum_detectable_lift": smallest, **what}

"""A plan within a proposal: the engine plans again as proposed, and the plan is taken only if it is not worse."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..decisioning.learning.uplift import Belief
from ..domain.decision import Reason
from ..domain.playbook import Action, Lever
from .planning import Planned
from .reasoning.opening import keep_reasoning, reasoner_for, tell
from .reasoning.protocol import Aggregates, Proposal, Proposed
from .reasoning.showing import shown_figures
from .workspace import Workspace

#: Plans again without these actions (and why), with chance kept to those named; nothing named means all.
PlanAgain = Callable[[Mapping[str, Reason], frozenset[str]], Planned]
#: Forecasts are sums of thousands of floats; what is less than this apart is the same.
ROUNDING_JPY = 1.0
_ACTION_FIGURES = ("lever", "term", "eligible", "units", "cost_jpy", "expected_value_jpy", "why_not")


@dataclass(frozen=True)
class Comparison:
    """Whether a proposed plan may be taken, the code of the reason, and the two forecasts in JPY."""

    taken: bool
    why: str
    rules_jpy: float
    proposed_jpy: float


def is_not_worse(rules: Mapping[str, Any], proposed: Mapping[str, Any]) -> Comparison:
    """Compare two plan summaries made by the same engine with the same chance.

    The proposed plan is taken if its expected value is not lower, it reaches somebody where the other does, and
    what builds the bond has no smaller share than the brief wants (or than the engine could give it).
    """
    values = float(rules["expected_value_jpy"]["mean"]), float(proposed["expected_value_jpy"]["mean"])
    if rules["contacts"] and not proposed["contacts"]:
        return Comparison(False, "reaches_nobody", *values)
    floor = min(rules["balance"]["floor"], _long_share(rules))
    if _long_share(proposed) < floor - 1e-9:
        return Comparison(False, "too_short_sighted", *values)
    if values[1] < values[0] - ROUNDING_JPY:
        return Comparison(False, "worse", *values)
    return Comparison(True, "not_worse", *values)


def _long_share(summary: Mapping[str, Any]) -> float:
    long, short = summary["balance"]["long"], summary["balance"]["short"]
    return float(long / (long + short)) if long + short else 1.0


def consider(
    workspace: Workspace, cycle: int, planned: Planned, beliefs: Mapping[str, Belief], plan_again: PlanAgain
) -> Planned:
    """The plan to put before a supervisor: the rules', or the proposed one; its summary says which, and why."""
    aggregates = _aggregates(workspace, planned, beliefs)
    proposed = reasoner_for(workspace, "strategy", cycle).propose(aggregates)
    tell(workspace, "strategy", proposed.record)
    if proposed.record.by == "rules":
        return _with(workspace, cycle, planned, {**proposed.record.as_dict(), "plan": "rules"})
    other = _as_proposed(planned, proposed.proposal, plan_again)
    comparison = is_not_worse(planned.summary, other.summary)
    workspace.tell(f"proposal_{comparison.why}", rules=comparison.rules_jpy, proposed=comparison.proposed_jpy)
    return _with(workspace, cycle, other if comparison.taken else planned, _in_full(proposed, comparison))


def _as_proposed(planned: Planned, proposal: Proposal, plan_again: PlanAgain) -> Planned:
    if not proposal.leave_out and not proposal.explore:
        return planned
    without = {name: Reason.LEFT_OUT_BY_PROPOSAL for name in proposal.leave_out}
    return plan_again(without, frozenset(proposal.explore))


def _in_full(proposed: Proposed, comparison: Comparison) -> dict[str, Any]:
    proposal = proposed.proposal
    return {
        **proposed.record.as_dict(),
        "plan": "model" if comparison.taken else "rules",
        "compared": comparison.why,
        "rules_jpy": comparison.rules_jpy,
        "proposed_jpy": comparison.proposed_jpy,
        "leave_out": list(proposal.leave_out),
        "explore": list(proposal.explore),
        "levers": [lever.value for lever in proposal.levers],
        "rationale": dict(proposal.rationale),
    }


def _with(workspace: Workspace, cycle: int, planned: Planned, reasoner: dict[str, Any]) -> Planned:
    """The plan with who reasoned in its summary, so that its digest covers that too; and on record with the cycle."""
    keep_reasoning(workspace, cycle, "strategy", reasoner)
    return replace(planned, summary={**planned.summary, "reasoner": reasoner})


def _aggregates(workspace: Workspace, planned: Planned, beliefs: Mapping[str, Belief]) -> Aggregates:
    """Totals of the rules' plan: nobody's name, id or single figure is among them."""
    brief, summary = workspace.brief, planned.summary
    usable = [line for line in summary["actions"] if line["eligible"]]
    names = tuple(line["action"] for line in usable)
    goal = summary["goal"]
    data = {
        "goal": shown_figures({"lift": goal["lift"]})
        | {"metric": goal["metric"], "horizon_days": goal["horizon_days"]},
        "cycle": summary["cycle"],
        "cycles": summary["cycles"],
        "budget_jpy": summary["budget_jpy"],
        "audience": summary["audience"],
        "groups": summary["groups"],
        "engines_plan": shown_figures({"contacts": summary["contacts"], "cost_jpy": summary["cost_jpy"]})
        | {"expected_value": _rounded(summary["expected_value_jpy"]), "limits_reached": _limits(summary["binding"])},
        "long_term": shown_figures({k: summary["balance"][k] for k in ("short", "long", "floor")}),
        "feasibility": shown_figures({k: v for k, v in summary["feasibility"].items() if v is not None}),
        "levers": [shown_figures(lever) for lever in summary["levers"]],
        "actions": [_action(workspace.actions[line["action"]], line, beliefs[line["action"]]) for line in usable],
        "guardrails": {
            "caps": [f"{cap.messages} messages in {cap.per.days} days" for cap in brief.guardrails.caps],
            "explored_percent": round(brief.exploration * 100, 1),
        },
    }
    levers = tuple(Lever(lever["lever"]) for lever in summary["levers"])
    lift = f"{goal['metric']} {goal['lift']:+.0%} in {goal['horizon_days']} days"
    return Aggregates(goal=lift, data=data, actions=names, levers=levers)


def _action(action: Action, line: Mapping[str, Any], belief: Belief) -> dict[str, Any]:
    figures = shown_figures({name: line[name] for name in _ACTION_FIGURES if name in line})
    figures["expected_value_jpy"] = _rounded(line["expected_value_jpy"])
    return {
        "name": action.action,
        "what": action.describe.get("en") or next(iter(action.describe.values())),
        "topic": action.topic.value,
        "outcome": action.value.outcome,
        "believed_change_percent": round(belief.mean * 100, 2),
        "uncertainty_percent": round(belief.sd * 100, 2),
        **figures,
    }


def _rounded(total: Mapping[str, float]) -> dict[str, int]:
    return {f"{name}_jpy": round(value) for name, value in total.items()}


def _limits(binding: list[str]) -> list[str]:
    """Which limits bind; a rep's own limit without the rep."""
    return sorted({"a rep's time" if name.startswith("rep ") else name for name in binding})

"""What a campaign did: the report and the receipts, read from the store."""

import math
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from ..agents.workspace import Workspace
from ..decisioning.measuring.experiment import sample_ratio_p
from ..decisioning.measuring.feasibility import chance_of_goal
from ..domain.errors import UserError
from ..domain.playbook import Lever
from ..domain.report import (
    DeliveryCount,
    Estimate,
    Finding,
    GoalPoint,
    GuardrailCount,
    Indicator,
    PlanNote,
    PromotionNote,
    Report,
    ReviewSummary,
)
from ..domain.review import ReviewState
from ..store import campaigns, decisions, deliveries, reviews
from ..store.tables import CampaignRow, CycleRow
from .action_results import actions_of
from .fairness import fairness_of
from .variants import variants_of
from .worth import newest_worth

_LEVEL = 0.95
_Z95 = 1.96


def build_report(workspace: Workspace) -> Report:
    """Everything measured so far, with what it was measured against; raises UserError before the first plan."""
    name, brief = workspace.brief.name, workspace.brief
    worth = newest_worth(workspace)
    with workspace.store.read() as session:
        campaign = campaigns.campaign(session, name)
        if campaign is None:
            raise UserError(f"no campaign {name!r} is running; start it with `kizuna run`")
        cycles = campaigns.cycles(session, name)
        measured = [cycle for cycle in cycles if cycle.measurement]
        groups = campaigns.count_groups(session, name)
        spent = campaigns.spent_jpy(session, name)
        latest = measured[-1].measurement if measured else {}
        newest = cycles[-1]
        points = tuple(_goal_point(cycle) for cycle in measured)
        is_enough = bool(points) and points[-1].lift is not None
        per_unit = _estimate(latest.get("ltv", {})) if is_enough else None
        total = _times(per_unit, groups.get("policy", 0))
        plan = next((cycle.feasibility for cycle in reversed(cycles) if cycle.feasibility), {})
        return Report(
            campaign=name,
            company=brief.voice.company,
            fictional=_is_example(workspace),
            metric=brief.goal.metric,
            target_lift=brief.goal.relative_lift,
            horizon_days=brief.goal.horizon.days,
            started_on=campaign.started_at.date(),
            as_of=_as_of(workspace, campaign, cycles),
            cycle=len(measured),
            cycles=brief.cycles,
            is_final=campaign.state == "finished",
            verdict=latest.get("verdict", "collecting"),
            headline=points[-1].lift if points else None,
            incremental_jpy=total,
            incremental_per_unit_jpy=per_unit,
            cost_jpy=spent,
            budget_jpy=brief.budget.total,
            return_on_cost=total.value / spent if total is not None and total.low > 0 and spent > 0 else None,
            units=groups,
            sample_ratio_p=_sample_ratio(workspace, groups),
            minimum_detectable_lift=_or_infinite(plan.get("minimum_detectable_lift")),
            chance_of_goal=_chance_of_goal(workspace, latest, plan),
            lever=Lever(newest.lever) if newest.lever else None,
            goal_path=points,
            indicators=tuple(_indicator(entry) for entry in latest.get("indicators", ())),
            actions=actions_of(workspace, session, len(cycles)),
            guardrails=tuple(_guardrails(session, name)),
            deliveries=tuple(
                DeliveryCount(state=state, count=count)
                for state, count in deliveries.count_states(session, name).most_common()
            ),
            reviews=_reviews(workspace, session),
            findings=tuple(Finding.model_validate(finding) for finding in newest.findings),
            variants=variants_of(workspace, session),
            fairness=fairness_of(_planned_fairness(session, name, cycles), latest.get("fairness", ())),
            plans=tuple(_plan_notes(session, name, cycles)),
            promotions=tuple(_promotion_notes(measured)),
            intervals=brief.measurement.intervals,
            worth=worth,
        )


def _guardrails(session: Session, name: str) -> Iterator[GuardrailCount]:
    for reason, count in decisions.count_reasons(session, name).most_common():
        yield GuardrailCount(reason=reason, count=count)


def _plan_notes(session: Session, name: str, cycles: list[CycleRow]) -> Iterator[PlanNote]:
    for cycle in cycles:
        plan = campaigns.latest_plan(session, name, cycle.number)
        if plan is not None and "reasoner" in plan.summary:
            yield PlanNote(cycle=cycle.number, reasoner=plan.summary["reasoner"])


def _planned_fairness(session: Session, name: str, cycles: list[CycleRow]) -> list[dict[str, Any]]:
    """Of the newest cycle that has a plan."""
    for cycle in reversed(cycles):
        plan = campaigns.latest_plan(session, name, cycle.number)
        if plan is not None:
            return list(plan.summary.get("fairness", ()))
    return []


def _promotion_notes(measured: list[CycleRow]) -> Iterator[PromotionNote]:
    for cycle in measured:
        verdict = cycle.measurement.get("promotion", {})
        found = verdict.get("difference", {})
        if "decisions" not in verdict:
            continue
        is_known = "value" in found
        yield PromotionNote(
            cycle=cycle.number,
            decision=verdict["decision"],
            decisions=verdict["decisions"],
            expected_gain_jpy=verdict["expected_gain_jpy"],
            difference=Estimate(level=verdict["level"], **{k: found[k] for k in ("value", "low", "high")})
            if is_known
            else None,
            stopped=tuple(verdict["stopped"]),
        )


def _or_infinite(smallest: float | None) -> float:
    """None: no lift, however large, would be seen."""
    return math.inf if smallest is None else smallest


def _is_example(workspace: Workspace) -> bool:
    return (workspace.folder / "world").is_dir()


def _as_of(workspace: Workspace, campaign: CampaignRow, cycles: list[CycleRow]) -> date:
    measured = [cycle.ends_at for cycle in cycles if cycle.measurement]
    return (max(measured) if campaign.state == "finished" else workspace.clock.now()).date()


def _sample_ratio(workspace: Workspace, groups: dict[str, int]) -> float:
    shares = {group.value: share for group, share in workspace.brief.groups.items() if share > 0}
    counts = {group: groups.get(group, 0) for group in shares}
    return sample_ratio_p(counts, shares) if sum(counts.values()) else 1.0


def _goal_point(cycle: CycleRow) -> GoalPoint:
    measured = cycle.measurement
    return GoalPoint(
        cycle=cycle.number,
        on=cycle.ends_at.date(),
        policy_mean=measured["policy_mean"],
        holdout_mean=measured["holdout_mean"],
        policy_units=measured["policy_units"],
        holdout_units=measured["holdout_units"],
        lift=_estimate(measured["lift"]),
        verdict=measured["verdict"],
    )


def _estimate(figures: dict[str, Any]) -> Estimate | None:
    if not figures or figures["estimate"] is None:
        return None
    return Estimate(value=figures["estimate"], low=figures["low"], high=figures["high"], level=_LEVEL)


def _chance_of_goal(workspace: Workspace, measured: dict[str, Any], plan: dict[str, Any]) -> float:
    """What the measured lift leaves of the goal's chance; the plan's forecast before anything was measured."""
    lift = measured.get("lift", {})
    if not lift or lift["estimate"] is None or not lift["se"]:
        return float(plan.get("chance_of_goal", 0.0))
    target = workspace.brief.goal.relative_lift
    sign = 1.0 if target >= 0 else -1.0
    return chance_of_goal(sign * lift["estimate"], lift["se"], sign * target)


def _times(estimate: Estimate | None, factor: float) -> Estimate | None:
    if estimate is None:
        return None
    return Estimate(
        value=estimate.value * factor, low=estimate.low * factor, high=estimate.high * factor, level=estimate.level
    )


def _indicator(entry: dict[str, Any]) -> Indicator:
    return Indicator(
        name=entry["name"],
        policy=entry["policy"],
        holdout=entry["holdout"],
        difference=_estimate(entry["difference"]),
    )


def _reviews(workspace: Workspace, session: Session) -> tuple[ReviewSummary, ...]:
    """Plans and batches one by one; of single drafts those where a person changed or refused something."""
    shown = []
    for row in reviews.reviews(session, workspace.brief.name):
        drafts = reviews.drafts_of(session, row.id) if row.kind != "plan" else []
        edited = sum(not draft.body["author"].startswith("agent:") for draft in drafts)
        left_out = len(row.answer.get("without", ())) if row.state == ReviewState.APPROVED else 0
        if row.kind == "each" and not edited and row.state == ReviewState.APPROVED:
            continue
        shown.append(
            ReviewSummary(
                id=row.id,
                kind=row.kind,
                subject=row.subject,
                state=row.state,
                decided_by=row.decided_by,
                decided_at=_local(workspace, row.decided_at),
                reason=row.answer.get("reason", ""),
                edited=edited,
                left_out=left_out,
            )
        )
    return tuple(shown)


def _local(workspace: Workspace, moment: datetime | None) -> datetime | None:
    return moment.astimezone(workspace.brief.guardrails.quiet_hours.zone) if moment is not None else None

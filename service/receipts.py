"""The receipt of one unit: what was decided and why, who looked, what left, what came of it. Read only."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from ..agents.explaining import actions_of, rules_against
from ..agents.workspace import Workspace
from ..domain.brief import Language
from ..domain.errors import UserError
from ..domain.playbook import Channel
from ..domain.review import ReviewKind, ReviewState
from ..store import campaigns, decisions, deliveries, directory, outcomes, reviews
from ..store.tables import DecisionRow, DeliveryRow, DraftRow, PlanRow, ReviewRow

#: Ends of a delivery that a guardrail, or somebody's wish, brought about.
_STOPPED = ("suppressed", "expired", "cancelled")


def build_receipt(workspace: Workspace, unit_id: str) -> dict[str, Any]:
    """Everything on record about one unit; raises UserError for a unit that no campaign decided about."""
    name = workspace.brief.name
    with workspace.store.read() as session:
        group = campaigns.group_of(session, name, unit_id)
        unit = directory.unit(session, unit_id)
        if group is None:
            known = "it was never in the audience" if unit is not None else "nobody has this id"
            raise UserError(f"no decision about {unit_id}: {known}")
        return {
            "unit_id": unit_id,
            "unit_name": unit.name if unit is not None else "",
            "group": group.group,
            "decisions": [
                _decision(workspace, session, row) for row in decisions.decisions_of_unit(session, name, unit_id)
            ],
        }


def _decision(workspace: Workspace, session: Session, row: DecisionRow) -> dict[str, Any]:
    rows = deliveries.of_decision(session, row.id)
    drafts = reviews.drafts_of_decision(session, row.id)
    plan = campaigns.latest_plan(session, row.campaign, row.cycle)
    against = rules_against(workspace, row)
    return {
        "cycle": row.cycle,
        "group": row.group,
        "action": row.action,
        "planned_action": row.planned_action,
        "channel": row.channel,
        "reason": row.reason,
        "probability": row.probability,
        "nothing_probability": _nothing(row, plan),
        "explored": row.explored,
        "value_jpy": row.value_jpy,
        "candidates": [{**each, "against": against.get(each["action"], [])} for each in row.candidates],
        "describe": _described(workspace, plan),
        "limits": _limits(session, row, plan),
        "guardrails": list(_guardrails(workspace, session, row, rows)),
        "versions": row.versions,
        "deliveries": list(_deliveries(workspace, rows, drafts)),
        "variant": row.variant,
        "variant_probability": row.variant_probability,
        "reviews": list(_reviews(workspace, session, row, drafts, plan)),
        "outcomes": list(_outcomes(workspace, session, row)),
    }


def _limits(session: Session, row: DecisionRow, plan: PlanRow | None) -> list[str]:
    """The plan's limits that are used up and that something open to this unit would have used."""
    if plan is None:
        return []
    unit = directory.unit(session, row.unit_id)
    own = {"budget", "reviewer", *(each["channel"] for each in row.candidates if each["eligible"])}
    if unit is not None and own & {channel.value for channel in Channel if channel.is_handed_over}:
        own.add(f"rep {unit.rep_id}")
    return [name for name in plan.summary.get("binding", ()) if name in own]


def _nothing(row: DecisionRow, plan: PlanRow | None) -> float | None:
    """How likely nothing was; None for decisions from before the whole distribution was kept."""
    if plan is None or not plan.made_from:
        return None
    return max(0.0, 1.0 - sum(float(each.get("probability") or 0.0) for each in row.candidates))


def _described(workspace: Workspace, plan: PlanRow | None) -> dict[str, Mapping[Language, str]]:
    return {name: action.describe for name, action in actions_of(workspace, plan).items()}


def _guardrails(
    workspace: Workspace, session: Session, row: DecisionRow, rows: list[DeliveryRow]
) -> Iterator[dict[str, Any]]:
    """What a guardrail stopped for good, and (`held`) what it held back for a time, first time of each reason."""
    steps = {delivery.key: delivery.step for delivery in rows}
    told: set[tuple[str, str]] = set()
    for attempt in deliveries.put_backs(session, list(steps)):
        if (attempt.key, attempt.note) not in told:
            told.add((attempt.key, attempt.note))
            at = _local(workspace, attempt.at)
            yield {"reason": attempt.note, "step": steps[attempt.key], "at": at, "held": True}
    for delivery in rows:
        if delivery.reason and delivery.state in _STOPPED:
            at = _local(workspace, delivery.ended_at)
            yield {"reason": delivery.reason, "step": delivery.step, "at": at, "held": False}
    journey = decisions.journey(session, row.id)
    if journey is not None and journey.reason:
        yield {"reason": journey.reason, "step": "", "at": None, "held": False}


def _deliveries(workspace: Workspace, rows: list[DeliveryRow], drafts: list[DraftRow]) -> Iterator[dict[str, Any]]:
    subjects = {draft.id: draft.body["subject"] for draft in drafts}
    for delivery in rows:
        yield {
            "step": delivery.step,
            "state": delivery.state,
            "at": _local(workspace, delivery.ended_at or delivery.due_at),
            "subject": subjects.get(delivery.draft_id, ""),
            "message_id": delivery.message_id,
        }


def _reviews(
    workspace: Workspace, session: Session, row: DecisionRow, drafts: list[DraftRow], plan: PlanRow | None
) -> Iterator[dict[str, Any]]:
    """The plan's review, then those of the words; a draft from before a revision counts with its own."""
    edited = {draft.review_id for draft in drafts if not draft.body["author"].startswith("agent:")}
    asked = [reviews.review(session, f"{row.campaign}.{row.cycle}.plan.{plan.revision}")] if plan is not None else []
    asked += [reviews.review(session, ident) for ident in dict.fromkeys(draft.review_id for draft in drafts)]
    for review in asked:
        if review is not None and (review.kind != ReviewKind.PLAN or review.state != ReviewState.OPEN):
            yield _review(workspace, review, review.id in edited)


def _review(workspace: Workspace, review: ReviewRow, edited: bool) -> dict[str, Any]:
    return {
        "id": review.id,
        "kind": review.kind,
        "decided_by": review.decided_by,
        "decided_at": _local(workspace, review.decided_at),
        "state": review.state,
        "edited": edited,
        "reason": review.answer.get("reason", ""),
    }


def _outcomes(workspace: Workspace, session: Session, row: DecisionRow) -> Iterator[dict[str, Any]]:
    cycle = campaigns.cycle(session, row.campaign, row.cycle)
    since, until = (cycle.starts_at, cycle.ends_at) if cycle is not None else (datetime.now(UTC), datetime.now(UTC))
    for outcome in outcomes.outcomes_of(session, row.unit_id, since):
        if outcome.happened_at < until:
            yield {
                "kind": outcome.kind.removeprefix("mail_"),
                "at": _local(workspace, outcome.happened_at),
                "value": outcome.value if outcome.kind == "survey_answered" else None,
            }


def _local(workspace: Workspace, moment: datetime | None) -> datetime | None:
    return moment.astimezone(workspace.brief.guardrails.quiet_hours.zone) if moment is not None else None

"""The gates: where the graphs stop for a person. What counts is the review row, decided by who may decide it."""

from typing import Any, Literal

from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from ..domain.clock import after_business_days
from ..domain.decision import Reason
from ..domain.draft import bundle_digest
from ..domain.playbook import Role
from ..domain.review import MAX_REVISIONS, ReviewKind, ReviewState
from ..store import campaigns, decisions, reviews
from ..store.tables import ReviewRow
from .state import CampaignState, ReviewThreadState
from .workspace import Context, Workspace


def open_plan_review(state: CampaignState, runtime: Runtime[Context]) -> CampaignState:
    """Put the plan before a supervisor. A plan that contacts nobody needs no approval, since nothing follows."""
    workspace = runtime.context.open()
    name, cycle, revision = state["campaign"], state["cycle"], state.get("revision", 0)
    now = workspace.clock.now()
    with workspace.store.write() as session:
        plan = campaigns.plan(session, name, cycle, revision)
        campaign = campaigns.campaign(session, name)
        assert plan is not None and campaign is not None
        review_id = state["review"]
        reviews.open_review(
            session,
            {
                "id": review_id,
                "campaign": name,
                "cycle": cycle,
                "kind": ReviewKind.PLAN.value,
                "subject": "plan",
                "revision": revision,
                "state": ReviewState.OPEN.value,
                "role": Role.SUPERVISOR.value,
                "assignee": None,
                "authors": ["agent:strategy", campaign.started_by],
                "digest": plan.digest,
                "summary": plan.summary,
                "opened_at": now,
                "expires_at": after_business_days(
                    now, workspace.brief.reviewers.expiry, workspace.brief.guardrails.quiet_hours
                ),
                "answer": {},
            },
        )
        row = reviews.review(session, review_id)
        assert row is not None
    return {"ask": as_request(row)}


def plan_gate(state: CampaignState) -> CampaignState:
    """Wait for a person."""
    interrupt(state["ask"])
    return {}


PlanRoute = Literal["plan_gate", "strategise", "write", "advance"]


def settle_plan(state: CampaignState, runtime: Runtime[Context]) -> Command[PlanRoute]:
    """Go on as the review row says; an answer that is not in the row changes nothing (fail closed)."""
    workspace = runtime.context.open()
    with workspace.store.read() as session:
        row = reviews.review(session, state["review"])
        plan = campaigns.plan(session, state["campaign"], state["cycle"], state.get("revision", 0))
    assert row is not None and plan is not None
    if row.state == ReviewState.OPEN:
        return Command(goto="plan_gate")
    if row.state == ReviewState.APPROVED and row.digest == plan.digest:
        _leave_out_of_plan(workspace, row)
        return Command(goto="write")
    if row.state == ReviewState.REJECTED and row.revision < MAX_REVISIONS:
        workspace.tell("revising_plan", by=row.decided_by, reason=row.answer.get("reason", ""))
        return Command(update={"revision": row.revision + 1}, goto="strategise")
    why = Reason.APPROVAL_EXPIRED if row.state == ReviewState.EXPIRED else Reason.NOT_APPROVED
    _leave_everybody_out(workspace, row, why)
    return Command(goto="advance")


def _leave_out_of_plan(workspace: Workspace, row: ReviewRow) -> None:
    """The actions a supervisor took out of an approved plan reach nobody."""
    without = set(row.answer.get("without", ()))
    with workspace.store.write() as session:
        made = decisions.chosen(session, row.campaign, row.cycle)
        decisions.leave_out(session, [d.id for d in made if d.action in without], Reason.LEFT_OUT_BY_REVIEWER)


def _leave_everybody_out(workspace: Workspace, row: ReviewRow, why: Reason) -> None:
    with workspace.store.write() as session:
        made = decisions.chosen(session, row.campaign, row.cycle)
        decisions.leave_out(session, [d.id for d in made], why)


def content_gate(state: ReviewThreadState) -> ReviewThreadState:
    """Wait for a person."""
    interrupt(state["ask"])
    return {}


ContentRoute = Literal["content_gate", "release", "revise", "drop"]


def settle_content(state: ReviewThreadState, runtime: Runtime[Context]) -> Command[ContentRoute]:
    """Go on as the review row says; an answer that is not in the row changes nothing (fail closed)."""
    with runtime.context.open().store.read() as session:
        row = reviews.review(session, state["review"])
        standing = bundle_digest(reviews.digests_of(session, state["review"]))
    assert row is not None
    if row.state == ReviewState.OPEN:
        return Command(goto="content_gate")
    if row.state == ReviewState.APPROVED and row.digest == standing:
        return Command(goto="release")
    if row.state == ReviewState.REJECTED and row.revision < MAX_REVISIONS:
        return Command(goto="revise")
    return Command(goto="drop")


def as_request(row: ReviewRow) -> dict[str, Any]:
    """The interrupt's payload in the shape of LangChain's HITLRequest, with ids and counts only.

    `args` and `arguments` say the same: existing inboxes read one or the other.
    """
    name = f"approve_{row.kind}"
    args = {"review": row.id, "digest": row.digest, "expires_at": row.expires_at.isoformat()}
    description = f"{row.kind} review {row.id}: decide with `kizuna approve {row.id}` or `kizuna reject {row.id}`"
    return {
        "action_requests": [{"name": name, "args": args, "arguments": args, "description": description}],
        "review_configs": [{"action_name": name, "allowed_decisions": ["approve", "reject"]}],
    }

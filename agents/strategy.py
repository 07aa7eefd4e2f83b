"""The strategy agent: what to try. Lever, actions, who gets which, at what price, and what to expect of it."""

from typing import Any

from langgraph.runtime import Runtime

from ..customers.eligibility import matches
from ..domain.decision import Candidate, Decision, Group, Reason, decision_id
from ..domain.draft import digest_of
from ..domain.review import Wish
from ..playbooks.loader import digest as playbook_digest
from ..store import campaigns, decisions, reviews
from ..store.tables import PlanRow, UnitGroupRow
from .choosing import Chosen, choose, enroll
from .forecast import plan_summary
from .levers import find_levers
from .scoring import load_snapshot
from .state import CampaignState
from .weighing import Weighed, current_beliefs, weigh
from .workspace import Context, Workspace

_CHUNK = 10_000
_BY_GROUP = {
    Group.HOLDOUT.value: Reason.HOLDOUT,
    Group.BUSINESS_AS_USUAL.value: Reason.BUSINESS_AS_USUAL,
}


def strategise(state: CampaignState, runtime: Runtime[Context]) -> CampaignState:
    """Choose the lever and, for each unit of the audience, an action or none; keep the plan for review."""
    workspace = runtime.context.open()
    name, cycle = state["campaign"], state["cycle"]
    revision = state.get("revision", 0)
    table = load_snapshot(workspace, state["snapshot"])
    segment = matches(workspace.brief.segment, table)
    wishes = _wishes(workspace, name, cycle, revision)
    beliefs = current_beliefs(workspace, cycle)
    potentials, useful = find_levers(workspace, table, segment, beliefs)
    weighed = weigh(workspace, table, segment, cycle=cycle, levers=useful, beliefs=beliefs)
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
    return made + _who_left(workspace, cycle, weighed, groups, versions)


def _who_left(
    workspace: Workspace, cycle: int, weighed: Weighed, groups: dict[str, UnitGroupRow], versions: dict[str, str]
) -> list[Decision]:
    """Units enrolled earlier that are not in the segment any more: left alone, with a receipt that says so."""
    here = set(weighed.unit_ids)
    outside = Reason.OUTSIDE_SEGMENT
    nothing = tuple(Candidate(action=a.action, eligible=False, why_not=outside.value) for a in weighed.actions)
    return [
        Decision(
            id=decision_id(workspace.brief.name, cycle, unit),
            campaign=workspace.brief.name,
            cycle=cycle,
            unit_id=unit,
            group=Group(row.group),
            action=None,
            reason=_BY_GROUP.get(row.group, outside),
            probability=1.0,
            explored=False,
            value_jpy=0.0,
            candidates=nothing,
            versions=versions,
        )
        for unit, row in sorted(groups.items())
        if unit not in here
    ]


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
    contacts = dict(zip(weighed.unit_ids, weighed.contacts, strict=True))
    rows = [decisions.as_row(d, contacts.get(d.unit_id)) for d in made]
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

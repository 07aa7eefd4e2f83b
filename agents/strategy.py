"""The strategy agent: what to try. Lever, actions, who gets which, at what price, and what to expect of it."""

from dataclasses import replace
from functools import partial

from langgraph.runtime import Runtime

from ..customers.eligibility import matches
from ..domain.decision import Reason
from ..domain.playbook import Lever
from ..domain.review import Wish
from ..store import reviews
from .believing import current_beliefs
from .choosing import enroll
from .levers import find_levers
from .likelier import Question, what_would_help
from .planning import Ground, keep_plan, make_plan
from .proposing import consider
from .scoring import load_snapshot
from .state import CampaignState
from .weighing import weigh
from .workspace import Context, Workspace

_ALL_LEVERS = frozenset(lever.value for lever in Lever)


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
    groups = enroll(workspace, cycle, weighed)
    unused = {action: Reason.LEFT_OUT_BY_REVIEWER for action in wishes.without}
    plan = partial(make_plan, workspace, cycle, revision, weighed, groups, potentials, fewer=wishes.fewer)
    planned = consider(
        workspace,
        cycle,
        plan(unused=unused),
        beliefs,
        lambda without, explore: plan(unused={**without, **unused}, explore=explore),
    )
    weigh_all = partial(weigh, workspace, table, segment, cycle=cycle, levers=_ALL_LEVERS, beliefs=beliefs)
    helps = what_would_help(Question(workspace, cycle, revision, planned, potentials, weigh_all))
    planned = replace(planned, summary={**planned.summary, "would_help": helps})
    digest = keep_plan(workspace, cycle, revision, planned, Ground(state["snapshot"], beliefs, useful))
    summary = planned.summary
    workspace.tell(
        "planned",
        lever=summary["lever"] or "",
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

"""A plan in full: what each unit would get, what it would cost and do, and how it is kept for review."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..decisioning.value.drivers import LeverPotential
from ..domain.decision import Candidate, Decision, Group, Reason, decision_id
from ..domain.draft import digest_of
from ..domain.made_from import MadeFrom
from ..store import campaigns, decisions
from ..store.tables import PlanRow, UnitGroupRow
from .choosing import Chosen, choose
from .forecast import plan_summary
from .versions import beliefs_digest, code_version, versions_of
from .weighing import Weighed
from .workspace import Workspace

_CHUNK = 10_000
_BY_GROUP = {
    Group.HOLDOUT.value: Reason.HOLDOUT,
    Group.BUSINESS_AS_USUAL.value: Reason.BUSINESS_AS_USUAL,
}


@dataclass(frozen=True)
class Planned:
    """One possible plan; nothing of it is kept before `keep_plan`."""

    weighed: Weighed
    groups: dict[str, UnitGroupRow]
    chosen: Chosen
    summary: dict[str, Any]
    terms: "Terms"


@dataclass(frozen=True)
class Terms:
    """What a plan was bound to: actions left out (and by whom), wishes for fewer, where chance may try, money gone."""

    unused: Mapping[str, Reason]
    fewer: float
    explore: frozenset[str]
    spent_jpy: float


def make_plan(
    workspace: Workspace,
    cycle: int,
    revision: int,
    weighed: Weighed,
    groups: dict[str, UnitGroupRow],
    potentials: list[LeverPotential],
    *,
    unused: Mapping[str, Reason],
    fewer: float,
    explore: frozenset[str] = frozenset(),
) -> Planned:
    """The best plan without the `unused` actions (and why each is): chance enters by the same seed in each plan."""
    kept = without(weighed, unused)
    with workspace.store.read() as session:
        terms = Terms(unused, fewer, explore, campaigns.spent_jpy(session, workspace.brief.name))
    chosen = choose(workspace, cycle, revision, kept, groups, fewer=fewer, explore=explore, spent_jpy=terms.spent_jpy)
    return Planned(kept, groups, chosen, plan_summary(workspace, cycle, kept, groups, chosen, potentials), terms)


def without(weighed: Weighed, unused: Mapping[str, Reason]) -> Weighed:
    """The same units and actions, with nobody eligible for the `unused` ones."""
    why_not, eligible = weighed.why_not.copy(), weighed.eligible.copy()
    for column, action in enumerate(weighed.actions):
        reason = unused.get(action.action)
        if reason is not None:
            why_not[eligible[:, column], column] = reason.value
            eligible[:, column] = False
    return replace(weighed, why_not=why_not, eligible=eligible)


def as_decisions(
    workspace: Workspace,
    cycle: int,
    weighed: Weighed,
    groups: dict[str, UnitGroupRow],
    chosen: Chosen,
    versions: dict[str, str],
) -> list[Decision]:
    """One decision for every enrolled unit, with all that was weighed for it."""
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
                unit_active=weighed.active[i],
                action=weighed.actions[pick - 1].action if pick else None,
                channel=weighed.channels[i, pick - 1] if pick else None,
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
        probability=float(chosen.probabilities[row, column + 1]),
        channel=weighed.channels[row, column],
    )


@dataclass(frozen=True)
class Ground:
    """What a plan stands on: the snapshot it read, what was believed, and the levers that counted."""

    snapshot: str
    beliefs: Mapping[str, Any]
    levers: frozenset[str]


def keep_plan(workspace: Workspace, cycle: int, revision: int, planned: Planned, ground: Ground) -> str:
    """Decisions and plan in one transaction; the digest binds who gets what."""
    weighed, summary = planned.weighed, planned.summary
    with workspace.store.read() as session:
        snapshot = campaigns.snapshot(session, workspace.brief.name, ground.snapshot)
        campaign = campaigns.campaign(session, workspace.brief.name)
    assert snapshot is not None and campaign is not None, "a plan stands on a running campaign's snapshot"
    versions = versions_of(workspace, campaign.brief_digest, snapshot, ground.beliefs)
    made = as_decisions(workspace, cycle, weighed, planned.groups, planned.chosen, versions)
    made_from = _made_from(workspace, planned, ground, snapshot.digest, campaign.brief_digest)
    digest = digest_of({"summary": summary, "choices": [[d.unit_id, d.action, d.channel] for d in made]})
    contacts = dict(zip(weighed.unit_ids, weighed.contacts, strict=True))
    rows = [decisions.as_row(d, contacts.get(d.unit_id)) for d in made]
    name = workspace.brief.name
    with workspace.store.write() as session:
        chunks = (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))
        decisions.replace_decisions(session, name, cycle, chunks)
        campaigns.keep_plan(
            session,
            PlanRow(
                campaign=name,
                cycle=cycle,
                revision=revision,
                digest=digest,
                summary=summary,
                made_from=made_from.model_dump(mode="json"),
            ),
        )
        row = campaigns.cycle(session, name, cycle)
        assert row is not None
        row.lever, row.feasibility = summary["lever"], summary["feasibility"]
        session.add(row)
    return digest


def _made_from(
    workspace: Workspace, planned: Planned, ground: Ground, snapshot_digest: str, brief_digest: str
) -> MadeFrom:
    terms = planned.terms
    return MadeFrom(
        brief=workspace.brief.model_dump(mode="json", by_alias=True, exclude_none=True),
        brief_digest=brief_digest,
        actions=tuple(action.model_dump(mode="json", by_alias=True) for action in planned.weighed.actions),
        snapshot=ground.snapshot,
        snapshot_digest=snapshot_digest,
        beliefs_digest=beliefs_digest(ground.beliefs),
        levers=tuple(sorted(ground.levers)),
        reps=tuple(sorted({rep for rep in planned.weighed.reps if rep})),
        unused=dict(terms.unused),
        fewer=terms.fewer,
        explore=tuple(sorted(terms.explore)),
        spent_jpy=terms.spent_jpy,
        code=code_version(),
    )

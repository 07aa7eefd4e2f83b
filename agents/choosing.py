"""Who gets what: groups drawn once, the policy's best allocation, and chance after it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np

from ..decisioning.choosing import allocation, balance
from ..decisioning.choosing.chances import chances
from ..decisioning.choosing.keeping_back import kept_for_chance
from ..decisioning.choosing.parity import Parity
from ..decisioning.measuring import experiment
from ..domain.decision import Group, Reason
from ..domain.playbook import Action, Channel, Term
from ..store import campaigns
from ..store.tables import UnitGroupRow
from .fairness import bounds
from .weighing import Weighed
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]


def enroll(workspace: Workspace, cycle: int, weighed: Weighed) -> dict[str, UnitGroupRow]:
    """Draw who is new into a group, for good; returns the group of every enrolled unit."""
    rows = draw_groups(workspace, cycle, weighed, workspace.clock.now())
    with workspace.store.write() as session:
        campaigns.enroll(session, rows)
        return campaigns.groups(session, workspace.brief.name)


def draw_groups(workspace: Workspace, cycle: int, weighed: Weighed, at: datetime) -> list[dict[str, Any]]:
    """The group of each unit by its hash, and what is known of it before anything is done, as rows to keep."""
    brief = workspace.brief
    shares = {group.value: share for group, share in brief.groups.items()}
    drawn = experiment.assign_groups(weighed.unit_ids, shares, salt=brief.name)
    pilot = _pilot_units(workspace, weighed)
    return [
        {
            "campaign": brief.name,
            "unit_id": unit,
            "group": group,
            "enrolled_cycle": cycle,
            "enrolled_at": at,
            "in_pilot": unit in pilot,
            "baseline_ltv_jpy": float(weighed.ltv_jpy[i]),
            "baseline_churn_risk": float(weighed.churn_risk[i]),
        }
        for i, (unit, group) in enumerate(zip(weighed.unit_ids, drawn, strict=True))
    ]


def _pilot_units(workspace: Workspace, weighed: Weighed) -> set[str]:
    """Who the pilot reaches: a rank, or the first units in the order of their hash, as good as random."""
    pilot = workspace.brief.pilot
    if pilot is None:
        return set(weighed.unit_ids)
    if pilot.units is None:
        return {unit for unit, rank in zip(weighed.unit_ids, weighed.ranks, strict=True) if rank == pilot.rank}
    salt = f"{workspace.brief.name}/pilot"
    ordered = sorted(weighed.unit_ids, key=lambda unit: hashlib.sha256(f"{salt}:{unit}".encode()).hexdigest())
    return set(ordered[: pilot.units])


class Enrolled(Protocol):
    """A unit's group, and what was known of it before anything was done."""

    group: str
    in_pilot: bool
    baseline_ltv_jpy: float
    baseline_churn_risk: float


class Chosen:
    """The outcome of allocation and chance: per unit the final choice (0 = nothing), its probability and reason.

    `probabilities` [n, k + 1] holds that of every choice that could have come out; rows sum to 1.
    """

    def __init__(self, n: int, k: int) -> None:
        self.choice = np.zeros(n, dtype=np.int64)
        self.probability = np.ones(n)
        self.probabilities = np.zeros((n, k + 1))
        self.probabilities[:, 0] = 1.0
        self.explored = np.zeros(n, dtype=bool)
        self.reason = np.full(n, None, dtype=object)
        self.binding: tuple[str, ...] = ()
        self.long_term_forgone_jpy = 0.0
        self.fairness_gaps: tuple[float, ...] = ()
        self.fairness_forgone_jpy = 0.0
        self.gave_way = np.zeros(n, dtype=bool)


def choose(
    workspace: Workspace,
    cycle: int,
    revision: int,
    weighed: Weighed,
    groups: Mapping[str, Enrolled],
    *,
    fewer: float,
    spent_jpy: float,
    explore: frozenset[str] = frozenset(),
) -> Chosen:
    """Allocate the policy group under budget and capacity, then let chance in; draw the random control group.

    `spent_jpy` is what the campaign has cost so far. Chance tries the actions in `explore` alone where any are named;
    the random control group draws from all.
    """
    chosen = Chosen(*weighed.eligible.shape)
    group = np.array([groups[unit].group for unit in weighed.unit_ids])
    piloting = workspace.brief.pilot is not None and cycle <= workspace.brief.pilot.cycles
    reached = np.array([not piloting or groups[u].in_pilot for u in weighed.unit_ids], dtype=bool)
    draws = experiment.unit_draws(weighed.unit_ids, f"{workspace.brief.name}/{cycle}/{revision}/draw", 2)
    explorable = np.array([not takes_a_person(action) for action in weighed.actions], dtype=bool)
    random = np.flatnonzero(reached & (group == Group.RANDOM_CONTROL))
    policy = np.flatnonzero(reached & (group == Group.POLICY))
    if random.size:
        drawn, probability = allocation.uniform_choice(weighed.eligible[random], explorable, draws[:, random])
        chosen.choice[random], chosen.probability[random] = drawn, probability
        chosen.explored[random] = True
        nobody = np.zeros(random.size, dtype=np.int64)
        chosen.probabilities[random] = chances(nobody, weighed.eligible[random] & explorable, 1.0)
    if policy.size:
        tried = explorable & np.array([not explore or a.action in explore for a in weighed.actions], dtype=bool)
        share = workspace.brief.exploration * fewer
        kept = _by_chance(weighed, random, policy, explorable, tried, share)
        groupings = [part.pick(policy) for part in weighed.groupings]
        parities = bounds(workspace.brief, groupings, weighed.eligible[policy], tried, ~explorable, share)
        filled = _allocate(
            workspace, cycle, weighed, policy, explorable, kept, parities, fewer=fewer, spent_jpy=spent_jpy
        )
        best = filled.balance
        chosen.fairness_gaps = tuple(parity.gap(best.allocation.choice - 1) for parity in parities)
        chosen.fairness_forgone_jpy = filled.fairness_forgone_jpy
        chosen.gave_way[policy] = filled.gave_way
        chosen.choice[policy] = best.allocation.choice
        by_chance = _left_to_chance(best.allocation.choice, explorable)
        shares = np.where(by_chance, share, 0.0)
        chosen.probabilities[policy] = chances(best.allocation.choice, weighed.eligible[policy] & tried, shares)
        free = policy[by_chance]
        drawn, probability, explored = allocation.explore(
            chosen.choice[free],
            weighed.eligible[free],
            tried,
            share,
            draws[:, free],
        )
        chosen.choice[free], chosen.probability[free], chosen.explored[free] = drawn, probability, explored
        chosen.binding, chosen.long_term_forgone_jpy = best.allocation.binding, best.forgone_jpy
    _give_reasons(chosen, weighed, group, reached)
    return chosen


def _left_to_chance(choice: Array, explorable: Array) -> Array:
    """Whose choice chance may change: it takes away nobody's personal care, nor spends a person's time."""
    by_hand = np.concatenate([[False], ~explorable])
    return ~by_hand[choice]


@dataclass(frozen=True)
class _Kept:
    """What is kept back for chance: for what random control and exploration will draw."""

    cost_jpy: float
    by_channel: dict[Channel, float]


def _by_chance(weighed: Weighed, random: Array, policy: Array, explorable: Array, tried: Array, share: float) -> _Kept:
    """What random control and exploration are expected to use, with room for bad luck; whatever they draw."""
    probability = np.zeros(weighed.eligible.shape)
    for rows, options, part in ((random, explorable, 1.0), (policy, tried, share)):
        open_to = weighed.eligible[rows] & options
        probability[rows] = part * open_to / (1 + open_to.sum(axis=1, keepdims=True))
    by_channel = {
        channel: kept_for_chance(probability, weighed.channels == channel)
        for channel in (Channel.EMAIL, Channel.LETTER)
    }
    return _Kept(kept_for_chance(probability, weighed.cost), by_channel)


@dataclass(frozen=True)
class _Filled:
    """The allocation, what the fairness bound costs in expected value, and who had to give way for it."""

    balance: balance.Balance
    fairness_forgone_jpy: float
    gave_way: Array


def _allocate(
    workspace: Workspace,
    cycle: int,
    weighed: Weighed,
    policy: Array,
    explorable: Array,
    kept: _Kept,
    parities: Sequence[Parity],
    *,
    fewer: float,
    spent_jpy: float,
) -> _Filled:
    """The best use of what is left of the budget for this cycle, keeping back what chance uses.

    Where a reviewer wants fewer, the most valuable of those who would be contacted are kept.
    """
    brief = workspace.brief
    cycles_left = max(1, brief.cycles - cycle + 1)
    budget = max(0.0, (brief.budget.total - spent_jpy) / cycles_left - kept.cost_jpy)
    limits = _capacities(workspace, weighed, policy, explorable, kept)
    worth, cost, eligible = weighed.value[policy], weighed.cost[policy], weighed.eligible[policy]
    long_term = np.array([action.term is Term.LONG for action in weighed.actions], dtype=bool)

    def best_within(bounds: Sequence[Parity]) -> balance.Balance:
        def fill(value: Array) -> allocation.Allocation:
            return allocation.allocate(value, cost, eligible, budget=budget, capacity=limits, parities=bounds)

        return balance.balance(worth, long_term, brief.long_term, fill)

    best = best_within(())
    if fewer < 1:
        wished = float(int((best.allocation.choice > 0).sum() * fewer))
        limits.append(allocation.Capacity("reviewer", wished, tuple(range(len(weighed.actions)))))
        best = best_within(())
    if all(parity.holds(best.allocation.choice - 1) for parity in parities):
        return _Filled(best, 0.0, np.zeros(policy.size, dtype=bool))
    fair = best_within(parities)
    forgone_jpy = balance.worth_of(best.allocation, worth) - balance.worth_of(fair.allocation, worth)
    return _Filled(fair, forgone_jpy, (best.allocation.choice > 0) & (fair.allocation.choice == 0))


def takes_a_person(action: Action) -> bool:
    """Whether each use of the action costs a rep's or a member of staff's time: chance does not spend that."""
    return any(channel.is_handed_over for channel in action.channels)


def _capacities(
    workspace: Workspace, weighed: Weighed, policy: Array, explorable: Array, kept: _Kept
) -> list[allocation.Capacity]:
    """Mails and letters per cycle, and what a rep or a member of staff can read before the reviews expire."""
    brief = workspace.brief
    weekly = {Channel.EMAIL: brief.capacity.email_per_week, Channel.LETTER: brief.capacity.letters_per_week}
    limits = []
    for channel, a_week in weekly.items():
        columns = tuple(j for j, action in enumerate(weighed.actions) if channel in action.channels)
        if columns and a_week is not None:
            shared = any(len(weighed.actions[j].channels) > 1 for j in columns)
            pairs = weighed.channels[policy] == channel if shared else None
            limit = max(0.0, a_week * brief.cycle.days / 7 - kept.by_channel[channel])
            limits.append(allocation.Capacity(channel.value, limit, columns, pairs=pairs))
    by_hand = tuple(np.flatnonzero(~explorable).tolist())
    mixed = any(len(weighed.actions[j].channels) > 1 for j in by_hand)
    handed = np.isin(weighed.channels[policy].astype(str), [c.value for c in Channel if c.is_handed_over])
    reps = np.array([weighed.reps[i] or "" for i in policy], dtype=object)
    for rep in sorted({rep for rep in reps if rep}) if by_hand else ():
        per_rep = brief.capacity.drafts_per_rep_per_week
        pairs = handed & (reps == rep)[:, None] if mixed else None
        members = None if mixed else reps == rep
        limits.append(allocation.Capacity(f"rep {rep}", float(per_rep), by_hand, members, pairs))
    return limits


def _give_reasons(chosen: Chosen, weighed: Weighed, group: Array, reached: Array) -> None:
    """Why units get nothing, from the strongest reason to the weakest."""
    nothing = chosen.choice == 0
    worth = np.where(weighed.eligible, weighed.value, -np.inf).max(axis=1, initial=-np.inf)
    chosen.reason[nothing] = Reason.LIMIT
    chosen.reason[nothing & chosen.gave_way] = Reason.FAIRNESS
    chosen.reason[nothing & (worth <= 0)] = Reason.NO_VALUE
    uplift = np.where(weighed.eligible, weighed.uplift, -np.inf).max(axis=1, initial=-np.inf)
    chosen.reason[nothing & (worth <= 0) & (uplift < 0)] = Reason.UPLIFT_NEGATIVE
    chosen.reason[nothing & chosen.explored] = Reason.CHANCE
    chosen.reason[nothing & ~weighed.eligible.any(axis=1)] = Reason.NOT_ELIGIBLE
    chosen.reason[nothing & ~reached] = Reason.OUTSIDE_PILOT
    chosen.reason[group == Group.BUSINESS_AS_USUAL] = Reason.BUSINESS_AS_USUAL
    chosen.reason[group == Group.HOLDOUT] = Reason.HOLDOUT

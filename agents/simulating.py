"""One campaign in fast-forward on the twin: decided by the functions of a real one, lived by drawn customers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..customers.eligibility import matches
from ..customers.table import FeatureTable
from ..decisioning.learning import uplift
from ..decisioning.simulation.happening import Draws
from ..decisioning.simulation.worlds import for_each_unit
from ..domain.decision import Group
from ..domain.playbook import Action, Branch, Send
from .choosing import Chosen, choose, draw_groups
from .comparing import baseline_of_goal, compare
from .levers import find_levers
from .twin import Twin
from .twin_learning import Learner, Log
from .twin_living import Lives, Push, Truth, live, measured, worth_so_far
from .twin_record import CycleSeen, Run, seen_in
from .twin_truth import Effects
from .twin_ways import History, Standing, find_ways
from .weighing import Weighed, stake, weigh

Array = np.ndarray[Any, np.dtype[Any]]

#: Each contact of the cycle before takes this share off what another one does.
FATIGUE = 0.15
#: Of those who get a message, so many then ask for no more.
OPT_OUTS_PER_MESSAGE = 0.002
#: Of those who are asked something, so many answer, and get the message that follows the answer.
ANSWERS = 0.3


@dataclass
class Member:
    """A unit that was drawn into a group."""

    group: str
    in_pilot: bool
    baseline_ltv_jpy: float
    baseline_churn_risk: float


@dataclass(frozen=True)
class Decided:
    """What a cycle decides."""

    table: FeatureTable
    weighed: Weighed
    joined: dict[str, Member]
    """Who was drawn into a group now, for good."""
    chosen: Chosen
    where: Array
    """Places in the twin of the units weighed."""


def decide(
    twin: Twin,
    standing: Standing,
    history: History,
    lives: Lives,
    cycle: int,
    groups: dict[str, Member],
    beliefs: dict[str, uplift.Belief],
) -> Decided:
    """Levers, values, groups, allocation and chance, by the functions of the real campaign."""
    workspace = twin.workspace
    present = np.flatnonzero(twin.joins <= cycle)
    table = twin.stand(present, lives.row, lives.value)
    segment = matches(workspace.brief.segment, table)
    _, useful = find_levers(workspace, table, segment, beliefs)
    ways = find_ways(standing, history, present)
    weighed = weigh(workspace, table, segment, cycle=cycle, levers=useful, beliefs=beliefs, find_ways=ways)
    at = twin.starts_at + (cycle - 1) * workspace.brief.cycle
    kept = ("group", "in_pilot", "baseline_ltv_jpy", "baseline_churn_risk")
    drawn = draw_groups(workspace, cycle, weighed, at)
    joined = {row["unit_id"]: Member(*(row[k] for k in kept)) for row in drawn if row["unit_id"] not in groups}
    members = {**groups, **joined}
    chosen = choose(workspace, cycle, 0, weighed, members, fewer=1.0, spent_jpy=history.spent_jpy)
    return Decided(table, weighed, joined, chosen, present[np.flatnonzero(segment)])


def simulate(twin: Twin, standing: Standing, first: Decided, effects: Effects, seed: list[int]) -> Run:
    """A whole campaign in which the actions truly have these `effects`.

    `first` is what cycle 1 decides, the same in every run; `seed` names the run.
    """
    return _Simulated(twin, standing, effects, seed).play(first)


class _Simulated:
    def __init__(self, twin: Twin, standing: Standing, effects: Effects, seed: list[int]) -> None:
        self.twin, self.standing, self.seed = twin, standing, seed
        self.actions = [twin.workspace.actions[name] for name in twin.workspace.brief.playbooks]
        self.learner = Learner(twin)
        self.history, self.groups = History(twin), dict[str, Member]()
        self.lives, self.untouched = Lives.of(twin), Lives.of(twin)
        rng = np.random.default_rng([*seed, 0, 1])
        rates = {kind: rates.draw(rng) for kind, rates in twin.rates.items()}
        self.truth = Truth(effects, float(rng.random()), twin.shift.draw(rng), rates)
        self.place = {unit: i for i, unit in enumerate(twin.unit_ids)}

    def play(self, first: Decided) -> Run:
        seen = []
        for cycle in range(1, self.twin.workspace.brief.cycles + 1):
            if cycle == 1:
                decided = first
            else:
                decided = decide(
                    self.twin, self.standing, self.history, self.lives, cycle, self.groups, self.learner.beliefs
                )
            self.groups |= decided.joined
            seen.append(self._cycle(cycle, decided))
        return self._ended(seen)

    def _cycle(self, cycle: int, decided: Decided) -> CycleSeen:
        rng = np.random.default_rng([*self.seed, cycle])
        n, here = len(self.twin.unit_ids), self.twin.joins <= cycle
        push = self._push(decided, cycle)
        draws = Draws.of(rng, n)
        live(self.twin, self.truth, self.untouched, draws, Push.none(n), here)
        live(self.twin, self.truth, self.lives, draws, push, here)
        seen = self._deliver(decided, cycle, rng)
        self._learn(decided)
        seen.beliefs = dict(self.learner.beliefs)
        self._measure(cycle, seen)
        return seen

    def _push(self, decided: Decided, cycle: int) -> Push:
        """What the cycle's contacts do in truth; before they are counted, so that fatigue is of the cycle before."""
        push = Push.none(len(self.twin.unit_ids))
        tired = self.history.messages[:, cycle - 2] if cycle > 1 else np.zeros(len(self.twin.unit_ids))
        rested = (1.0 - FATIGUE) ** tired
        segment = matches(self.twin.workspace.brief.segment, decided.table)
        rows = np.flatnonzero(segment)
        for column, action in enumerate(self.actions):
            mine = decided.chosen.choice == column + 1
            if not mine.any():
                continue
            scale, worth = stake(self.twin.workspace, decided.table, rows, action)
            fits = matches(action.when, decided.table)[rows]
            effect = for_each_unit(
                self.truth.effects.on_units(column, decided.table, rows), scale, self.truth.power, fits
            )
            share = min(1.0, self.twin.cycle_days / action.value.within_days)
            units = decided.where[mine]
            push.by_kind[action.value.kind][units] += effect[mine] * share * rested[units]
            push.order_margin_jpy[units] = worth[mine]
        return push

    def _deliver(self, decided: Decided, cycle: int, rng: np.random.Generator) -> CycleSeen:
        """What leaves, what it costs, who has to read it before, and who then asks for no more."""
        weighed, chosen, day = decided.weighed, decided.chosen, (cycle - 1) * self.twin.cycle_days
        picked = np.flatnonzero(chosen.choice > 0)
        columns = chosen.choice[picked] - 1
        cost = float(weighed.cost[picked, columns].sum())
        answered = rng.random(len(self.twin.unit_ids)) < ANSWERS
        turned_off = rng.random(len(self.twin.unit_ids))
        held_back = 0
        for column, action in enumerate(self.actions):
            mine = picked[columns == column]
            units = decided.where[mine]
            self.history.reach(action.action, units, day)
            written = np.array(
                [not c.is_handed_over or c.is_a_message for c in weighed.channels[mine, column]], dtype=bool
            )
            units = units[written] if units.size else units
            wanted = _messages(action)[0] + answered[units] * _messages(action)[1]
            allowed = np.minimum(wanted, self._room(units, cycle))
            held_back += int((wanted - allowed).sum())
            self.history.messages[units, cycle - 1] += allowed.astype(np.int64)
            leaves = turned_off[units] < 1.0 - (1.0 - OPT_OUTS_PER_MESSAGE) ** allowed
            self.history.opted_out[units] |= leaves
        self.history.spent_jpy += cost
        return seen_in(weighed, chosen, self.actions, cost, held_back)

    def _room(self, units: Array, cycle: int) -> Array:
        """How many messages the caps leave each unit in this cycle; of windows shorter than a cycle, as many as fit."""
        days, room = self.twin.cycle_days, np.full(len(units), np.inf)
        for cap in self.twin.workspace.caps(cycle):
            if cap.per.days < days:
                limit = np.full(len(units), cap.messages * max(1, days // max(cap.per.days, 1)))
            else:
                back = max(0, -(-cap.per.days // days) - 1)
                earlier = self.history.messages[units, max(0, cycle - 1 - back) : cycle - 1].sum(axis=1)
                limit = np.maximum(cap.messages - earlier, 0)
            room = np.minimum(room, limit)
        return room

    def _learn(self, decided: Decided) -> None:
        group = np.array([self.groups[unit].group for unit in decided.weighed.unit_ids])
        log = Log(decided.table, decided.weighed, decided.chosen, decided.where, group, {})
        self.learner.learn(log, self.lives.outcome)

    def _measure(self, cycle: int, seen: CycleSeen) -> None:
        unit_ids = sorted(u for u, row in self.groups.items() if row.group in (Group.POLICY, Group.HOLDOUT))
        at = np.array([self.place[unit] for unit in unit_ids])
        y = measured(self.twin, self.lives)[at]
        is_policy = np.array([self.groups[unit].group == Group.POLICY for unit in unit_ids], dtype=bool)
        before = np.array([baseline_of_goal(self.twin.workspace, self.groups[unit]) for unit in unit_ids])
        found = compare(self.twin.workspace, y, before, is_policy, cycle)
        seen.verdict, lift = found["verdict"], found["lift"]
        seen.lift, seen.lift_low, seen.lift_high = (
            float("nan") if lift[key] is None else float(lift[key]) for key in ("estimate", "low", "high")
        )

    def _ended(self, seen: list[CycleSeen]) -> Run:
        policy = np.array(
            [self.place[u] for u, row in self.groups.items() if row.group == Group.POLICY], dtype=np.int64
        )
        reachable = [
            self.place[u] for u, row in self.groups.items() if row.group in (Group.POLICY, Group.RANDOM_CONTROL)
        ]
        touched, alone = measured(self.twin, self.lives)[policy], measured(self.twin, self.untouched)[policy]
        base = float(np.nanmean(alone)) if policy.size and np.isfinite(alone).any() else 0.0
        lift = float(np.nanmean(touched)) / base - 1.0 if base else float("nan")
        gained = worth_so_far(self.twin, self.lives) - worth_so_far(self.twin, self.untouched)
        messages = self.history.messages[reachable].sum(axis=1)
        return Run(
            self.truth.effects.average, seen, lift, float(gained.sum()), messages, int(self.history.opted_out.sum())
        )


def _messages(action: Action) -> tuple[int, int]:
    """Messages that everybody reached gets, and whether one more follows an answer."""
    sure = sum(isinstance(step, Send) for step in action.steps)
    last = action.steps[-1]
    return sure, int(isinstance(last, Branch) and any(arm.send for arm in last.branch))

"""What was decided and what came of it, as a log that other policies can be judged by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..customers import outcomes as seen
from ..customers.opening import Customers
from ..customers.table import FeatureTable
from ..decisioning.choosing import allocation
from ..decisioning.evaluation import off_policy, rewards
from ..domain.decision import Group, Reason
from ..domain.playbook import Action
from ..store import campaigns, decisions
from ..store.tables import CycleRow, DecisionRow, SnapshotRow
from .scoring import load_snapshot
from .valuing_contracts import contract_values, staying_of
from .weighing import Weighed, weigh
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]

#: What a decision's worth is foreseen by, besides what was done.
_FORESEEN_BY = ("ltv_jpy", "churn_risk")
_LOGGED = (Group.POLICY.value, Group.RANDOM_CONTROL.value)
_HARM = (Reason.DOES_HARM.value, Reason.HARMS_SUCH_UNITS.value)
_SEED = 20_260
#: One group's log may be thinner than the whole: each is only a part of what is said.
_MINIMUM_ESS_OF_GROUP = off_policy.MINIMUM_ESS / 2


@dataclass(frozen=True)
class Past:
    """One cycle: units by options, of which the first is nothing and the others are the brief's actions in order."""

    cycle: int
    table: FeatureTable
    where: Array
    """The units' places in the table."""
    group: Array
    taken: Array
    """The option that was decided, before anybody or anything stopped it: intention to treat."""
    probability: Array
    """Of every option [n, k + 1], when the decision was made."""
    cost: Array
    """JPY of every option [n, k + 1]."""
    channels: Array
    value_jpy: Array
    """What the cycle brought: margin received, and the rest that is to come, less what the decision cost."""

    def __len__(self) -> int:
        return int(self.taken.size)

    @property
    def unit_ids(self) -> list[str]:
        return [self.table.unit_ids[i] for i in self.where]

    @property
    def open(self) -> Array:
        """The options that could have come out. What had no chance can't be judged, and no policy compared uses it."""
        return np.asarray(self.probability > 1e-9)

    @property
    def otherwise(self) -> Array:
        """Nothing, or what there was no way around: care by a person, which chance does not take away."""
        return np.asarray(np.argmax(self.open, axis=1))

    def held_to_open(self, choice: Array) -> Array:
        """The choice where it could have come out, else what comes otherwise."""
        return np.where(self.open[np.arange(len(self)), choice], choice, self.otherwise)

    @property
    def logged(self) -> Array:
        """Whose decision policy or chance made; the others only say what comes without contact."""
        return np.isin(self.group, _LOGGED)


def read_past(workspace: Workspace, customers: Customers, until_cycle: int) -> list[Past]:
    """The measured log of the cycles up to this one, the newest last; who was erased is in it no more."""
    with workspace.store.read() as session:
        rows = [row for row in campaigns.cycles(session, workspace.brief.name) if row.number <= until_cycle]
    found = []
    for row in rows:
        if row.snapshot is None:
            continue
        with workspace.store.read() as session:
            made = decisions.decisions_of_cycle(session, workspace.brief.name, row.number)
            manifest = campaigns.snapshot(session, workspace.brief.name, row.snapshot)
        assert manifest is not None
        past = _past(workspace, customers, row, manifest, made)
        if len(past):
            found.append(past)
    return found


def _past(
    workspace: Workspace, customers: Customers, cycle: CycleRow, manifest: SnapshotRow, made: list[DecisionRow]
) -> Past:
    table = load_snapshot(workspace, manifest.name)
    names = [action.action for action in _actions(workspace)]
    place = {unit: i for i, unit in enumerate(table.unit_ids)}
    used = [row for row in made if row.unit_id in place and row.reason != Reason.OUTSIDE_PILOT]
    candidates = [{c["action"]: c for c in row.candidates} for row in used]
    shape = (len(used), len(names))
    probability, cost = (
        np.array([[float(of.get(name, {}).get(key) or 0.0) for name in names] for of in candidates]).reshape(shape)
        for key in ("probability", "cost_jpy")
    )
    channels = np.array([[of.get(name, {}).get("channel") for name in names] for of in candidates], dtype=object)
    column = {name: j + 1 for j, name in enumerate(names)}
    taken = np.array([column.get(row.planned_action or "", 0) for row in used], dtype=np.int64)
    nothing = np.clip(1.0 - probability.sum(axis=1), 0.0, 1.0)
    cost = np.column_stack([np.zeros(len(used)), cost])
    where = np.array([place[row.unit_id] for row in used], dtype=np.int64)
    value = _value_jpy(workspace, customers, cycle, table, where, manifest.model)
    past = Past(
        cycle=cycle.number,
        table=table,
        where=where,
        group=np.array([row.group for row in used], dtype=object),
        taken=taken,
        probability=np.column_stack([nothing, probability]),
        cost=cost,
        channels=channels.reshape(shape),
        value_jpy=value - cost[np.arange(len(used)), taken],
    )
    certain = past.probability[np.arange(len(used)), taken] > 0.0
    return _some(past, np.isfinite(value) & certain)


def _value_jpy(
    workspace: Workspace,
    customers: Customers,
    cycle: CycleRow,
    table: FeatureTable,
    where: Array,
    model: Mapping[str, Any],
) -> Array:
    """Margin received in the cycle and, of a contract that still runs at its end, the rest as foreseen at its start.

    The same risk on both ends, and the LTV model of the snapshot that was decided on, as the measurement has it: what
    is compared is who stayed, who pays more and who bought, not two forecasts. A new customer by recommendation counts
    as an average one.
    """
    business, unit_ids = workspace.brief.business, [table.unit_ids[i] for i in where]
    period = (cycle.starts_at, cycle.ends_at)
    received = seen.margin_received(customers, unit_ids, *period, business.margin)
    if any(action.value.kind == "referred" for action in _actions(workspace)):
        known = table.columns["ltv_jpy"].astype(float)
        average = float(np.nanmean(known)) if np.isfinite(known).any() else 0.0
        received = received + average * np.nan_to_num(seen.referred(customers, unit_ids, *period))
    if business.model == "transactions":
        return received
    price, alive = seen.price_and_alive(customers, unit_ids, cycle.ends_at)
    at_the_end = table.pick(where).with_columns(monthly_price_jpy=price, is_active=alive)
    risk = at_the_end.columns["churn_risk"].astype(float)
    usual = float(np.nanmean(risk)) if np.isfinite(risk).any() else 0.0
    rest = contract_values(
        workspace,
        at_the_end,
        np.nan_to_num(risk, nan=usual),
        staying_of(model.get("value", {})),
        tells=not model.get("is_fallback", False),
    )
    return np.asarray(received + np.where(alive == 0.0, 0.0, rest))


def _some(past: Past, rows: Array) -> Past:
    picked = {
        key: getattr(past, key)[rows]
        for key in ("where", "group", "taken", "probability", "cost", "channels", "value_jpy")
    }
    return Past(cycle=past.cycle, table=past.table, **picked)


def _actions(workspace: Workspace) -> list[Action]:
    return [workspace.actions[name] for name in workspace.brief.playbooks]


@dataclass
class _WaysThen:
    """The channels as they were when the cycle was decided."""

    contacts: list[str | None]
    reps: list[str | None]
    channels: Mapping[str, Array]

    def best_channels(self, action: Action, why_not: Array) -> Array:
        found: Array = self.channels[action.action].copy()
        found[why_not != ""] = None
        return found


def weigh_again(workspace: Workspace, past: Past, beliefs: Mapping[str, Any]) -> Weighed:
    """The cycle's decisions weighed by other beliefs, over the channels of then; rows are in the order of the past."""
    actions = _actions(workspace)
    ranks = np.argsort(past.where)
    then = {action.action: past.channels[ranks, j] for j, action in enumerate(actions)}
    nobody: list[str | None] = [None] * len(past)
    units = np.zeros(len(past.table), dtype=bool)
    units[past.where] = True
    weighed = weigh(
        workspace,
        past.table,
        units,
        cycle=past.cycle,
        levers=frozenset(action.lever for action in actions),
        beliefs=beliefs,
        find_ways=lambda *_: _WaysThen(nobody, nobody, then),
    )
    assert weighed.unit_ids == [past.table.unit_ids[i] for i in past.where[ranks]]
    return weighed


def best_options(workspace: Workspace, past: Past, weighed: Weighed) -> tuple[Array, Array]:
    """What a policy that believes this would have decided for all, and what it expects of every option [n, k + 1].

    Only what could have come out, and within the budget's share; capacities of channels and people are not replayed.
    """
    back = np.argsort(np.argsort(past.where))
    may = past.open[:, 1:] & ~np.isin(weighed.why_not[back].astype(str), _HARM)
    expected = weighed.value[back] + weighed.cost[back] - past.cost[:, 1:]
    decided = max(int((past.group == Group.POLICY).sum()), 1)
    budget = workspace.brief.budget.total / workspace.brief.cycles * max(1.0, len(past) / decided)
    best = allocation.allocate(expected, past.cost[:, 1:], may, budget=budget)
    return past.held_to_open(best.choice), np.column_stack([np.zeros(len(past)), expected])


@dataclass(frozen=True)
class Judge:
    """Values policies by the whole log, group by group: each group has chances of its own."""

    past: list[Past]
    predicted: list[Array]
    level: float

    def value(self, policies: list[Array], method: off_policy.Method) -> off_policy.Estimate | off_policy.Refusal:
        """JPY a unit and cycle under policies given as probabilities, one array per cycle of the past."""
        return self._pooled(
            off_policy.evaluate(
                log, policies_of, method, predicted=predicted, level=self.level, minimum_ess=_MINIMUM_ESS_OF_GROUP
            )
            for log, (policies_of,), predicted in self._by_group([policies])
        )

    def difference(
        self, policies: list[Array], others: list[Array], method: off_policy.Method = off_policy.Method.dr
    ) -> off_policy.Estimate | off_policy.Refusal:
        """How much more one brings than the other, paired."""
        return self._pooled(
            off_policy.compare(
                log, first, second, method, predicted=predicted, level=self.level, minimum_ess=_MINIMUM_ESS_OF_GROUP
            )
            for log, (first, second), predicted in self._by_group([policies, others])
        )

    def _by_group(self, sides: list[list[Array]]) -> Iterator[tuple[off_policy.Log, list[Array], Array]]:
        group = np.concatenate([past.group for past in self.past])
        taken = np.concatenate([past.taken for past in self.past])
        probability = np.concatenate([past.probability for past in self.past])
        value = np.concatenate([past.value_jpy for past in self.past])
        units = _numbered(self.past)
        whole = [np.concatenate(side) for side in sides]
        predicted = np.concatenate(self.predicted)
        for one in _LOGGED:
            rows = np.flatnonzero(group == one)
            if rows.size:
                chance = probability[rows, taken[rows]]
                log = off_policy.Log(taken[rows], np.minimum(chance, 1.0), value[rows], units[rows])
                yield log, [side[rows] for side in whole], predicted[rows]

    def _pooled(
        self, found: Iterator[off_policy.Estimate | off_policy.Refusal]
    ) -> off_policy.Estimate | off_policy.Refusal:
        judged = list(found)
        known = [one for one in judged if isinstance(one, off_policy.Estimate)]
        if known:
            whole = off_policy.pooled(known)
            return whole if whole.ess >= off_policy.MINIMUM_ESS else off_policy.Refusal.thin
        return next((one for one in judged if isinstance(one, off_policy.Refusal)), off_policy.Refusal.few)


def judge(past: list[Past], *, level: float) -> Judge:
    """Prepares the log: what each option is expected to bring each unit, by fits that have not seen the unit."""
    features = np.concatenate([_foreseen_by(one) for one in past])
    taken = np.concatenate([one.taken for one in past])
    options = past[0].probability.shape[1]
    gross = np.concatenate([one.value_jpy + one.cost[np.arange(len(one)), one.taken] for one in past])
    cost = np.concatenate([one.cost for one in past])
    rng = np.random.default_rng(_SEED)
    predicted = rewards.cross_fitted(features, taken, gross, options, rng, cluster=_numbered(past)) - cost
    ends = np.cumsum([len(one) for one in past])[:-1]
    return Judge(past, np.split(predicted, ends), level)


def _foreseen_by(past: Past) -> Array:
    worth, risk = (np.nan_to_num(past.table.columns[name].astype(float)[past.where]) for name in _FORESEEN_BY)
    return np.column_stack([worth, risk, worth * risk, np.full(len(past), float(past.cycle))])


def _numbered(past: list[Past]) -> Array:
    names = np.array([unit for one in past for unit in one.unit_ids], dtype=object)
    return np.asarray(np.unique(names.astype(str), return_inverse=True)[1], dtype=np.int64)

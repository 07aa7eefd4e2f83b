"""The digital twin of a company's customers: what its snapshot, its past and the playbook say of them, ready to be run.

A unit stands on a row of today's table: it is like the customer who was found there. From cycle to cycle it moves to
the row of somebody like it, as such customers were seen to move in the cycle before today. Its own are its group, its
contacts, its rep, and what it pays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from ..customers import outcomes as seen
from ..customers.eligibility import answers
from ..customers.opening import Customers
from ..customers.table import FeatureTable
from ..decisioning.learning import uplift
from ..decisioning.simulation.base_rates import Rates, Shift, rates_of, shift_of
from ..decisioning.simulation.moving import Moves, learn_moves
from .predicting import start_of
from .workspace import Workspace
from .worth import chance_of_loss, usual_order_jpy

Array = np.ndarray[Any, np.dtype[Any]]

#: What happened to a unit in a cycle, as far as it decides where it stands in the next.
STAYED, LOST, UPGRADED, AWAY, BACK = range(5)
KINDS = 5
#: Under contracts each cycle's outcome is one of the five; without them it is ORDERED or STAYED (did not order).
ORDERED = UPGRADED


@dataclass(frozen=True)
class Twin:
    """Everything that is the same in all runs. Units [n] come first as they are today, then those yet to join."""

    workspace: Workspace
    starts_at: datetime
    table: FeatureTable
    """Today's table with the answers to all rules; units stand on its rows."""
    unit_ids: list[str]
    origin: Array
    """The row each unit is today; of who has yet to join, the row of somebody who just did."""
    joins: Array
    """The cycle in which each unit is first there, from 1."""
    value: Array
    """What each row pays: the monthly price, or its usual order, in JPY."""
    moves: Moves
    shift: Shift
    rates: Mapping[str, Rates]
    inside: Mapping[str, Array]
    """Per kind of outcome, the rows that an action with this aim fits: they have a rate of their own."""
    beliefs: Mapping[str, uplift.Belief]
    share: float
    """Of the real units that the twin holds."""

    @property
    def has_contracts(self) -> bool:
        return self.workspace.brief.business.model == "subscription"

    @property
    def cycle_days(self) -> int:
        return self.workspace.brief.cycle.days

    def stand(self, units: Array, row: Array, value: Array) -> FeatureTable:
        """The table of these units where they stand now: their row's figures, with what is their own."""
        ratio = own_ratio(self, row, value)[units]
        at = row[units]
        columns = {name: column[at] for name, column in self.table.columns.items()}
        columns["rep_id"] = self.table.columns["rep_id"][self.origin[units]]
        for name in ("ltv_jpy", "mean_order_value_jpy", "monthly_price_jpy"):
            columns[name] = columns[name].astype(float) * ratio
        ids = [self.unit_ids[i] for i in units]
        return FeatureTable(ids, columns, {rule: known[at] for rule, known in self.table.answered.items()})


def own_ratio(twin: Twin, row: Array, value: Array) -> Array:
    """What each unit pays over what its row does; 1 where either is unknown."""
    there = twin.value[row]
    known = (there > 0) & (value > 0)
    return np.asarray(np.where(known, value / np.where(known, there, 1.0), 1.0))


@dataclass(frozen=True)
class Snapshots:
    """Today's scored table, the one of a cycle earlier, and the sources between them."""

    now: FeatureTable
    before: FeatureTable
    customers: Customers
    today: datetime


def build_twin(
    workspace: Workspace, shots: Snapshots, beliefs: Mapping[str, uplift.Belief], share: float, keep: Array
) -> Twin:
    """The twin of the units that `keep` (a mask over today's table) holds, `share` of all."""
    rules = [workspace.brief.segment, *(workspace.actions[name].when for name in workspace.brief.playbooks)]
    now, before = _answered(shots.now, rules), _answered(shots.before, rules)
    past = _Past(workspace, shots, now, before)
    kinds = sorted({action.value.kind for action in workspace.actions.values()} - {"retained"})
    units, joins = _who(now, workspace, keep)
    new = int((joins > 1).sum())
    ids = [now.unit_ids[i] for i in units[: len(units) - new]]
    return Twin(
        workspace=workspace,
        starts_at=shots.today,
        table=now,
        unit_ids=ids + [f"joins-{place:06d}" for place in range(new)],
        origin=units,
        joins=joins,
        value=_pays(workspace, now),
        moves=past.moves(rules),
        shift=past.shift(),
        rates={kind: past.rates(kind) for kind in kinds},
        inside={kind: _fits_any(workspace, now, kind) for kind in kinds},
        beliefs=beliefs,
        share=share,
    )


def _answered(table: FeatureTable, rules: list[str]) -> FeatureTable:
    found = answers(rules, table)
    return replace(table, answered={rule: found[:, column] for column, rule in enumerate(rules)})


def _who(now: FeatureTable, workspace: Workspace, keep: Array) -> tuple[Array, Array]:
    """Rows of the units there are, then of those that will join: each cycle as many as joined in the last one."""
    here = np.flatnonzero(keep)
    days = np.nan_to_num(now.columns["days_since_joined"].astype(float)[here], nan=np.inf)
    joined = here[days < workspace.brief.cycle.days]
    later = workspace.brief.cycles - 1
    return (
        np.concatenate([here, np.tile(joined, later)]).astype(np.int64),
        np.concatenate([np.ones(here.size, dtype=np.int64), np.repeat(np.arange(2, later + 2), joined.size)]),
    )


def _pays(workspace: Workspace, table: FeatureTable) -> Array:
    is_shop = workspace.brief.business.model == "transactions"
    paid: Array = usual_order_jpy(table) if is_shop else table.columns["monthly_price_jpy"].astype(float)
    return np.asarray(np.nan_to_num(paid))


def _fits_any(workspace: Workspace, table: FeatureTable, kind: str) -> Array:
    fits = np.zeros(len(table), dtype=bool)
    for name in workspace.brief.playbooks:
        action = workspace.actions[name]
        if action.value.kind == kind:
            fits |= table.answered[action.when] == 1
    return fits


class _Past:
    """What happened between the two snapshots, to whom."""

    def __init__(self, workspace: Workspace, shots: Snapshots, now: FeatureTable, before: FeatureTable) -> None:
        self.workspace, self.now, self.before, self.customers = workspace, now, before, shots.customers
        self.end = start_of(shots.today.date())
        self.start = self.end - workspace.brief.cycle
        self.has_contracts = workspace.brief.business.model == "subscription"
        self.was_active = before.columns["is_active"].astype(float) == 1
        self.ids = before.unit_ids

    def moves(self, rules: list[str]) -> Moves:
        """Where units went that are in both tables."""
        place = {unit: row for row, unit in enumerate(self.now.unit_ids)}
        at = np.array([place.get(unit, -1) for unit in self.ids], dtype=np.int64)
        both = np.flatnonzero(at >= 0)
        described = self._described(self.before, rules)[both]
        return learn_moves(self._described(self.now, rules), described, at[both], self._kind()[both], KINDS)

    def _described(self, table: FeatureTable, rules: list[str]) -> Array:
        """What tells units apart that will go different ways: risk, worth, age, recency, and what the rules say."""

        def of(name: str) -> Array:
            return np.asarray(np.nan_to_num(table.columns[name].astype(float)))

        risk = np.clip(of("churn_risk"), 1e-3, 1 - 1e-3)
        parts = [np.log(risk / (1 - risk)), np.log1p(np.maximum(of("ltv_jpy"), 0.0)), 2.0 * of("is_active")]
        parts += [np.log1p(np.maximum(of(name), 0.0)) for name in ("days_since_joined", "days_since_last_order")]
        parts += [np.nan_to_num(table.answered[rule]) for rule in rules]
        return np.column_stack(parts)

    def _kind(self) -> Array:
        if not self.has_contracts:
            came = seen.orders_made(self.customers, self.ids, self.start, self.end) > 0
            return np.where(came, ORDERED, STAYED)
        stayed = seen.retained(self.customers, self.ids, self.start, self.end)
        upgraded = seen.upgraded(self.customers, self.ids, self.start, self.end)
        _, alive = seen.price_and_alive(self.customers, self.ids, self.end)
        inside = np.where(stayed == 0, LOST, np.where(upgraded == 1, UPGRADED, STAYED))
        return np.where(self.was_active, inside, np.where(alive == 1, BACK, AWAY))

    def shift(self) -> Shift:
        """How far the model was off in the last cycle, for which it was fitted on earlier days alone."""
        risk = self.before.columns["churn_risk"].astype(float)
        lost = chance_of_loss(self.workspace, np.nan_to_num(risk), self.workspace.brief.cycle.days)
        known = self.was_active & ~np.isnan(risk)
        stayed = seen.retained(self.customers, self.ids, self.start, self.end)
        return shift_of(np.where(known, lost, np.nan), 1.0 - stayed)

    def rates(self, kind: str) -> Rates:
        """How often the outcome came by itself, to those whom an action with this aim fits and to others."""
        happened = {"upgraded": seen.upgraded, "ordered": seen.ordered, "referred": seen.referred}[kind]
        found = happened(self.customers, self.ids, self.start, self.end)
        return rates_of(found, _fits_any(self.workspace, self.before, kind))

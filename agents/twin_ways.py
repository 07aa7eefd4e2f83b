"""The guardrails in the twin: what the store says of each contact in each cycle, and what the run itself adds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from ..customers.table import FeatureTable
from ..domain.decision import Reason
from ..domain.playbook import Action, Channel, quiets_for
from ..store import directory, guardrails
from .reach import FindWays, ignores_mail
from .twin import Twin
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]

#: A message reaches somebody so long after its plan was made: time for the reviews.
REACHED_AFTER_DAYS = 1.0
_NEVER = -1e9


@dataclass(frozen=True)
class Standing:
    """What the store says of each unit: its contact, its rep, and per cycle, action and channel the first refusal."""

    contacts: Array
    reps: Array
    has_rep: Array
    refusals: tuple[Mapping[tuple[str, Channel], Array], ...]


def read_standing(twin: Twin) -> Standing:
    """Ask the guardrails once for each cycle, action and channel; consents, pauses and cooldowns of the real past."""
    workspace, table = twin.workspace, twin.table
    with workspace.store.read() as session:
        primary = directory.primary_contacts(session)
        known = directory.reps(session)
    contacts = np.array([primary.get(table.unit_ids[row]) for row in twin.origin], dtype=object)
    reps = np.array([r if r in known else None for r in table.columns["rep_id"][twin.origin]], dtype=object)
    cycles = tuple(_refusals(workspace, twin, contacts, cycle) for cycle in range(1, workspace.brief.cycles + 1))
    has_rep = np.array([rep is not None for rep in reps], dtype=bool)
    return Standing(contacts, reps, has_rep, cycles)


def _refusals(workspace: Workspace, twin: Twin, contacts: Array, cycle: int) -> dict[tuple[str, Channel], Array]:
    at = twin.starts_at + (cycle - 1) * workspace.brief.cycle
    found = {}
    for name in workspace.brief.playbooks:
        action = workspace.actions[name]
        for channel in action.channels:
            question = guardrails.Question(
                brief=workspace.brief,
                action=action,
                channel=channel,
                at=at,
                caps=workspace.caps(cycle),
                quiets=quiets_for(action, workspace.actions.values()),
                planning=True,
            )
            with workspace.store.read() as session:
                spoken = guardrails.guardrails_that_speak(session, question)
            words = [Reason.UNREACHABLE if c is None else spoken.get(c) for c in contacts]
            found[name, channel] = np.array([word.value if word else "" for word in words], dtype=object)
    return found


class History:
    """What a run has done so far: who was reached with what and when, and who turned messages off."""

    def __init__(self, twin: Twin) -> None:
        n = len(twin.unit_ids)
        self.reached_at = {name: np.full(n, _NEVER) for name in twin.workspace.brief.playbooks}
        self.opted_out = np.zeros(n, dtype=bool)
        self.messages = np.zeros((n, twin.workspace.brief.cycles), dtype=np.int64)
        self.spent_jpy = 0.0

    def reach(self, action: str, units: Array, day: float) -> None:
        self.reached_at[action][units] = day + REACHED_AFTER_DAYS


@dataclass
class TwinWays:
    """The ways to the units of one cycle of a run; answers as `Reach` does."""

    standing: Standing
    history: History
    workspace: Workspace
    cycle: int
    units: Array
    ignores_mail: Array
    contacts: list[str | None]
    reps: list[str | None]

    def best_channels(self, action: Action, why_not: Array) -> Array:
        """Per unit the channel for this action. Where none may be used, says why in `why_not` (changed in place)."""
        asked, n = why_not == "", len(self.units)
        looked_at, open_ones = np.full(n, None, dtype=object), np.full(n, None, dtype=object)
        is_looked_at, is_open = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
        for channel in reversed(action.channels):
            opens = asked & (self._refusal(action, channel) == "")
            sees = opens & ~self.ignores_mail if channel is Channel.EMAIL else opens
            open_ones[opens], looked_at[sees] = channel, channel
            is_open, is_looked_at = is_open | opens, is_looked_at | sees
        closed = asked & ~is_open
        why_not[closed] = self._refusal(action, action.channels[0])[closed]
        return np.where(is_looked_at, looked_at, open_ones)

    def _refusal(self, action: Action, channel: Channel) -> Array:
        """The first reason against each unit, '' where there is none; the store's own come first."""
        words = self.standing.refusals[self.cycle - 1][action.action, channel][self.units].copy()
        if channel.is_handed_over:
            words[(words == "") & ~self.standing.has_rep[self.units]] = Reason.NO_REP.value
        day = (self.cycle - 1) * self.workspace.brief.cycle.days
        for name, lasts in quiets_for(action, self.workspace.actions.values()):
            words[(words == "") & self._within(name, day, lasts)] = Reason.QUIETED.value
        words[(words == "") & self.history.opted_out[self.units]] = Reason.OPTED_OUT.value
        words[(words == "") & self._within(action.action, day, action.cooldown)] = Reason.COOLDOWN.value
        if self.history.spent_jpy + action.cost.over(channel) > self.workspace.brief.budget.total:
            words[words == ""] = Reason.BUDGET_EXHAUSTED.value
        return words

    def _within(self, action: str, day: float, lasts: timedelta) -> Array:
        reached = self.history.reached_at.get(action)
        if reached is None:
            return np.zeros(len(self.units), dtype=bool)
        since = day - reached[self.units]
        return np.asarray(since < lasts.total_seconds() / 86_400)


def find_ways(standing: Standing, history: History, present: Array) -> FindWays:
    """As `weigh` asks for them: the ways to the units at these places of the table of who is present."""

    def of(workspace: Workspace, cycle: int, table: FeatureTable, where: Array) -> TwinWays:
        units = present[where]
        contacts, reps = standing.contacts[units].tolist(), standing.reps[units].tolist()
        return TwinWays(standing, history, workspace, cycle, units, ignores_mail(table)[where], contacts, reps)

    return of

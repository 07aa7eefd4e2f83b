"""What a simulated team learns: by the real campaign's comparison, as soon as the real one could make it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..customers.eligibility import matches
from ..customers.table import FeatureTable
from ..decisioning.learning.axes import Axes
from ..domain.decision import Group, Reason
from ..domain.playbook import Action
from .believing import Piece, believe
from .choosing import Chosen
from .effects_seen import Compared, Seen, effect_seen, foreseen
from .twin import Twin
from .weighing import Weighed

Array = np.ndarray[Any, np.dtype[Any]]

_NO_CHANCE = 1e-9


@dataclass
class Log:
    """One cycle as it was decided, and what has happened to its units since."""

    table: FeatureTable
    weighed: Weighed
    chosen: Chosen
    where: Array
    """Places in the twin of the units weighed."""
    group: Array
    outcome: dict[str, Array]


class Learner:
    """Holds the beliefs of one run, and the cycles whose outcomes are not all known yet."""

    def __init__(self, twin: Twin) -> None:
        self.twin, self.beliefs = twin, dict(twin.beliefs)
        self.logs: list[Log] = []
        self.told: dict[str, list[Piece]] = {}

    def learn(self, log: Log, happened: Mapping[str, Array]) -> None:
        """Take over a cycle that has ended, with what happened in it to all units of the twin, by kind."""
        log.outcome = {kind: values[log.where] for kind, values in happened.items()}
        for earlier in self.logs:
            earlier.outcome = {
                kind: _both(kind, earlier.outcome[kind], happened[kind][earlier.where]) for kind in happened
            }
        self.logs.append(log)
        for column, name in enumerate(self.twin.workspace.brief.playbooks):
            action = self.twin.workspace.actions[name]
            cycles = -(-action.value.within_days // self.twin.cycle_days)
            if cycles > len(self.logs):
                continue
            found = self._evidence(self.logs[-cycles], column, action, is_long=cycles > 1)
            if found is not None:
                self.told.setdefault(name, []).append(found.piece)
        self.beliefs = believe(self.twin.workspace, self.twin.beliefs, self.told)

    def _evidence(self, log: Log, column: int, action: Action, *, is_long: bool) -> Seen | None:
        """As the real campaign compares; see `learning`: over a longer window only what chance could have changed."""
        treated, control = log.chosen.choice == column + 1, log.chosen.choice == 0
        if is_long:
            chances = log.chosen.probabilities
            fits = np.isin(log.group, [Group.POLICY, Group.RANDOM_CONTROL])
            fits &= (chances[:, column + 1] > _NO_CHANCE) & (chances[:, 0] > _NO_CHANCE)
        else:
            fits = np.ones(len(treated), dtype=bool)
            control = (log.group == Group.HOLDOUT) | (control & (log.chosen.reason == Reason.CHANCE))
        used = np.flatnonzero(fits & log.weighed.eligible[:, column] & (treated | control))
        if not treated[used].any():
            return None
        where = np.flatnonzero(matches(self.twin.workspace.brief.segment, log.table))[used]
        outcome = log.outcome[action.value.kind][used]
        without = foreseen(self.twin.workspace, action, log.table, where)
        weight = 1.0 / log.chosen.probability[used] if is_long else None
        compared = Compared(where, treated[used], outcome, without, weight)
        return effect_seen(self.twin.workspace, log.table, action, compared, self._axes(action.action))

    def _axes(self, name: str) -> Axes | None:
        """Those along which the action's effects were told apart before."""
        slopes = self.twin.beliefs[name].slopes
        if slopes is not None:
            return slopes.axes
        return self.told[name][-1][0] if name in self.told else None


def _both(kind: str, before: Array, now: Array) -> Array:
    """Over both cycles: who was kept was kept in each; anything else happened if it did in either."""
    if kind == "retained":
        return np.asarray(np.where(np.isnan(now), np.where(np.isnan(before), np.nan, 0.0), before * now))
    return np.asarray(np.fmax(before, now))

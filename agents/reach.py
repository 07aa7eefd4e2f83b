"""How a unit can be reached: for each action the first of its channels that may be used and is looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ..customers.table import FeatureTable
from ..domain.decision import Reason
from ..domain.playbook import Action, Channel, quiets_for
from ..store import directory, guardrails
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]

#: So many mails that nobody opened, and so long without opening one: the unit does not look at mails.
_IGNORED_MAILS = 3
_IGNORED_DAYS = 60


def ignores_mail(table: FeatureTable) -> Array:
    """Units that left several mails of the last 90 days unopened, and have opened none for long, or ever."""
    unopened = np.nan_to_num(table.columns["mails_unopened_90d"].astype(float))
    since = np.nan_to_num(table.columns["days_since_last_open"].astype(float), nan=np.inf)
    ignored: Array = (unopened >= _IGNORED_MAILS) & (since >= _IGNORED_DAYS)
    return ignored


#: What only the store can say, and only of the moment: a receipt keeps it.
ANSWERED_BY_THE_STORE = frozenset(
    {
        Reason.UNREACHABLE,
        Reason.NO_REP,
        Reason.NOT_ALLOWED,
        Reason.SUPPRESSED,
        Reason.COMPLAINED,
        Reason.NO_CONSENT,
        Reason.OPTED_OUT,
        Reason.QUIETED,
        Reason.COOLDOWN,
        Reason.BUDGET_EXHAUSTED,
    }
)


class Ways(Protocol):
    """Who is written to at each unit, which rep looks after it, and over which channel an action would reach it."""

    contacts: list[str | None]
    reps: list[str | None]

    def best_channels(self, action: Action, why_not: Array) -> Array: ...


#: Finds the ways to the units at these places of a table, in a cycle.
FindWays = Callable[[Workspace, int, FeatureTable, Array], Ways]


def ways_now(workspace: Workspace, cycle: int, table: FeatureTable, where: Array) -> "Reach":
    """The ways as the store knows them at this moment."""
    with workspace.store.read() as session:
        primary = directory.primary_contacts(session)
        known = directory.reps(session)
    contacts = [primary.get(table.unit_ids[i]) for i in where]
    reps = [rep if rep in known else None for rep in table.columns["rep_id"][where]]
    return Reach(workspace, cycle, contacts, reps, ignores_mail(table)[where])


@dataclass
class Reach:
    """What may be used for whom: the guardrails asked once for each action and channel."""

    workspace: Workspace
    cycle: int
    contacts: list[str | None]
    reps: list[str | None]
    ignores_mail: Array
    _asked: dict[tuple[str, Channel], Mapping[str, Reason]] = field(default_factory=dict)

    def best_channels(self, action: Action, why_not: Array) -> Array:
        """Per unit the channel for this action. Where none may be used, says why in `why_not` (changed in place)."""
        found = np.full(len(self.contacts), None, dtype=object)
        for i in np.flatnonzero(why_not == "").tolist():
            open_ones = [channel for channel in action.channels if self._refusal(i, action, channel) is None]
            if not open_ones:
                why_not[i] = (self._refusal(i, action, action.channels[0]) or Reason.UNREACHABLE).value
                continue
            looked_at = [c for c in open_ones if not (c is Channel.EMAIL and self.ignores_mail[i])]
            found[i] = (looked_at or open_ones)[0]
        return found

    def _refusal(self, i: int, action: Action, channel: Channel) -> Reason | None:
        contact = self.contacts[i]
        if contact is None:
            return Reason.UNREACHABLE
        if channel.is_handed_over and self.reps[i] is None:
            return Reason.NO_REP
        return self._guardrails(action, channel).get(contact)

    def _guardrails(self, action: Action, channel: Channel) -> Mapping[str, Reason]:
        key = (action.action, channel)
        if key not in self._asked:
            workspace = self.workspace
            question = guardrails.Question(
                brief=workspace.brief,
                action=action,
                channel=channel,
                at=workspace.clock.now(),
                caps=workspace.caps(self.cycle),
                quiets=quiets_for(action, workspace.actions.values()),
                planning=True,
            )
            with workspace.store.read() as session:
                self._asked[key] = guardrails.guardrails_that_speak(session, question)
        return self._asked[key]

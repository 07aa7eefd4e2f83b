"""How members react to mails and letters, and what it changes when staff take their time for one of them."""

import numpy as np

from ..kit.calendar_days import DAY_SECONDS
from ..kit.outbox import Arrival
from ..kit.person_reactions import PersonReactions
from ..kit.tickets import settle
from .company import ASKED_AFTER, CARED_FOR
from .state import ServiceState
from .talks import note_task

_PUTS_RIGHT = {"staff_discretion": "let_down_lately", "apology_care": "just_complained"}
"""Tasks that put a complaint right, and for whom (the test's name): who has been left waiting too long is past it."""
RELIEF = 0.3
"""How much warmer it makes somebody to be heard."""
TASKS_TAKE = 3 * DAY_SECONDS


class ServiceReactions(PersonReactions[ServiceState]):
    """The kit's reactions, with tasks that are done by those who look after a member, and noted down."""

    def arrive_otherwise(self, arrival: Arrival) -> None:
        """A task is done within three days, by somebody who may or may not find the time."""
        if arrival.way != "task":
            super().arrive_otherwise(arrival)
            return
        self.happened.count("tasks")
        rng = self.rng("task", arrival.person, arrival.action, arrival.step)
        if rng.random() < self.state.looked_after[arrival.person]:
            done = self.moment_of(arrival) + int(rng.integers(3600, TASKS_TAKE))
            self.later(done, "task_done", arrival, arrival.staff)

    def on_task_done(self, arrival: Arrival, staff: str) -> None:
        """They call, or have a word at the counter: a complaint is put right, if it is not too late for that."""
        test = _PUTS_RIGHT.get(arrival.action)
        helps = self.effects and test is not None and self._is(test, arrival)
        if helps:
            settle(self.state, arrival.person, self.day)
            self.state.warmth[arrival.person] += RELIEF
            self.happened.count("put_right")
        note_task(self.happened, arrival.person, arrival.sent_at, CARED_FOR if helps else ASKED_AFTER, staff)

    def _is(self, test: str, arrival: Arrival) -> bool:
        rows = np.array([arrival.person])
        return bool(self.truth.among[test](self.state, rows, self.day, arrival.step)[0])

"""How persons react to mails, letters, tasks and audiences, by the hidden truth of their company."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from .arrays import NEVER
from .bond import engagement
from .calendar_days import DAY_SECONDS
from .effects import Among, Effect, start
from .happened import Happened
from .outbox import Arrival
from .person_state import PersonState
from .persons import add_consents
from .reactions import STAFF_DO_IT, Reactions

LETTER_TAKES = 2 * DAY_SECONDS
SEES_AUDIENCE = 0.6
"""How likely somebody notices what an audience of theirs is shown."""
LETTER_ANSWERED = 0.6
"""Of those who would answer a mail's question, so many answer a letter's."""

StateKind = TypeVar("StateKind", bound=PersonState)


@dataclass(frozen=True)
class Answer:
    """What somebody answers."""

    survey: str
    answer: str
    comment: str = ""


def _no_answer(state: Any, person: int, action: str, rng: np.random.Generator) -> Answer:
    raise LookupError(f"{action} asks nothing")


@dataclass(frozen=True)
class Truth:
    """What is true of a company's people, and hidden from the product."""

    effects: Sequence[Effect]
    among: Among
    """The tests that `Effect.whom` names."""
    asks: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """How likely the question in a message, by (action, step), is answered."""
    answer: Callable[[Any, int, str, np.random.Generator], Answer] = _no_answer
    """What a person answers: (state, person, action, chance)."""


class PersonReactions(Reactions, Generic[StateKind]):
    """Plays out what arrived for persons. Companies override `on_task_done` and `react_in_own_way`."""

    def __init__(self, state: StateKind, happened: Happened, truth: Truth, *, seed: int, effects: bool) -> None:
        super().__init__(state, happened, seed)
        self.state, self.happened, self.truth, self.effects = state, happened, truth, effects

    def on_task_done(self, arrival: Arrival, staff: str) -> None:
        """A member of staff (their mailbox) has done a task: what that leaves in the records."""

    def react_in_own_way(self, kind: str, arrival: Arrival, detail: str) -> None:
        """A reaction that the company planned with `later` is due."""
        raise LookupError(f"nobody plays out {kind}")

    def unit_of(self, person: int) -> int:
        """Each person is a unit."""
        return person

    def has_left(self, unit: int) -> bool:
        """Whether they left for good."""
        return bool(self.state.left[unit] != NEVER and self.state.left[unit] <= self.day)

    def agreed(self, person: int) -> bool:
        """Whether they consented to mails."""
        return bool(self.state.consent[person])

    def reading_chance(self, unit: int, tired: bool) -> float:
        """Their habit, less where they went quiet or had too many."""
        engaged = float(engagement(self.state.warmth[unit : unit + 1])[0])
        return float(self.state.reads[unit]) * (0.45 + 0.55 * engaged) * (0.7 if tired else 1.0)

    def answering_chance(self, arrival: Arrival) -> float:
        """As the truth says."""
        return self.truth.asks.get((arrival.action, arrival.step), 0.0)

    def letter_answering_chance(self, arrival: Arrival) -> float:
        """The same for those who have read it as a letter."""
        return LETTER_ANSWERED * self.truth.asks.get((arrival.action, arrival.step), 0.0)

    def touch(self, moment_kind: str, arrival: Arrival, rng: np.random.Generator) -> None:
        """Start what the message truly does, if this is the moment it starts from."""
        if self.effects:
            key = (arrival.action, arrival.step, "read" if moment_kind == "opened" else moment_kind)
            start(self.state, self.truth.effects, self.truth.among, key, arrival.person, self.day)

    def answer(self, arrival: Arrival) -> None:
        """They answer the question."""
        rng = self.rng("answer", arrival.person, arrival.action, arrival.step)
        answer = self.truth.answer(self.state, arrival.person, arrival.action, rng)
        self.happened.row(
            "survey_answers", person=arrival.person, moment=arrival.sent_at,
            survey=answer.survey, answer=answer.answer, comment=answer.comment,
        )  # fmt: skip
        self.happened.count("answered")

    def withdraw(self, arrival: Arrival) -> None:
        """No mail to them any more."""
        self.state.consent[arrival.person] = False
        rows = np.array([arrival.person])
        add_consents(self.happened, rows, np.zeros(1, np.int64), state=1, recorded=arrival.sent_at)

    def arrive_otherwise(self, arrival: Arrival) -> None:
        """A letter takes two days, a task up to three, an audience works at once."""
        self.happened.count({"letter": "letters", "task": "tasks"}.get(arrival.way, "audiences"))
        rng = self.rng(arrival.way, arrival.person, arrival.action, arrival.step)
        moment = self.moment_of(arrival)
        if arrival.way == "letter":
            self.later(moment + LETTER_TAKES, "letter_arrives", arrival)
        elif arrival.way == "task" and rng.random() < STAFF_DO_IT:
            self.later(moment + int(rng.integers(3600, 3 * DAY_SECONDS)), "task_done", arrival, arrival.staff)
        elif arrival.way == "audience":
            self.touch("received", arrival, rng)
            if rng.random() < SEES_AUDIENCE:
                self.later(moment + int(rng.integers(3600, 5 * DAY_SECONDS)), "seen", arrival)

    def react_otherwise(self, kind: str, arrival: Arrival, detail: str) -> None:
        """A letter, a task or an audience comes to what it is for."""
        rng = self.rng(kind, arrival.person, arrival.action, arrival.step)
        if kind == "letter_arrives":
            self._open_letter(arrival, rng)
        elif kind == "task_done":
            self.touch("received", arrival, rng)
            self.touch("opened", arrival, rng)
            self.on_task_done(arrival, detail)
        elif kind in ("seen", "letter_read"):
            self.touch("opened", arrival, rng)
        else:
            self.react_in_own_way(kind, arrival, detail)

    def _open_letter(self, arrival: Arrival, rng: np.random.Generator) -> None:
        self.touch("received", arrival, rng)
        if rng.random() < self.state.reads_letters[arrival.person]:
            read = arrival.sent_at + int(rng.integers(3600, 2 * DAY_SECONDS))
            self.later(read, "letter_read", arrival)
            if rng.random() < self.letter_answering_chance(arrival):
                self.later(read + int(rng.integers(600, 3 * DAY_SECONDS)), "answered", arrival)

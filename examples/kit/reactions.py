"""How one customer answers one mail: reads it or not, clicks, answers, leaves the list. Companies add what it does."""

import heapq
import zlib
from abc import ABC, abstractmethod
from typing import Protocol, TypeAlias

import numpy as np

from .arrays import WINDOW_DAYS, Bools, Bytes
from .calendar_days import DAY_SECONDS
from .outbox import Arrival

Pending: TypeAlias = tuple[int, str, str, int, str, str, str]
"""A reaction to come: (second, kind, message id, person, action, step, detail)."""

TIRED_AFTER = 4
"""More mails than this in 30 days annoy."""
STAFF_DO_IT = 0.85
"""How likely a member of staff sends a draft, or does a task, that is on the list."""
CLICKED = 0.2
UNSUBSCRIBES = {"rested": 0.003, "tired": 0.02, "never_asked": 0.03}
COMPLAINS = {"rested": 0.0004, "tired": 0.003, "never_asked": 0.01}


class MailState(Protocol):
    """What reactions need to know of a world's state."""

    mails: Bytes
    bad_address: Bools
    pending: list[Pending]


class MailLog(Protocol):
    """Where a day's mail events are written."""

    day: int

    def count(self, what: str, more: int = 1) -> None: ...

    def mail_event(self, person: int, kind: str, moment: int, message_id: str) -> None: ...


class Reactions(ABC):
    """Plays out what arrived and what it led to, in order of time, up to the end of a day."""

    def __init__(self, state: MailState, happened: MailLog, seed: int) -> None:
        self._mailboxes, self._log, self.seed = state, happened, seed
        self.day = happened.day

    def play(self, arrivals: list[Arrival]) -> None:
        """Let everything arrive, then everything that is due until midnight."""
        for arrival in arrivals:
            if arrival.way == "draft":
                self._staff_decide(arrival)
            elif arrival.way == "mail":
                self._arrive(arrival)
            else:
                self.arrive_otherwise(arrival)
        midnight = (self.day + 1) * DAY_SECONDS
        pending = self._mailboxes.pending
        while pending and pending[0][0] < midnight:
            moment, kind, message_id, person, action, step, detail = heapq.heappop(pending)
            arrival = Arrival(moment, message_id, person, action, step)
            if kind == "rep_sends":
                self._arrive(arrival)
            else:
                self._react(kind, arrival, detail)

    @abstractmethod
    def unit_of(self, person: int) -> int:
        """Whose mails are counted together: the person, or their account."""

    @abstractmethod
    def has_left(self, unit: int) -> bool:
        """Whether the unit is a customer no more."""

    @abstractmethod
    def agreed(self, person: int) -> bool:
        """Whether the person has consented to mails."""

    @abstractmethod
    def reading_chance(self, unit: int, tired: bool) -> float:
        """How likely a mail about the customer's own affairs is opened."""

    @abstractmethod
    def answering_chance(self, arrival: Arrival) -> float:
        """How likely the question in the mail is answered; 0 where there is none."""

    @abstractmethod
    def touch(self, moment_kind: str, arrival: Arrival, rng: np.random.Generator) -> None:
        """Start the message's true effect, if this (`received` or `opened`) is the moment it starts from."""

    @abstractmethod
    def answer(self, arrival: Arrival) -> None:
        """The person answers the survey."""

    @abstractmethod
    def withdraw(self, arrival: Arrival) -> None:
        """The person leaves the list."""

    @abstractmethod
    def arrive_otherwise(self, arrival: Arrival) -> None:
        """A letter, a task or an audience arrives."""

    @abstractmethod
    def react_otherwise(self, kind: str, arrival: Arrival, detail: str) -> None:
        """A reaction of the company's own is due."""

    def rng(self, what: str, person: int, action: str, step: str) -> np.random.Generator:
        """Chance of its own for each message, so that one never changes what another leads to."""
        name = zlib.crc32(f"{what}:{action}:{step}".encode())
        return np.random.default_rng([self.seed, self.day, person, name])

    def later(self, moment: int, kind: str, arrival: Arrival, detail: str = "") -> None:
        """Something that the arrival leads to, at its time."""
        entry = (moment, kind, arrival.message_id, arrival.person, arrival.action, arrival.step, detail)
        heapq.heappush(self._mailboxes.pending, entry)

    def moment_of(self, arrival: Arrival) -> int:
        """When it arrives: what left on an earlier day and was not seen, arrives this morning."""
        return max(arrival.sent_at, self.day * DAY_SECONDS)

    def is_tired(self, unit: int) -> bool:
        """Whether the unit had more mails in 30 days than it likes."""
        return int(self._mailboxes.mails[:, unit].sum()) > TIRED_AFTER

    def _staff_decide(self, arrival: Arrival) -> None:
        rng = self.rng("rep", arrival.person, arrival.action, arrival.step)
        self._log.count("handed_over")
        if rng.random() < STAFF_DO_IT:
            moment = self.moment_of(arrival) + int(rng.integers(1800, 2 * DAY_SECONDS - 3600))
            self.later(moment, "rep_sends", arrival)

    def _arrive(self, arrival: Arrival) -> None:
        person, unit = arrival.person, self.unit_of(arrival.person)
        self._log.mail_event(person, "sent", arrival.sent_at, arrival.message_id)
        self._mailboxes.mails[self.day % WINDOW_DAYS, unit] += 1
        moment = self.moment_of(arrival)
        if self._mailboxes.bad_address[person]:
            self._log.mail_event(person, "bounced", moment + 5, arrival.message_id)
            return
        if self.has_left(unit):
            return
        rng = self.rng("arrive", person, arrival.action, arrival.step)
        self.touch("received", arrival, rng)
        tired = self.is_tired(unit)
        asks = self.answering_chance(arrival)
        answers = asks > 0 and rng.random() < asks
        likely = self.reading_chance(unit, tired)
        opens = answers or rng.random() < max(likely - asks, 0.0) / (1 - asks)  # who answers has opened
        opened = moment + int(min(rng.exponential(6 * 3600), 1.5 * DAY_SECONDS)) + 60
        if opens:
            self.later(opened, "opened", arrival)
        if answers:
            self.later(opened + 60, "clicked", arrival)
            self.later(opened + 120 + int(rng.integers(0, 3 * DAY_SECONDS)), "answered", arrival)
        elif opens and rng.random() < CLICKED:
            self.later(opened + 60, "clicked", arrival)
        mood = "tired" if tired else "rested" if self.agreed(person) else "never_asked"
        for kind, chance in (("unsubscribed", UNSUBSCRIBES[mood]), ("complained", COMPLAINS[mood])):
            if rng.random() < chance:
                self.later(opened + 300, kind, arrival)

    def _react(self, kind: str, arrival: Arrival, detail: str) -> None:
        if self.has_left(self.unit_of(arrival.person)):
            return
        if kind == "answered":
            self.answer(arrival)
        elif kind in ("opened", "clicked", "unsubscribed", "complained"):
            self._log.mail_event(arrival.person, kind, arrival.sent_at, arrival.message_id)
            if kind == "opened":
                rng = self.rng("opened", arrival.person, arrival.action, arrival.step)
                self.touch("opened", arrival, rng)
            if kind == "unsubscribed":
                self.withdraw(arrival)
        else:
            self.react_otherwise(kind, arrival, detail)

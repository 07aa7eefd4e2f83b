"""How members, and those who were, react to mails, letters and calls: what they take up, and what that changes."""

import numpy as np

from ..kit.bond import engagement
from ..kit.outbox import Arrival
from ..kit.person_reactions import PersonReactions
from ..kit.tickets import settle
from .boxes import SWAPPED
from .company import BREAK, FINE, PRICE, STAFF, TOO_MUCH
from .state import BoxState
from .truth import ACCEPTED, OFFERS, QUIET, SMALLER_PLAN_ACCEPTED

BREAK_DAYS = 61
RELIEF = 0.5
"""How much warmer it makes somebody when the box fits again."""
GIFT_POINTS = 500
GRANTED = 2


class BoxReactions(PersonReactions[BoxState]):
    """The kit's reactions, with offers that are accepted, gifts that are booked, and calls that are noted."""

    def has_left(self, unit: int) -> bool:
        """Who cancelled still reads what comes."""
        return False

    def answering_chance(self, arrival: Arrival) -> float:
        """Only who reads a mail answers it."""
        reads = self.reading_chance(arrival.person, self.is_tired(arrival.person))
        return min(super().answering_chance(arrival) * float(self.state.replies[arrival.person]), 1.0) * reads

    def letter_answering_chance(self, arrival: Arrival) -> float:
        """Some hardly ever reply, others always do."""
        return min(super().letter_answering_chance(arrival) * float(self.state.replies[arrival.person]), 1.0)

    def touch(self, moment_kind: str, arrival: Arrival, rng: np.random.Generator) -> None:
        """What the message does by itself, and what a member takes up."""
        super().touch(moment_kind, arrival, rng)
        if moment_kind == "received" and arrival.action == "pre_renewal_gift":
            self._book_gift(arrival)
        if moment_kind == "opened" and self.effects and self.is_member(arrival.person):
            draw = rng.random() / max(float(self.state.responds[arrival.person]), 0.01)
            if arrival.action == "silent_customer_survey" and draw < ACCEPTED:
                self._accept_offer(arrival)
            elif arrival.action == "plan_fit" and draw < SMALLER_PLAN_ACCEPTED and self._is_quiet(arrival.person):
                self._take_smaller_plan(arrival.person)

    def answer(self, arrival: Arrival) -> None:
        """They say what is in the way, or how likely they would recommend the box."""
        super().answer(arrival)
        if arrival.action == "silent_customer_survey":
            self.state.answer[arrival.person] = self.state.reason[arrival.person]
            self.state.answered[arrival.person] = self.day

    def on_task_done(self, arrival: Arrival, staff: str) -> None:
        """Customer care calls, puts it right, and notes it down."""
        if arrival.action == "apology_care":
            settle(self.state, arrival.person, self.day)
        code = next((k for k, member in enumerate(STAFF) if staff in (member[0], member[2])), 0)
        self.happened.row("staff_contacts", person=arrival.person, moment=arrival.sent_at, staff=code)

    def is_member(self, person: int) -> bool:
        """Whether their subscription runs."""
        return bool(self.state.there(self.day)[person])

    def _is_quiet(self, person: int) -> bool:
        """Who is still fond of the box keeps the plan, and skips one when there is too much."""
        return float(engagement(self.state.warmth[person : person + 1])[0]) < QUIET

    def _accept_offer(self, arrival: Arrival) -> None:
        person = arrival.person
        reason = int(self.state.reason[person])
        if reason not in OFFERS.get(arrival.step, ()):
            return
        if reason == PRICE:
            self._take_smaller_plan(person)
        elif reason in (TOO_MUCH, BREAK):
            self.state.paused_until[person] = self.day + BREAK_DAYS
            self._at_ease(person)
        else:
            self.happened.row("boxes", person=person, moment=arrival.sent_at, kind=SWAPPED)
            self._at_ease(person)

    def _take_smaller_plan(self, person: int) -> None:
        if self.state.plan[person] > 0 and self.state.reason[person] in (TOO_MUCH, PRICE):
            self.state.plan[person] -= 1
            self._at_ease(person)

    def _at_ease(self, person: int) -> None:
        self.state.reason[person] = FINE
        self.state.warmth[person] += RELIEF
        self.happened.count("helped")

    def _book_gift(self, arrival: Arrival) -> None:
        self.state.points[arrival.person] += GIFT_POINTS
        self.happened.row("points", person=arrival.person, moment=arrival.sent_at, kind=GRANTED, points=GIFT_POINTS)

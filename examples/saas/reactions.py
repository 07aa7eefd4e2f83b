"""How one customer answers one mail: reads it or not, answers, upgrades, leaves the list, is won or lost."""

from dataclasses import dataclass, field, replace

import numpy as np

from ..kit.arrays import NEVER, Rows
from ..kit.calendar_days import DAY_SECONDS
from ..kit.outbox import Arrival
from ..kit.reactions import Reactions
from ..kit.rows import csv_line, iso
from .company import ANSWERS
from .history import after_upgrade
from .state import State
from .texts import answer_line
from .truth import (
    BASE_UPGRADE_NEAR_QUOTA,
    EFFECT_DAYS,
    EFFECTS,
    SURVEY_ANSWERED,
    effect_slot,
    engagement,
    is_among,
    is_satisfied,
    near_quota,
    reads,
)

SURVEY_SLOT = 1


@dataclass
class Happened:
    """A day's new rows, by file, and what is worth counting."""

    day: int
    stamp: str
    """The day as 20260131; every id of the day begins with it."""
    lines: dict[str, list[str]] = field(
        default_factory=lambda: {
            n: [] for n in ("app_events", "mail_events", "orders", "survey_answers", "consents", "tickets")
        }
    )
    closed: dict[str, str] = field(default_factory=dict)
    """Tickets closed today, with the time."""
    counts: dict[str, int] = field(default_factory=dict)

    def new_id(self, file: str) -> str:
        """The next row's id: its letter, the day, and its place in the day."""
        return f"{file[0].upper()}{self.stamp}-{len(self.lines[file]) + 1:05d}"

    def count(self, what: str, more: int = 1) -> None:
        """Add to a figure of the day's summary."""
        self.counts[what] = self.counts.get(what, 0) + more

    def mail_event(self, contact: int, kind: str, moment: int, message_id: str) -> None:
        """A row that the mail provider would log."""
        row = (self.new_id("mail_events"), f"C{contact + 1:06d}", kind, iso(moment), message_id)
        self.lines["mail_events"].append(csv_line(row))
        self.count(kind)


class AccountReactions(Reactions):
    """How contacts react, and what it does to their account."""

    def __init__(self, state: State, happened: Happened, seed: int, effects: bool) -> None:
        super().__init__(state, happened, seed)
        self.state, self.happened, self.effects = state, happened, effects
        self.first_contact = state.first_contact

    def unit_of(self, person: int) -> int:
        """The contact's account."""
        return int(np.searchsorted(self.first_contact, person, side="right")) - 1

    def has_left(self, unit: int) -> bool:
        """Whether the account has cancelled."""
        return bool(self.state.cancelled[unit] != NEVER)

    def agreed(self, person: int) -> bool:
        """Whether the contact has consented to mails."""
        return bool(self.state.consent[person])

    def reading_chance(self, unit: int, tired: bool) -> float:
        """Accounts that went quiet read less."""
        engaged = float(engagement(self.state.health[unit : unit + 1])[0])
        return float(reads(engaged, tired))

    def answering_chance(self, arrival: Arrival) -> float:
        """Three in ten answer the survey."""
        return SURVEY_ANSWERED if effect_slot(arrival.action, arrival.step) == SURVEY_SLOT else 0.0

    def arrive_otherwise(self, arrival: Arrival) -> None:
        """Nagare writes mails only: letters, tasks and audiences change nothing here."""

    def react_otherwise(self, kind: str, arrival: Arrival, detail: str) -> None:
        """The account takes the larger plan."""
        upgrade(self.state, self.happened, np.array([self.unit_of(arrival.person)]), arrival.sent_at)

    def withdraw(self, arrival: Arrival) -> None:
        """No mail to this contact any more."""
        contact = arrival.person
        self.state.consent[contact] = False
        how = ("email", "marketing", "withdrawn", iso(arrival.sent_at), "unsubscribe-link v1 2022-04-01")
        self.happened.lines["consents"].append(csv_line((f"C{contact + 1:06d}", *how)))

    def answer(self, arrival: Arrival) -> None:
        """The contact names the reason that holds the account back."""
        contact, account = arrival.person, self.unit_of(arrival.person)
        answer, language = int(self.state.reason[account]), int(self.state.language[account])
        self.state.answer[account] = answer
        draw = float(self.rng("answer", contact, arrival.action, ANSWERS[answer]).random())
        name = self.happened.new_id("survey_answers")
        line = answer_line(name, contact, arrival.action, arrival.sent_at, answer, language, draw)
        self.happened.lines["survey_answers"].append(line)
        self.happened.count("answered")

    def touch(self, moment_kind: str, arrival: Arrival, rng: np.random.Generator) -> None:
        """Start the mail's true effect, if this is the moment it starts from."""
        action, step, account = arrival.action, arrival.step, self.unit_of(arrival.person)
        slot = effect_slot(action, step)
        if slot is None or not self.effects or EFFECTS[slot].counts_from != moment_kind:
            return
        effect, state, rows = EFFECTS[slot], self.state, np.array([account])
        hit = bool(is_among(effect.whom, state, rows, self.day, step)[0])
        state.effect_factor[slot, account] = effect.hazard if hit else effect.hazard_others
        state.effect_until[slot, account] = self.day + EFFECT_DAYS
        if action == "feature_tutorial" and hit:
            _use_another_feature(state, account, rng)
        if effect.upgrade_points and self._would_upgrade(rows, effect.upgrade_points, rng):
            when = (self.day + int(rng.integers(2, 28))) * DAY_SECONDS + 7200
            self.later(when, "upgraded", replace(arrival, message_id=""))

    def _would_upgrade(self, rows: Rows, points: float, rng: np.random.Generator) -> bool:
        """Points on top of those who would have upgraded anyway."""
        moved = near_quota(self.state, rows) & is_satisfied(self.state, rows, self.day)
        return bool(moved[0]) and rng.random() < points / (1 - BASE_UPGRADE_NEAR_QUOTA)


def _use_another_feature(state: State, account: int, rng: np.random.Generator) -> None:
    unused = [bit for bit in range(2, 8) if not state.features[account] >> bit & 1]
    if unused:
        state.features[account] |= np.uint8(1 << int(rng.choice(unused)))


def upgrade(state: State, happened: Happened, rows: Rows, moment: int) -> None:
    """Move accounts to the next plan and invoice the difference."""
    before = (state.plan[rows], state.seats[rows], state.price[rows], state.quota[rows])
    after = after_upgrade(*before)
    state.plan[rows], state.seats[rows], state.price[rows], state.quota[rows] = after
    for row, difference in zip(rows.tolist(), (after[2] - before[2]).tolist(), strict=True):
        name = happened.new_id("orders")
        happened.lines["orders"].append(f"{name},A{row + 1:06d},{iso(moment)},upgrade,{difference}\n")
    happened.count("upgraded", len(rows))

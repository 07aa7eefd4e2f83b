"""How one customer answers one mail: reads it or not, answers, upgrades, leaves the list, is won or lost."""

import heapq
import zlib
from dataclasses import dataclass, field

import numpy as np

from .calendar_days import DAY_SECONDS
from .company import ANSWERS
from .history import after_upgrade
from .mailbox import Mail
from .newsletters import CLICKED
from .state import NEVER, WINDOW_DAYS, Pending, Rows, State
from .texts import answer_line, csv_line, iso
from .truth import (
    BASE_UPGRADE_NEAR_QUOTA,
    EFFECT_DAYS,
    EFFECTS,
    REP_SENDS,
    SURVEY_ANSWERED,
    TIRED_AFTER,
    effect_slot,
    engagement,
    is_among,
    is_satisfied,
    near_quota,
    reads,
)

UNSUBSCRIBES = {"rested": 0.003, "tired": 0.02, "never_asked": 0.03}
COMPLAINS = {"rested": 0.0004, "tired": 0.003, "never_asked": 0.01}
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


class Reactions:
    """Plays out mails and what they led to, in order of time, up to the end of a day."""

    def __init__(self, state: State, happened: Happened, seed: int, effects: bool) -> None:
        self.state, self.happened, self.seed, self.effects = state, happened, seed, effects
        self.day = happened.day
        self.first_contact = state.first_contact

    def play(self, mails: list[Mail]) -> None:
        """Let the mails arrive, then everything that is due until midnight."""
        for mail in mails:
            if mail.by_rep:
                self._rep_decides(mail)
            else:
                self._arrive(mail.sent_at, mail.message_id, mail.contact, mail.action, mail.step)
        midnight = (self.day + 1) * DAY_SECONDS
        pending = self.state.pending
        while pending and pending[0][0] < midnight:
            moment, kind, message_id, contact, action, step, detail = heapq.heappop(pending)
            if kind == "rep_sends":
                self._arrive(moment, message_id, contact, action, step)
            else:
                self._react(moment, kind, message_id, contact, action, step, detail)

    def _rng(self, what: str, contact: int, action: str, step: str) -> np.random.Generator:
        """Chance of its own for each mail, so that one mail never changes what another leads to."""
        name = zlib.crc32(f"{what}:{action}:{step}".encode())
        return np.random.default_rng([self.seed, self.day, contact, name])

    def _later(self, entry: Pending) -> None:
        heapq.heappush(self.state.pending, entry)

    def _account(self, contact: int) -> int:
        return int(np.searchsorted(self.first_contact, contact, side="right")) - 1

    def _rep_decides(self, mail: Mail) -> None:
        rng = self._rng("rep", mail.contact, mail.action, mail.step)
        self.happened.count("handed_over")
        if rng.random() < REP_SENDS:
            moment = max(mail.sent_at, self.day * DAY_SECONDS) + int(rng.integers(1800, 2 * DAY_SECONDS - 3600))
            self._later((moment, "rep_sends", mail.message_id, mail.contact, mail.action, mail.step, ""))

    def _arrive(self, sent_at: int, message_id: str, contact: int, action: str, step: str) -> None:
        state, account = self.state, self._account(contact)
        self.happened.mail_event(contact, "sent", sent_at, message_id)
        state.mails[self.day % WINDOW_DAYS, account] += 1
        moment = max(sent_at, self.day * DAY_SECONDS)
        if state.bad_address[contact]:
            self.happened.mail_event(contact, "bounced", moment + 5, message_id)
            return
        if state.cancelled[account] != NEVER:
            return
        rng = self._rng("arrive", contact, action, step)
        self._touch("received", account, action, step, rng, contact)
        tired = int(state.mails[:, account].sum()) > TIRED_AFTER
        engaged = float(engagement(state.health[account : account + 1])[0])
        answers = effect_slot(action, step) == SURVEY_SLOT and rng.random() < SURVEY_ANSWERED
        opens = answers or rng.random() < self._opens_otherwise(float(reads(engaged, tired)), action, step)
        opened = moment + int(min(rng.exponential(6 * 3600), 1.5 * DAY_SECONDS)) + 60
        if opens:
            self._later((opened, "opened", message_id, contact, action, step, ""))
        if answers:
            self._later((opened + 60, "clicked", message_id, contact, action, step, ""))
            answered = opened + 120 + int(rng.integers(0, 3 * DAY_SECONDS))
            self._later((answered, "answered", message_id, contact, action, step, ""))
        elif opens and rng.random() < CLICKED:
            self._later((opened + 60, "clicked", message_id, contact, action, step, ""))
        mood = "tired" if tired else "rested" if state.consent[contact] else "never_asked"
        for kind, chance in (("unsubscribed", UNSUBSCRIBES[mood]), ("complained", COMPLAINS[mood])):
            if rng.random() < chance:
                self._later((opened + 300, kind, message_id, contact, action, step, ""))

    @staticmethod
    def _opens_otherwise(likely: float, action: str, step: str) -> float:
        """Who answers has opened; the rest open so often that the overall rate holds."""
        if effect_slot(action, step) != SURVEY_SLOT:
            return likely
        return max(likely - SURVEY_ANSWERED, 0.0) / (1 - SURVEY_ANSWERED)

    def _react(
        self, moment: int, kind: str, message_id: str, contact: int, action: str, step: str, detail: str
    ) -> None:
        account = self._account(contact)
        if self.state.cancelled[account] != NEVER:
            return
        if kind == "upgraded":
            upgrade(self.state, self.happened, np.array([account]), moment)
        elif kind == "answered":
            self._answer(moment, contact, account, action)
        else:
            self.happened.mail_event(contact, kind, moment, message_id)
        if kind == "opened":
            self._touch("opened", account, action, step, self._rng("opened", contact, action, step), contact)
        if kind == "unsubscribed":
            self.state.consent[contact] = False
            row = (
                f"C{contact + 1:06d}",
                "email",
                "marketing",
                "withdrawn",
                iso(moment),
                "unsubscribe-link v1 2022-04-01",
            )
            self.happened.lines["consents"].append(csv_line(row))

    def _answer(self, moment: int, contact: int, account: int, action: str) -> None:
        answer, language = int(self.state.reason[account]), int(self.state.language[account])
        self.state.answer[account] = answer
        draw = float(self._rng("answer", contact, action, ANSWERS[answer]).random())
        name = self.happened.new_id("survey_answers")
        self.happened.lines["survey_answers"].append(answer_line(name, contact, action, moment, answer, language, draw))
        self.happened.count("answered")

    def _touch(
        self, moment_kind: str, account: int, action: str, step: str, rng: np.random.Generator, contact: int
    ) -> None:
        """Start the mail's true effect, if this is the moment it starts from."""
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
            self._later((when, "upgraded", "", contact, action, step, ""))

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

"""One day of the hidden world of the box, the same law in the written year and afterwards."""

import numpy as np

from ..kit.arrays import NEVER, Bools, Floats
from ..kit.bond import FRESH_WARMTH, drift, engagement
from ..kit.calendar_days import DAY_SECONDS, to_date
from ..kit.chance import Chance, counts, happens
from ..kit.days import new_day
from ..kit.effects import force
from ..kit.happened import Happened
from ..kit.newsletters import send_newsletter
from ..kit.nps import nps_answer, nps_of
from ..kit.outbox import Arrival
from ..kit.tickets import open_tickets
from .boxes import change_plans, order_extras, send_boxes
from .company import COMMENTS, FINE, HOSTILE_COMMENT, REFERRAL, TICKETS
from .people import REASONS, day_in_month
from .reactions import BoxReactions
from .state import BoxState
from .truth import EFFECTS, NEW_REASON, RETURNS, TRUTH, hazard_on

NEWSLETTER_DAYS = (1, 15)
LOGINS_MONTHLY = 4.0


def live(state: BoxState, arrivals: list[Arrival], seed: int, effects: bool) -> Happened:
    """Live the day after `state.day`, with what arrived; the state moves on."""
    happened, chance = new_day(state, seed)
    day = happened.day
    _begin_subscriptions(state, np.flatnonzero(state.joined == day), day)
    BoxReactions(state, happened, TRUTH, seed=seed, effects=effects).play(arrivals)
    state.warmth = drift(state.warmth, state.warmth_mean, chance.noise("warmth", state.persons))
    engaged = engagement(state.warmth)
    _come_back(state, happened, chance)
    member = state.there(day)
    if to_date(day).day in NEWSLETTER_DAYS:
        send_newsletter(state, happened, chance, engaged, to=member)
    open_tickets(state, happened, chance, TICKETS, 0.08 * (0.3 + engaged))
    _log_in(state, happened, chance, engaged, member)
    send_boxes(state, happened, chance, member)
    order_extras(state, happened, chance, engaged, member)
    change_plans(state, happened, chance, engaged, member)
    _recommend(state, happened, chance, engaged, member)
    _ask_on_the_page(state, happened, chance, engaged, member)
    _find_reasons(state, chance, member)
    _cancel(state, happened, chance, member)
    state.day = day
    happened.count("members", int(member.sum()))
    return happened


def _begin_subscriptions(state: BoxState, rows: np.ndarray[tuple[int], np.dtype[np.intp]], day: int) -> None:
    state.started[rows] = day
    state.box_day[rows] = day_in_month(np.full(len(rows), day, np.int32))


def _come_back(state: BoxState, happened: Happened, chance: Chance) -> None:
    """Some of those who left a month ago or earlier begin anew, with nothing in the way."""
    day = happened.day
    gone = (state.left != NEVER) & (state.left <= day - 30) & ~state.held
    likely = RETURNS[state.reason] * force(state, EFFECTS, "return", day)
    rows = np.flatnonzero(gone & happens(chance.everybody("comes back", state.persons), likely))
    _begin_subscriptions(state, rows, day)
    state.left[rows], state.reason[rows], state.warmth[rows] = NEVER, FINE, FRESH_WARMTH
    happened.count("came_back", len(rows))


def _cancel(state: BoxState, happened: Happened, chance: Chance, member: Bools) -> None:
    day = happened.day
    may = member & (state.started < day) & (state.stays_until <= day)
    hazard = np.minimum(hazard_on(state, day) * force(state, EFFECTS, "cancellation", day), 0.9)
    rows = np.flatnonzero(may & happens(chance.everybody("cancels", state.persons), hazard))
    state.left[rows] = day
    happened.count("cancelled", len(rows))


def _find_reasons(state: BoxState, chance: Chance, member: Bools) -> None:
    """Life changes: what was fine is too much, too dear, or not to the taste any more."""
    content = member & (state.reason == FINE) & (state.stays_until <= state.day)
    rows = np.flatnonzero(content & happens(chance.everybody("reason", state.persons), NEW_REASON))
    shares = np.cumsum(REASONS[:FINE]) / sum(REASONS[:FINE])
    state.reason[rows] = np.searchsorted(shares, chance.some("which reason", rows), side="right")


def _log_in(state: BoxState, happened: Happened, chance: Chance, engaged: Floats, member: Bools) -> None:
    rate = np.where(member, LOGINS_MONTHLY * (0.005 + engaged**2) / 30, 0).astype(np.float32)
    persons = np.repeat(np.arange(state.persons), counts(chance.everybody("logins", state.persons), rate))
    number = np.arange(len(persons)) - np.searchsorted(persons, persons)
    seconds = (chance.some("login at", persons, number) * 15 * 3600).astype(np.int64)
    happened.add("app_events", person=persons, moment=happened.day * DAY_SECONDS + seconds)
    happened.count("logins", len(persons))


def _recommend(state: BoxState, happened: Happened, chance: Chance, engaged: Floats, member: Bools) -> None:
    """The glad give a box to somebody, who joins tomorrow: the next of those yet to come."""
    day = happened.day
    likely = 0.008 * engaged**2 * ~state.is_unhappy(day) * force(state, EFFECTS, "referrals", day)
    rows = np.flatnonzero(member & happens(chance.everybody("recommends", state.persons), likely))
    for person in rows.tolist():
        coming = np.flatnonzero(state.joined > day + 1)
        if not len(coming):
            return
        friend = int(coming[0])
        state.joined[friend], state.source[friend] = day + 1, REFERRAL
        happened.row("referrals", person=person, friend=friend, moment=day * DAY_SECONDS + 10 * 3600)
        state.referrals_made[person] += 1
        happened.count("referred")


def _ask_on_the_page(state: BoxState, happened: Happened, chance: Chance, engaged: Floats, member: Bools) -> None:
    """Now and then the member site itself asks whether one would recommend the box."""
    rows = np.flatnonzero(member & happens(chance.everybody("asked", state.persons), 0.06 * engaged))
    noise = 2 * (sum(chance.some("mark", rows, k) for k in range(3)) - 1.5)
    marks = nps_of(engaged[rows], state.is_unhappy(happened.day)[rows], np.asarray(noise, np.float32))
    seconds, draws = chance.some("answered at", rows) * 12 * 3600, chance.some("comment", rows)
    for person, mark, second, draw in zip(rows.tolist(), marks, seconds, draws, strict=True):
        answer = nps_answer(int(mark), int(state.language[person]), float(draw), COMMENTS, HOSTILE_COMMENT)
        happened.row(
            "survey_answers", person=person, moment=happened.day * DAY_SECONDS + int(second),
            survey=answer.survey, answer=answer.answer, comment=answer.comment,
        )  # fmt: skip

"""One day of the hidden world of the studios, the same law in the written year and afterwards."""

import numpy as np

from ..kit.arrays import Bools, Floats
from ..kit.bond import drift, engagement
from ..kit.calendar_days import DAY_SECONDS, to_date
from ..kit.chance import Chance, happens
from ..kit.days import new_day
from ..kit.effects import force
from ..kit.happened import Happened
from ..kit.newsletters import send_newsletter
from ..kit.nps import nps_of
from ..kit.outbox import Arrival
from ..kit.tickets import open_tickets
from .company import REFERRAL, TICKETS
from .people import day_in_month
from .reactions import ServiceReactions
from .state import ServiceState
from .talks import talk
from .truth import EFFECTS, TRUTH, hazard_on, nps
from .visits import charge, order_extras, visit

NEWSLETTER_DAYS = (3, 18)
TICKETS_MONTHLY = 0.05


def live(state: ServiceState, arrivals: list[Arrival], seed: int, effects: bool) -> Happened:
    """Live the day after `state.day`, with what arrived; the state moves on."""
    happened, chance = new_day(state, seed)
    day = happened.day
    _begin_memberships(state, day)
    ServiceReactions(state, happened, TRUTH, seed=seed, effects=effects).play(arrivals)
    state.warmth = drift(state.warmth, state.warmth_mean, chance.noise("warmth", state.persons))
    engaged, member = engagement(state.warmth), state.there(day)
    if to_date(day).day in NEWSLETTER_DAYS:
        send_newsletter(state, happened, chance, engaged, to=member)
    spared, before = state.spared_until > day, state.unhappy_until.copy()
    open_tickets(state, happened, chance, TICKETS, TICKETS_MONTHLY * (0.3 + engaged))
    talk(state, happened, chance, engaged, member & ~spared)
    state.unhappy_until = np.where(spared, before, state.unhappy_until)
    visit(state, happened, chance, engaged, member)
    order_extras(state, happened, chance, engaged, member)
    charge(state, happened, member)
    _recommend(state, happened, chance, engaged, member)
    _ask_at_the_door(state, happened, chance, engaged, member)
    _cancel(state, happened, chance, member)
    state.day = day
    happened.count("members", int(member.sum()))
    return happened


def _begin_memberships(state: ServiceState, day: int) -> None:
    rows = np.flatnonzero(state.joined == day)
    state.bill_day[rows] = day_in_month(np.full(len(rows), day, np.int32))
    state.last_visit[rows] = day


def _cancel(state: ServiceState, happened: Happened, chance: Chance, member: Bools) -> None:
    day = happened.day
    may = member & (state.joined < day) & (state.stays_until <= day)
    hazard = np.minimum(hazard_on(state, day) * force(state, EFFECTS, "cancellation", day), 0.9)
    rows = np.flatnonzero(may & happens(chance.everybody("cancels", state.persons), hazard))
    state.left[rows] = day
    happened.count("cancelled", len(rows))


def _recommend(state: ServiceState, happened: Happened, chance: Chance, engaged: Floats, member: Bools) -> None:
    """The glad bring somebody along, who joins tomorrow: the next of those yet to come."""
    day = happened.day
    likely = 0.008 * engaged**2 * ~state.is_unhappy(day) * force(state, EFFECTS, "referrals", day)
    rows = np.flatnonzero(member & happens(chance.everybody("recommends", state.persons), likely))
    coming = np.flatnonzero(state.joined > day + 1)
    for person, friend in zip(rows.tolist(), coming.tolist(), strict=False):
        state.joined[friend], state.source[friend] = day + 1, REFERRAL
        happened.row("referrals", person=person, friend=friend, moment=day * DAY_SECONDS + 10 * 3600)
        state.referrals_made[person] += 1
        happened.count("referred")


def _ask_at_the_door(state: ServiceState, happened: Happened, chance: Chance, engaged: Floats, member: Bools) -> None:
    """Now and then the screen at the door asks whether one would recommend the studio."""
    rows = np.flatnonzero(member & happens(chance.everybody("asked", state.persons), 0.06 * engaged))
    noise = chance.some("mark", rows) + chance.some("mark", rows, 1) + chance.some("mark", rows, 2) - 1.5
    marks = nps_of(engaged[rows], state.is_unhappy(happened.day)[rows], (2 * noise).astype(np.float32))
    seconds, draws = chance.some("answered at", rows) * 12 * 3600, chance.some("comment", rows)
    for person, mark, second, draw in zip(rows.tolist(), marks, seconds, draws, strict=True):
        said = nps(mark, int(state.language[person]), float(draw))
        moment = happened.day * DAY_SECONDS + int(second)
        answer = {"survey": said.survey, "answer": said.answer, "comment": said.comment}
        happened.row("survey_answers", person=person, moment=moment, **answer)

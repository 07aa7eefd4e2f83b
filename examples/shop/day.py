"""One day of the shop's hidden world, the same law in the written year and afterwards."""

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
from ..kit.person_reactions import PersonReactions
from ..kit.tickets import open_tickets, settle
from .browsing import look_around, visit_stores
from .company import REFERRAL, TICKETS
from .orders import Baskets, ordinary, place, single
from .products import LASTS_DAYS, SETS
from .state import ShopState
from .truth import DEAR_MONTHLY, EFFECTS, TRUTH, nps

NEWS_DAY, COUPON_DAY = 5, 20
COUPON_DAYS = 14
BARGAIN_WAITS = 1.5
"""How much likelier those who wait for coupons order while they have one; without one, less likely than others."""
STARTS_MOVING_UP = 0.022
POINTS_FOR_REFERRAL = 500
TICKETS_MONTHLY = 0.05
SEES_COUPON_ON_PAGE = 0.3


class ShopReactions(PersonReactions[ShopState]):
    """How customers of the shop react."""

    def on_task_done(self, arrival: Arrival, staff: str) -> None:
        """Somebody of the staff called: what was open is put right."""
        if self.effects:
            settle(self.state, arrival.person, self.day)


def live(state: ShopState, arrivals: list[Arrival], seed: int, effects: bool) -> Happened:
    """Live the day after `state.day`, with what arrived; the state moves on."""
    happened, chance = new_day(state, seed)
    day = happened.day
    ShopReactions(state, happened, TRUTH, seed=seed, effects=effects).play(arrivals)
    state.warmth = drift(state.warmth, state.warmth_mean, chance.noise("warmth", state.persons))
    engaged, there = engagement(state.warmth), state.there(day)
    _send_news(state, happened, chance, engaged)
    open_tickets(state, happened, chance, TICKETS, TICKETS_MONTHLY * (0.3 + engaged))
    _wish(state, chance, there, day)
    look_around(state, happened, chance, engaged, there)
    visit_stores(state, happened, chance, engaged, there)
    _order(state, happened, chance, engaged, there)
    _forget_refills(state, chance, day)
    _expire_points(state, happened)
    _recommend(state, happened, chance, engaged, there)
    _ask_on_the_page(state, happened, chance, engaged, there)
    state.day = day
    happened.count("active", int(there.sum()))
    return happened


def _send_news(state: ShopState, happened: Happened, chance: Chance, engaged: Floats) -> None:
    """News on the 5th for everybody, a coupon on the 20th for all who are not left out."""
    today, everybody = to_date(happened.day).day, np.ones(state.persons, np.bool_)
    if today == NEWS_DAY:
        send_newsletter(state, happened, chance, engaged, to=everybody)
    if today == COUPON_DAY:
        to = chance.everybody("left out", state.persons) < force(state, EFFECTS, "coupons", happened.day)
        opened = send_newsletter(state, happened, chance, engaged, to=to, subject="coupon")
        knows = opened | (to & (chance.everybody("on page", state.persons) < SEES_COUPON_ON_PAGE * engaged))
        state.coupon_until = np.where(knows, happened.day + COUPON_DAYS, state.coupon_until).astype(np.int32)


def _wish(state: ShopState, chance: Chance, there: Bools, day: int) -> None:
    """Some begin to want something finer, for some weeks."""
    draw = chance.everybody("wish", state.persons)
    begins = there & ~state.moving_up & ~state.dreams & happens(draw, STARTS_MOVING_UP)
    state.moving_up = (state.moving_up & (state.wish_until > day)) | begins
    lasts = 45 + 45 * chance.everybody("wish lasts", state.persons)
    state.wish_until = np.where(begins, day + lasts, state.wish_until).astype(np.int32)


def _order(state: ShopState, happened: Happened, chance: Chance, engaged: Floats, there: Bools) -> None:
    day = happened.day
    may = there & (state.ponders_until <= day)
    draws = {kind: chance.everybody(kind, state.persons) for kind in ("order", "refill", "dear")}
    coupon = state.coupon_until >= day
    waits = np.where(coupon, BARGAIN_WAITS, 0.75)
    rate = state.tempo * (0.06 + 0.94 * engaged) * force(state, EFFECTS, "orders", day)
    rate = rate * np.where(state.bargains, waits, 1.0) * np.where(state.is_unhappy(day), 0.45, 1.0)
    newcomer = (state.joined == day) & (draws["order"] < 0.9)
    buys = np.flatnonzero(may & (happens(draws["order"], rate) | newcomer))
    refills = np.flatnonzero(may & (draws["refill"] < _refill_chance(state, engaged, day)))
    dear = np.flatnonzero(
        may & state.moving_up & happens(draws["dear"], DEAR_MONTHLY * force(state, EFFECTS, "dear", day))
    )
    baskets: list[Baskets] = [
        ordinary(state, chance, buys),
        single(refills, state.refill[refills]),
        single(dear, SETS[state.wish[dear]]),
    ]
    place(state, happened, chance, baskets)
    state.refilled[refills] = day
    state.moving_up[dear] = False
    state.taste[dear] += 0.3


def _refill_chance(state: ShopState, engaged: Floats, day: int) -> Floats:
    """Likelier and likelier as it is used up."""
    overdue = day - state.refilled - state.refill_pace * LASTS_DAYS[state.refill]
    ramp = 0.055 / (1 + np.exp(-overdue / 4))
    likely = np.where(state.refill >= 0, ramp * (0.15 + 0.85 * engaged), 0)
    more: Floats = (likely * force(state, EFFECTS, "refills", day)).astype(np.float32)
    return more


def _forget_refills(state: ShopState, chance: Chance, day: int) -> None:
    """What is long overdue is bought elsewhere: a habit ends, or the next one is due later."""
    overdue = day - state.refilled - state.refill_pace * LASTS_DAYS[state.refill]
    elsewhere = (state.refill >= 0) & (overdue > 20) & (chance.everybody("elsewhere", state.persons) < 0.04)
    state.refilled = np.where(elsewhere, day, state.refilled).astype(np.int32)
    ends = elsewhere & (chance.everybody("ends", state.persons) < 0.06)
    state.refill = np.where(ends, -1, state.refill).astype(np.int32)


def _expire_points(state: ShopState, happened: Happened) -> None:
    """A year after the last order, points are gone."""
    rows = np.flatnonzero((state.last_order == happened.day - 365) & (state.points > 0) & (state.joined < happened.day))
    moment = np.full(len(rows), happened.day * DAY_SECONDS + 1800, np.int64)
    happened.add("points", person=rows, moment=moment, kind=np.full(len(rows), 3), points=state.points[rows])
    state.points[rows] = 0


def _recommend(state: ShopState, happened: Happened, chance: Chance, engaged: Floats, there: Bools) -> None:
    """The glad bring somebody along, who joins tomorrow: the next of those yet to come."""
    likely = 0.008 * engaged**2 * ~state.is_unhappy(happened.day) * force(state, EFFECTS, "referrals", happened.day)
    rows = np.flatnonzero(there & happens(chance.everybody("recommends", state.persons), likely))
    for person in rows.tolist():
        coming = np.flatnonzero(state.joined > happened.day + 1)
        if not len(coming):
            return
        friend = int(coming[0])
        state.joined[friend], state.source[friend] = happened.day + 1, REFERRAL
        moment = happened.day * DAY_SECONDS + 10 * 3600
        happened.add("referrals", person=np.array([person]), friend=np.array([friend]), moment=np.array([moment]))
        granted = {"kind": np.array([2]), "points": np.array([POINTS_FOR_REFERRAL])}
        happened.add("points", person=np.array([person]), moment=np.array([moment + 60]), **granted)
        state.points[person] += POINTS_FOR_REFERRAL
        state.referrals_made[person] += 1
        happened.count("referred")


def _ask_on_the_page(state: ShopState, happened: Happened, chance: Chance, engaged: Floats, there: Bools) -> None:
    """Now and then the web page itself asks whether one would recommend the shop."""
    rows = np.flatnonzero(there & happens(chance.everybody("asked", state.persons), 0.03 * engaged))
    noise = chance.some("mark", rows) + chance.some("mark", rows, 1) + chance.some("mark", rows, 2) - 1.5
    marks = nps_of(engaged[rows], state.is_unhappy(happened.day)[rows], (2 * noise).astype(np.float32))
    times = chance.some("answered at", rows) * 12 * 3600
    draws = chance.some("comment", rows)
    for person, mark, seconds, draw in zip(rows.tolist(), marks, times, draws, strict=True):
        answer = nps(mark, int(state.language[person]), float(draw))
        moment = happened.day * DAY_SECONDS + int(seconds)
        happened.row(
            "survey_answers", person=person, moment=moment,
            survey=answer.survey, answer=answer.answer, comment=answer.comment,
        )  # fmt: skip

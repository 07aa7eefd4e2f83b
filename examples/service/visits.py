"""What members do in the studios: visits, small things paid from the ticket, extras; and what they are charged."""

import numpy as np

from ..kit.arrays import Bools, Column, Floats, Rows
from ..kit.calendar_days import DAY_SECONDS, to_date
from ..kit.chance import Chance, happens
from ..kit.effects import force
from ..kit.happened import Happened
from .company import PRICES
from .state import ServiceState
from .truth import COMES_WHEN_LET_DOWN, EFFECTS, MANY_POINTS

SUBSCRIPTION, ADD_ON = range(2)
ONLINE, STORE = range(2)
EARNED, SPENT, GRANTED = range(3)
CHARGED, SPENT_PREPAID = range(2)
POINTS_A_VISIT = 10
PACE_DAYS = 30
_EXTRAS = np.array([1_200, 1_500, 2_500, 4_800, 7_800], np.int64)
_EXTRAS_MONTHLY = 0.22
_TOP_UP = 5_000
_SMALL_THINGS = np.array([300, 500, 700, 900], np.int64)
_BUYS_SMALL_THING, _TOPS_UP = 0.4, 0.45


def visit(state: ServiceState, happened: Happened, chance: Chance, engaged: Floats, member: Bools) -> None:
    """Who comes today, and what that keeps up: the habit."""
    day = happened.day
    rate = state.habit * (0.05 + 0.95 * engaged) * force(state, EFFECTS, "visits", day) / PACE_DAYS
    rate = np.minimum(rate * np.where(state.is_unhappy(day), COMES_WHEN_LET_DOWN, 1.0), 0.9)
    comes = member & (chance.everybody("visit", state.persons) < rate)
    state.pace = (state.pace * (1 - 1 / PACE_DAYS) + comes).astype(np.float32)
    rows = np.flatnonzero(comes)
    state.last_visit[rows] = day
    moment = day * DAY_SECONDS + (chance.some("visit time", rows) * 12 * 3600).astype(np.int64)
    happened.add("store_visits", person=rows, moment=moment, store=state.store[rows])
    happened.count("visits", len(rows))
    book(state, happened, rows, moment + 5400, EARNED, np.full(len(rows), POINTS_A_VISIT))
    _use_ticket(state, happened, chance, rows, moment)


def _use_ticket(state: ServiceState, happened: Happened, chance: Chance, rows: Rows, moment: Column) -> None:
    """A towel, a drink: paid from the prepaid ticket, which is charged again where it is nearly empty."""
    price = _SMALL_THINGS[(chance.some("small thing", rows) * len(_SMALL_THINGS)).astype(np.int64)]
    wants = state.prepays[rows] & (chance.some("wants", rows) < _BUYS_SMALL_THING)
    tops_up = wants & (state.prepaid[rows] < price) & (chance.some("tops up", rows) < _TOPS_UP)
    load(state, happened, rows[tops_up], moment[tops_up] + 60, _TOP_UP)
    buys = wants & (state.prepaid[rows] >= price)
    spenders, spent = rows[buys], price[buys]
    state.prepaid[spenders] -= spent
    kind = np.full(len(spenders), SPENT_PREPAID)
    happened.add("prepaid", person=spenders, moment=moment[buys] + 4000, kind=kind, amount=spent)


def load(state: ServiceState, happened: Happened, rows: Rows, moment: Column, amount: int) -> None:
    """Money onto the ticket, at the counter."""
    paid = np.full(len(rows), amount, np.int64)
    happened.add("prepaid", person=rows, moment=moment, kind=np.full(len(rows), CHARGED), amount=paid)
    state.prepaid[rows] += amount
    state.orders_made[rows] += 1
    invoice(state, happened, rows, moment, paid, discount=np.zeros(len(rows), np.int64), channel=STORE)


def order_extras(state: ServiceState, happened: Happened, chance: Chance, engaged: Floats, member: Bools) -> None:
    """Massages, special classes, an hour with a trainer; sometimes paid with points."""
    likely = _EXTRAS_MONTHLY * engaged**2 * force(state, EFFECTS, "extras", happened.day)
    rows = np.flatnonzero(member & happens(chance.everybody("extra", state.persons), likely))
    amount = _EXTRAS[(chance.some("extra", rows) * len(_EXTRAS)).astype(np.int64)]
    spends = (state.points[rows] >= MANY_POINTS) & (chance.some("spends", rows) < 0.35)
    used = np.where(spends, np.minimum(state.points[rows], amount // 2), 0)
    moment = happened.day * DAY_SECONDS + (chance.some("extra at", rows) * 12 * 3600).astype(np.int64)
    book(state, happened, rows[spends], moment[spends], SPENT, used[spends])
    state.orders_made[rows] += 1
    invoice(state, happened, rows, moment, amount - used, discount=used, channel=ONLINE)


def charge(state: ServiceState, happened: Happened, member: Bools) -> None:
    """The month's membership of those whose day it is; of new ones, on the day they join."""
    day = happened.day
    rows = np.flatnonzero(member & ((state.bill_day == to_date(day).day) | (state.joined == day)))
    moment = np.full(len(rows), day * DAY_SECONDS + 3600, np.int64)
    nothing = np.zeros(len(rows), np.int64)
    invoice(state, happened, rows, moment, PRICES[state.plan[rows]], discount=nothing, kind=SUBSCRIPTION)


def invoice(
    state: ServiceState,
    happened: Happened,
    rows: Rows,
    moment: Column,
    paid: Column,
    *,
    discount: Column,
    kind: int = ADD_ON,
    channel: int = ONLINE,
) -> None:
    """Write what was paid, with the points that it earns."""
    codes = {"kind": np.full(len(rows), kind), "channel": np.full(len(rows), channel)}
    happened.add("orders", person=rows, moment=moment, amount=paid, discount=discount, **codes)
    np.add.at(state.paid, rows, paid)
    happened.count("paid_jpy", int(paid.sum()))
    book(state, happened, rows, moment + 60, EARNED, paid // 100)


def book(state: ServiceState, happened: Happened, rows: Rows, moment: Column, kind: int, points: Column) -> None:
    """Points earned or spent."""
    happened.add("points", person=rows, moment=moment, kind=np.full(len(rows), kind), points=points)
    np.add.at(state.points, rows, (-points if kind == SPENT else points).astype(np.int32))

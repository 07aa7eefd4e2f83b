"""What members do with their subscription: boxes and invoices, breaks, larger and smaller plans, extra orders."""

import numpy as np

from ..kit.arrays import Bools, Column, Floats, Rows
from ..kit.calendar_days import DAY_SECONDS, to_date
from ..kit.chance import Chance, happens
from ..kit.effects import force
from ..kit.happened import Happened
from .company import BREAK, PLANS, PRICE, PRICES, TOO_MUCH
from .state import BoxState
from .truth import EFFECTS

SHIPPED, SKIPPED, SWAPPED, RETURNED = range(4)
SUBSCRIPTION, UPGRADE, ADD_ON = range(3)
EARNED, SPENT = range(2)
_SKIPS = np.array([0.03, 0.40, 0.05, 0.22, 0.015], np.float32)
"""How likely a box is skipped, by reason."""
_SWAPS = np.array([0.28, 0.02, 0.02, 0.02, 0.03], np.float32)
_RETURNS = np.array([0.07, 0.01, 0.004, 0.004, 0.003], np.float32)
_RETURNED_AFTER = 6
_ADD_ONS = np.array([800, 1_200, 1_500, 2_000, 2_800], np.int64)
_ADD_ONS_MONTHLY, _UPGRADES_MONTHLY, _DOWNGRADES_MONTHLY, _BREAKS_MONTHLY = 0.16, 0.008, 0.01, 0.04
_MANY_POINTS = 300


def send_boxes(state: BoxState, happened: Happened, chance: Chance, member: Bools) -> None:
    """Today's boxes with their invoices; some skip theirs, have it swapped, or send one back."""
    day = happened.day
    due = member & ((state.box_day == to_date(day).day) | (state.started == day)) & ~state.is_paused(day)
    skips = due & (state.started < day) & (chance.everybody("skip", state.persons) < _SKIPS[state.reason])
    shipped = due & ~skips
    swaps = shipped & (chance.everybody("swap", state.persons) < _SWAPS[state.reason])
    came = member & (state.last_box == day - _RETURNED_AFTER)
    returns = came & (chance.everybody("return", state.persons) < _RETURNS[state.reason])
    for kind, who, hour in ((SWAPPED, swaps, 0), (SHIPPED, shipped, 1), (SKIPPED, skips, 1), (RETURNED, returns, 5)):
        rows = np.flatnonzero(who)
        moment = np.full(len(rows), day * DAY_SECONDS + hour * 3600, np.int64)
        happened.add("boxes", person=rows, moment=moment, kind=np.full(len(rows), kind))
    rows = np.flatnonzero(shipped)
    state.last_box[rows] = day
    happened.count("boxes", len(rows))
    price = PRICES[state.plan[rows]]
    paid = np.rint(price * force(state, EFFECTS, "price", day)[rows]).astype(np.int64)
    invoice(state, happened, rows, SUBSCRIPTION, np.full(len(rows), day * DAY_SECONDS + 3600), paid, price - paid)


def order_extras(state: BoxState, happened: Happened, chance: Chance, engaged: Floats, member: Bools) -> None:
    """Teas and sweets beside the box, sometimes paid with points."""
    rows = np.flatnonzero(member & happens(chance.everybody("add on", state.persons), _ADD_ONS_MONTHLY * engaged**2))
    amount = _ADD_ONS[(chance.some("add on", rows) * len(_ADD_ONS)).astype(np.int64)]
    spends = (state.points[rows] >= _MANY_POINTS) & (chance.some("spends", rows) < 0.4)
    used = np.where(spends, np.minimum(state.points[rows], amount // 2), 0)
    moment = happened.day * DAY_SECONDS + (chance.some("add on at", rows) * 14 * 3600).astype(np.int64)
    _book(state, happened, rows[spends], moment[spends], SPENT, used[spends])
    invoice(state, happened, rows, ADD_ON, moment, amount - used, used)


def invoice(
    state: BoxState, happened: Happened, rows: Rows, kind: int, moment: Column, paid: Column, discount: Column
) -> None:
    """Write what was paid, with the points that it earns."""
    happened.add("orders", person=rows, kind=np.full(len(rows), kind), moment=moment, amount=paid, discount=discount)
    np.add.at(state.paid, rows, paid)
    happened.count("paid_jpy", int(paid.sum()))
    _book(state, happened, rows, moment + 60, EARNED, paid // 100)


def change_plans(state: BoxState, happened: Happened, chance: Chance, engaged: Floats, member: Bools) -> None:
    """The fond take a larger plan, those who count their money a smaller one; some take a break."""
    day, draws = happened.day, {name: chance.everybody(name, state.persons) for name in ("larger", "smaller", "break")}
    settled = member & (state.started < day - 60) & ~state.is_unhappy(day) & (state.stays_until <= day)
    larger = settled & (state.plan < len(PLANS) - 1) & ~np.isin(state.reason, (TOO_MUCH, PRICE))
    rows = np.flatnonzero(larger & happens(draws["larger"], _UPGRADES_MONTHLY * engaged))
    added = PRICES[state.plan[rows] + 1] - PRICES[state.plan[rows]]
    moment = np.full(len(rows), day * DAY_SECONDS + 11 * 3600)
    invoice(state, happened, rows, UPGRADE, moment, added, np.zeros(len(rows), np.int64))
    state.plan[rows] += 1
    smaller = settled & (state.plan > 0) & (state.reason == PRICE)
    state.plan[smaller & happens(draws["smaller"], _DOWNGRADES_MONTHLY * engaged)] -= 1
    away = settled & (state.reason == BREAK) & ~state.is_paused(day) & happens(draws["break"], _BREAKS_MONTHLY)
    lasts = 31 + 61 * chance.everybody("break lasts", state.persons)
    state.paused_until = np.where(away, day + lasts, state.paused_until).astype(np.int32)
    happened.count("upgrades", len(rows))


def _book(state: BoxState, happened: Happened, rows: Rows, moment: Column, kind: int, points: Column) -> None:
    happened.add("points", person=rows, moment=moment, kind=np.full(len(rows), kind), points=points)
    np.add.at(state.points, rows, -points if kind == SPENT else points)

"""Orders: what goes into the basket, what it costs, and what that does to points and to who has bought when."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..kit.arrays import Bools, Column, Rows
from ..kit.calendar_days import DAY_SECONDS
from ..kit.chance import Chance
from ..kit.effects import force
from ..kit.happened import Happened
from .products import ORDINARY, PRICES
from .state import ShopState
from .truth import EFFECTS, MANY_POINTS

ONLINE, STORE = 0, 1
DISCOUNT = 0.10
"""What the shop's coupon takes off."""
USES_POINTS = 0.10
MOST_LINES = 4


@dataclass(frozen=True)
class Baskets:
    """Orders to be placed: who buys, and the things in each basket."""

    persons: Rows
    order: Column
    """Per line: which of these orders it belongs to."""
    product: Column
    quantity: Column


def single(persons: Rows, product: Column) -> Baskets:
    """One thing each."""
    return Baskets(persons, np.arange(len(persons)), np.asarray(product, np.int64), np.ones(len(persons), np.int64))


def ordinary(state: ShopState, chance: Chance, persons: Rows) -> Baskets:
    """A few things at about the price that the person usually pays."""
    more = np.minimum(-np.log(1 - chance.some("more lines", persons)) * 0.9, MOST_LINES - 1).astype(np.int64)
    order = np.repeat(np.arange(len(persons)), 1 + more)
    who = persons[order]
    number = np.arange(len(order)) - np.searchsorted(order, order)
    product = near_price(state, chance, who, number)
    quantity = 1 + (chance.some("quantity", who, number) < 0.25).astype(np.int64)
    return Baskets(persons, order, product, quantity)


def near_price(state: ShopState, chance: Chance, persons: Rows, number: Column, spread: float = 0.45) -> Column:
    """An ordinary product for each person, around their taste."""
    u, v = (np.clip(chance.some(f"price {k}", persons, number), 1e-12, 1) for k in range(2))
    normal = np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)
    wanted = np.exp(state.taste[persons] + spread * normal)
    found: Column = np.minimum(np.searchsorted(PRICES[:ORDINARY], wanted), ORDINARY - 1)
    return found


def place(state: ShopState, happened: Happened, chance: Chance, baskets: Sequence[Baskets]) -> None:
    """Write the day's orders with their lines, and move on what depends on them."""
    for kind, basket in enumerate(baskets):
        if len(basket.persons):
            _place(state, happened, chance, basket, kind)


def _place(state: ShopState, happened: Happened, chance: Chance, baskets: Baskets, kind: int) -> None:
    persons, day = baskets.persons, happened.day
    price = PRICES[baskets.product]
    gross = np.bincount(baskets.order, price * baskets.quantity, len(persons)).astype(np.int64)
    discount = np.where(_uses_coupon(state, chance, persons, day, kind), (gross * DISCOUNT).astype(np.int64), 0)
    used = _points_used(state, chance, persons, day, kind, gross - discount)
    amount = gross - discount - used
    in_store = chance.some(f"in store {kind}", persons) < state.in_store[persons]
    opens, hours = np.where(in_store, 2, 0), np.where(in_store, 8, 14)
    seconds = (opens + hours * chance.some(f"time {kind}", persons)) * 3600
    moment = day * DAY_SECONDS + seconds.astype(np.int64)
    first = happened.next_place("orders")
    happened.add(
        "orders", person=persons, moment=moment, amount=amount, discount=discount + used,
        channel=np.where(in_store, STORE, ONLINE),
    )  # fmt: skip
    happened.add(
        "order_lines",
        order_place=first + baskets.order,
        product=baskets.product,
        quantity=baskets.quantity,
        price=price,
    )
    _visit(state, happened, persons[in_store], moment[in_store] - 600)
    _earn(state, happened, persons, moment, amount, used)
    state.last_order[persons] = day
    state.coupon_until[persons[discount > 0]] = day - 1
    np.add.at(state.orders_made, persons, 1)
    np.add.at(state.paid, persons, amount)
    happened.count("orders", len(persons))
    happened.count("paid_jpy", int(amount.sum()))


def _uses_coupon(state: ShopState, chance: Chance, persons: Rows, day: int, kind: int) -> Bools:
    uses: Bools = (state.coupon_until[persons] >= day) & (chance.some(f"coupon {kind}", persons) < 0.85)
    return uses


def _points_used(state: ShopState, chance: Chance, persons: Rows, day: int, kind: int, cost: Column) -> Column:
    likely = USES_POINTS * force(state, EFFECTS, "points", day)[persons]
    many = state.points[persons] >= MANY_POINTS
    spends = many & (chance.some(f"points {kind}", persons) < likely)
    return np.where(spends, np.minimum(state.points[persons], cost // 2), 0)


def _earn(state: ShopState, happened: Happened, persons: Rows, moment: Column, amount: Column, used: Column) -> None:
    earned = amount // 50
    np.add.at(state.points, persons, earned - used)
    for kind, points, later in ((1, used, 0), (0, earned, 60)):
        rows = points > 0
        codes = np.full(int(rows.sum()), kind)
        happened.add("points", person=persons[rows], moment=moment[rows] + later, kind=codes, points=points[rows])


def _visit(state: ShopState, happened: Happened, persons: Rows, moment: Column) -> None:
    happened.add("store_visits", person=persons, moment=moment, store=state.store[persons])

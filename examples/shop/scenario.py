"""P000310, who is needed by name: a buyer of modest things who has begun to study fine ones."""

import numpy as np

from ..kit.calendar_days import DAY_SECONDS
from ..kit.happened import Happened
from ..kit.persons import seat
from .browsing import COMPARE, VIEW
from .company import PERSON_OF_THE_SCENARIO
from .orders import ONLINE
from .products import ORDINARY, PRICES, SETS
from .state import ShopState

_FAMILY, _GIVEN = 22, 4
"""前田 陽子."""
_BOUGHT = ((330, 900), (281, 1_200), (236, 1_500), (190, 1_100), (139, 2_200), (88, 1_400), (52, 900), (33, 1_800))
"""Days before today, and about what the thing cost (JPY)."""
_STUDIED = (
    (19, ((0, VIEW), (1, VIEW))),
    (15, ((0, VIEW), (1, VIEW), (2, VIEW))),
    (12, ((1, VIEW), (1, VIEW), (0, COMPARE))),
    (8, ((0, VIEW), (1, VIEW), (2, VIEW), (1, COMPARE))),
    (5, ((1, VIEW), (1, VIEW), (2, COMPARE))),
    (2, ((1, VIEW), (0, VIEW), (1, COMPARE))),
)
"""Days before today, and which of the three sets was viewed or compared."""
_NEWS = (84, 71, 54, 40, 26, 12)
"""Days before today on which she was sent a newsletter or a coupon, and opened it."""
THINKS_IT_OVER_DAYS = 10
"""So long after today she buys nothing: the mail, then the voices of other customers, find her undecided."""


def hold_back(state: ShopState) -> None:
    """Before the written year: chance leaves her alone."""
    at = PERSON_OF_THE_SCENARIO - 1
    if at < state.persons:
        first = state.day + 1
        seat(state, at, family=_FAMILY, given=_GIVEN, rep=-1, joined=first - 60, warmth=0.8, warmth_mean=0.8, reads=1.0)
        state.taste[at], state.tempo[at], state.in_store[at] = np.log(1_400), 0.5, 0.04
        state.bargains[at] = state.dreams[at] = False
        state.refill[at], state.points[at], state.wish[at] = -1, 0, 1


def plant(state: ShopState, happened: Happened) -> None:
    """At the end of the written year: her orders, and what she looked at in the last three weeks."""
    at, today = PERSON_OF_THE_SCENARIO - 1, happened.day + 1
    if at >= state.persons:
        return
    for days, price in _BOUGHT:
        product = int(np.searchsorted(PRICES[:ORDINARY], price))
        _order(state, happened, at, (today - days) * DAY_SECONDS + 11 * 3600, product)
    events = [
        (SETS[which], kind, (today - days) * DAY_SECONDS + 12 * 3600 + 300 * k)
        for days, seen in _STUDIED
        for k, (which, kind) in enumerate(seen)
    ]
    looks = {name: np.array([event[k] for event in events]) for k, name in enumerate(("product", "kind", "moment"))}
    happened.add("web_events", person=np.full(len(events), at), **looks)
    for days in _NEWS:
        moment = (today - days) * DAY_SECONDS + 3600
        rows = {"person": np.full(2, at), "kind": np.arange(2), "moment": np.array([moment, moment + 5400])}
        happened.add("mail_events", **rows)
    state.held[at], state.moving_up[at], state.wish_until[at] = False, True, today + 90
    state.last_order[at], state.ponders_until[at] = today - _BOUGHT[-1][0], today + THINKS_IT_OVER_DAYS


def _order(state: ShopState, happened: Happened, person: int, moment: int, product: int) -> None:
    price = int(PRICES[product])
    line = {"order_place": happened.next_place("orders"), "product": product, "quantity": 1, "price": price}
    paid = {"person": person, "moment": moment, "amount": price, "discount": 0, "channel": ONLINE}
    earned = {"person": person, "moment": moment + 60, "kind": 0, "points": price // 50}
    for file, values in (("order_lines", line), ("orders", paid), ("points", earned)):
        happened.add(file, **{name: np.array([value]) for name, value in values.items()})
    state.points[person] += price // 50
    state.orders_made[person] += 1
    state.paid[person] += price

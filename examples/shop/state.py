"""What the hidden world knows of every customer of the shop."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..kit.arrays import Bools, Bytes, Floats, Ints
from ..kit.person_state import PersonState


@dataclass(kw_only=True)
class ShopState(PersonState):
    """The kit's people, with how they shop."""

    tempo: Floats
    """Orders in 30 days when fully engaged."""
    taste: Floats
    """Logarithm of the price (JPY) they usually pay for a thing."""
    in_store: Floats
    """Share of orders made in a store."""
    store: Bytes
    bargains: Bools
    """Buys when there is a coupon; the others buy when they need something, with a coupon or without."""
    moving_up: Bools
    """Would truly like something finer than what they usually buy."""
    dreams: Bools
    """Likes to look at fine things, and does not buy them."""
    wish: Ints
    """The table set they look at, as position among the sets."""
    wish_until: Ints
    """The day on which they lose interest."""
    ponders_until: Ints
    """Buys nothing before this day, whatever happens: still thinking it over."""
    refill: Ints
    """The consumable they use, as position among the products, or -1."""
    refill_pace: Floats
    """How long it lasts them, against how long it should."""
    refilled: Ints
    """The day of the last refill."""
    coupon_until: Ints
    """The last day of the coupon they read of."""
    points: Ints
    last_order: Ints
    orders_made: Ints
    paid: npt.NDArray[np.int64]
    """JPY paid in all."""
    referrals_made: Ints

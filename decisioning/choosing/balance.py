"""Short and long term in one plan: a floor for actions that build the bond, at the least loss of expected value."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Flags
from .allocation import Allocation

#: Halvings of the interval in which the subsidy lies: after these it is known to a thousandth of the dearest action.
_STEPS = 10


@dataclass(frozen=True)
class Balance:
    """The balanced allocation, what share of it is long-term, and what the floor costs in expected value (JPY)."""

    allocation: Allocation
    share: float
    forgone_jpy: float


def balance(value: Array, long_term: Flags, floor: float, allocate: Callable[[Array], Allocation]) -> Balance:
    """Raise the value of long-term actions by the least subsidy at which they make up `floor` of all contacts.

    `allocate` fills the limits for given values; `long_term` says which columns are long-term. A subsidy never makes
    an action worth taking that isn't: values of 0 or less stay as they are. This is the Lagrangian price of the
    floor (Everett 1963), found by bisection. Where the floor is out of reach, the largest share that there is.
    """
    best = allocate(value)
    plain = Balance(best, _share(best, long_term), 0.0)
    if plain.share >= floor or not long_term.any() or not (best.choice > 0).any():
        return plain
    worth = np.where(np.isfinite(value), value, 0.0)
    low, high = 0.0, float(worth.max(initial=0.0)) + 1.0
    found = allocate(_subsidised(value, long_term, high))
    for _ in range(_STEPS):
        middle = (low + high) / 2
        tried = allocate(_subsidised(value, long_term, middle))
        if _share(tried, long_term) >= min(floor, _share(found, long_term)):
            high, found = middle, tried
        else:
            low = middle
    return Balance(found, _share(found, long_term), worth_of(best, value) - worth_of(found, value))


def _subsidised(value: Array, long_term: Flags, subsidy: float) -> Array:
    return np.where(long_term[None, :] & (value > 0), value + subsidy, value)


def _share(allocation: Allocation, long_term: Flags) -> float:
    taken = allocation.choice[allocation.choice > 0] - 1
    return float(long_term[taken].mean()) if taken.size else 0.0


def worth_of(allocation: Allocation, value: Array) -> float:
    """The plain value of what is allocated, without subsidies."""
    rows = np.flatnonzero(allocation.choice)
    return float(value[rows, allocation.choice[rows] - 1].sum())

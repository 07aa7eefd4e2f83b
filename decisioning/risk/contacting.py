"""Whom it pays to contact: value at risk x effect against the cost, at every threshold of the risk."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, Flags


class Effect(NamedTuple):
    """The share of the value at risk that a contact is believed to keep; `low` and `high` bound the belief."""

    mean: float
    low: float
    high: float


class Choice(NamedTuple):
    """A set of units to contact and what it would bring, in the value's unit, costs taken off."""

    name: str
    """'nobody', 'everybody', 'top_tenth', 'worth_it', 'surely_worth_it', or 'risk' for a threshold."""
    threshold: float
    """Contact from this risk on; NaN where the set is no threshold of the risk."""
    units: int
    cost: float
    gain: float
    low: float
    high: float


class Contacting(NamedTuple):
    """Who is worth a contact, and how that compares with simpler rules."""

    worth_it: Flags
    break_even_risk: Array
    """Per unit, the risk from which a contact pays; above 1 where none does, NaN where that is unknown."""
    choices: tuple[Choice, ...]
    best_threshold: Choice
    """The best rule of the form "contact everybody from this risk on"."""


def contacting(
    risk: ArrayLike,
    value: ArrayLike,
    effect: Effect,
    cost: ArrayLike,
    thresholds: ArrayLike = (0.05, 0.1, 0.2, 0.3, 0.5),
) -> Contacting:
    """Weigh a contact of each unit: it is worth it where risk x value x effect > cost.

    `risk` is the chance of losing the unit, `value` what is lost with it; `cost`, of one contact, is in the same
    unit of money, for each or for all. A unit with an unknown risk or value is never worth a contact. The rule is
    that of Verbraken, Verbeke & Baesens (2013) with each unit's own value, without a ranking in between.
    """
    p, worth, price = np.broadcast_arrays(*(np.asarray(one, dtype=np.float64) for one in (risk, value, cost)))
    p, worth, price = p.ravel(), worth.ravel(), price.ravel()
    _check(p, price, effect)
    stake, known = p * worth, np.isfinite(p * worth)
    pays = known & (np.where(known, stake, 0.0) * effect.mean > price)
    sure = known & (np.where(known, stake, 0.0) * effect.low > price)
    tenth = np.zeros(p.size, dtype=np.bool_)
    tenth[np.argsort(np.where(known, -p, np.inf), kind="stable")[: -(-int(known.sum()) // 10)]] = True
    sets = [
        ("nobody", np.nan, np.zeros(p.size, dtype=np.bool_)),
        ("everybody", 0.0, known),
        ("top_tenth", float(p[tenth].min()) if tenth.any() else np.nan, tenth),
        *(("risk", float(cut), known & (np.where(known, p, -1.0) >= cut)) for cut in np.ravel(thresholds)),
        ("worth_it", np.nan, pays),
        ("surely_worth_it", np.nan, sure),
    ]
    keeps = worth * effect.mean
    with np.errstate(over="ignore"):
        break_even = np.divide(price, keeps, out=np.full(p.size, np.inf), where=keeps > 0.0)
    return Contacting(
        worth_it=pays,
        break_even_risk=np.where(np.isfinite(worth), break_even, np.nan),
        choices=tuple(_choice(name, cut, chosen, stake, price, effect) for name, cut, chosen in sets),
        best_threshold=_best_threshold(p, stake, price, effect, known),
    )


def _check(risk: Array, cost: Array, effect: Effect) -> None:
    if np.any((risk < 0.0) | (risk > 1.0)):
        raise ValueError("a risk lies between 0 and 1")
    if np.any(cost < 0.0) or not np.isfinite(cost).all():
        raise ValueError("a cost is 0 or more")
    if not effect.low <= effect.mean <= effect.high:
        raise ValueError(f"the effect {effect.mean} lies outside its own interval {effect.low} to {effect.high}")


def _choice(name: str, threshold: float, chosen: Flags, stake: Array, cost: Array, effect: Effect) -> Choice:
    at_stake, spent = float(stake[chosen].sum()), float(cost[chosen].sum())
    bounds = sorted((at_stake * effect.low - spent, at_stake * effect.high - spent))
    return Choice(name, threshold, int(chosen.sum()), spent, at_stake * effect.mean - spent, *bounds)


def _best_threshold(risk: Array, stake: Array, cost: Array, effect: Effect, known: Flags) -> Choice:
    """Tried at every risk that occurs; nobody where no threshold gains."""
    where = np.flatnonzero(known)
    order = where[np.argsort(-risk[where], kind="stable")]
    gains = np.cumsum(stake[order] * effect.mean - cost[order])
    ends = np.flatnonzero(np.r_[risk[order][1:] != risk[order][:-1], True]) if order.size else order
    if not ends.size or gains[ends].max() <= 0.0:
        return _choice("risk", np.nan, np.zeros(risk.size, dtype=np.bool_), stake, cost, effect)
    cut = float(risk[order[ends[int(np.argmax(gains[ends]))]]])
    return _choice("risk", cut, known & (np.where(known, risk, -1.0) >= cut), stake, cost, effect)

"""Admission under a bound on the gap between groups: quotas first, then everybody, then what is over gives way."""

from dataclasses import replace

import numpy as np

from ..arrays import Array, Indices
from .admission import admit, current, improve
from .problem import Limit, Problem

_ROUNDS = 60


def admit_fairly(problem: Problem, net: Array, taken: Indices) -> Indices:
    """The column each unit takes (-1 is none), every gap within its bound wherever that is possible.

    `taken` is an admission at the same net values that looked at no bound: from its rates comes the window in which
    all groups shall lie. Each group is first filled to the window's foot, then all up to its top; where a foot is
    out of reach, the units worth least of the groups that then lie too high give their places up, and what that
    frees goes to whom it fits. Nobody gets an action that is worth nothing.
    """
    windows = [parity.window(parity.rates(taken)) for parity in problem.parities]
    quotas = _capped(problem, [low for low, _ in windows], round_up=True)
    bounded = np.any([parity.code >= 0 for parity in problem.parities], axis=0)
    first = np.where(bounded, net, -np.inf)
    taken, _ = admit(quotas, first)
    capped = _capped(problem, [high for _, high in windows])
    taken, left = admit(capped, net.copy(), taken)
    improve(capped, net, taken, left)
    for _ in range(_ROUNDS):
        if all(parity.holds(taken) for parity in problem.parities):
            break
        if not _give_way(problem, net, taken):
            return taken
    else:
        return np.full(taken.size, -1, dtype=np.int64)
    return refilled(problem, net, taken)


def _capped(problem: Problem, rates: list[float], *, round_up: bool = False) -> Problem:
    """The problem with a limit for each group: as many choices as keep it at its partition's rate."""
    limits = list(problem.limits)
    every = np.append(np.ones(problem.value.shape[0], dtype=np.bool_), False)
    for parity, rate in zip(problem.parities, rates, strict=True):
        for group, most in enumerate(parity.most(rate)):
            rows = np.flatnonzero(parity.code == group)
            limits.append(Limit("", float(most) + round_up, every, rows))
    return replace(problem, limits=tuple(limits))


def _give_way(problem: Problem, net: Array, taken: Indices) -> bool:
    """Take the choices worth least, in place, from groups more than the gap above the lowest; False where none can."""
    anyone = False
    for parity in problem.parities:
        rates = parity.rates(taken)
        top = rates.min(initial=np.inf) + parity.max_gap
        for group in np.flatnonzero(rates > top + 1e-9):
            members = np.flatnonzero((parity.code == group) & (taken >= 0))
            order = members[np.argsort(current(net, taken)[members], kind="stable")]
            too_much = (rates[group] - top) * parity.size[group]
            n_out = int(np.searchsorted(np.cumsum(parity.adds(taken)[order]), too_much - 1e-9) + 1)
            taken[order[:n_out]] = -1
            anyone |= bool(order.size)
    return anyone


def refilled(problem: Problem, net: Array, taken: Indices) -> Indices:
    """What was freed goes to others, no group above the lowest by more than the gap; kept only if the bound holds."""
    tops = [float(parity.rates(taken).min(initial=np.inf)) + parity.max_gap for parity in problem.parities]
    capped = _capped(problem, tops)
    filled, left = admit(capped, net.copy(), taken)
    improve(capped, net, filled, left)
    return filled if all(parity.holds(filled) for parity in problem.parities) else taken

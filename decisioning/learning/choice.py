"""Who gets what when it isn't known yet what is best, so that the probability of every choice is exact.

A few draws from the belief are shared by all (Thompson 1933); each unit decides by one of them, which its own ticket
picks. So the probability of a choice is the share of the draws in which it is the best: counted, not estimated. A
Monte-Carlo estimate would need hundreds of draws per unit for a figure that is still not exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Flags, Indices
from .posterior import Posterior

DRAWS = 32
_BLOCK = 2048  #: units at once, so that all draws of a block stay in the processor's cache


@dataclass(frozen=True)
class Drawn:
    """`parameters` [draws, actions, features], and the form that each draw believes in."""

    parameters: Array
    form: Indices


@dataclass(frozen=True)
class Stake:
    """What the choice is about. `features` [n, q]; `scales` one per form, [n]; `worth` [n, k] of one more outcome;
    `cost` [n, k], known and never learned; `eligible` [n, k]."""

    features: Array
    scales: Sequence[Array]
    worth: Array
    cost: Array
    eligible: Flags


@dataclass(frozen=True)
class Trials:
    """Whom an action is tried on that would otherwise hardly be: `action` [n], 0 where none; each takes it with
    probability `share` and is decided for as everybody else otherwise, which makes them comparable."""

    action: Indices
    share: float


def plan_trials(expected: Array, spread: Array, cost: Array, eligible: Flags, wanted: float, share: float) -> Trials:
    """Where an action that nobody would get by what is expected of it may win most: it is learned there or never.

    `expected` and `spread` [n, k] are values before `cost` [n, k] and their standard deviations. An action that has
    the highest expectation for less than `wanted` of the units is tried on as many of them as are missing, those with
    the highest upper bound (one standard deviation up) above the best expectation of any. Dear actions come first.
    """
    if not 0.0 < share <= 1.0:
        raise ValueError(f"share must lie in (0, 1], got {share!r}")
    n, net = cost.shape[0], np.where(eligible, expected - cost, -np.inf)
    best = np.maximum(net.max(axis=1), 0.0)
    action = np.zeros(n, dtype=np.int64)
    for k in np.argsort(-cost.mean(axis=0), kind="stable"):
        missing = wanted * n - int(((net[:, k] >= best) & (best > 0.0)).sum())
        if missing <= 0:
            continue
        upside = np.where(action == 0, net[:, k] + spread[:, k] - best, -np.inf)
        most = np.argsort(-upside, kind="stable")[: int(missing / share)]
        action[most[upside[most] > 0.0]] = k + 1
    return Trials(action, share)


def draw(posterior: Posterior, rng: np.random.Generator, draws: int = DRAWS, boldness: float = 1.0) -> Drawn:
    """Joint draws from the belief, its spread times `boldness`; forms by their weights, in even shares."""
    tickets = (rng.random() + np.arange(draws)) / draws
    form = np.searchsorted(np.cumsum(posterior.weights)[:-1], tickets)
    parameters = np.empty((draws, posterior.n_actions, posterior.n_features))
    for one in np.unique(form):
        mean, covariance = posterior.mean(int(one)), posterior.covariance(int(one))
        factor = np.linalg.cholesky(covariance + 1e-12 * np.trace(covariance) * np.eye(len(covariance)))
        at = np.flatnonzero(form == one)
        chance = rng.standard_normal((at.size, len(covariance)))
        parameters[at] = mean + boldness * (chance @ factor.T).reshape(at.size, *mean.shape)
    return Drawn(parameters, np.asarray(form, dtype=np.int64))


def decide(
    drawn: Drawn, stake: Stake, tickets: Array, floor: float = 0.0, trials: Trials | None = None
) -> tuple[Indices, Array]:
    """Each unit's choice (0: nothing, worth 0) and its exact probability, over the `tickets` [n] in [0, 1).

    With probability `floor` a unit is left to chance and draws evenly from nothing and what is eligible: a new
    action is tried at a floor, whatever is believed of it. Of the others, `trials` takes its share first.
    """
    n, m = tickets.size, drawn.form.size
    if not 0.0 <= floor < 1.0:
        raise ValueError(f"floor must lie in [0, 1), got {floor!r}")
    choice, share = np.empty(n, dtype=np.int64), np.empty(n)
    left = np.clip((tickets - floor) / (1.0 - floor), 0.0, 1.0)
    tried, tries = _tried(trials, n)
    on_trial = (left < tries) & (tickets >= floor)
    left = np.where(tries < 1.0, np.clip((left - tries) / np.maximum(1.0 - tries, 1e-12), 0.0, 1.0), 0.0)
    own = np.minimum((left * m).astype(np.int64), m - 1)
    for first in range(0, n, _BLOCK):
        rows = slice(first, min(first + _BLOCK, n))
        value = _values(drawn, stake, rows)
        best = value.max(axis=0)
        here = np.arange(best.shape[1])
        mine = value[:, own[rows], here]
        picked = np.where(mine.max(axis=0) > 0.0, mine.argmax(axis=0) + 1, 0)
        picked = np.where(on_trial[rows], tried[rows], picked)
        if floor > 0.0:
            picked = _left_to_chance(picked, stake.eligible[rows], tickets[rows], floor)
        taken = value[np.maximum(picked - 1, 0), :, here].T
        agrees = np.where(picked > 0, (taken >= best) & (best > 0.0), best <= 0.0)
        choice[rows], share[rows] = picked, agrees.sum(axis=0) / m
    options = 1.0 + stake.eligible.sum(axis=1)
    by_belief = (1.0 - tries) * share + tries * (choice == tried)
    return choice, (1.0 - floor) * by_belief + floor / options


def decide_unlogged(drawn: Drawn, stake: Stake, tickets: Array) -> Indices:
    """The same choices without floor and without their probabilities: what logging is compared with."""
    m = drawn.form.size
    own = np.minimum((tickets * m).astype(np.int64), m - 1)
    choice = np.zeros(tickets.size, dtype=np.int64)
    for number in range(m):
        rows = np.flatnonzero(own == number)
        scale = stake.scales[drawn.form[number]][rows]
        value = (stake.features[rows] @ drawn.parameters[number].T) * scale[:, None] * stake.worth[rows]
        value = np.where(stake.eligible[rows], value - stake.cost[rows], -np.inf)
        choice[rows] = np.where(value.max(axis=1) > 0.0, value.argmax(axis=1) + 1, 0)
    return choice


def _tried(trials: Trials | None, n: int) -> tuple[Indices, Array]:
    """Each unit's action on trial, and how likely it gets it."""
    if trials is None:
        return np.zeros(n, dtype=np.int64), np.zeros(n)
    return trials.action, np.where(trials.action > 0, trials.share, 0.0)


def _values(drawn: Drawn, stake: Stake, rows: slice) -> NDArray[np.float32]:
    """Actions x draws x units of the block: single precision, units last, so that each step runs over long rows."""
    m, k, q = drawn.parameters.shape
    features = np.ascontiguousarray(stake.features[rows].T, dtype=np.float32)
    parameters = drawn.parameters.transpose(1, 0, 2).reshape(k * m, q).astype(np.float32)
    value: NDArray[np.float32] = (parameters @ features).reshape(k, m, -1)
    scale = np.stack([stake.scales[form][rows] for form in range(len(stake.scales))]).astype(np.float32)
    value *= scale[drawn.form][None]
    value *= np.ascontiguousarray(stake.worth[rows].T, dtype=np.float32)[:, None]
    cost = np.where(stake.eligible[rows], stake.cost[rows], np.inf)
    value -= np.ascontiguousarray(cost.T, dtype=np.float32)[:, None]
    return value


def _left_to_chance(picked: Indices, eligible: Flags, tickets: Array, floor: float) -> Indices:
    """Tickets below the floor draw evenly."""
    options = np.column_stack([np.ones(picked.size, dtype=np.bool_), eligible])
    nth = np.floor(np.minimum(tickets / floor, 1.0) * options.sum(axis=1)).astype(np.int64)
    drawn = np.argmax(np.cumsum(options, axis=1) > nth[:, None], axis=1)
    return np.where(tickets < floor, drawn, picked)

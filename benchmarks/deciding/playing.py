"""Plays a policy on a world, and says what it earned: the exact expected net margin along its path."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .world import ACTIONS, CYCLES, Array, Twin, World, make_world

Actions = NDArray[np.int64]
#: (what is observed, cycle, rng) -> one action per customer.
Decide = Callable[[dict[str, Array], int, np.random.Generator], Actions]
#: Told what was decided and the margins that came; learners learn here.
Learn = Callable[[dict[str, Array], Actions, Array], None]


@dataclass(frozen=True)
class Played:
    """`margin`: exact expected net margin of all customers over all cycles, in dollars."""

    margin: float
    shares: Array  #: how often each action was taken
    subscribed: float  #: share of customers who still are at the end


def play(
    decide: Decide, *, customers: int, twin: Twin, seed: int, learn: Learn | None = None, sees_all: bool = False
) -> Played:
    """The same seed is the same customers, whatever the policy; `sees_all` hands over the world's own values."""
    rng = np.random.default_rng((seed, 0))
    world, earned, counts = make_world(customers, twin, rng), 0.0, np.zeros(len(ACTIONS))
    for cycle in range(CYCLES):
        chance = np.random.default_rng((seed, 1, cycle))
        seen = {"values": world.values()} if sees_all else world.observed()
        actions = np.where(world.subscribed, decide(seen, cycle, chance), 0)
        earned += float(world.margins()[np.arange(customers), actions].sum())
        counts += np.bincount(actions, minlength=len(ACTIONS))
        margin = world.step(actions, np.random.default_rng((seed, 2, cycle)))
        if learn is not None:
            learn(seen, actions, margin)
    return Played(earned, counts / counts.sum(), float(world.subscribed.mean()))


def always(action: int) -> Decide:
    """The same action for everybody, each cycle."""
    return lambda seen, _cycle, _rng: np.full(seen["age"].size, action)


def at_random(seen: dict[str, Array], _cycle: int, rng: np.random.Generator) -> Actions:
    """Any action, each as likely."""
    return rng.integers(0, len(ACTIONS), seen["age"].size)


def oracle(seen: dict[str, Array], _cycle: int, _rng: np.random.Generator) -> Actions:
    """What is best for each, with all that is hidden in sight; one step ahead, the rest of the campaign untouched."""
    return np.asarray(np.argmax(seen["values"], axis=1))


def world_of(customers: int, twin: Twin, seed: int) -> World:
    """A world of its own for those who learn from simulated decisions."""
    return make_world(customers, twin, np.random.default_rng((seed, 0)))

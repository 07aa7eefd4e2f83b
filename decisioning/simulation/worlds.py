"""What might be true of the actions: a plan is judged in several worlds, not in the one that it believes in alone."""

from enum import StrEnum

import numpy as np
from scipy.special import ndtri

from ..arrays import Array, Flags


class World(StrEnum):
    """How the truth differs from what is believed."""

    STATED = "stated"  #: true effects are drawn from the beliefs
    HALF = "half"  #: every effect is half as strong as that
    NONE = "none"  #: no action has any effect
    HARMFUL = "harmful"  #: as stated, but the action that the plan counts on most does harm
    OPTIMISTIC = "optimistic"  #: beliefs are too modest: effects lie around the upper end of their 80 % interval


_OPTIMISTIC_SDS = float(ndtri(0.9))


def true_effects(world: World, mean: Array, sd: Array, best: int | None, rng: np.random.Generator) -> Array:
    """The effects of the actions in one run [k], from normal beliefs about them.

    The same generator state gives the same draws in every world, so that worlds differ by what they assume and not
    by luck (common random numbers: Glasserman & Yao 1992). `best` is the action that harms in the harmful world, by
    at least as much as it was believed to help.
    """
    drawn = strength(world) * rng.normal(mean, sd)
    if world is World.OPTIMISTIC:
        return np.asarray(drawn + _OPTIMISTIC_SDS * sd)
    if world is World.HARMFUL and best is not None:
        drawn[best] = -max(abs(float(drawn[best])), abs(float(mean[best])))
    return np.asarray(drawn)


def strength(world: World) -> float:
    """How strong true effects are, in shares of those drawn from the beliefs."""
    return {World.NONE: 0.0, World.HALF: 0.5}.get(world, 1.0)


def for_each_unit(effect: Array, scale: Array, power: float, fits: Flags) -> Array:
    """An action's effect on every unit, from that on a unit of average scale.

    The plan takes effects to go with `scale`; in truth they go with scale ** power, from 0 (the same for all) to 1 (as
    planned), so that the shape that the plan assumes is not taken for granted either.
    """
    shape = np.maximum(scale, 0.0) ** power
    mean = float(shape[fits].mean()) if fits.any() else 1.0
    return np.asarray(effect * shape / mean if mean > 0.0 else effect)

"""What the actions of a simulated campaign truly do, which its agents don't know."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..customers.eligibility import matches
from ..customers.table import FeatureTable
from ..decisioning.learning.axes import Axes
from ..decisioning.learning.differing import slopes_of
from ..decisioning.simulation.worlds import World, strength, true_effects
from .telling_apart import figures_of, names_of_figures
from .twin import Twin

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Effects:
    """Of the brief's actions, in their order: the effect on the average unit over the action's own window, and how it
    differs along figures of the unit; None where it does not."""

    average: Array
    slopes: tuple[tuple[Axes, Array] | None, ...]

    @classmethod
    def alike(cls, average: Array) -> "Effects":
        """The same for all units of a scale."""
        return cls(average, (None,) * len(average))

    def on_units(self, column: int, table: FeatureTable, where: Array) -> Array:
        """The effect of one action on these units, at scale 1."""
        effect = np.full(len(where), float(self.average[column]))
        slopes = self.slopes[column]
        if slopes is not None:
            axes, along = slopes
            effect += axes.steps(figures_of(table, axes.names, where)) @ along
        return effect


def draw_effects(twin: Twin, world: World, best: int | None, seed: list[int]) -> Effects:
    """What each action truly does in a run of this world, from what is believed of it."""
    held = [twin.beliefs[name] for name in twin.workspace.brief.playbooks]
    mean, sd = np.array([belief.mean for belief in held]), np.array([belief.sd for belief in held])
    average = true_effects(world, mean, sd, best, np.random.default_rng([*seed, 0, 0]))
    rng = np.random.default_rng([*seed, 0, 2])
    slopes: list[tuple[Axes, Array] | None] = []
    for name, belief in zip(twin.workspace.brief.playbooks, held, strict=True):
        axes = belief.slopes.axes if belief.slopes is not None else _axes(twin, name)
        middle, covariance = slopes_of(belief, len(axes.names))
        along = rng.multivariate_normal(middle, covariance)
        slopes.append((axes, strength(world) * along))
    return Effects(average, tuple(slopes))


def _axes(twin: Twin, name: str) -> Axes:
    """Through the units that the action's rule fits today."""
    names = names_of_figures(twin.workspace, twin.table)
    fits = np.flatnonzero(matches(twin.workspace.actions[name].when, twin.table))
    return Axes.through(names, figures_of(twin.table, names, fits))

"""The figures of a unit along which an action's effect may differ, and how it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array

_MOST_STEPS = 3.0


@dataclass(frozen=True)
class Axes:
    """Where each figure is counted from, and in which steps (0: it does not vary, and tells nothing)."""

    names: tuple[str, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]

    @classmethod
    def through(cls, names: Sequence[str], figures: Array) -> "Axes":
        """From the mean of these units [n, q], in their standard deviations."""
        known = np.isfinite(figures)
        count = np.maximum(known.sum(axis=0), 1)
        centre = np.where(known, figures, 0.0).sum(axis=0) / count
        spread = np.sqrt((np.where(known, figures - centre, 0.0) ** 2).sum(axis=0) / count)
        return cls(tuple(names), tuple(centre.tolist()), tuple(np.where(spread > 1e-9, spread, 0.0).tolist()))

    def steps(self, figures: Array) -> Array:
        """Steps from the centre [n, q], at most three; an unknown figure counts as the usual one."""
        spread = np.array(self.spread)
        varies = spread > 0.0
        steps = (figures - np.array(self.centre)) / np.where(varies, spread, 1.0)
        return np.asarray(np.where(varies, np.clip(np.nan_to_num(steps, nan=0.0), -_MOST_STEPS, _MOST_STEPS), 0.0))

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"names": list(self.names), "centre": list(self.centre), "spread": list(self.spread)}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Axes":
        """What `as_dict` wrote."""
        return cls(tuple(kept["names"]), tuple(kept["centre"]), tuple(kept["spread"]))


@dataclass(frozen=True)
class Slopes:
    """By how much a step along each axis changes the average effect. `covariance` [1 + q, 1 + q] is that of the average
    effect and the slopes together."""

    axes: Axes
    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]

"""How strict a look at the figures has to be, given that there were others and will be more."""

from functools import lru_cache
from typing import Any

import numpy as np

from ..decisioning.measuring.looks import information_of_events, spending_bounds
from ..decisioning.measuring.sequences import Looking, look_bounds
from ..domain.brief import Metric
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]

#: What happens to a unit once: its information grows as the odds do, not as time does.
_HAPPENS_ONCE = frozenset({Metric.CHURN_RATE, Metric.UPGRADES, Metric.REPEAT_RATE})
_ALPHA = 0.05


def bound_of_goal(workspace: Workspace, y: Array, cycle: int) -> float:
    """The z of the goal's interval at the end of a cycle, as the brief's `measurement` wants it.

    `y` is the metric of all compared units, both sides together.
    """
    cycles = workspace.brief.cycles
    if workspace.brief.goal.metric in _HAPPENS_ONCE and y.size:
        times = information_of_events(float(y.mean()), cycle, cycles)
    else:
        times = evenly(cycles)
    return _bounds(workspace.brief.measurement.intervals, tuple(times))[cycle - 1]


@lru_cache(maxsize=256)
def _bounds(intervals: Looking, times: tuple[float, ...]) -> tuple[float, ...]:
    """A simulation asks for the same ones many times."""
    return tuple(look_bounds(intervals, times, _ALPHA))


def bound_of_many(figures: int, cycle: int, cycles: int) -> float:
    """The z of each of several figures such that all of them, at all looks, hold together.

    Shared out evenly (Bonferroni), and spent about evenly over the looks: these figures are there to be seen early.
    """
    return spending_bounds(evenly(cycles)[:cycle], _ALPHA / max(1, figures), "pocock")[-1]


def evenly(cycles: int) -> list[float]:
    """Information at the end of each cycle, where it comes with time."""
    return [(k + 1) / cycles for k in range(cycles)]

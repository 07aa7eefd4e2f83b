"""What is kept back of a limit for what chance will draw: its expectation, and room for bad luck."""

import numpy as np

from ..arrays import Array

DEVIATIONS = 2.0
"""Of bad luck that is provided for; what goes beyond it (2 % of the time) the guardrails stop."""


def kept_for_chance(probability: Array, use: Array) -> float:
    """How much of a limit chance takes: the expected use, and so many standard deviations more.

    `probability` [n, k] of each pair to be drawn, at most one of a unit's, units independently of one another; `use`
    [n, k] what each pair takes. Nothing here depends on a draw, so the allocation that is made with what is left is
    the same for every draw, and the probability that is logged given the allocation is that of the choice.
    """
    use = np.where(probability > 0.0, use, 0.0)
    mean = (probability * use).sum(axis=1)
    variance = (probability * use**2).sum(axis=1) - mean**2
    return float(mean.sum() + DEVIATIONS * np.sqrt(np.maximum(variance, 0.0).sum()))

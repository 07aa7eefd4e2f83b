"""The bond: how warm a person is toward the company. It wanders around the person's own mean, day by day."""

import numpy as np

from .arrays import Floats

WARMTH_SPREAD = 0.5
WARMTH_DAYS = 150
FRESH_WARMTH = 0.4
"""Where a new customer starts: curious."""


def engagement(warmth: Floats) -> Floats:
    """0 has gone quiet, 1 is fully engaged. Steep: most people are one or the other."""
    value: Floats = (1 / (1 + np.exp(-6 * (warmth + 0.2)))).astype(np.float32)
    return value


def drift(warmth: Floats, mean: Floats, noise: Floats, days: float = 1.0) -> Floats:
    """Warmth some days later."""
    stays = np.float32(np.exp(-days / WARMTH_DAYS))
    moved: Floats = mean + (warmth - mean) * stays + WARMTH_SPREAD * np.sqrt(1 - stays * stays) * noise
    return moved.astype(np.float32)

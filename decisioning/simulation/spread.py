"""Many runs in few figures."""

from dataclasses import dataclass

import numpy as np

from ..arrays import Array


@dataclass(frozen=True)
class Spread:
    """The middle of many runs, and the range that holds 80 % and 95 % of them; NaN where no run has a value."""

    median: float
    mean: float
    low80: float
    high80: float
    low95: float
    high95: float


def spread(values: Array) -> Spread:
    """Runs without a value (NaN) are left out."""
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if not known.size:
        return Spread(*[float("nan")] * 6)
    low95, low80, median, high80, high95 = np.quantile(known, [0.025, 0.1, 0.5, 0.9, 0.975])
    return Spread(float(median), float(known.mean()), float(low80), float(high80), float(low95), float(high95))


def share_interval(hits: int, runs: int, z: float = 1.96) -> tuple[float, float]:
    """What so many hits in so many runs say of the chance, low and high (Wilson 1927)."""
    if runs <= 0:
        return 0.0, 1.0
    p, z2 = hits / runs, z * z / runs
    middle, half = p + z2 / 2.0, z * np.sqrt(p * (1.0 - p) / runs + z2 / (4.0 * runs))
    return max(0.0, float((middle - half) / (1.0 + z2))), min(1.0, float((middle + half) / (1.0 + z2)))


def histogram(values: Array, bins: int = 24) -> tuple[list[float], list[int]]:
    """Edges and counts of the known values in even bins; one bin where all are the same."""
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if not known.size:
        return [], []
    if float(known.max() - known.min()) < 1e-12:
        at = float(known[0])
        return [at - 0.005, at + 0.005], [int(known.size)]
    counts, edges = np.histogram(known, bins=min(bins, max(5, int(np.sqrt(known.size) * 1.5))))
    return [float(edge) for edge in edges], [int(count) for count in counts]

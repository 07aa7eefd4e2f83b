"""Figures made comparable for clustering: normal scores of features that say different things.

Ranks forget units and outliers, and a score per feature is normally distributed by construction. So a cloud without
clusters is one Gaussian, whatever its features count, and only how features go together can show a cluster.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ..table import FeatureTable, Floats
from .segments import clustered_by

_FEWEST_KNOWN = 0.6
_FEWEST_VALUES = 4
#: A figure that is the same for almost everybody tells nobody apart.
_MOST_ALIKE = 0.9
_TOO_ALIKE = 0.6
_MOST_FEATURES = 24


@dataclass(frozen=True)
class Scores:
    """Normal scores (units x features), with the figures that they were made of."""

    names: tuple[str, ...]
    values: Floats
    figures: Floats


def score(table: FeatureTable, rng: np.random.Generator) -> Scores:
    """Scores of the numbers that tell units apart; of those that go together (correlation over 0.6), the first.

    Equal figures get scores in random order, unknown ones a random score: neither may look like a cluster.
    """
    names: list[str] = []
    columns: list[Floats] = []
    for name in _candidates(table):
        scores = normal_scores(table.columns[name], rng)
        if all(abs(np.corrcoef(scores, other)[0, 1]) <= _TOO_ALIKE for other in columns):
            names.append(name)
            columns.append(scores)
        if len(names) == _MOST_FEATURES:
            break
    values = np.column_stack(columns) if columns else np.zeros((len(table), 0))
    return Scores(tuple(names), values, table.numeric(names))


def normal_scores(figures: Floats, rng: np.random.Generator) -> Floats:
    """Blom's scores of the known figures, standard normal by chance where unknown."""
    scores = rng.standard_normal(len(figures))
    known = np.flatnonzero(~np.isnan(figures))
    order = np.lexsort((rng.random(len(known)), figures[known]))
    ranks = np.empty(len(known))
    ranks[order] = np.arange(1, len(known) + 1)
    scores[known] = ndtri((ranks - 0.375) / (len(known) + 0.25))
    return scores


def _candidates(table: FeatureTable) -> Sequence[str]:
    """What clustering looks at, where it is known of most and not the same for nearly everybody."""
    tenure = table.columns.get("tenure_days", np.full(len(table), np.nan))
    names = clustered_by(subscriptions=not np.isnan(tenure).all())
    return [name for name in names if name in table.columns and _tells(table.columns[name])]


def _tells(figures: NDArray[np.float64]) -> bool:
    known = figures[~np.isnan(figures)]
    if len(known) < _FEWEST_KNOWN * len(figures) or not len(known):
        return False
    counts = np.unique(known, return_counts=True)[1]
    return len(counts) >= _FEWEST_VALUES and counts.max() <= _MOST_ALIKE * len(known)

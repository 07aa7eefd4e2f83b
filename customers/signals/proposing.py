"""New segments, proposed: clusters that are stable, dense, and told by a short rule."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from ...domain.errors import UserError
from ..eligibility import check_rule, matches
from ..features.catalogue import catalogue
from ..table import Bools, FeatureTable, Floats
from .describing import Comparison, Quality, describe, fits_all, quality
from .mixture import Mixture, fit, fit_best
from .scaling import Scores, normal_scores, score

_SEED = 20_260_401
_FEWEST_UNITS = 300
_SAMPLE = 6_000
_MOST_CLUSTERS = 8
_RESAMPLES = 6
_DRAWS = 20_000
_MOST_TOLD = 5

#: A cluster is proposed when it has at least this share of the units,
SMALLEST = 0.02
#: when its rule finds it again in units that the rule was not learnt from,
PRECISION, RECALL = 0.75, 0.6
#: when resamples find it again (mean Jaccard similarity; Hennig, 2007: above 0.75 a cluster is stable),
STABILITY = 0.75
#: when so many times more units fit the rule than would if the same figures, as strongly correlated, made one cloud,
LIFT, SURPRISE = 1.5, 5.0
#: and when no known segment is much the same (Jaccard similarity).
KNOWN = 0.5


@dataclass(frozen=True)
class Proposal:
    """A segment that nobody has named yet. Shares are of the active units, and `lift` is as above."""

    rule: str
    units: int
    share: float
    ltv_jpy: float
    ltv_share: float
    precision: float
    recall: float
    stability: float
    lift: float


def propose(table: FeatureTable, known: Sequence[Bools]) -> list[dict[str, Any]]:
    """What clustering proposes, the largest share of LTV first; the same table gives the same answer.

    `known` holds the members of the segments there are, each in the order of the table. Half of a sample is for
    learning, the other half for judging, so a rule is never praised for the units that it was made from.
    """
    active = np.flatnonzero(table.columns["is_active"] == 1)
    if len(active) < _FEWEST_UNITS:
        return []
    rng = np.random.default_rng(_SEED)
    sample = rng.permutation(active)[:_SAMPLE]
    scores = score(table.pick(sample), rng)
    if len(scores.names) < 2:
        return []
    half = len(sample) // 2
    mixture = fit_best(scores.values[:half], _MOST_CLUSTERS, rng)
    found: list[tuple[Proposal, Bools]] = []
    for rule, told, stability in _clusters(scores, half, mixture, rng):
        members = _members(table, rule)
        lift = _lift(rule, scores.figures[half:], rng)
        others = [*known, *(there for _, there in found)]
        if lift >= LIFT and all(_jaccard(members, other) < KNOWN for other in others):
            found.append((_proposal(table, rule, members, told, stability, lift), members))
    proposals = sorted((each for each, _ in found), key=lambda each: -each.ltv_share)
    return [asdict(proposal) for proposal in proposals[:_MOST_TOLD]]


def _clusters(
    scores: Scores, half: int, mixture: Mixture, rng: np.random.Generator
) -> Iterator[tuple[tuple[Comparison, ...], Quality, float]]:
    """The clusters that a rule tells well and that resamples find again."""
    clusters = len(mixture.weights)
    if clusters == 1:
        return
    learnt, judged = mixture.assign(scores.values[:half]), mixture.assign(scores.values[half:])
    told = []
    for cluster in range(clusters):
        if (learnt == cluster).mean() < SMALLEST:
            continue
        rule = describe(learnt == cluster, scores.figures[:half], scores.names)
        seen = quality(fits_all(rule, scores.figures[half:]), judged == cluster)
        if rule and seen.precision >= PRECISION and seen.recall >= RECALL:
            told.append((cluster, rule, seen))
    if not told:
        return
    stable = _stability(scores.values[:half], learnt, clusters, rng)
    for cluster, rule, seen in told:
        if stable[cluster] >= STABILITY:
            yield rule, seen, float(stable[cluster])


def _stability(values: Floats, learnt: Any, clusters: int, rng: np.random.Generator) -> Floats:
    """For each cluster the mean similarity of the closest cluster that a resample of the units finds."""
    closest = np.zeros((_RESAMPLES, clusters))
    for resample in range(_RESAMPLES):
        rows = rng.integers(len(values), size=len(values))
        again = fit(values[rows], clusters, rng).assign(values)
        for cluster in range(clusters):
            closest[resample, cluster] = max(_jaccard(learnt == cluster, again == other) for other in range(clusters))
    stability: Floats = closest.mean(axis=0)
    return stability


def _lift(rule: Sequence[Comparison], figures: Floats, rng: np.random.Generator) -> float:
    """How many times more units fit than in one cloud with the same figures and the same correlations.

    The cloud is a Gaussian copula, drawn with the figures' own distributions; only units of whom all figures of the
    rule are known count on both sides. 0 where the difference may be chance.
    """
    columns = sorted({comparison.column for comparison in rule})
    known = figures[~np.isnan(figures[:, columns]).any(axis=1)]
    if len(known) < _FEWEST_UNITS // 3:
        return 0.0
    cloud = np.full((_DRAWS, figures.shape[1]), np.nan)
    scores = np.column_stack([normal_scores(known[:, column], rng) for column in columns])
    drawn = rng.multivariate_normal(np.zeros(len(columns)), np.atleast_2d(np.corrcoef(scores, rowvar=False)), _DRAWS)
    for place, column in enumerate(columns):
        ranks = np.minimum(ndtr(drawn[:, place]) * len(known), len(known) - 1).astype(int)
        cloud[:, column] = np.sort(known[:, column])[ranks]
    expected = max(float(fits_all(rule, cloud).mean()), 1 / _DRAWS)
    seen = float(fits_all(rule, known).mean())
    surprise = (seen - expected) / np.sqrt(expected * (1 - expected) * (1 / len(known) + 1 / _DRAWS))
    return seen / expected if surprise >= SURPRISE else 0.0


def _members(table: FeatureTable, rule: Sequence[Comparison]) -> Bools:
    text = _text(rule)
    problems = check_rule(text, [feature.name for feature in catalogue()])
    if problems:
        raise UserError(f"the proposed rule `{text}`: " + "; ".join(problems))
    return matches(text, table)


def _text(rule: Sequence[Comparison]) -> str:
    return " and ".join(["is_active", *(comparison.text for comparison in rule)])


def _proposal(
    table: FeatureTable, rule: Sequence[Comparison], members: Bools, told: Quality, stability: float, lift: float
) -> Proposal:
    value = np.nan_to_num(table.columns["ltv_jpy"])
    active = table.columns["is_active"] == 1
    everything = float(value[active].sum())
    return Proposal(
        rule=_text(rule),
        units=int(members.sum()),
        share=float(members.sum() / active.sum()),
        ltv_jpy=float(value[members].sum()),
        ltv_share=float(value[members].sum() / everything) if everything else 0.0,
        precision=told.precision,
        recall=told.recall,
        stability=stability,
        lift=lift,
    )


def _jaccard(one: Bools, other: Bools) -> float:
    either = int((one | other).sum())
    return int((one & other).sum()) / either if either else 0.0

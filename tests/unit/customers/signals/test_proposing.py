"""Proposed segments: clusters that are there are found and told by a rule; where there are none, nothing is said."""

from typing import Any

import numpy as np
import pytest
from kizuna.customers.eligibility import matches
from kizuna.customers.signals.describing import describe, fits_all, quality
from kizuna.customers.signals.mixture import fit_best
from kizuna.customers.signals.proposing import propose
from kizuna.customers.signals.scaling import normal_scores
from kizuna.customers.table import FeatureTable
from scipy.stats import norm, poisson

UNITS = 1_600
NAMES = (
    "days_between_orders", "mean_order_value_jpy", "discount_share_365d", "views_30d", "store_visits_90d",
    "events_30d", "mails_opened_90d", "points_balance",
)  # fmt: skip
#: Bargain hunters: small orders, much discount, every mail opened.
HUNTERS = {"discount_share_365d": (0.3, 0.5), "mails_opened_90d": (4, 7), "mean_order_value_jpy": (800, 1500)}
#: They look and look, and hardly come.
GAZERS = {"views_30d": (14, 25), "store_visits_90d": (0, 1), "events_30d": (12, 20)}


def cloud(seed: int, *, correlation: float = 0.0, heavy: bool = False, unknown: float = 0.0) -> FeatureTable:
    """One cloud: skewed amounts, counts with many ties, all as correlated; nobody stands out."""
    rng = np.random.default_rng(seed)
    shared, own = rng.standard_normal((UNITS, 1)), rng.standard_normal((UNITS, len(NAMES)))
    scores = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
    if heavy:
        scores /= np.sqrt(rng.chisquare(5, (UNITS, 1)) / 5)
    places = norm.cdf(scores).clip(1e-4, 1 - 1e-4)
    columns = {name: _figures(name, places[:, at]) for at, name in enumerate(NAMES)}
    columns = {name: np.where(rng.random(UNITS) < unknown, np.nan, values) for name, values in columns.items()}
    worth = {"is_active": np.ones(UNITS), "ltv_jpy": rng.gamma(2, 10_000, UNITS)}
    return FeatureTable([f"u{n}" for n in range(UNITS)], {**worth, **columns})


def _figures(name: str, places: Any) -> Any:
    if name == "discount_share_365d":
        return np.round(places**6 * 0.5, 3)
    if name in ("mean_order_value_jpy", "points_balance"):
        return np.round(np.exp(8 + 0.7 * norm.ppf(places)))
    return poisson.ppf(places, 1.2 if name == "mails_opened_90d" else 6).astype(float)


def planted(table: FeatureTable, share: float, where: dict[str, tuple[float, float]], seed: int) -> set[int]:
    """Move a share of the units into a box; returns their rows."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(UNITS, int(share * UNITS), replace=False)
    for name, (low, high) in where.items():
        table.columns[name][rows] = np.round(rng.uniform(low, high, len(rows)), 3 if high < 1 else 0)
    return set(rows.tolist())


def overlap(table: FeatureTable, rule: str, rows: set[int]) -> float:
    found = set(np.flatnonzero(matches(rule, table)).tolist())
    return len(found & rows) / len(found | rows)


def test_planted_groups_are_found_and_told_by_a_rule_that_can_be_pasted() -> None:
    table = cloud(1, correlation=0.2, unknown=0.05)
    groups = [planted(table, 0.1, HUNTERS, 2), planted(table, 0.12, GAZERS, 3)]
    proposals = propose(table, [])
    assert len(proposals) == 2
    for rows in groups:
        best = max(proposals, key=lambda proposal: overlap(table, proposal["rule"], rows))
        assert overlap(table, best["rule"], rows) > 0.6
        assert best["units"] == int(matches(best["rule"], table).sum())
        assert best["rule"].count(" and ") <= 3 and best["rule"].startswith("is_active and ")
        assert best["precision"] >= 0.75 and best["recall"] >= 0.6 and best["lift"] >= 1.5
        assert 0 < best["ltv_share"] < 1


@pytest.mark.parametrize("kind", [{}, {"correlation": 0.4}, {"heavy": True}, {"correlation": 0.3, "unknown": 0.2}])
def test_where_nothing_is_to_be_found_nothing_is_proposed(kind: dict[str, Any]) -> None:
    assert propose(cloud(11, **kind), []) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(25))
def test_nothing_is_proposed_for_many_structureless_companies(seed: int) -> None:
    for kind in ({}, {"correlation": 0.3}, {"heavy": True, "correlation": 0.2}, {"unknown": 0.3}):
        assert propose(cloud(1_000 + seed, **kind), []) == []  # type: ignore[arg-type]


def test_a_group_that_has_a_name_already_is_not_proposed_and_the_rest_stays_the_same() -> None:
    table = cloud(1, correlation=0.2, unknown=0.05)
    groups = [planted(table, 0.1, HUNTERS, 2), planted(table, 0.12, GAZERS, 3)]
    known = np.zeros(UNITS, dtype=bool)
    known[list(groups[0])] = True
    both, rest = propose(table, []), propose(table, [known])
    assert len(both) == 2 and len(rest) == 1 and rest[0] in both
    assert overlap(table, rest[0]["rule"], groups[1]) > 0.6


def test_too_few_units_are_not_clustered() -> None:
    table = cloud(1)
    planted(table, 0.2, HUNTERS, 2)
    assert propose(table.pick(np.arange(UNITS) < 299), []) == []


def test_scores_forget_the_unit_and_hide_what_is_unknown() -> None:
    rng = np.random.default_rng(1)
    figures = np.where(rng.random(4_000) < 0.3, np.nan, np.exp(rng.standard_normal(4_000) * 3))
    scores = normal_scores(figures, rng)
    known = ~np.isnan(figures)
    assert np.argsort(scores[known]).tolist() == np.argsort(figures[known]).tolist()
    for part in (scores[known], scores[~known]):
        assert abs(part.mean()) < 0.1 and abs(part.std() - 1) < 0.1


def test_the_number_of_clusters_is_found() -> None:
    rng = np.random.default_rng(4)
    centres = rng.standard_normal((3, 5)) * 3
    values = centres[rng.integers(0, 3, 1_500)] + rng.standard_normal((1_500, 5)) * 0.5
    assert len(fit_best(values, 6, rng).weights) == 3
    assert len(fit_best(rng.standard_normal((1_500, 5)), 6, rng).weights) == 1


def test_a_box_is_described_by_its_edges() -> None:
    rng = np.random.default_rng(7)
    figures = rng.uniform(0, 100, (3_000, 4))
    wanted = (figures[:, 1] >= 60) & (figures[:, 3] <= 40)
    rule = describe(wanted, figures, ["a", "b", "c", "d"])
    assert {comparison.name for comparison in rule} == {"b", "d"}
    assert quality(fits_all(rule, figures), wanted).f1 > 0.9  # lines are round numbers at every 20th of the units

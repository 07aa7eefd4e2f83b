"""Choosing by customer: used where it was shown to pay, and one action for all where it was not."""

import numpy as np
import pytest
from kizuna.decisioning.evaluation.off_policy import Estimate, Log
from kizuna.decisioning.learning.responding import SLOPES, fit_gated, fit_responses
from numpy.typing import NDArray

Array = NDArray[np.float64]
FREE = np.zeros(3)


def trial(rng: np.random.Generator, n: int, differs: float) -> tuple[Array, Array, Log]:
    """Three arms by lot; arm 2 is the better one for all, but for `differs`, by which the first feature turns it."""
    features = rng.normal(size=(n, 4))
    taken = rng.integers(0, 3, n)
    effect = np.column_stack(
        [np.zeros(n), np.full(n, 0.3) - differs * features[:, 0], np.full(n, 0.5) + differs * features[:, 0]]
    )
    reward = 0.5 * features[:, 1] + effect[np.arange(n), taken] + rng.normal(size=n)
    return features, effect, Log(taken, np.full(n, 1 / 3), reward)


def test_where_customers_do_not_differ_the_best_for_all_is_kept() -> None:
    """The gate lets a choosing that brings nothing pass one time in twenty: over 40 trials, at most a few."""
    rng = np.random.default_rng(1)
    passed = 0
    for _ in range(40):
        features, _, log = trial(rng, 1_500, differs=0.0)
        gated = fit_gated(features, log, 3, FREE, rng)
        assert gated.option == 2
        passed += gated.responses is not None
    assert passed <= 6


def test_where_customers_differ_choosing_is_used_and_gains() -> None:
    rng = np.random.default_rng(2)
    features, _, log = trial(rng, 4_000, differs=0.4)
    gated = fit_gated(features, log, 3, FREE, rng)
    assert gated.responses is not None and isinstance(gated.gain, Estimate) and gated.gain.low > 0.0
    there, effect, _ = trial(rng, 4_000, differs=0.4)
    chosen = gated.choose(there, FREE)
    gained = effect[np.arange(4_000), chosen].mean() - effect[:, gated.option].mean()
    best = effect.max(axis=1).mean() - effect[:, gated.option].mean()
    assert gained > 0.9 * best


def test_the_data_say_how_much_customers_differ() -> None:
    rng = np.random.default_rng(3)
    for differs, is_tight in ((0.0, True), (0.4, False)):
        features, _, log = trial(rng, 4_000, differs)
        found = fit_responses(features, log.taken, log.reward, 3)
        assert sum(found.slopes) == pytest.approx(1.0)
        tight = sum(weight for slope, weight in zip(SLOPES, found.slopes, strict=True) if slope <= 0.1)
        assert (tight > 0.5) is is_tight
        assert found.effects(features).mean(axis=0) == pytest.approx([0.0, 0.3, 0.5], abs=0.12)


def test_what_costs_more_than_it_brings_is_left_undone() -> None:
    rng = np.random.default_rng(4)
    features, _, log = trial(rng, 2_000, differs=0.0)
    gated = fit_gated(features, log, 3, np.array([0.0, 2.0, 2.0]), rng)
    assert gated.option == 0
    assert not gated.choose(features, np.array([0.0, 2.0, 2.0])).any()

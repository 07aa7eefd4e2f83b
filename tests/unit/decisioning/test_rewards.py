"""Expected rewards per option: the truth where there is enough of it, what is common to all where there is not."""

import numpy as np
from kizuna.decisioning.evaluation.rewards import cross_fitted, fit_ridge


def test_a_linear_truth_is_found() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(6_000, 2)) * [1.0, 50.0]
    taken = rng.integers(0, 3, 6_000)
    truth = np.column_stack([features[:, 0], 1.0 + 2.0 * features[:, 0], 0.02 * features[:, 1]])
    reward = truth[np.arange(6_000), taken] + 0.1 * rng.normal(size=6_000)
    predicted = fit_ridge(features, taken, reward, 3).predict(features)
    assert np.abs(predicted - truth).mean() < 0.05


def test_an_option_hardly_seen_is_foreseen_by_what_is_common() -> None:
    rng = np.random.default_rng(2)
    features = rng.normal(size=(1_000, 1))
    taken = np.zeros(1_000, dtype=np.int64)
    taken[:2] = 1
    reward = 5.0 + features[:, 0]
    reward[:2] = 100.0  # two lucky ones
    predicted = fit_ridge(features, taken, reward, 2).predict(features)
    assert np.abs(predicted[:, 0] - reward)[2:].mean() < 0.3
    assert 5.0 < predicted[:, 1].mean() < 25.0


def test_nobody_is_foreseen_by_their_own_outcome() -> None:
    rng = np.random.default_rng(3)
    features, taken = rng.normal(size=(200, 2)), rng.integers(0, 2, 200)
    reward = rng.normal(size=200)
    whose = np.arange(200) // 2
    told = cross_fitted(features, taken, reward, 2, np.random.default_rng(4), cluster=whose)
    other = reward.copy()
    other[:2] += 1_000.0  # unit 0, both decisions
    again = cross_fitted(features, taken, other, 2, np.random.default_rng(4), cluster=whose)
    assert np.array_equal(told[:2], again[:2])
    assert not np.allclose(told[2:], again[2:])


def test_an_empty_log_foresees_nothing() -> None:
    none = cross_fitted(np.zeros((0, 2)), np.zeros(0, dtype=np.int64), np.zeros(0), 3, np.random.default_rng(5))
    assert none.shape == (0, 3)

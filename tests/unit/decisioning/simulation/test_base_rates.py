"""What happens without contact is learned from the last cycle, with what that leaves open."""

import numpy as np
import pytest
from kizuna.decisioning.simulation.base_rates import rates_of, shift_of, shifted


def test_a_model_that_is_off_is_found_out():
    rng = np.random.default_rng(5)
    truth = rng.beta(2, 12, 20_000)
    predicted = shifted(truth, -0.6)
    found = shift_of(predicted, (rng.random(20_000) < truth).astype(float))
    assert found.mean == pytest.approx(0.6, abs=4 * found.sd)
    assert found.sd < 0.04


def test_a_right_model_stays_where_it_is_and_its_shift_covers_nothing_at_the_stated_rate():
    rng, covered = np.random.default_rng(6), 0
    for _ in range(300):
        truth = rng.beta(2, 8, 400)
        found = shift_of(truth, (rng.random(400) < truth).astype(float))
        covered += abs(found.mean) <= 1.96 * found.sd
    assert 0.90 <= covered / 300 <= 0.99


def test_with_nothing_seen_the_shift_is_as_wide_as_before():
    found = shift_of(np.array([np.nan, 0.2]), np.array([1.0, np.nan]))
    assert (found.mean, found.sd) == (0.0, 0.5)


def test_certainties_are_not_shifted():
    assert shifted(np.array([0.0, 0.3, 1.0]), 1.0).tolist()[::2] == [0.0, 1.0]
    assert shifted(np.array([0.3]), 1.0)[0] > 0.3


def test_rates_are_of_their_group_and_small_groups_lean_on_everybody():
    happened = np.concatenate([np.repeat([1.0, 0.0], [100, 9_900]), np.repeat([1.0, 0.0], [250, 250]), [np.nan]])
    inside = np.concatenate([np.zeros(10_000, bool), np.ones(500, bool), [True]])
    rates = rates_of(happened, inside)
    draws = np.array([rates.draw(np.random.default_rng(seed)) for seed in range(500)])
    assert draws.mean(axis=0) == pytest.approx([0.01, 0.482], abs=0.01)
    few = rates_of(np.append(happened[:10_000], 1.0), np.append(inside[:10_000], True))
    a, b = few.inside
    assert a / (a + b) < 0.1

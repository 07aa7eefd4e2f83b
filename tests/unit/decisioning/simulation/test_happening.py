"""Outcomes come at their chances, and the same luck meets the contacted and the others."""

import numpy as np
import pytest
from kizuna.decisioning.simulation.happening import Draws, drawn, order_counts, order_sizes
from scipy.stats import poisson

N = 200_000


def test_a_contact_changes_only_whom_it_makes_the_difference_for():
    draws = Draws.of(np.random.default_rng(4), N)
    base, extra = np.full(N, 0.2), np.full(N, 0.05)
    without, none_caused = drawn(draws.orders, base, np.zeros(N))
    with_it, caused = drawn(draws.orders, base, extra)
    assert not none_caused.any()
    assert (with_it == (without | caused)).all() and not (without & caused).any()
    assert caused.mean() == pytest.approx(0.05, abs=0.003)


def test_harm_takes_from_those_who_would_have_come():
    draws = Draws.of(np.random.default_rng(4), N)
    without, _ = drawn(draws.orders, np.full(N, 0.1), np.zeros(N))
    harmed, caused = drawn(draws.orders, np.full(N, 0.1), np.full(N, -0.5))
    assert without.any() and not harmed.any() and not caused.any()


def test_orders_keep_the_mean_that_was_expected():
    rng = np.random.default_rng(8)
    chance, expected = np.full(N, 0.3), np.full(N, 0.75)
    counts = order_counts(rng.random(N) < chance, chance, expected, rng.random(N))
    assert counts.mean() == pytest.approx(0.75, abs=0.02)
    assert set(np.unique(counts[counts > 0])) >= {1.0, 2.0, 3.0}


def test_many_orders_are_counted_as_a_poisson_number():
    draws, mean = np.random.default_rng(3).random(5_000), np.full(5_000, 7.5)
    counts = order_counts(np.ones(5_000, bool), np.full(5_000, 0.5), 0.5 * (1 + mean), draws)
    assert np.array_equal(counts - 1, poisson.ppf(draws, mean))


def test_order_sizes_keep_their_mean():
    sizes = order_sizes(np.full(N, 4_000.0), np.random.default_rng(9).standard_normal(N))
    assert sizes.mean() == pytest.approx(4_000, rel=0.01) and sizes.min() > 0


def test_the_same_seed_gives_the_same_luck():
    one, two = (Draws.of(np.random.default_rng([1, 7, 2]), 50) for _ in range(2))
    assert all(np.array_equal(getattr(one, name), getattr(two, name)) for name in vars(one))

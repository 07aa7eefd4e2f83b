"""Many runs in few figures."""

import math

import numpy as np
import pytest
from kizuna.decisioning.simulation.spread import histogram, share_interval, spread


def test_ranges_hold_the_share_that_they_say():
    values = np.random.default_rng(1).normal(size=10_000)
    found = spread(np.append(values, np.nan))
    assert ((values >= found.low80) & (values <= found.high80)).mean() == pytest.approx(0.8, abs=0.001)
    assert ((values >= found.low95) & (values <= found.high95)).mean() == pytest.approx(0.95, abs=0.001)


def test_runs_that_say_nothing_have_no_range():
    assert all(math.isnan(value) for value in vars(spread(np.array([np.nan]))).values())


@pytest.mark.parametrize("chance", [0.02, 0.3, 0.9])
def test_the_interval_of_a_share_covers_the_chance(chance):
    hits = np.random.default_rng(3).binomial(100, chance, 2_000)
    covered = [low <= chance <= high for low, high in (share_interval(int(hit), 100) for hit in hits)]
    assert 0.93 <= np.mean(covered) <= 0.99


def test_no_hit_in_few_runs_is_no_certainty():
    assert share_interval(0, 20)[1] > 0.1
    assert share_interval(0, 0) == (0.0, 1.0)


def test_every_run_is_in_a_bar():
    edges, counts = histogram(np.append(np.random.default_rng(2).normal(size=200), np.nan))
    assert sum(counts) == 200 and len(edges) == len(counts) + 1
    assert histogram(np.zeros(7)) == ([-0.005, 0.005], [7])
    assert histogram(np.array([])) == ([], [])

"""Worlds differ by what they assume, and by nothing else."""

import numpy as np
import pytest
from kizuna.decisioning.simulation.worlds import World, for_each_unit, true_effects

MEAN, SD = np.array([0.02, 0.15, -0.01]), np.array([0.03, 0.08, 0.02])


def drawn(world, best=0, seed=3):
    return true_effects(world, MEAN, SD, best, np.random.default_rng(seed))


def test_the_same_chance_gives_every_world_the_same_draws():
    stated = drawn(World.STATED)
    assert np.allclose(drawn(World.HALF), stated / 2)
    assert np.allclose(drawn(World.OPTIMISTIC), stated + 1.2816 * SD, atol=1e-4)
    assert not drawn(World.NONE).any()


def test_in_the_stated_world_effects_spread_as_they_are_believed():
    many = np.array([drawn(World.STATED, seed=seed) for seed in range(4_000)])
    assert np.allclose(many.mean(axis=0), MEAN, atol=4 * SD.max() / 4_000**0.5)
    assert np.allclose(many.std(axis=0), SD, rtol=0.06)


@pytest.mark.parametrize("seed", range(20))
def test_in_the_harmful_world_the_best_action_harms_at_least_as_much_as_it_was_believed_to_help(seed):
    harmful, stated = drawn(World.HARMFUL, best=1, seed=seed), drawn(World.STATED, seed=seed)
    assert harmful[1] <= -MEAN[1]
    assert harmful[0] == stated[0] and harmful[2] == stated[2]


def test_without_a_best_action_nothing_harms_more_than_stated():
    assert np.array_equal(drawn(World.HARMFUL, best=None), drawn(World.STATED))


@pytest.mark.parametrize("power", [0.0, 0.4, 1.0])
def test_an_effect_keeps_its_mean_over_those_it_fits_however_it_is_spread(power):
    scale = np.random.default_rng(1).gamma(2.0, 0.5, 500)
    fits = np.arange(500) % 3 == 0
    effect = for_each_unit(0.04, scale, power, fits)
    assert effect[fits].mean() == pytest.approx(0.04)
    assert (np.ptp(effect) < 1e-12) == (power == 0.0)


def test_an_effect_on_nobody_is_the_same_for_all():
    assert np.allclose(for_each_unit(0.04, np.zeros(5), 0.5, np.ones(5, dtype=bool)), 0.04)

from functools import cache

import numpy as np
import pytest
from kizuna.decisioning.choosing.allocation import explore, uniform_choice

ELIGIBLE = np.array([[1, 1, 1], [1, 0, 1], [0, 0, 0], [0, 1, 0]], dtype=bool)
EXPLORABLE = np.array([True, True, False])
CHOICE = np.array([1, 3, 0, 2])
"""The second unit has an action that may not be explored, the third has nothing else."""
SEEDS = 4000


@cache
def _frequencies(share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How often each choice came, the probability logged with it, and how often chance decided."""
    seen, logged, explored = np.zeros((4, 4)), np.full((4, 4), np.nan), np.zeros(4)
    for seed in range(SEEDS):
        final, probability, by_chance = explore(
            CHOICE, ELIGIBLE, EXPLORABLE, share, np.random.default_rng(seed).random((2, 4))
        )
        rows = np.arange(4)
        seen[rows, final] += 1 / SEEDS
        assert (np.isnan(logged[rows, final]) | (logged[rows, final] == probability)).all()
        logged[rows, final] = probability
        explored += by_chance / SEEDS
    return seen, logged, explored


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_logged_probabilities_are_the_frequencies(share: float) -> None:
    seen, logged, explored = _frequencies(share)
    came = seen > 0
    assert np.abs(seen[came] - logged[came]).max() < 4 * np.sqrt(0.25 / SEEDS)
    assert np.nansum(logged, axis=1) == pytest.approx(1.0)
    assert explored == pytest.approx(share, abs=4 * np.sqrt(0.25 / SEEDS))


def test_only_eligible_explorable_actions_are_drawn() -> None:
    seen, _, _ = _frequencies(0.5)
    assert (seen > 0).tolist() == [
        [True, True, True, False],
        [True, True, False, True],
        [True, False, False, False],
        [True, False, True, False],
    ]


def test_no_exploration_keeps_the_allocation_with_certainty() -> None:
    final, probability, explored = explore(CHOICE, ELIGIBLE, EXPLORABLE, 0.0, np.random.default_rng(0).random((2, 4)))
    assert (final == CHOICE).all() and (probability == 1.0).all() and not explored.any()


def test_random_control_draws_evenly_from_nothing_and_what_is_allowed() -> None:
    many = np.tile(ELIGIBLE, (20_000, 1))
    choice, probability = uniform_choice(many, EXPLORABLE, np.random.default_rng(1).random((2, len(many))))
    first = choice.reshape(-1, 4)[:, 0]
    assert np.bincount(first, minlength=4) / first.size == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0], abs=0.015)
    assert probability.reshape(-1, 4)[0].tolist() == pytest.approx([1 / 3, 1 / 2, 1.0, 1 / 2])


def test_share_outside_zero_to_one_is_refused() -> None:
    with pytest.raises(ValueError, match="share"):
        explore(CHOICE, ELIGIBLE, EXPLORABLE, 1.5, np.zeros((2, 4)))

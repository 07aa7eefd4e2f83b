"""The whole distribution of the final choice: it sums to 1, and chance keeps to it."""

import numpy as np
import pytest
from kizuna.decisioning.choosing.allocation import explore
from kizuna.decisioning.choosing.chances import chances
from kizuna.decisioning.measuring.experiment import unit_draws

CHOICE = np.array([0, 1, 3, 2])
OPTIONS = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]], dtype=bool)


def test_every_row_sums_to_one_and_holds_what_could_come_out() -> None:
    found = chances(CHOICE, OPTIONS, 0.3)
    assert found.sum(axis=1) == pytest.approx(np.ones(4))
    assert found[0] == pytest.approx([0.7 + 0.1, 0.1, 0.1, 0.0])
    assert found[2] == pytest.approx([0.075, 0.075, 0.075, 0.7 + 0.075])
    assert found[3] == pytest.approx([0.3, 0.0, 0.7, 0.0])


def test_random_control_is_even_and_who_is_not_left_to_chance_is_certain() -> None:
    assert chances(np.zeros(4, dtype=int), OPTIONS, 1.0)[2] == pytest.approx(np.full(4, 0.25))
    found = chances(CHOICE, OPTIONS, np.array([0.0, 0.0, 0.3, 0.0]))
    assert found[[0, 1, 3], CHOICE[[0, 1, 3]]] == pytest.approx(np.ones(3))


def test_the_drawn_choice_has_the_probability_that_exploring_logs() -> None:
    rng = np.random.default_rng(2)
    options = rng.random((500, 4)) < 0.6
    choice = np.where(options.any(axis=1), options.argmax(axis=1) + 1, 0)
    final, probability, _ = explore(choice, options, np.ones(4, dtype=bool), 0.2, rng.random((2, 500)))
    assert chances(choice, options, 0.2)[np.arange(500), final] == pytest.approx(probability)


def test_a_thousand_cycles_find_the_same_frequencies() -> None:
    counted = np.zeros((4, 4))
    units = [f"u{i}" for i in range(4)]
    for cycle in range(1_000):
        draws = unit_draws(units, f"campaign/{cycle}/draw", 2)
        final, _, _ = explore(CHOICE, OPTIONS, np.ones(3, dtype=bool), 0.3, draws)
        counted[np.arange(4), final] += 1
    assert counted / 1_000 == pytest.approx(chances(CHOICE, OPTIONS, 0.3), abs=0.05)


def test_a_share_outside_zero_and_one_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        chances(CHOICE, OPTIONS, 1.1)

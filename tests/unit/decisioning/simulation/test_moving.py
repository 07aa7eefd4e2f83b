"""Units go where units like them were seen to go."""

import numpy as np
from kizuna.decisioning.simulation.moving import NEIGHBOURS, learn_moves


def test_a_unit_goes_where_one_like_it_with_the_same_outcome_went():
    rng = np.random.default_rng(2)
    before = rng.normal(size=(600, 1)) + np.where(np.arange(600) % 2, 8.0, 0.0)[:, None]
    arrived = np.where(np.arange(600) % 2, 1, 0)
    kind = np.where(np.arange(600) < 300, 0, 1)
    now = np.array([[0.0], [8.0]])
    moves = learn_moves(now, before, arrived, kind, 3)
    draws = rng.random(1_000)
    for row in (0, 1):
        for one in (0, 1):
            there = moves.next_row(np.full(1_000, row), np.full(1_000, one), draws)
            assert (there == row).all()
    assert moves.is_known.tolist() == [True, True, False]


def test_every_neighbour_is_drawn_about_as_often():
    before, arrived = np.arange(40.0)[:, None], np.arange(40)
    moves = learn_moves(np.array([[20.0]]), before, arrived, np.zeros(40, int), 1)
    draws = np.linspace(0, 1, 12_000, endpoint=False)
    seen, counts = np.unique(moves.next_row(np.zeros(12_000, int), np.zeros(12_000, int), draws), return_counts=True)
    assert len(seen) == NEIGHBOURS and np.ptp(counts) <= 2
    assert np.abs(seen - 20).max() <= NEIGHBOURS // 2


def test_with_an_outcome_nobody_had_a_unit_stays_where_it_is():
    moves = learn_moves(np.zeros((4, 2)), np.zeros((0, 2)), np.zeros(0, int), np.zeros(0, int), 2)
    rows = np.array([3, 1, 2])
    assert moves.next_row(rows, np.array([0, 1, 1]), np.array([0.0, 0.5, 0.999])).tolist() == [3, 1, 2]

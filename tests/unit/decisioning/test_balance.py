"""The floor for actions that build the bond: met at the least loss, within all limits, and never for its own sake."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.decisioning.choosing.allocation import Allocation, Capacity, allocate
from kizuna.decisioning.choosing.balance import Balance, balance

LONG = np.array([False, False, True])


def balanced(value: np.ndarray, floor: float, *, budget: float = 1e9, mails: float = 1e9) -> Balance:
    cost = np.full(value.shape, 3.0)
    limits = [Capacity("mail", mails, (0, 1, 2))]

    def fill(worth: np.ndarray) -> Allocation:
        return allocate(worth, cost, np.isfinite(worth), budget=budget, capacity=limits)

    return balance(value, LONG, floor, fill)


def values(seed: int, n: int = 200) -> np.ndarray:
    rng = np.random.default_rng(seed)
    worth = rng.lognormal(3, 1, (n, 3))
    worth[:, 2] *= 0.3
    worth[rng.random((n, 3)) < 0.2] *= -1
    return worth


@given(seed=st.integers(0, 10_000), floor=st.floats(0, 0.6))
@settings(max_examples=30, deadline=None)
def test_floor_is_met_and_nothing_worthless_is_taken(seed: int, floor: float) -> None:
    worth = values(seed)
    found = balanced(worth, floor)
    picked = found.allocation.choice > 0
    assert found.share >= floor - 1e-9
    assert (worth[picked, found.allocation.choice[picked] - 1] > 0).all()
    assert found.forgone_jpy >= -1e-9


def test_without_need_nothing_changes() -> None:
    worth = values(1)
    plain = balanced(worth, 0.0)
    assert balanced(worth, plain.share).forgone_jpy == 0.0


def test_the_floor_costs_no_more_than_the_cheapest_changes() -> None:
    """Against the exact answer where limits don't bind: change those who lose least."""
    worth = values(2)
    plain = balanced(worth, 0.0)
    best = np.maximum(worth.max(axis=1), 0)
    is_long = plain.allocation.choice == 3
    contacts = int((plain.allocation.choice > 0).sum())
    wanted = int(np.ceil(0.4 * contacts)) - int(is_long.sum())
    losses = np.sort((best - worth[:, 2])[(worth[:, 2] > 0) & ~is_long & (plain.allocation.choice > 0)])
    assert balanced(worth, 0.4).forgone_jpy <= losses[:wanted].sum() * 1.02 + 1.0


def test_a_floor_out_of_reach_takes_what_there_is() -> None:
    worth = values(3)
    worth[:150, 2] = -1.0
    found = balanced(worth, 0.9)
    assert 0 < found.share < 0.9
    assert (found.allocation.choice[150:] == 3).sum() == (worth[150:, 2] > 0).sum()


def test_limits_hold_with_the_floor() -> None:
    found = balanced(values(4), 0.5, budget=90.0, mails=25)
    assert (found.allocation.choice > 0).sum() <= 25
    assert found.allocation.cost_total <= 90.0


def test_pairs_count_only_where_the_channel_is_used() -> None:
    """An action over two channels: the letters' limit counts letters alone."""
    worth, cost = np.full((10, 1), 50.0), np.full((10, 1), 3.0)
    letters = np.zeros((10, 1), dtype=bool)
    letters[6:] = True
    limit = Capacity("letter", 2, (0,), pairs=letters)
    found = allocate(worth, cost, np.ones((10, 1), dtype=bool), budget=None, capacity=[limit])
    assert found.choice[:6].all() and found.choice[6:].sum() == 2
    assert found.binding == ("letter",)

"""A bound on the gap between groups: kept whatever else is short, at no more cost than it must."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.decisioning.choosing.allocation import Allocation, Capacity, allocate
from kizuna.decisioning.choosing.chances import chances
from kizuna.decisioning.choosing.parity import Parity, parity_of
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, vstack


def case(seed: int, n: int, k: int = 4, groups: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Values that differ between groups by a lot, costs, who is eligible, and the groups."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, n)
    value = rng.lognormal(0.0, 0.7, (n, k)) * (0.2 + group)[:, None] - rng.uniform(0.0, 0.5, (n, k))
    return value, rng.uniform(0.5, 3.0, (n, k)), rng.random((n, k)) < 0.7, group


def bound_of(group: np.ndarray, eligible: np.ndarray, gap: float, share: float = 0.0, smallest: int = 5) -> Parity:
    by_hand = np.zeros(eligible.shape[1], dtype=bool)
    by_hand[-1] = True
    return parity_of(group, eligible, ~by_hand, by_hand, share=share, max_gap=gap, smallest=smallest)


def solved(seed: int, n: int, gap: float, share: float = 0.0) -> tuple[Allocation, Allocation, Parity]:
    value, cost, eligible, group = case(seed, n)
    parity = bound_of(group, eligible, gap, share)
    limits = {"budget": 0.4 * n, "capacity": [Capacity("mails", n // 4, (0, 1))]}
    free = allocate(value, cost, eligible, **limits)
    return free, allocate(value, cost, eligible, **limits, parities=[parity]), parity


@pytest.mark.parametrize("seed", range(2))
def test_the_bound_is_kept_close_to_the_best_that_it_allows(seed: int) -> None:
    value, cost, eligible, _ = case(seed, 1_500)
    free, fair, parity = solved(seed, 1_500, 0.1)
    assert parity.gap(free.choice - 1) > 0.2, "without the bound the groups lie far apart"
    assert parity.gap(fair.choice - 1) <= 0.1 + 1e-9
    unit, action = np.nonzero(eligible & (value > 0))
    rows = [np.bincount(np.arange(unit.size), cost[unit, action]), (action < 2).astype(float)]
    rates = [(parity.code[unit] == g) / size for g, size in enumerate(parity.size)]
    rows += [high - low for high in rates for low in rates if high is not low]
    one_each = coo_matrix((np.ones(unit.size), (unit, np.arange(unit.size))), shape=(1_500, unit.size))
    most = np.r_[600.0, 375.0, np.full(len(rows) - 2, 0.1), np.ones(1_500)]
    best = -linprog(
        -value[unit, action], A_ub=vstack([np.vstack(rows), one_each]).tocsr(), b_ub=most, method="highs"
    ).fun
    assert fair.value_total >= 0.997 * best
    assert best * (1 - 1e-7) <= fair.bound <= best * 1.001


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 80),
    gap=st.sampled_from([0.02, 0.1, 0.3, 1.0]),
    share=st.sampled_from([0.0, 0.1, 0.4]),
)
def test_the_bound_is_never_passed_where_it_can_be_kept(seed: int, n: int, gap: float, share: float) -> None:
    _, fair, parity = solved(seed, n, gap, share)
    nobody = np.full(n, -1)
    if parity.holds(nobody):
        assert parity.holds(fair.choice - 1)


def test_the_rate_is_the_mean_probability_of_the_final_choice() -> None:
    _, _, eligible, group = case(1, 200)
    parity = bound_of(group, eligible, 0.1, share=0.3)
    choice = np.where(eligible.any(axis=1), eligible.argmax(axis=1) + 1, 0) * (np.arange(200) % 3 > 0)
    by_hand = choice == eligible.shape[1]
    tried = eligible & np.array([True] * (eligible.shape[1] - 1) + [False])
    treated = 1.0 - chances(choice, tried, np.where(by_hand, 0.0, 0.3))[:, 0]
    expected = [treated[parity.code == g].mean() for g in range(parity.size.size)]
    assert parity.rates(choice - 1) == pytest.approx(expected)


def test_a_bound_that_chance_alone_breaks_is_said_to_be_broken() -> None:
    """One group has nothing that chance may try, the other much, and nothing is worth anything."""
    eligible = np.zeros((200, 3), dtype=bool)
    eligible[:100, :2], eligible[100:, 2] = True, True
    parity = bound_of(np.arange(200) // 100, eligible, 0.1, share=0.5)
    fair = allocate(np.full((200, 3), -1.0), np.ones((200, 3)), eligible, budget=50.0, parities=[parity])
    assert not fair.choice.any() and not parity.holds(fair.choice - 1)
    assert parity.gap(fair.choice - 1) == pytest.approx(0.5 * 2 / 3)


def test_who_has_nothing_to_gain_holds_the_others_back_and_is_not_treated() -> None:
    value = np.where(np.arange(100)[:, None] < 50, 5.0, -1.0) * np.ones((100, 1))
    eligible = np.ones((100, 1), dtype=bool)
    parity = parity_of(np.arange(100) // 50, eligible, ~eligible[0], ~eligible[0], share=0.0, max_gap=0.2, smallest=2)
    fair = allocate(value, np.ones((100, 1)), eligible, budget=None, parities=[parity])
    assert (fair.choice[:50] > 0).sum() == 10 and not fair.choice[50:].any()


def test_small_groups_and_unknown_ones_are_not_bounded() -> None:
    group = np.repeat([0, 1, 2, -1], [100, 100, 4, 6])
    eligible = np.ones((210, 2), dtype=bool)
    parity = bound_of(group, eligible, 0.1, smallest=30)
    assert parity.size.tolist() == [100, 100] and (parity.code[200:] == -1).all()
    tight = bound_of(group, eligible, 0.008, smallest=30)
    assert tight.size.size == 0, "no count of a hundred is sure to lie within 0.8 points of another's rate"


@pytest.mark.parametrize(("gap", "share"), [(0.0, 0.1), (1.1, 0.1), (0.1, 1.0)])
def test_what_is_no_bound_is_refused(gap: float, share: float) -> None:
    with pytest.raises(ValueError, match="max_gap"):
        bound_of(np.zeros(3, dtype=int), np.ones((3, 2), dtype=bool), gap, share)

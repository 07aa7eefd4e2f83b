import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.decisioning.choosing.allocation import Allocation, Capacity, allocate
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, vstack

Case = tuple[np.ndarray, np.ndarray, np.ndarray, float, list[Capacity]]


def _case(seed: int, n: int, k: int = 5, reps: int = 0, flat_costs: bool = False) -> Case:
    rng = np.random.default_rng(seed)
    value = rng.lognormal(0, 1, (n, 1)) * rng.normal(0.3, 1, (n, k))
    cost = np.tile(rng.choice([3.0, 50.0, 80.0], k), (n, 1)) if flat_costs else rng.uniform(0.5, 3, (n, k))
    eligible = rng.random((n, k)) < 0.7
    budget = float(cost.mean() * n * rng.uniform(0.05, 0.6))
    capacity = [
        Capacity("mail", n // 10, (0,)),
        Capacity("calls", n // 7, (1, 2)),
        Capacity("all", n // 3, tuple(range(k))),
    ]
    rep_of = rng.integers(0, reps, n) if reps else np.zeros(n)
    capacity += [Capacity(f"rep {r}", max(1, n // 60), (0, 1, 3), rep_of == r) for r in range(reps)]
    return value, cost, eligible, budget, capacity


def _allocate(case: Case) -> Allocation:
    value, cost, eligible, budget, capacity = case
    return allocate(value, cost, eligible, budget=budget, capacity=capacity)


def _lp_optimum(case: Case) -> float:
    value, cost, eligible, budget, capacity = case
    unit, action = np.nonzero(eligible & (value > 0))
    pairs = np.arange(unit.size)
    rows = [coo_matrix((np.ones(unit.size), (unit, pairs)), shape=(value.shape[0], unit.size))]
    rows.append(coo_matrix(cost[unit, action][None]))
    for one in capacity:
        inside = np.isin(action, one.columns) & (one.members[unit] if one.members is not None else True)
        rows.append(coo_matrix(inside[None].astype(float)))
    limits = np.r_[np.ones(value.shape[0]), budget, [one.limit for one in capacity]]
    found = linprog(-value[unit, action], A_ub=vstack(rows).tocsr(), b_ub=limits, method="highs")
    return float(-found.fun)


def _assert_within_limits(got: Allocation, case: Case) -> None:
    value, cost, eligible, budget, capacity = case
    chosen = np.flatnonzero(got.choice)
    columns = got.choice[chosen] - 1
    assert eligible[chosen, columns].all() and (value[chosen, columns] > 0).all()
    assert cost[chosen, columns].sum() <= budget + 1e-9 * max(1.0, budget)
    for one in capacity:
        inside = np.isin(columns, one.columns) & (one.members[chosen] if one.members is not None else True)
        assert inside.sum() <= one.limit
    assert got.value_total == pytest.approx(value[chosen, columns].sum())
    assert got.cost_total == pytest.approx(cost[chosen, columns].sum())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("reps", "flat"), [(0, False), (0, True), (8, False)])
def test_value_is_close_to_the_lp_optimum_and_the_bound_is_above_it(seed: int, reps: int, flat: bool) -> None:
    case = _case(seed, 600, reps=reps, flat_costs=flat)
    got, optimum = _allocate(case), _lp_optimum(case)
    _assert_within_limits(got, case)
    assert got.value_total >= 0.995 * optimum
    assert optimum * (1 - 1e-7) <= got.bound <= optimum * 1.001


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 40),
    k=st.integers(1, 5),
    reps=st.integers(0, 4),
    budget=st.sampled_from([0.0, 0.3, 5.0, 40.0, 1e6]),
    limit=st.sampled_from([0.0, 0.5, 1.0, 3.7, 100.0]),
)
def test_no_limit_is_ever_passed(seed: int, n: int, k: int, reps: int, budget: float, limit: float) -> None:
    value, cost, eligible, _, _ = _case(seed, n, k)
    rep_of = np.random.default_rng(seed).integers(0, max(1, reps), n)
    capacity = [Capacity("all", limit, tuple(range(k))), Capacity("last", 2, (k - 1,))]
    capacity += [Capacity(f"rep {r}", limit, (0,), rep_of == r) for r in range(reps)]
    cost[::3] = 0.0
    case = value, cost, eligible, budget, capacity
    got = _allocate(case)
    _assert_within_limits(got, case)
    assert got.bound >= got.value_total * (1 - 1e-9)


def test_without_limits_everybody_gets_their_best_positive_action() -> None:
    value, cost, eligible, _, _ = _case(3, 200)
    got = allocate(value, cost, eligible, budget=None)
    masked = np.where(eligible, value, -np.inf)
    assert (got.choice == np.where(masked.max(1) > 0, masked.argmax(1) + 1, 0)).all()
    assert got.bound == pytest.approx(got.value_total) and got.binding == ()


def test_few_drafts_go_to_whom_they_are_worth_most() -> None:
    value = np.array([[5.0, 1.0], [9.0, 8.5], [7.0, 2.0], [6.0, 0.0]])
    got = allocate(value, np.zeros((4, 2)), np.ones((4, 2), bool), budget=None, capacity=[Capacity("drafts", 2, (0,))])
    assert got.choice.tolist() == [2, 2, 1, 1]
    assert got.value_total == pytest.approx(22.5) and got.binding == ("drafts",)


def test_limits_that_allow_nothing_are_named() -> None:
    ones = np.ones((2, 2))
    got = allocate(ones, ones, ones > 0, budget=0.0, capacity=[Capacity("mail", 0, (0,)), Capacity("calls", 5, (1,))])
    assert got.choice.tolist() == [0, 0] and got.binding == ("budget", "mail")


def test_a_capacity_for_an_action_that_does_not_exist_is_refused() -> None:
    ones = np.ones((3, 2))
    for column in (-1, 2):
        with pytest.raises(ValueError, match="columns outside"):
            allocate(ones, ones, ones > 0, budget=None, capacity=[Capacity("odd", 1, (column,))])


def test_each_rep_has_an_own_limit() -> None:
    mine = np.array([True, True, False, False])
    capacity = [Capacity("ann", 1, (0,), mine), Capacity("bob", 2, (0,), ~mine)]
    got = allocate(
        np.array([[1.0], [2.0], [3.0], [4.0]]), np.zeros((4, 1)), np.ones((4, 1), bool), budget=None, capacity=capacity
    )
    assert got.choice.tolist() == [0, 1, 1, 1] and got.binding == ("ann",)


def test_money_that_is_left_buys_a_better_action_for_somebody() -> None:
    value = np.array([[1.0, 3.0], [1.0, 2.0]])
    cost = np.array([[1.0, 5.0], [1.0, 5.0]])
    got = allocate(value, cost, np.ones((2, 2), bool), budget=6.0)
    assert got.choice.tolist() == [2, 1] and got.cost_total == 6.0 and got.binding == ("budget",)


def test_ties_go_to_the_earlier_row_and_runs_agree() -> None:
    ones = np.ones((10, 1))
    got = allocate(ones, ones, ones > 0, budget=4.0)
    assert got.choice.tolist() == [1] * 4 + [0] * 6
    case = _case(5, 300, reps=3)
    assert (_allocate(case).choice == _allocate(case).choice).all()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_nobody_or_nothing_to_choose_from_is_an_empty_allocation(shape: tuple[int, int]) -> None:
    got = allocate(np.zeros(shape), np.zeros(shape), np.zeros(shape, bool), budget=10.0)
    assert got.choice.tolist() == [0] * shape[0] and got.value_total == 0.0


def test_unknown_value_is_not_chosen_and_unknown_cost_is_refused() -> None:
    value, cost = np.array([[np.nan, 1.0]]), np.array([[1.0, 1.0]])
    assert allocate(value, cost, np.ones((1, 2), bool), budget=None).choice.tolist() == [2]
    with pytest.raises(ValueError, match="costs"):
        allocate(value, cost * np.nan, np.ones((1, 2), bool), budget=None)


def test_a_hundred_thousand_units_are_quick_and_close_to_the_bound() -> None:
    case = _case(1, 100_000, 12, flat_costs=True)
    started = time.process_time()
    got = _allocate(case)
    assert time.process_time() - started < 5.0
    _assert_within_limits(got, case)
    assert got.value_total >= 0.999 * got.bound

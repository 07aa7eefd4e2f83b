"""How close to the best: whole optima of small instances, and the bound where units are many and limits tight."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.decisioning.choosing import allocation, prices
from kizuna.decisioning.choosing.allocation import Allocation, Capacity, allocate
from kizuna.decisioning.choosing.core import core_of
from kizuna.decisioning.choosing.parity import parity_of
from kizuna.decisioning.choosing.problem import Limit, Problem
from scipy.optimize import Bounds, LinearConstraint, milp

COST = np.array([3.0] * 6 + [120.0] * 3 + [600.0] * 3)
ALL = tuple(range(12))


def instance(seed: int, n: int, tight: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, list[Capacity]]:
    """Mails, letters and visits with `tight` of what a company that is not short would have."""
    rng = np.random.default_rng(seed)
    value = rng.lognormal(9.0, 1.0, (n, 1)) * (rng.normal(0.01, 0.02, (n, 12)) + 0.02 * (COST > 100)) - COST
    capacity = [
        Capacity("mails", tight * n // 3, ALL[:6]),
        Capacity("letters", tight * n // 12, ALL[6:9]),
        Capacity("contacts", tight * n // 2, ALL),
    ]
    return value, np.tile(COST, (n, 1)), rng.random((n, 12)) < 0.6, tight * n * 40.0, capacity


def solved(seed: int, n: int, tight: float) -> Allocation:
    value, cost, eligible, budget, capacity = instance(seed, n, tight)
    got = allocate(value, cost, eligible, budget=budget, capacity=capacity)
    rows = np.flatnonzero(got.choice)
    columns = got.choice[rows] - 1
    assert cost[rows, columns].sum() <= budget + 1e-6
    assert all(np.isin(columns, one.columns).sum() <= one.limit for one in capacity)
    return got


def whole_optimum(seed: int, n: int, tight: float) -> float:
    """By HiGHS."""
    value, cost, eligible, budget, capacity = instance(seed, n, tight)
    unit, action = np.nonzero(eligible & (value > 0.0))
    matrix = np.vstack(
        [unit == row for row in range(n)]
        + [cost[unit, action]]
        + [np.isin(action, one.columns).astype(float) for one in capacity]
    )
    most = np.concatenate([np.ones(n), [budget], [one.limit for one in capacity]])
    limits = LinearConstraint(matrix, ub=most)
    return -float(milp(-value[unit, action], constraints=limits, integrality=1, bounds=Bounds(0, 1)).fun)


def few_rows(monkeypatch: pytest.MonkeyPatch, *, sample: int, core: int) -> None:
    """What else only many units show."""
    monkeypatch.setattr(prices, "SAMPLE_ROWS", sample)
    monkeypatch.setattr(prices, "CORE_ROWS", core)
    monkeypatch.setattr(allocation, "CORE_ROWS", core)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(10, 60), tight=st.sampled_from([0.1, 0.3, 1.0]))
def test_few_units_get_close_to_the_whole_optimum_and_the_bound_lies_above_it(seed: int, n: int, tight: float) -> None:
    got, best = solved(seed, n, tight), whole_optimum(seed, n, tight)
    assert got.bound >= best * (1.0 - 1e-6)
    assert best * 0.97 <= got.value_total <= best * (1.0 + 1e-6)


def test_few_units_get_the_whole_optimum_nearly_always() -> None:
    shares = [solved(seed, 120, 0.3).value_total / whole_optimum(seed, 120, 0.3) for seed in range(5)]
    assert np.mean(shares) >= 0.997 and np.median(shares) >= 0.9995


def test_a_tight_budget_is_used_well_where_prices_come_from_a_sample() -> None:
    """One visit of 1,161 contacts is 0.08 % of the value: the bound itself is out of reach of whole units."""
    got = solved(0, 50_000, 0.05)
    assert got.value_total >= 0.999 * got.bound


def test_prices_that_a_small_sample_leaves_far_off_are_polished_on_all_units(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = solved(3, 12_000, 0.2)
    few_rows(monkeypatch, sample=300, core=1_000)
    polished = solved(3, 12_000, 0.2)
    assert polished.bound <= exact.bound * 1.0005
    assert polished.value_total >= 0.999 * exact.value_total


def test_groups_are_held_together_as_closely_as_the_bound_allows_when_only_a_core_is_filled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few_rows(monkeypatch, sample=4_000, core=4_000)
    value, cost, eligible, budget, capacity = instance(1, 20_000, 1.0)
    group = np.random.default_rng(2).choice(4, 20_000, p=[0.5, 0.3, 0.15, 0.05])
    value = (value + cost) * np.array([1.6, 1.0, 0.6, 0.3])[group][:, None] - cost
    nobody = np.zeros(12, dtype=bool)
    parity = parity_of(group, eligible, nobody, nobody, share=0.0, max_gap=0.1, smallest=30)
    got = allocate(value, cost, eligible, budget=budget, capacity=capacity, parities=[parity])
    assert parity.holds(got.choice - 1)
    assert got.value_total >= 0.999 * got.bound


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(5, 80))
def test_who_is_settled_takes_the_best_at_these_prices_and_the_rest_of_each_limit_is_the_cores(
    seed: int, size: int
) -> None:
    rng = np.random.default_rng(seed)
    value = np.where(rng.random((3, 100)) < 0.8, rng.integers(1, 9, (3, 100)).astype(float), -np.inf)
    counted = np.array([True, True, False, False])
    ours = Limit("ours", 60.0, counted, rows=np.flatnonzero(rng.random(100) < 0.5))
    problem = Problem(
        value, (Limit("budget", 300.0, np.append(counted[:3], False), weight=np.full(value.shape, 2.0)), ours)
    )
    net = value - 1.0
    found = core_of(problem, net, size)
    assert found.picked.sum() >= size
    settled = ~found.picked
    best = np.maximum(net.max(axis=0), 0.0)
    mine = found.settled[settled]
    taken = np.where(mine >= 0, net[mine, np.flatnonzero(settled)], 0.0)
    assert (taken == best[settled]).all()
    for one, left in zip(problem.limits, found.problem.limits, strict=True):
        assert left.limit == one.limit - one.each(found.settled, np.arange(100)).sum() >= 0.0


def test_ties_go_to_the_earlier_row_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    few_rows(monkeypatch, sample=50, core=50)
    ones = np.ones((400, 2))
    got = allocate(ones, ones, ones > 0, budget=120.0)
    assert got.choice.tolist() == [1] * 120 + [0] * 280
    first, again = solved(7, 3_000, 0.2), solved(7, 3_000, 0.2)
    assert (first.choice == again.choice).all() and first.bound == again.bound


def test_limits_of_reps_that_share_units_are_each_kept() -> None:
    """Two that overlap can't be one family, and are counted one by one."""
    rng = np.random.default_rng(4)
    value = rng.uniform(1.0, 5.0, (300, 2))
    first, second = np.arange(300) < 200, np.arange(300) >= 100
    capacity = [Capacity("a", 40, (0, 1), first), Capacity("b", 50, (0, 1), second)]
    got = allocate(value, value * 0, value > 0, budget=None, capacity=capacity)
    chosen = got.choice > 0
    assert chosen[first].sum() == 40 and chosen[second].sum() == 50
    assert got.value_total >= 0.999 * got.bound

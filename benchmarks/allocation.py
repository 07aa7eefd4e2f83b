"""Who gets what: speed, memory and closeness to the optimum, beside HiGHS where it can solve the instance.

    python benchmarks/allocation.py [--customers N] [--middle N] [--small N] [--seeds N]

Large and middle: N customers x 12 actions x 4 limits (budget, mails, letters, contacts) and other structures, each in a
process of its own: CPU seconds (user and system), wall seconds, peak memory above the input, share of the Lagrangian
bound. Small: the same structures at a size for HiGHS (`scipy.optimize.linprog` and `milp`, relative gap 1e-5, two
minutes at most): share of the LP bound and of the best integer solution, its seconds, and whether any limit was passed.
Fractions of a customer fill a limit to the last yen, whole ones do not: where few are chosen (a tight budget) nobody
reaches the LP bound, HiGHS' own integer solution included ("MILP/LP"), and that is the one to compare with.
Everything is made up: values are an account's worth (log-normal) times an action's effect on it.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from kizuna.decisioning.choosing.allocation import Allocation, Capacity, allocate
from kizuna.decisioning.choosing.parity import Parity, parity_of
from numpy.typing import ArrayLike
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_matrix, csr_matrix, vstack

Array = np.ndarray[Any, np.dtype[Any]]
ACTIONS = 12
MAIL, LETTER, BY_HAND = (0, 1, 2, 3, 4, 5), (6, 7, 8), (9, 10, 11)
PRICES = np.array([3.0] * 6 + [120.0] * 3 + [600.0] * 3)


@dataclass(frozen=True)
class Case:
    """One instance: arrays [units, actions], and the limits."""

    value: Array
    cost: Array
    eligible: Array
    budget: float
    capacity: list[Capacity] = field(default_factory=list)
    parity: list[Parity] = field(default_factory=list)


def four_limits(customers: int, seed: int, tight: float = 1.0) -> Case:
    """Budget, mails, letters and contacts, each short of what everybody's best would take."""
    rng = np.random.default_rng(seed)
    worth = rng.lognormal(9.0, 1.0, (customers, 1))
    effect = rng.normal(0.01, 0.02, (customers, ACTIONS)) + 0.02 * (PRICES > 100)
    cost = np.tile(PRICES, (customers, 1))
    capacity = [
        Capacity("mails", tight * customers // 3, MAIL),
        Capacity("letters", tight * customers // 12, LETTER),
        Capacity("contacts", tight * customers // 2, tuple(range(ACTIONS))),
    ]
    eligible = rng.random((customers, ACTIONS)) < 0.6
    return Case(worth * effect - cost, cost, eligible, tight * customers * 40.0, capacity)


def tight_budget(customers: int, seed: int) -> Case:
    """The same with a twentieth of everything."""
    return four_limits(customers, seed, tight=0.05)


def many_reps(customers: int, seed: int) -> Case:
    """The four limits, and what is done by hand limited per rep: one rep for each 500 customers, 20 drafts each."""
    case, rng = four_limits(customers, seed), np.random.default_rng(seed + 1)
    reps = max(2, min(200, customers // 500))
    rep_of = rng.integers(0, reps, customers)
    own = [Capacity(f"rep {r}", max(2.0, customers / reps / 50), BY_HAND, rep_of == r) for r in range(reps)]
    return replace(case, capacity=case.capacity + own)


def channels_by_unit(customers: int, seed: int) -> Case:
    """Actions that go by mail for some and by letter for others: the caps count pairs."""
    case, rng = four_limits(customers, seed), np.random.default_rng(seed + 1)
    by_letter = np.zeros((customers, ACTIONS), dtype=bool)
    by_letter[:, :9] = rng.random((customers, 9)) < 0.3
    cost = np.where(by_letter, 120.0, case.cost)
    by_mail = ~by_letter
    by_mail[:, 9:] = False
    capacity = [
        Capacity("mails", customers // 4, tuple(range(9)), pairs=by_mail),
        Capacity("letters", customers // 12, tuple(range(9)), pairs=by_letter),
        Capacity("drafts", customers // 50, BY_HAND),
    ]
    return Case(case.value + case.cost - cost, cost, case.eligible, customers * 40.0, capacity)


def correlated(customers: int, seed: int) -> Case:
    """The hard kind of knapsack: all is worth a little more than it costs, the dearer the more."""
    rng = np.random.default_rng(seed)
    cost = PRICES * rng.uniform(0.5, 2.0, (customers, ACTIONS))
    value = cost + 60.0 + rng.normal(0.0, 3.0, (customers, ACTIONS))
    capacity = [Capacity("mails", customers // 5, MAIL), Capacity("letters", customers // 8, LETTER)]
    capacity.append(Capacity("contacts", customers // 3, tuple(range(ACTIONS))))
    return Case(value, cost, rng.random(value.shape) < 0.8, customers * 40.0, capacity)


def fairness_bound(customers: int, seed: int) -> Case:
    """The four limits; of six groups some are worth much more, and their rates may lie 10 points apart at most."""
    case, rng = four_limits(customers, seed), np.random.default_rng(seed + 1)
    group = rng.choice(6, customers, p=[0.35, 0.25, 0.2, 0.1, 0.06, 0.04])
    value = (case.value + case.cost) * np.array([1.6, 1.2, 1.0, 0.8, 0.5, 0.3])[group][:, None] - case.cost
    nobody = np.zeros(ACTIONS, dtype=bool)
    bound = parity_of(group, case.eligible, nobody, nobody, share=0.0, max_gap=0.1, smallest=30)
    return replace(case, value=value, parity=[bound])


CASES: dict[str, Callable[[int, int], Case]] = {
    "four limits": four_limits,
    "tight budget": tight_budget,
    "many reps": many_reps,
    "channel by unit": channels_by_unit,
    "correlated": correlated,
    "fairness bound": fairness_bound,
}


def solve(case: Case) -> Allocation:
    """Ours."""
    return allocate(
        case.value, case.cost, case.eligible, budget=case.budget, capacity=case.capacity, parities=case.parity
    )


def excess(case: Case, choice: Array) -> float:
    """By how much of itself the most exceeded limit is passed; 0 where none is."""
    rows = np.flatnonzero(choice)
    columns = choice[rows] - 1
    over = [case.cost[rows, columns].sum() / case.budget - 1.0]
    over += [float(_counts(one, rows, columns).sum()) / one.limit - 1.0 for one in case.capacity]
    over += [one.gap(choice - 1) / one.max_gap - 1.0 for one in case.parity]
    assert case.eligible[rows, columns].all() and (case.value[rows, columns] > 0).all()
    return float(max(0.0, *(each for each in over if each > 1e-9), 0.0))


def _counts(one: Capacity, rows: Array, columns: Array) -> Array:
    inside = np.isin(columns, one.columns)
    inside &= one.members[rows] if one.members is not None else True
    return inside & (one.pairs[rows, columns] if one.pairs is not None else True)


@dataclass(frozen=True)
class Program:
    """The case as HiGHS wants it: one variable per pair worth something."""

    worth: Array
    matrix: csr_matrix
    most: Array


def program(case: Case) -> Program:
    """At most one action per unit, and the limits."""
    unit, action = np.nonzero(case.eligible & (case.value > 0))
    pairs = np.arange(unit.size)
    one_each = coo_matrix((np.ones(unit.size), (unit, pairs)), shape=(case.value.shape[0], unit.size))
    rows = [one_each, coo_matrix(case.cost[unit, action][None])]
    rows += [coo_matrix(_counts(one, unit, action)[None].astype(float)) for one in case.capacity]
    most: list[ArrayLike] = [
        np.ones(case.value.shape[0]),
        [case.budget],
        [np.floor(one.limit) for one in case.capacity],
    ]
    for one in case.parity:
        rate = [(one.code[unit] == group) / size for group, size in enumerate(one.size)]
        apart = [high - low for high in rate for low in rate if high is not low]
        rows += [coo_matrix(row[None]) for row in apart]
        most.append(np.full(len(apart), one.max_gap))
    return Program(case.value[unit, action], vstack(rows).tocsr(), np.concatenate(most))


def by_highs(asked: Program, *, whole: bool) -> float:
    """The optimum, of whole units or of fractions."""
    if not whole:
        found = linprog(-asked.worth, A_ub=asked.matrix, b_ub=asked.most, bounds=(0, 1), method="highs")
        return -float(found.fun)
    limits = LinearConstraint(asked.matrix, ub=asked.most)
    options = {"time_limit": 120.0, "mip_rel_gap": 1e-5}
    return -float(milp(-asked.worth, constraints=limits, integrality=1, bounds=Bounds(0, 1), options=options).fun)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--middle", type=int, default=50_000)
    parser.add_argument("--small", type=int, default=2_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--one", choices=list(CASES), help="one large case in this process")
    given = parser.parse_args()
    if given.one:
        print_large(given.one, given.customers)
        return
    for customers in (given.middle, given.customers):
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {customers:,} customers x {ACTIONS} actions")
        print(f"{'':18}{'limits':>7}{'CPU s':>8}{'wall s':>8}{'input MB':>10}{'peak MB':>9}{'of bound':>11}{'over':>6}")
        for name in CASES:
            own = [sys.executable, "-m", "kizuna.benchmarks.allocation", "--one", name]
            subprocess.run([*own, "--customers", str(customers)], check=True)  # noqa: S603 - our own program
        print()
    print(f"{given.small:,} customers x {ACTIONS} actions, {given.seeds} seeds: the lowest share, the longest time")
    print(f"{'':18}{'of LP':>11}{'of MILP':>11}{'MILP/LP':>11}{'over':>6}{'s':>8}{'LP s':>8}{'MILP s':>8}")
    for name, make in CASES.items():
        print_small(name, [make(given.small, seed) for seed in range(given.seeds)])


def print_large(name: str, customers: int) -> None:
    """One line: this process does nothing else, so its peak is the case's."""
    case = CASES[name](customers, 0)
    before = _peak_mb()
    cpu, wall = time.process_time(), time.perf_counter()
    got = solve(case)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    share = got.value_total / got.bound
    print(
        f"{name:18}{1 + len(case.capacity):7}{cpu:8.2f}{wall:8.2f}{before:10,.0f}{_peak_mb():9,.0f}{share:11.5%}"
        f"{excess(case, got.choice):6.0%}"
    )


def print_small(name: str, cases: list[Case]) -> None:
    """One line for the seeds of a structure."""
    lines = []
    for case in cases:
        asked = program(case)
        ours, seconds = _timed(partial(solve, case))
        linear, linear_s = _timed(partial(by_highs, asked, whole=False))
        whole, whole_s = _timed(partial(by_highs, asked, whole=True))
        over = excess(case, ours.choice)
        lines.append(
            (ours.value_total / linear, ours.value_total / whole, whole / linear, -over, -seconds, -linear_s, -whole_s)
        )
    of_lp, of_milp, reachable, over, *times = np.min(lines, axis=0)
    print(
        f"{name:18}{of_lp:11.4%}{of_milp:11.4%}{reachable:11.4%}{-over:6.0%}"
        + "".join(f"{-seconds:8.2f}" for seconds in times)
    )


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.process_time()
    done = work()
    return done, time.process_time() - started


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(threads, "1")
    main()

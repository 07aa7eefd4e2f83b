"""Do intervals keep their word? Coverage, daily peeking at two equal groups, and what knowing the past is worth.

    OMP_NUM_THREADS=1 python -m kizuna.benchmarks.intervals [--runs 2000] [--cdnow ../shared/data/CDNOW_master.txt.gz]

Everything goes through the functions of the product. `±` is two standard errors of the simulation itself. Spend is
drawn from BG/NBD and Gamma-Gamma as fitted on the full CDNOW data: three of four customers buy nothing, and the
largest spends a thousand times the mean. The peers are what people do by hand: look at a plain 95 % interval daily.
"""

import argparse
import gzip
import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
from kizuna.benchmarks.deciding.world import ALPHA, GAMMA, A, B, P, Q, R  # CDNOW's parameters, in weeks and dollars
from kizuna.decisioning.measuring.experiment import Interval, adjusted_difference, relative_lift
from kizuna.decisioning.measuring.looks import information_of_events, spending_bounds
from kizuna.decisioning.measuring.sequences import always_valid_bounds
from kizuna.decisioning.value.buying import Histories, expected_purchases, fit_buying
from kizuna.decisioning.value.spending import expected_spend, fit_spend
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Outcome and what was known before, of so many units.
Draw = Callable[[np.random.Generator, int], tuple[Array, Array]]

DAYS, WEEKS, LIFT = 90, 39.0, 0.10
PLAIN_Z = 1.959964
SIZES = ((500, 200), (1000, 300), (2500, 1500))  #: policy at 50 %, holdouts of 20, 15 and 30 % of the audience


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--units", type=int, default=1000, help="Audience of the experiments that are peeked at.")
    parser.add_argument(
        "--cdnow", type=Path, help="CDNOW_master.txt.gz, for the variance that the prediction explains."
    )
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}; {given.runs:,} runs a row")
    coverage(given.runs)
    peeking(given.runs, given.units)
    if given.cdnow is not None:
        explained(given.cdnow)
    times = os.times()
    print(f"CPU {times.user + times.system:.0f} s")


def coverage(runs: int) -> None:
    """How often a plain 95 % interval holds the truth."""
    print(f"\ncoverage of fixed-horizon 95 % intervals, true lift {LIFT:.0%}; goal 94-96 %")
    print(f"{'outcome':<22}{'policy':>8}{'holdout':>8}{'difference':>16}{'CUPED':>16}{'lift':>16}{'CUPED':>16}")
    for name, draw in OUTCOMES.items():
        for n_policy, n_holdout in SIZES:
            held = np.mean(list(trials(draw, runs, n_policy, n_holdout)), axis=0)
            shown = "".join(f"{share:>9.1%} ± {_noise(share, runs):<4.1%}" for share in held)
            print(f"{name:<22}{n_policy:>8}{n_holdout:>8}{shown}", flush=True)


def trials(draw: Draw, runs: int, n_policy: int, n_holdout: int) -> Iterator[list[bool]]:
    """Whether each interval held the truth: difference and lift, without and with what was known before."""
    chance = np.random.default_rng([n_policy, n_holdout])
    base = float(np.mean([draw(chance, 1_000_000)[0].mean() for _ in range(4)]))
    truths = (LIFT * base, LIFT * base, LIFT, LIFT)
    for _ in range(runs):
        y, before = draw(chance, n_policy + n_holdout)
        policy, holdout = _treated(chance, y[:n_policy]), y[n_policy:]
        sides = (policy, holdout, before[:n_policy], before[n_policy:])
        plain = (sides[0], sides[1], None, None)
        found = [measure(*part) for measure in (adjusted_difference, relative_lift) for part in (plain, sides)]
        yield [interval.low <= truth <= interval.high for interval, truth in zip(found, truths, strict=True)]


def _treated(chance: np.random.Generator, y: Array) -> Array:
    """A tenth more: of each outcome, or, of something that happens or not, a tenth more cases."""
    if not np.isin(y, (0.0, 1.0)).all():
        return y * (1.0 + LIFT)
    share = SHARES[round(float(y.mean()) > 0.1)]
    return np.maximum(y, chance.random(y.size) < LIFT * share / (1.0 - share))


def _normal(chance: np.random.Generator, n: int) -> tuple[Array, Array]:
    before = chance.normal(100.0, 30.0, n)
    return before + chance.normal(0.0, 30.0, n), before


def spend(chance: np.random.Generator, n: int) -> tuple[Array, Array]:
    """What customers spend in 39 weeks, and what they had spent in the 39 before."""
    rate, leaves = chance.gamma(R, 1.0 / ALPHA, n), chance.beta(A, B, n)
    lasts = chance.geometric(np.clip(leaves, 1e-12, 1.0))
    before = np.minimum(chance.poisson(rate * WEEKS), lasts)
    later = np.minimum(chance.poisson(rate * WEEKS), lasts - before)
    size = chance.gamma(Q, 1.0 / GAMMA, n)
    paid = [_paid(chance, count, size) for count in (later, before)]
    return paid[0], paid[1]


def _paid(chance: np.random.Generator, count: NDArray[np.int64], size: Array) -> Array:
    paid = np.zeros(count.size)
    paid[count > 0] = chance.gamma(P * count[count > 0], 1.0 / size[count > 0])
    return paid


SHARES = (0.05, 0.20)


def _happens(share: float) -> Draw:
    def draw(chance: np.random.Generator, n: int) -> tuple[Array, Array]:
        risk = chance.beta(2.0, 2.0 / share - 2.0, n)
        return (chance.random(n) < risk).astype(float), risk

    return draw


OUTCOMES: dict[str, Draw] = {
    "normal": _normal,
    "spend, heavy tail": spend,
    f"happens to {SHARES[0]:.0%}": _happens(SHARES[0]),
    f"happens to {SHARES[1]:.0%}": _happens(SHARES[1]),
}


def peeking(runs: int, units: int) -> None:
    """Two equal groups, looked at daily: how often somebody would have seen a difference that is not there."""
    evenly = [day / DAYS for day in range(1, DAYS + 1)]
    kinds = ("plain", "spending", "always valid")
    print(f"\nA/A data looked at daily for {DAYS} days, {units * 5 // 8} and {units * 3 // 8} units; goal <= 5 %")
    print(f"{'outcome':<34}" + "".join(f"{kind:>18}" for kind in kinds))
    for name, (path, share) in PATHS.items():
        times = information_of_events(share, DAYS, DAYS) if share else evenly
        every = ([PLAIN_Z] * DAYS, spending_bounds(times), always_valid_bounds(times))
        bounds = dict(zip(kinds, every, strict=True))
        z = np.array(list(_looks(path, runs, units)))
        alarms = {kind: (np.abs(z) > np.array(bound)).any(axis=1).mean() for kind, bound in bounds.items()}
        shown = "".join(f"{share:>11.1%} ± {_noise(share, runs):<4.1%}" for share in alarms.values())
        print(f"{name:<34}{shown}", flush=True)
    print(
        f"{'width at the end, plain = 1':<34}" + "".join(f"{bound[-1] / PLAIN_Z:>18.2f}" for bound in bounds.values())
    )


#: Outcomes so far [units, days], what was known before, and how many units are in on each day.
Following = Callable[[np.random.Generator, int], tuple[Array, Array, NDArray[np.int64]]]


def _looks(path: Following, runs: int, units: int) -> Iterator[list[float]]:
    """The z that each day's adjusted difference shows."""
    chance = np.random.default_rng(units)
    for _ in range(runs):
        so_far, before, there = path(chance, units)
        is_policy = chance.permutation(units) % 8 < 5
        yield [_z(so_far[:n, day], before[:n], is_policy[:n]) for day, n in enumerate(there)]


def _z(y: Array, before: Array, is_policy: NDArray[np.bool_]) -> float:
    found: Interval = adjusted_difference(y[is_policy], y[~is_policy], before[is_policy], before[~is_policy])
    return found.estimate / found.se if found.is_enough and found.se > 0 else 0.0


def _spend_by_day(chance: np.random.Generator, n: int) -> tuple[Array, Array, NDArray[np.int64]]:
    rate, leaves = chance.gamma(R, 1.0 / ALPHA, n), chance.beta(A, B, n)
    lasts = chance.geometric(np.clip(leaves, 1e-12, 1.0))
    earlier = np.minimum(chance.poisson(rate * WEEKS), lasts)
    size = chance.gamma(Q, 1.0 / GAMMA, n)
    bought = chance.poisson(np.broadcast_to(rate[:, None] / 7.0, (n, DAYS)))
    bought = np.diff(np.minimum(bought.cumsum(axis=1), (lasts - earlier)[:, None]), axis=1, prepend=0)
    paid = _paid(chance, bought.ravel(), np.repeat(size, DAYS)).reshape(n, DAYS)
    return paid.cumsum(axis=1), _paid(chance, earlier, size), np.full(DAYS, n)


def _leaving(share: float) -> Following:
    def path(chance: np.random.Generator, n: int) -> tuple[Array, Array, NDArray[np.int64]]:
        risk = chance.beta(2.0, 2.0 / share - 2.0, n)
        day = DAYS * np.log(chance.random(n)) / np.log1p(-risk)
        return (day[:, None] <= np.arange(1, DAYS + 1)).astype(float), risk, np.full(DAYS, n)

    return path


def _arriving(chance: np.random.Generator, n: int) -> tuple[Array, Array, NDArray[np.int64]]:
    y, before = spend(chance, n)
    there = np.ceil(n * np.arange(1, DAYS + 1) / DAYS).astype(np.int64)
    return np.broadcast_to(y[:, None], (n, DAYS)), before, there


#: And the share of those to whom it happens by the end, where it happens once.
PATHS: dict[str, tuple[Following, float]] = {
    "spend so far, all there at first": (_spend_by_day, 0.0),
    "spend of those who arrived by then": (_arriving, 0.0),
    "left by then, 15 % at the end": (_leaving(0.15), 0.15),
    "left by then, 50 % at the end": (_leaving(0.50), 0.50),
}


def explained(path: Path) -> None:
    """How much of the variance of 39 weeks' spend goes when the past is known, on CDNOW itself."""
    y, covariates = cdnow(path)
    print(f"\nCDNOW, {y.size:,} customers: weeks 40-78, mean {y.mean():.2f}, sd {y.std(ddof=1):.2f}; goal >= 40 %")
    chance = np.random.default_rng(1)
    samples = [chance.integers(0, y.size, y.size) for _ in range(500)]
    for name, columns in covariates.items():
        cut = _cut(y, columns)
        spread = np.quantile([_cut(y[i], columns[i]) for i in samples], (0.025, 0.975))
        print(f"  adjusted for {name:<34} variance -{cut:.1%} [{spread[0]:.1%}, {spread[1]:.1%}]")


def _cut(y: Array, columns: Array) -> float:
    x = columns - columns.mean(axis=0)
    slope = np.linalg.lstsq(x, y - y.mean(), rcond=None)[0]
    return float(1.0 - (y - y.mean() - x @ slope).var() / y.var())


def cdnow(path: Path) -> tuple[Array, dict[str, Array]]:
    """Spend after week 39, and what was known by then: spend so far, and the prediction fitted on that alone."""
    cut = date(1997, 9, 30).toordinal()
    days: dict[str, dict[int, float]] = {}
    with gzip.open(path, "rt", encoding="ascii") as lines:
        for customer, day, _, dollars in (line.split() for line in lines if line.split()[0].isdigit()):
            at = date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal()
            spent = days.setdefault(customer, {})
            spent[at] = spent.get(at, 0.0) + float(dollars)
    rows = []
    for spent in days.values():
        known = sorted(day for day in spent if day <= cut)
        again = [spent[day] for day in known[1:]]
        mean = float(np.mean(again)) if again else np.nan
        so_far, later = (sum(v for day, v in spent.items() if (day > cut) == after) for after in (False, True))
        rows.append((len(again), (known[-1] - known[0]) / 7, (cut - known[0]) / 7, mean, so_far, later))
    repeats, last, age, mean_spend, before, after = np.array(rows).T
    histories = Histories.of(repeats, last, age)
    orders = expected_purchases(fit_buying(histories, "bg"), histories, WEEKS)
    value = orders * expected_spend(fit_spend(repeats, mean_spend), repeats, mean_spend)
    single = {"spend so far": before[:, None], "the prediction (BG/NBD x Gamma-Gamma)": value[:, None]}
    return after, {**single, "both": np.column_stack([before, value])}


def _noise(share: float, runs: int) -> float:
    return float(2.0 * np.sqrt(share * (1.0 - share) / runs))


if __name__ == "__main__":
    main()

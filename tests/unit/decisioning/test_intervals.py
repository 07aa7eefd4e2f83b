"""Intervals keep their word. A quick look in the default ring; the whole table is `benchmarks/intervals.py`."""

import numpy as np
import pytest
from kizuna.benchmarks import intervals
from kizuna.decisioning.measuring.experiment import adjusted_difference, relative_lift
from kizuna.decisioning.measuring.feasibility import minimum_detectable_lift
from numpy.typing import NDArray

RUNS = 400


def test_bloom_s_multiplier() -> None:
    """Bloom (1995, table 1): at 80 % power and two-sided 5 %, 2.80 standard errors; one-sided 5 %, 2.49."""
    unit = {"mean": 1.0, "sd": 1.0, "n_policy": 2, "n_control": 2, "variance_explained": 0.0}
    assert minimum_detectable_lift(**unit) == pytest.approx(2.80, abs=0.005)
    assert minimum_detectable_lift(**unit, alpha=0.10) == pytest.approx(2.49, abs=0.005)


def heavy(rng: np.random.Generator, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return intervals.spend(rng, n)


def test_heavy_tailed_spend_in_unequal_groups_is_covered_with_and_without_the_past() -> None:
    rng = np.random.default_rng(7)
    base = float(np.mean([heavy(rng, 300_000)[0].mean() for _ in range(2)]))
    held = []
    for _ in range(RUNS):
        y, before = heavy(rng, 700)
        policy = y[:500] * 1.2
        plain = adjusted_difference(policy, y[500:], None, None)
        lift = relative_lift(policy, y[500:], before[:500], before[500:])
        held.append((plain.low <= 0.2 * base <= plain.high, lift.low <= 0.2 <= lift.high))
    assert np.mean(held, axis=0) == pytest.approx([0.95, 0.95], abs=0.03)


def test_the_promised_power_holds_for_heavy_tails_and_a_small_holdout() -> None:
    rng = np.random.default_rng(8)
    y, before = heavy(rng, 300_000)
    explained = float(np.corrcoef(y, before)[0, 1] ** 2)
    sizes = {"n_policy": 4000, "n_control": 1000}
    lift = minimum_detectable_lift(float(y.mean()), float(y.std()), **sizes, variance_explained=explained)
    seen = []
    for _ in range(200):
        rows = rng.integers(0, y.size, 5000)
        policy = y[rows[:4000]] + lift * y.mean()
        found = adjusted_difference(policy, y[rows[4000:]], before[rows[:4000]], before[rows[4000:]])
        seen.append(found.low > 0)
    assert np.mean(seen) == pytest.approx(0.8, abs=0.09)


@pytest.mark.slow
@pytest.mark.parametrize("outcome", list(intervals.OUTCOMES))
def test_every_outcome_is_covered_in_2000_runs(outcome: str) -> None:
    held = np.mean(list(intervals.trials(intervals.OUTCOMES[outcome], 2000, 1000, 300)), axis=0)
    assert ((held > 0.935) & (held < 0.967)).all(), held


@pytest.mark.slow
def test_looking_daily_for_90_days_lets_no_more_than_five_percent_through(capsys: pytest.CaptureFixture[str]) -> None:
    intervals.peeking(500, 1000)
    rows = [line for line in capsys.readouterr().out.splitlines() if "±" in line]
    shown = [[float(part.split("%")[0].split()[-1]) for part in row.split("±")[:3]] for row in rows]
    plain, spending, always = np.mean(shown, axis=0)
    assert plain > 25 and spending < 5.6 and always < 2.5

"""Wordings shift toward the better by themselves, with probabilities that are known."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kizuna.decisioning.learning.variants import FLOOR, Standing, draw, probability_best, rate, shares
from kizuna.decisioning.measuring.experiment import unit_draws
from scipy.special import betaln

COUNTS = st.tuples(st.integers(0, 5_000), st.integers(0, 5_000)).map(lambda p: Standing(max(p), min(p)))


def by_the_sum(one: Standing, other: Standing) -> float:
    """P(one beats other) in closed form, a finite sum over the successes (Miller 2015)."""
    (a, b), (c, d) = other.posterior, one.posterior
    i = np.arange(int(c))
    return float(np.exp(betaln(a + i, b + d) - np.log(d + i) - betaln(1 + i, d) - betaln(a, b)).sum())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Standing(10, 3), Standing(12, 5)),
        (Standing(4_000, 200), Standing(3_500, 231)),
        (Standing(0, 0), Standing(900, 30)),
        (Standing(5_000, 1), Standing(20, 0)),
        (Standing(100_000, 5_000), Standing(100, 5)),
    ],
)
def test_the_probability_of_being_best_is_the_closed_form(one: Standing, other: Standing) -> None:
    found = probability_best([one, other])
    assert found == pytest.approx([by_the_sum(one, other), by_the_sum(other, one)], abs=1e-5)


def test_three_wordings_agree_with_simulation() -> None:
    standings = [Standing(300, 20), Standing(280, 26), Standing(40, 4)]
    rng = np.random.default_rng(1)
    drawn = np.column_stack([rng.beta(*standing.posterior, size=400_000) for standing in standings])
    simulated = np.bincount(drawn.argmax(axis=1), minlength=3) / 400_000
    assert probability_best(standings) == pytest.approx(simulated, abs=0.004)


@example([Standing(73, 0), Standing(234, 46)])
@given(st.lists(COUNTS, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_shares_are_probabilities_and_none_is_below_the_floor(standings: list[Standing]) -> None:
    found = shares(standings)
    assert found.sum() == pytest.approx(1.0)
    assert found.min() >= min(FLOOR, 0.5 / len(standings)) - 1e-9


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_the_start_is_even(k: int) -> None:
    assert shares([Standing(0, 0)] * k) == pytest.approx(np.full(k, 1 / k))


def test_the_order_of_the_wordings_changes_nothing() -> None:
    standings = [Standing(50, 5), Standing(60, 9), Standing(40, 2)]
    assert shares(standings)[::-1] == pytest.approx(shares(standings[::-1]))


def test_units_draw_as_often_as_the_shares_say() -> None:
    share = shares([Standing(200, 20), Standing(200, 28), Standing(200, 12)])
    units = [f"u{i}" for i in range(20_000)]
    drawn = draw(share, unit_draws(units, "campaign/3/action/variant", 1)[0])
    assert np.bincount(drawn, minlength=3) / len(units) == pytest.approx(share, abs=0.012)
    assert (draw(share, unit_draws(units[:50], "campaign/3/action/variant", 1)[0]) == drawn[:50]).all()


def test_the_better_wording_takes_over_and_the_mean_rises() -> None:
    """Ten waves, 8 % against 4 %: after them the better one has all but the floor, in nearly every run."""
    rng, truth, won = np.random.default_rng(5), np.array([0.04, 0.08]), 0
    for _ in range(40):
        reached, succeeded = np.zeros(2, dtype=int), np.zeros(2, dtype=int)
        for _ in range(10):
            share = shares([Standing(int(n), int(s)) for n, s in zip(reached, succeeded, strict=True)])
            sent = rng.multinomial(300, share)
            reached, succeeded = reached + sent, succeeded + rng.binomial(sent, truth)
        won += bool(share[1] > 0.8)
    assert won >= 38


def test_equal_wordings_stay_in_use() -> None:
    rng, least = np.random.default_rng(6), 1.0
    reached, succeeded = np.zeros(2, dtype=int), np.zeros(2, dtype=int)
    for _ in range(30):
        share = shares([Standing(int(n), int(s)) for n, s in zip(reached, succeeded, strict=True)])
        least = min(least, float(share.min()))
        sent = rng.multinomial(200, share)
        reached, succeeded = reached + sent, succeeded + rng.binomial(sent, [0.05, 0.05])
    assert least >= FLOOR - 1e-9
    assert reached.min() > 0.05 * reached.sum()


def test_the_rate_has_an_interval_that_holds_it() -> None:
    mean, low, high = rate(Standing(200, 30))
    assert low < 0.15 < high and low < mean < high
    assert rate(Standing(0, 0))[1:] == pytest.approx((0.025, 0.975))


def test_impossible_counts_and_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="no count"):
        Standing(3, 4)
    with pytest.raises(ValueError, match="sum to 1"):
        draw(np.array([0.5, 0.6]), np.array([0.1]))
    with pytest.raises(ValueError, match="no wording"):
        probability_best([])

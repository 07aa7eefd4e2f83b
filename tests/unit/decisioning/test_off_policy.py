"""Other policies valued by the log of one: right on average, honest about what it can't tell."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.decisioning.evaluation.off_policy import (
    Estimate,
    Log,
    Method,
    Refusal,
    compare,
    evaluate,
    fixed,
    pooled,
    weights,
)
from kizuna.decisioning.evaluation.rewards import cross_fitted
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: True expected rewards [x, option] and the logging policy's probabilities [x, option].
TRUTH = np.array([[1.0, 1.5, 0.2], [2.0, 1.0, 3.0]])
LOGGING = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3]])
TARGET = np.array([[0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
VALUE = float((0.5 * TRUTH * TARGET).sum())
VALUE_OF_NOTHING = float(0.5 * TRUTH[:, 0].sum())


def known(judged: Estimate | Refusal) -> Estimate:
    assert isinstance(judged, Estimate), judged
    return judged


def one_log(rng: np.random.Generator, n: int) -> tuple[Array, Log]:
    x = rng.integers(0, 2, n)
    taken = (rng.random(n)[:, None] > np.cumsum(LOGGING[x], axis=1)).sum(axis=1).clip(max=2)
    reward = TRUTH[x, taken] + rng.exponential(1.0, n) - 1.0
    return x, Log(taken, LOGGING[x, taken], reward)


def by_hand() -> Log:
    """Four decisions, ten times over."""
    taken, probability, reward = [0, 1, 0, 1], [0.5, 0.5, 0.25, 0.75], [1.0, 2.0, 3.0, 4.0]
    return Log(np.tile(taken, 10), np.tile(probability, 10), np.tile(reward, 10))


def test_estimates_are_those_computed_by_hand() -> None:
    log, always = by_hand(), fixed(np.ones(40, dtype=np.int64), 2)
    predicted = np.tile([[1.0, 3.0]], (40, 1))
    assert weights(log, always)[:4] == pytest.approx([0.0, 2.0, 0.0, 4 / 3])
    found = {method: known(evaluate(log, always, method, predicted=predicted, minimum_ess=1.0)) for method in Method}
    assert found[Method.ips].value == pytest.approx((4.0 + 16 / 3) / 4)
    assert found[Method.snips].value == pytest.approx((4.0 + 16 / 3) / (10 / 3))
    assert found[Method.dr].value == pytest.approx(3.0 + (2.0 * -1.0 + 4 / 3 * 1.0) / 4)
    assert found[Method.sndr].value == pytest.approx(3.0 + (2.0 * -1.0 + 4 / 3 * 1.0) / (10 / 3))
    parts = np.tile([0.0, 4.0, 0.0, 16 / 3], 10)
    assert found[Method.ips].se == pytest.approx(parts.std(ddof=1) / 40**0.5)
    assert found[Method.ips].ess == pytest.approx(40 * (10 / 3) ** 2 / (4 * (4 + 16 / 9)))


def test_the_logging_policy_itself_is_worth_the_mean_reward() -> None:
    x, log = one_log(np.random.default_rng(1), 500)
    for method in (Method.ips, Method.snips):
        judged = known(evaluate(log, LOGGING[x], method))
        assert judged.value == pytest.approx(log.reward.mean())
        assert judged.se == pytest.approx(log.reward.std(ddof=1) / 500**0.5, rel=0.01)


def test_over_many_logs_estimates_are_right_on_average() -> None:
    rng = np.random.default_rng(2)
    found: dict[Method, list[float]] = {method: [] for method in Method}
    for _ in range(400):
        x, log = one_log(rng, 300)
        predicted = np.full((300, 3), 1.2)  # poor predictions
        for method in Method:
            found[method].append(known(evaluate(log, TARGET[x], method, predicted=predicted)).value)
    for method, values in found.items():
        off = float(np.mean(values)) - VALUE
        assert abs(off) < 4 * float(np.std(values)) / 400**0.5, method


def test_doubly_robust_is_right_when_probabilities_or_predictions_are() -> None:
    rng = np.random.default_rng(3)
    x, log = one_log(rng, 40_000)
    policy = fixed(np.full(40_000, 2), 3)
    truth = float(TRUTH[:, 2].mean())
    rates = np.bincount(log.taken, minlength=3) / 40_000
    wrong = Log(log.taken, rates[log.taken], log.reward)  # as if chance had not looked at x
    nonsense = np.tile([[5.0, -3.0, 0.0]], (40_000, 1))
    for case, predicted in ((log, nonsense), (wrong, TRUTH[x])):
        judged = known(evaluate(case, policy, Method.dr, predicted=predicted))
        assert abs(judged.value - truth) < 4 * judged.se
    neither = known(evaluate(wrong, policy, Method.dr, predicted=nonsense))
    assert abs(neither.value - truth) > 10 * neither.se


def test_a_paired_difference_is_that_of_the_values_and_surer() -> None:
    rng = np.random.default_rng(4)
    x, log = one_log(rng, 2_000)
    near = TARGET.copy()
    near[0] = [0.2, 0.7, 0.1]
    first, second = (known(evaluate(log, one[x], Method.ips)) for one in (TARGET, near))
    paired = known(compare(log, TARGET[x], near[x], Method.ips))
    assert paired.value == pytest.approx(first.value - second.value)
    assert paired.se < 0.2 * (first.se**2 + second.se**2) ** 0.5


def test_policies_that_never_differ_differ_by_nothing() -> None:
    x, log = one_log(np.random.default_rng(5), 100)
    same = known(compare(log, TARGET[x], TARGET[x], Method.ips))
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_decisions_of_one_unit_count_as_one() -> None:
    x, log = one_log(np.random.default_rng(6), 300)
    single = known(evaluate(log, TARGET[x], Method.snips))
    twice = Log(*(np.repeat(column, 2) for column in (log.taken, log.probability, log.reward)))
    whose = np.repeat(np.arange(300), 2)
    again = known(evaluate(replace(twice, cluster=whose), TARGET[np.repeat(x, 2)], Method.snips))
    assert again.se == pytest.approx(single.se)
    assert known(evaluate(twice, TARGET[np.repeat(x, 2)], Method.snips)).se < 0.75 * single.se


def test_clipping_says_what_it_costs() -> None:
    x, log = one_log(np.random.default_rng(7), 1_000)
    whole = known(evaluate(log, TARGET[x], Method.ips))
    cut = known(evaluate(log, TARGET[x], Method.ips, clip=2.0))
    assert cut.clipped > 0.1 and whole.clipped == 0.0
    assert cut.se < whole.se
    assert cut.value - cut.bias == pytest.approx(whole.value)


def test_a_log_that_cannot_tell_gets_a_word_and_no_number() -> None:
    rng = np.random.default_rng(8)
    x, log = one_log(rng, 1_000)
    assert evaluate(log.rows(np.arange(20)), TARGET[x[:20]], Method.ips) is Refusal.few
    never = log.rows(log.taken != 2)
    assert evaluate(never, fixed(np.full(len(never), 2), 3), Method.ips) is Refusal.not_covered
    hardly = np.flatnonzero((log.taken != 2) | (np.arange(1_000) < 60))
    few_weights = log.rows(hardly)
    policy = fixed(np.full(len(few_weights), 2), 3)
    assert evaluate(few_weights, policy, Method.ips, minimum_ess=100.0) in (Refusal.thin, Refusal.not_covered)
    assert compare(never, fixed(np.full(len(never), 2), 3), TARGET[x[log.taken != 2]], Method.ips) is not None
    assert isinstance(evaluate(log, TARGET[x], Method.ips, minimum_ess=999.0), Refusal)


def test_logs_of_one_population_are_pooled_by_what_they_carry() -> None:
    one = Estimate(10.0, 0.0, 20.0, 3.0, 0.95, 30.0)
    other = Estimate(20.0, 10.0, 30.0, 1.0, 0.95, 90.0)
    both = pooled([one, other])
    assert both.value == pytest.approx(0.25 * 10 + 0.75 * 20)
    assert both.se == pytest.approx(((0.25 * 3) ** 2 + 0.75**2) ** 0.5)
    assert both.ess == 120.0
    with pytest.raises(ValueError, match="nothing"):
        pooled([])


@given(shift=st.floats(-1e3, 1e3), seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_self_normalised_estimates_move_with_the_rewards(shift: float, seed: int) -> None:
    x, log = one_log(np.random.default_rng(seed), 200)
    moved = replace(log, reward=log.reward + shift)
    before, after = (evaluate(one, TARGET[x], Method.snips, minimum_ess=1.0) for one in (log, moved))
    if isinstance(before, Estimate) and isinstance(after, Estimate):
        assert after.value == pytest.approx(before.value + shift, abs=1e-6)
        assert after.se == pytest.approx(before.se, rel=1e-4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"probability": np.zeros(40)}, "above 0"),
        ({"probability": np.full(40, 1.2)}, "not above 1"),
        ({"reward": np.full(40, np.nan)}, "known"),
        ({"reward": np.zeros(3)}, "length"),
    ],
)
def test_a_log_that_is_none_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(by_hand(), **changes)


def test_what_is_no_policy_is_refused() -> None:
    log = by_hand()
    with pytest.raises(ValueError, match="sum to 1"):
        evaluate(log, np.full((40, 2), 0.4), Method.ips)
    with pytest.raises(ValueError, match="row per decision"):
        evaluate(log, np.full((39, 2), 0.5), Method.ips)
    with pytest.raises(ValueError, match="prediction"):
        evaluate(log, np.full((40, 2), 0.5), Method.dr)


@pytest.mark.slow
def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """2,000 logs; the band is 95 % +/- 1 point, about twice the standard error of the count."""
    rng = np.random.default_rng(9)
    hits: dict[str, list[bool]] = {}
    for _ in range(2_000):
        x, log = one_log(rng, 500)
        features = np.column_stack([x, rng.normal(size=500)])
        predicted = cross_fitted(features, log.taken, log.reward, 3, rng)
        nothing = fixed(np.zeros(500, dtype=np.int64), 3)
        for method in Method:
            value = known(evaluate(log, TARGET[x], method, predicted=predicted))
            hits.setdefault(method.value, []).append(value.low <= VALUE <= value.high)
            gain = known(compare(log, TARGET[x], nothing, method, predicted=predicted))
            hits.setdefault(f"paired {method.value}", []).append(gain.low <= VALUE - VALUE_OF_NOTHING <= gain.high)
    covered = {name: float(np.mean(hit)) for name, hit in hits.items()}
    assert all(0.94 <= share <= 0.96 for share in covered.values()), covered


@pytest.mark.slow
@pytest.mark.parametrize("skewed", [False, True])
def test_intervals_of_the_thinnest_logs_that_pass_cover_at_least_what_they_say(skewed: bool) -> None:
    """About ten to twenty-five decisions bear on the question; 3,000 logs for each size."""
    rng = np.random.default_rng(10)
    for n in (75, 150):
        hits = []
        for _ in range(3_000):
            taken, known_of = rng.integers(0, 6, n), rng.normal(size=n)
            chance = (rng.random(n) < 0.1) * 10.0 - 1.0 if skewed else rng.exponential(1.0, n) - 1.0
            log = Log(taken, np.full(n, 1 / 6), (taken == 2) + known_of + chance)
            sides = (fixed(np.full(n, option), 6) for option in (2, 0))
            judged = compare(log, *sides, predicted=np.tile(known_of[:, None], (1, 6)), level=0.9)
            if isinstance(judged, Estimate):
                hits.append(judged.low <= 1.0 <= judged.high)
        assert len(hits) > 1_500 and 0.89 <= np.mean(hits) <= 0.98

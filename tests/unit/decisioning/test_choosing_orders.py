"""The choice between models of buying, on simulated customers whose truth is known."""

import numpy as np
import pytest
from kizuna.decisioning.value.backtest import check, poisson_deviance
from kizuna.decisioning.value.buying import BuyingModel, Histories, expected_purchases
from kizuna.decisioning.value.ltv import monthly_discount_factor
from kizuna.decisioning.value.order_value import orders_ltv, spend_per_purchase
from kizuna.decisioning.value.orders import Origin, forecast_orders, judged, recalibration

DAYS, WINDOW, PEOPLE = 720, 90, 1500


def simulated(rng: np.random.Generator) -> list[np.ndarray]:
    """Days of purchases per customer: gamma rates, and a chance to leave after each purchase."""
    people = []
    for start in rng.uniform(0, DAYS - 200, PEOPLE):
        rate, leaves = rng.gamma(0.6, 1 / 25), rng.beta(1.0, 5.0)
        at, days = start, [start]
        while rng.random() > leaves:
            at += rng.exponential(1 / rate)
            if at >= DAYS:
                break
            days.append(at)
        people.append(np.array(days))
    return people


def origin(people: list[np.ndarray], cut: float) -> Origin:
    known = [days for days in people if days[0] < cut]
    before = [days[days < cut] for days in known]
    histories = Histories.of(
        [days.size - 1 for days in before], [d[-1] - d[0] for d in before], [cut - d[0] for d in before]
    )
    bought = np.array([((days >= cut) & (days < cut + WINDOW)).sum() for days in known], dtype=float)
    return Origin.of(histories, bought, WINDOW)


@pytest.fixture(scope="module")
def people() -> list[np.ndarray]:
    return simulated(np.random.default_rng(1))


def test_the_chosen_model_foresees_the_held_out_window(people: list[np.ndarray]) -> None:
    past = [origin(people, DAYS - k * WINDOW) for k in (4, 3, 2)]
    last = origin(people, DAYS - WINDOW)
    found = judged(forecast_orders(last.histories, past), last)
    assert abs(found.total_error) < 0.12
    assert found.top_share > 0.3
    assert all(tenth.expected == pytest.approx(tenth.actual, rel=0.4, abs=0.1) for tenth in found.tenths)


def test_a_shortfall_of_the_past_is_learned_and_mended(people: list[np.ndarray]) -> None:
    """In each window half as much again comes as the histories promise: a shop that grows."""
    rng = np.random.default_rng(2)
    grown = []
    for k in (4, 3, 2, 1):
        at = origin(people, DAYS - k * WINDOW)
        grown.append(Origin.of(at.histories, at.bought + rng.binomial(at.bought.astype(int), 0.5), WINDOW))
    *past, last = grown
    forecast = forecast_orders(last.histories, past)
    assert forecast.factor > 1.2 and forecast.tried[0].is_recalibrated
    plain = forecast_orders(last.histories, [])
    assert plain.factor == 1.0 and judged(plain, last).total_error < -0.2
    assert abs(judged(forecast, last).total_error) < 0.12


def test_the_future_is_not_looked_at(people: list[np.ndarray]) -> None:
    past = [origin(people, DAYS - k * WINDOW) for k in (3, 2)]
    last = origin(people, DAYS - WINDOW)
    shuffled = Origin.of(last.histories, last.bought[::-1].copy() * 3, WINDOW)
    assert forecast_orders(last.histories, past) == forecast_orders(shuffled.histories, past)


def test_rows_that_do_not_count_are_fitted_but_not_judged(people: list[np.ndarray]) -> None:
    last = origin(people, DAYS - WINDOW)
    some = Origin.of(last.histories, last.bought, WINDOW, last.histories.repeats > 0)
    assert judged(forecast_orders(last.histories, []), some).rows == (last.histories.repeats > 0).sum()


def test_a_few_orders_do_not_move_the_total() -> None:
    few = Origin.of(Histories.of([1.0], [5.0], [9.0]), np.array([3.0]), WINDOW)
    assert recalibration([np.array([1.0])], [few]) == pytest.approx(28 / 26)
    assert recalibration([np.array([1e6])], [few]) == 0.5


def test_the_value_is_the_discounted_sum_of_months() -> None:
    histories = Histories.of([3.0, 0.0], [60.0, 0.0], [90.0, 300.0])
    forecast = forecast_orders(
        Histories.of([2, 0, 1, 4, 0] * 20, [40, 0, 9, 80, 0] * 20, [90, 80, 70, 99, 60] * 20), []
    )
    value = orders_ltv(forecast, histories, [100.0, 50.0], months=6, month_days=30.4, annual_discount=0.1)
    until = [forecast.expected(histories, 30.4 * k) for k in range(7)]
    weights = [monthly_discount_factor(0.1) ** (k + 0.5) for k in range(6)]
    by_hand = sum((until[k + 1] - until[k]) * weights[k] for k in range(6)) * np.array([100.0, 50.0])
    assert value == pytest.approx(by_hand)
    costly = orders_ltv(
        forecast, histories, [100.0, 50.0], months=6, month_days=30.4, annual_discount=0.1, monthly_cost=10.0
    )
    assert (costly < value).all() and (costly > value - 60.0).all()


def test_spend_without_a_finite_mean_is_the_own_mean_pulled_to_everybodys() -> None:
    spend, model = spend_per_purchase([1.0, 4.0], [100.0, 200.0])
    assert model is None and spend == pytest.approx([(100 + 2 * 180) / 3, (800 + 2 * 180) / 6])
    rng = np.random.default_rng(6)
    counts = rng.integers(1, 9, 3000).astype(float)
    means = rng.gamma(6.0 * counts) / counts / rng.gamma(4.0, 1 / 15.0, 3000)
    spend, model = spend_per_purchase(counts, means)
    assert model is not None and model.q == pytest.approx(4.0, rel=0.15)
    assert np.average(spend, weights=counts) == pytest.approx(np.average(means, weights=counts), rel=0.03)


def test_a_check_counts_totals_errors_and_tenths() -> None:
    found = check(np.arange(20.0), np.arange(20.0)[::-1])
    assert (found.expected, found.actual, found.total_error) == (190, 190, 0)
    assert found.top_share == pytest.approx(1 / 190) and len(found.tenths) == 10
    weighted = check([0.1, 0.2], [0.0, 0.5], [30.0, 10.0])
    assert (weighted.rows, weighted.expected, weighted.actual) == (40, pytest.approx(5), pytest.approx(5))
    assert check([0.0], [0.0]).as_dict()["total_error"] is None
    with pytest.raises(ValueError, match="negative"):
        check([-1.0], [0.0])


def test_the_deviance_is_smallest_for_the_true_mean() -> None:
    came = np.random.default_rng(7).poisson(0.4, 20_000)
    means = [poisson_deviance(np.full(came.size, guess), came).mean() for guess in (0.2, 0.3, 0.4, 0.5, 0.8)]
    assert int(np.argmin(means)) == 2


@pytest.mark.parametrize("family", ["bg", "mbg"])
def test_expected_purchases_stay_sane_far_out_in_the_parameters(family: str) -> None:
    rng = np.random.default_rng(9)
    for _ in range(150):
        model = BuyingModel(family, *np.exp(rng.uniform(-6, 6, 4)), 0.0)
        repeats = rng.poisson(20, 50).astype(float)
        age = rng.uniform(1, 1500, 50)
        last = np.where(repeats > 0, age * rng.uniform(0, 1, 50), 0.0)
        short, long = (expected_purchases(model, Histories.of(repeats, last, age), days) for days in (30.0, 730.0))
        assert np.isfinite(long).all() and (short >= 0).all() and (long >= short - 1e-9).all()
        assert (long <= (model.r + repeats) / (model.alpha + age) * 730 * 1.001).all()

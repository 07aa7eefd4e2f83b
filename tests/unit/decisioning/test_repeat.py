import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizuna.decisioning.value.repeat import Window, expected_orders, fit_orders, shrunk_means, shrunk_rates

RNG = np.random.default_rng(11)


@given(chance=st.floats(0, 1), rate=st.floats(0, 5), days=st.floats(1, 400))
def test_who_orders_at_all_orders_at_least_once(chance: float, rate: float, days: float) -> None:
    expected = float(expected_orders(chance, rate, days))
    assert chance <= expected + 1e-9 and expected <= chance * (1 + rate * days) + 1e-6


def test_with_the_true_chance_of_a_poisson_count_the_expectation_is_its_mean() -> None:
    rate = np.array([0.001, 0.02, 0.3])
    assert expected_orders(-np.expm1(-rate * 90), rate, 90) == pytest.approx(rate * 90)


def test_rates_of_few_days_go_to_the_population_and_those_of_many_stay() -> None:
    true = RNG.gamma(2.0, 0.01, 5000)
    days = np.where(np.arange(5000) % 2 == 0, 20.0, 2000.0)
    rates = shrunk_rates(RNG.poisson(true * days), days)
    short, long = days == 20, days == 2000
    assert rates[short].std() < 0.7 * true.std() and np.corrcoef(rates[long], true[long])[0, 1] > 0.95
    assert ((rates - true) ** 2)[short].mean() < ((RNG.poisson(true * days) / days - true) ** 2)[short].mean()
    assert rates.min() >= 0


def test_without_any_watching_or_any_difference_there_is_one_rate() -> None:
    assert shrunk_rates([0, 0], [0, 0]).tolist() == [0, 0]
    assert shrunk_rates([1, 1, 0], [100, 100, 0]).tolist() == [0.01, 0.01, 0.01]


def test_a_mean_of_few_orders_is_pulled_and_an_unknown_one_is_the_usual() -> None:
    means = shrunk_means([100.0, 200.0, np.nan], [1, 3, 0], prior_count=2)
    assert means.tolist() == pytest.approx([(100 + 350) / 3, (600 + 350) / 5, 175])
    assert shrunk_means([np.nan], [0], prior_count=2).tolist() == [0]


def windows(**changes: object) -> Window:
    base = {
        "chance": np.full(100, 0.5),
        "rate": np.zeros(100),
        "orders": np.ones(100),
        "orders_next": np.full(100, 0.6),
    }
    return Window(**{**base, **changes})  # type: ignore[arg-type]


def test_the_sums_of_the_past_are_learned() -> None:
    model = fit_orders([windows()], np.r_[np.zeros(90), np.ones(10)], 90)
    assert model.orders_per_expected == pytest.approx(2.0)
    assert model.kept_per_window == pytest.approx(0.6)
    assert model.lapsed_orders == pytest.approx(10.5 / 125)


def test_a_population_that_shows_nothing_is_taken_as_usual() -> None:
    few = windows(orders=np.r_[np.ones(3), np.zeros(97)], orders_next=np.zeros(100))
    assert fit_orders([few], [], 90).as_dict() == {
        "orders_per_expected": 1.0,
        "lapsed_orders": 0.02,
        "kept_per_window": 0.8,
    }
    growing = fit_orders([windows(orders_next=np.full(100, 3.0))], [], 90)
    assert growing.kept_per_window == 0.995

"""Contracts that end: the published example of the shifted beta-geometric model, and hazards by tenure and features."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizuna.decisioning.value.contracts import forecast_hazard
from kizuna.decisioning.value.ltv import subscription_ltv
from kizuna.decisioning.value.survival import (
    ByTenure,
    Constant,
    Exposure,
    ShiftedBetaGeometric,
    contract_ltv,
    fit_by_tenure,
    fit_sbg,
    log_likelihood,
    model_from,
)

#: Customers of 1,000 still there after 0 to 12 years (Fader & Hardie 2007, table 1).
HIGH_END = np.array([1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394.0])
REGULAR = np.array([1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173.0])


def first_seven_years(there: np.ndarray) -> Exposure:
    return Exposure.of(np.arange(1, 8), there[:7], there[:7] - there[1:8])


@pytest.mark.parametrize(
    ("there", "alpha", "beta", "likelihood"), [(HIGH_END, 0.668, 3.806, -1611.2), (REGULAR, 0.704, 1.182, -1680.3)]
)
def test_the_published_parameters_are_found(there: np.ndarray, alpha: float, beta: float, likelihood: float) -> None:
    """Fader & Hardie 2007, appendix B: fitted on seven years, it foresees the twelfth within 2 and 4 %."""
    model = fit_sbg(first_seven_years(there))
    assert (model.alpha, model.beta) == (pytest.approx(alpha, abs=5e-4), pytest.approx(beta, abs=5e-4))
    assert model.log_likelihood == pytest.approx(likelihood, abs=0.05)
    assert model.survival(12)[12] == pytest.approx(there[12] / 1000, rel=0.045)


def test_late_entry_does_not_bend_the_curve() -> None:
    """Contracts seen only from their 4th period on say the same about those periods."""
    truth = ShiftedBetaGeometric(0.7, 3.0, 0.0)
    period = np.arange(4, 40)
    seen = Exposure.of(period, np.full(36, 1e6), 1e6 * truth.hazard(period, np.zeros((36, 0))))
    found = fit_sbg(seen)
    assert (found.alpha, found.beta) == (pytest.approx(0.7, rel=1e-3), pytest.approx(3.0, rel=1e-3))


def months_of(model: ByTenure, rng: np.random.Generator, contracts: int) -> Exposure:
    period = np.tile(np.arange(1.0, 25.0), 2)
    features = np.repeat([[0.0], [1.0]], 24, axis=0)
    began = np.full(48, float(contracts))
    return Exposure.of(period, began, rng.binomial(contracts, model.hazard(period, features)), features)


def test_a_hazard_by_tenure_and_features_is_found_again() -> None:
    truth = ByTenure(("web",), -2.0, -0.5, (0.8,), 0.0)
    found = fit_by_tenure(months_of(truth, np.random.default_rng(3), 20_000), ("web",))
    assert found.intercept == pytest.approx(-2.0, abs=0.05)
    assert found.slope == pytest.approx(-0.5, abs=0.03)
    assert found.coefficients[0] == pytest.approx(0.8, abs=0.05)


def test_the_model_that_foresees_later_months_is_chosen() -> None:
    rng, truth = np.random.default_rng(4), ByTenure(("web",), -2.0, -0.5, (0.8,), 0.0)
    chosen = forecast_hazard(*(months_of(truth, rng, 3000) for _ in range(3)), ("web",))
    assert chosen.kind == "by_tenure" and chosen.check is not None and chosen.constant_check is not None
    assert abs(chosen.check.total_error) < 0.05
    assert chosen.check.deviance < chosen.constant_check.deviance


def test_a_hazard_that_never_changes_stays_constant_and_few_cancellations_decide_nothing() -> None:
    rng, truth = np.random.default_rng(5), ByTenure(("web",), -3.0, 0.0, (0.0,), 0.0)
    assert forecast_hazard(*(months_of(truth, rng, 300) for _ in range(3)), ("web",)).kind == "constant"
    few = forecast_hazard(*(months_of(truth, rng, 5) for _ in range(3)), ("web",))
    assert few.kind == "constant" and few.check is None and few.tried == ()


@given(margin=st.floats(0, 1e5), own=st.floats(0.001, 0.9), months=st.integers(0, 36), period=st.integers(1, 60))
def test_under_a_constant_hazard_the_value_is_the_plain_formula(
    margin: float, own: float, months: int, period: int
) -> None:
    terms = {"horizon_months": months, "annual_discount": 0.08}
    got = contract_ltv(Constant(0.05), [period], np.zeros((1, 0)), margin, [own], **terms)
    assert got[0] == pytest.approx(float(subscription_ltv(margin, own, **terms)), rel=1e-6, abs=1e-6)


def test_where_the_hazard_falls_a_contract_is_worth_more_than_its_present_risk_says() -> None:
    terms = {"horizon_months": 24, "annual_discount": 0.08}
    falling = fit_sbg(first_seven_years(REGULAR))
    new, old = contract_ltv(falling, [1.0, 30.0], np.zeros((2, 0)), 100.0, [0.2, 0.2], **terms)
    plain = float(subscription_ltv(100.0, 0.2, **terms))
    assert new > 1.2 * plain and plain < old < new
    assert np.isnan(contract_ltv(falling, [1.0], np.zeros((1, 0)), 100.0, [np.nan], **terms)[0])


@pytest.mark.parametrize(
    "model", [Constant(0.1), ShiftedBetaGeometric(0.7, 1.2, -3.0), ByTenure(("a=b",), -2.0, -0.1, (0.5,), -4.0)]
)
def test_a_model_survives_being_written_down(model: Constant) -> None:
    assert model_from(model.as_dict()) == model


def test_the_likelihood_is_that_of_the_published_fit() -> None:
    seen = first_seven_years(HIGH_END)
    assert log_likelihood(fit_sbg(seen), seen) == pytest.approx(-1611.158, abs=1e-2)


def test_impossible_exposures_are_refused() -> None:
    with pytest.raises(ValueError, match="periods begin with 1"):
        Exposure.of([0], [5], [1])
    with pytest.raises(ValueError, match="nobody left"):
        fit_sbg(Exposure.of([1], [5], [0]))
    with pytest.raises(ValueError, match="nobody stayed"):
        fit_by_tenure(Exposure.of([1], [5], [5]), ())

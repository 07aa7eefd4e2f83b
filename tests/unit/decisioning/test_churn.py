import json

import numpy as np
import pytest
from kizuna.decisioning.churn import ChurnModel, change_horizon, fit_churn, predict_churn, reasons

COLUMNS = ("days_since_visit", "open_tickets", "seats")
TRUE = np.array([1.0, 0.5, -0.7])


def _history(seed: int, n: int = 6000, intercept: float = -2.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    y = rng.random(n) < 1 / (1 + np.exp(-(intercept + x @ TRUE)))
    return x * [10.0, 1.0, 100.0] + [30.0, 0.0, 500.0], y.astype(float)


@pytest.fixture(scope="module")
def model() -> ChurnModel:
    return fit_churn(*_history(1), *_history(2), COLUMNS)


def test_fit_recovers_the_coefficients_that_made_the_data(model: ChurnModel) -> None:
    assert model.coefficients == pytest.approx(tuple(TRUE), abs=0.1)
    assert model.intercept == pytest.approx(-2.0, abs=0.1)


def test_newton_ends_where_the_penalised_gradient_is_zero(model: ChurnModel) -> None:
    x, y = (np.concatenate(parts) for parts in zip(_history(1), _history(2), strict=True))
    z = (x - np.array(model.means)) / np.array(model.scales)
    gradient = z.T @ (predict_churn(model, x) - y) + 1.0 * np.array(model.coefficients)
    assert np.abs(gradient).max() < 1e-4


def test_quality_is_measured_on_later_rows_and_the_final_fit_uses_all(model: ChurnModel) -> None:
    assert not model.is_fallback and model.n_rows == 12000
    assert model.brier < model.brier_base and 0.75 < model.auc < 0.85
    assert sum(n for _, _, n in model.calibration) == 6000
    assert all(abs(predicted - seen) < 0.05 for predicted, seen, _ in model.calibration)


def test_quality_figures_do_not_know_the_refit() -> None:
    early, late = _history(1), _history(2)
    flipped = fit_churn(*early, late[0], 1.0 - late[1], COLUMNS)
    assert flipped.is_fallback and "no better than the base rate" in flipped.note
    assert flipped.brier > flipped.brier_base and flipped.auc < 0.5


def test_model_survives_json(model: ChurnModel) -> None:
    assert ChurnModel.from_dict(json.loads(json.dumps(model.as_dict(), allow_nan=False))) == model
    empty = fit_churn(np.empty((0, 3)), [], np.empty((0, 3)), [], COLUMNS)
    assert json.loads(json.dumps(empty.as_dict(), allow_nan=False))["base_rate"] is None


@pytest.mark.parametrize(
    ("n", "intercept", "why"),
    [(400, 0.0, "only 400 rows"), (3000, -9.0, "rarer outcome"), (3000, 9.0, "rarer outcome")],
)
def test_too_little_history_falls_back_to_the_base_rate_and_says_why(n: int, intercept: float, why: str) -> None:
    model = fit_churn(*_history(3, n, intercept), *_history(4, n, intercept), COLUMNS)
    assert model.is_fallback and why in model.note
    assert np.ptp(predict_churn(model, _history(5, 50)[0])) == 0.0
    assert predict_churn(model, _history(5, 1)[0])[0] == pytest.approx(model.base_rate, abs=1e-3)
    assert reasons(model, _history(5, 2)[0]) == [[], []]


def test_noise_columns_do_not_beat_the_base_rate() -> None:
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=(600, 60)), (rng.random(600) < 0.1).astype(float)
    model = fit_churn(x[:500], y[:500], x[500:], y[500:], [f"c{i}" for i in range(60)])
    assert model.is_fallback


def test_no_event_so_far_is_not_never() -> None:
    model = fit_churn(np.zeros((20, 1)), np.zeros(20), np.zeros((0, 1)), [], ["a"])
    assert predict_churn(model, [[0.0]])[0] == pytest.approx(0.5 / 21)


def test_no_history_at_all_is_unknown() -> None:
    model = fit_churn(np.empty((0, 1)), [], np.empty((0, 1)), [], ["a"])
    assert model.is_fallback and np.isnan(predict_churn(model, [[1.0]])).all()


def test_missing_values_count_as_the_mean(model: ChurnModel) -> None:
    at_mean = np.array([model.means])
    assert predict_churn(model, np.full((1, 3), np.nan)) == pytest.approx(predict_churn(model, at_mean))


def test_empty_and_constant_columns_are_harmless() -> None:
    (a, y), (b, y2) = _history(1), _history(2)
    a, b = (np.column_stack([x, np.full(len(x), np.nan), np.full(len(x), 7.0)]) for x in (a, b))
    model = fit_churn(a, y, b, y2, (*COLUMNS, "empty", "constant"))
    assert not model.is_fallback and model.coefficients[3:] == pytest.approx((0.0, 0.0))


def test_reasons_name_what_raises_the_risk_most(model: ChurnModel) -> None:
    (row,) = reasons(model, [[60.0, 1.0, 500.0]])
    assert [name for name, _ in row[:2]] == ["days_since_visit", "open_tickets"]
    assert all(part > 0 for _, part in row)


def test_separable_data_stay_finite() -> None:
    x = np.linspace(-1, 1, 1000)[:, None]
    y = (x[:, 0] > 0).astype(float)
    model = fit_churn(x, y, x, y, ["a"])
    assert np.isfinite(model.coefficients).all() and model.auc == 1.0


def test_horizon_changes_compose_and_keep_certainties() -> None:
    p = np.array([0.0, 0.2, 1.0])
    there = change_horizon(p, 90, 30)
    assert change_horizon(there, 30, 90) == pytest.approx(p)
    assert there[1] == pytest.approx(1 - 0.8 ** (1 / 3))

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.decisioning import logistic
from kizuna.decisioning.risk import churn as churn_module
from kizuna.decisioning.risk.churn import ChurnModel, change_horizon, fit_churn, parts, predict_churn, reasons

COLUMNS = ("days_since_visit", "open_tickets", "seats")
TRUE = np.array([1.0, 0.5, -0.7])


def _bent_log_odds(x: np.ndarray) -> np.ndarray:
    """Risk is high at both ends of the first column and jumps at 1 in the second; the third does nothing."""
    return np.asarray(-2.0 + 1.5 * np.abs(x[:, 0]) + 1.5 * (x[:, 1] > 1.0))


def _bent_history(seed: int, n: int = 5000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    return x, (rng.random(n) < 1 / (1 + np.exp(-_bent_log_odds(x)))).astype(float)


def _history(seed: int, n: int = 6000, intercept: float = -2.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    y = rng.random(n) < 1 / (1 + np.exp(-(intercept + x @ TRUE)))
    return x * [10.0, 1.0, 100.0] + [30.0, 0.0, 500.0], y.astype(float)


@pytest.fixture(scope="module")
def model() -> ChurnModel:
    return fit_churn(*_history(1), *_history(2), COLUMNS)


@pytest.fixture(scope="module")
def bent() -> ChurnModel:
    return fit_churn(*_bent_history(1), *_bent_history(2), COLUMNS)


def test_fit_recovers_the_coefficients_that_made_the_data(model: ChurnModel) -> None:
    assert model.coefficients == pytest.approx(tuple(TRUE), abs=0.1)
    assert model.intercept == pytest.approx(-2.0, abs=0.1)


def test_newton_ends_where_the_penalised_gradient_is_zero(model: ChurnModel) -> None:
    x, y = (np.concatenate(parts) for parts in zip(_history(1), _history(2), strict=True))
    z = (x - np.array(model.means)) / np.array(model.scales)
    gradient = z.T @ (predict_churn(model, x) - y) + model.l2 * np.array(model.coefficients)
    assert model.slope == 1.0
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


def test_straight_truth_gets_straight_lines_and_bent_truth_gets_bends(model: ChurnModel, bent: ChurnModel) -> None:
    assert model.curves == () and model.gain.mean == 0.0
    assert bent.curves and bent.auc > bent.plain.auc + 0.02 and bent.gain.low > 0.0


def test_probabilities_are_near_the_true_ones_where_plain_lines_are_not(bent: ChurnModel) -> None:
    x, _ = _bent_history(3, 20_000)
    true = 1 / (1 + np.exp(-_bent_log_odds(x)))
    every = (np.concatenate(both) for both in zip(_bent_history(1), _bent_history(2), strict=True))
    plain = logistic.probability(logistic.fit(*every, 1.0), x)
    off, plain_off = (np.abs(p - true).mean() for p in (predict_churn(bent, x), plain))
    assert off < 0.03 and plain_off > 2.5 * off
    assert bent.checked.ece < 0.03 and bent.checked.slope == pytest.approx(1.0, abs=0.15)
    assert sum(row.low <= row.predicted <= row.high for row in bent.checked.reliability) >= 8


def test_plain_is_measured_on_the_same_later_rows(model: ChurnModel, bent: ChurnModel) -> None:
    assert model.plain == model.checked
    assert bent.plain.rows == bent.checked.rows == 5000 and bent.plain.events == bent.checked.events
    assert bent.gain.mean == pytest.approx(bent.plain.brier - bent.checked.brier)


def test_parts_and_intercept_add_up_to_the_log_odds(bent: ChurnModel) -> None:
    x, _ = _bent_history(4, 200)
    x[:50, 0] = np.nan
    p = predict_churn(bent, x)
    assert bent.intercept + parts(bent, x).sum(axis=1) == pytest.approx(np.log(p / (1 - p)))


def test_drivers_say_what_moves_the_risk_and_which_way(model: ChurnModel, bent: ChurnModel) -> None:
    assert [driver.column for driver in bent.drivers[:2]] == ["days_since_visit", "open_tickets"]
    assert abs(bent.drivers[0].direction) < 0.3 < bent.drivers[1].direction
    ways = {driver.column: driver.direction for driver in model.drivers}
    assert ways["days_since_visit"] == pytest.approx(1.0) and ways["seats"] == pytest.approx(-1.0)


def test_bends_that_the_later_rows_do_not_bear_out_are_turned_down() -> None:
    """The valley becomes a slope in the next season."""
    early, (x, _) = _bent_history(1), _bent_history(2)
    rng = np.random.default_rng(0)
    y = (rng.random(x.shape[0]) < 1 / (1 + np.exp(2.0 - 1.5 * (x[:, 1] > 1.0) + x[:, 0] ** 2 / 4))).astype(float)
    model = fit_churn(*early, x, y, COLUMNS)
    assert model.curves == () and ("turned down" in model.note or model.is_fallback)


def test_what_is_chosen_and_measured_does_not_depend_on_what_came_later(bent: ChurnModel) -> None:
    """Twice the later rows: the same choice, the same fit behind the figures; only the refit knows them."""
    early, late = _bent_history(1), _bent_history(2)
    half = fit_churn(*early, late[0][:2500], late[1][:2500], COLUMNS)
    assert (half.bend_l2, half.l2, half.slope) == (bent.bend_l2, bent.l2, bent.slope)
    other = fit_churn(*early, late[0][:2500], late[1][:2500], COLUMNS)
    assert other == half


def test_several_rows_of_a_unit_are_no_more_evidence_than_one() -> None:
    """120 units, each 20 times: rows by themselves would buy bends that remember the units."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(120, 3)), (rng.random(120) < 0.4).astype(float)
    many = np.repeat(x, 20, axis=0), np.repeat(y, 20)
    later = rng.normal(size=(400, 3)), (rng.random(400) < 0.4).astype(float)
    blind = fit_churn(*many, *later, COLUMNS)
    told = fit_churn(*many, *later, COLUMNS, train_groups=np.repeat(np.arange(120), 20))
    assert told.checked.brier < blind.checked.brier
    assert told.checked.brier < told.brier_base + 0.01


def test_too_bold_a_fit_is_set_right_by_held_out_rows() -> None:
    """Columns of noise make a fit too sure of itself."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(3600, 40))
    y = (rng.random(3600) < 1 / (1 + np.exp(1.0 - 0.8 * x[:, 0]))).astype(float)
    model = fit_churn(x[:600], y[:600], x[600:], y[600:], [f"c{j}" for j in range(40)])
    assert model.slope < 0.95 or model.l2 > 1.0
    assert model.checked.slope == pytest.approx(1.0, abs=0.25) and model.checked.slope > model.plain.slope


def test_missing_has_an_effect_of_its_own_where_it_has_one() -> None:
    rng = np.random.default_rng(6)
    x, gone = rng.normal(size=(6000, 3)), rng.random(6000) < 0.3
    y = (rng.random(6000) < np.where(gone, 0.6, 0.1)).astype(float)
    x[gone, 1] = np.nan
    model = fit_churn(x[:4000], y[:4000], x[4000:], y[4000:], COLUMNS)
    known, unknown = predict_churn(model, [[0.0, 0.0, 0.0], [0.0, np.nan, 0.0]])
    assert known == pytest.approx(0.1, abs=0.04) and unknown == pytest.approx(0.6, abs=0.08)
    assert model.auc > model.plain.auc + 0.1


def test_beyond_what_was_seen_the_risk_levels_off(bent: ChurnModel) -> None:
    far, farther = predict_churn(bent, [[1e3, 0.0, 0.0], [1e9, 0.0, 0.0]])
    assert far == farther < 1.0


def test_bent_models_survive_json(bent: ChurnModel) -> None:
    assert ChurnModel.from_dict(json.loads(json.dumps(bent.as_dict(), allow_nan=False))) == bent


def test_very_many_rows_are_thinned_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(churn_module, "MAXIMUM_ROWS", 2000)
    model = fit_churn(*_history(1), *_history(2), COLUMNS)
    assert "drawn from 12000" in model.note and model.n_rows == 12000
    assert model.coefficients == pytest.approx(tuple(TRUE), abs=0.25)


def test_groups_must_match_the_rows() -> None:
    with pytest.raises(ValueError, match="3 groups but 2 outcomes"):
        fit_churn([[1.0], [2.0]], [0, 1], [[1.0]], [0], ["a"], train_groups=[1, 2, 3])


@settings(max_examples=8, deadline=None)
@given(
    kinds=st.lists(
        st.sampled_from(["normal", "counts", "constant", "missing", "huge", "zeros"]), min_size=1, max_size=4
    ),
    seed=st.integers(0, 1000),
)
def test_hostile_columns_give_probabilities(kinds: list[str], seed: int) -> None:
    rng = np.random.default_rng(seed)

    def column(kind: str) -> np.ndarray:
        drawn = {
            "normal": rng.normal(size=900),
            "counts": rng.poisson(0.3, size=900).astype(float),
            "constant": np.full(900, 7.0),
            "missing": np.where(rng.random(900) < 0.9, np.nan, 1.0),
            "huge": rng.normal(size=900) * 1e12,
            "zeros": np.where(np.arange(900) == 0, 1e6, 0.0),
        }
        return drawn[kind]

    x = np.column_stack([column(kind) for kind in kinds])
    y = (rng.random(900) < 0.3).astype(float)
    model = fit_churn(x[:600], y[:600], x[600:], y[600:], kinds)
    p = predict_churn(model, np.vstack([x, np.full((1, len(kinds)), np.nan), np.full((1, len(kinds)), 1e300)]))
    assert np.isfinite(p).all() and (p >= 0).all() and (p <= 1).all()
    assert json.dumps(model.as_dict(), allow_nan=False)

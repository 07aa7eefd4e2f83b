import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.decisioning import logistic
from kizuna.decisioning.risk import calibration


def _honest(seed: int, n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.beta(1.0, 4.0, n)
    return p, (rng.random(n) < p).astype(float)


def _log_odds(p: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(p / (1 - p)))


def test_true_probabilities_are_calibrated() -> None:
    found = calibration.quality(*_honest(0))
    assert found.slope == pytest.approx(1.0, abs=0.04) and found.intercept == pytest.approx(0.0, abs=0.06)
    assert found.ece < 0.01 and found.expected == pytest.approx(found.events, rel=0.03)
    assert sum(row.low <= row.predicted <= row.high for row in found.reliability) >= 9


@pytest.mark.parametrize(("shift", "slope"), [(0.7, 1.0), (0.0, 2.0), (-0.5, 0.5)])
def test_the_line_finds_how_probabilities_were_bent(shift: float, slope: float) -> None:
    p, y = _honest(1)
    told = shift + slope * _log_odds(p)
    line = calibration.line_through(told, y)
    assert line.slope == pytest.approx(1 / slope, abs=4 * line.slope_se)
    assert line.intercept == pytest.approx(-shift / slope, abs=0.1)
    assert line.slope_se < 0.05


def test_brier_splits_into_what_bins_can_tell() -> None:
    """Murphy's (1973) partition: reliability - resolution + uncertainty, exact where a bin has one prediction."""
    rng = np.random.default_rng(2)
    p = rng.choice([0.1, 0.4, 0.8], 900)
    y = (rng.random(900) < p).astype(float)
    counts = [(value, y[p == value].mean(), (p == value).mean()) for value in (0.1, 0.4, 0.8)]
    off = sum(share * (value - seen) ** 2 for value, seen, share in counts)
    told = sum(share * (seen - y.mean()) ** 2 for _, seen, share in counts)
    assert calibration.brier(p, y) == pytest.approx(off - told + y.mean() * (1 - y.mean()))


def test_auc_error_is_that_of_the_definition() -> None:
    """DeLong's placements counted pair by pair, ties half."""
    rng = np.random.default_rng(3)
    p, y = np.round(rng.random(120), 1), (rng.random(120) < 0.4).astype(float)
    events, others = p[y == 1], p[y == 0]
    wins = (events[:, None] > others) + 0.5 * (events[:, None] == others)
    assert logistic.auc(p, y) == pytest.approx(wins.mean())
    variance = wins.mean(axis=1).var(ddof=1) / events.size + wins.mean(axis=0).var(ddof=1) / others.size
    assert calibration.auc_se(p, y) == pytest.approx(np.sqrt(variance))


def test_auc_error_is_the_spread_over_samples() -> None:
    found = [_honest(seed, 200) for seed in range(150)]
    spread = np.std([logistic.auc(*one) for one in found])
    assert np.mean([calibration.auc_se(*one) for one in found]) == pytest.approx(spread, rel=0.2)


def test_surplus_covers_one_where_chances_are_right() -> None:
    found = [calibration.surplus(*_honest(seed, 300)) for seed in range(400)]
    covered = np.mean([one.low <= 1.0 <= one.high for one in found])
    assert 0.92 <= covered <= 0.98
    p, y = _honest(0, 3000)
    low = calibration.surplus(p / 2, y)
    assert low.low > 1.5


def test_doubt_about_the_expectation_widens_the_interval() -> None:
    p, y = _honest(0, 300)
    sure, unsure = calibration.surplus(p, y), calibration.surplus(p, y, extra_variance=100.0)
    assert unsure.mean == sure.mean and unsure.high - unsure.low > 1.3 * (sure.high - sure.low)


def test_nothing_expected_is_not_measurable() -> None:
    assert np.isnan(calibration.surplus(np.zeros(5), np.zeros(5)).mean)


@given(rate=st.floats(0.001, 0.999), spread=st.floats(0.0, 5.0))
@settings(max_examples=25, deadline=None)
def test_a_shift_gives_the_rate(rate: float, spread: float) -> None:
    log_odds = np.linspace(-spread, spread, 50) - 3.0
    assert calibration.chances(log_odds + calibration.shift_to(log_odds, rate)).mean() == pytest.approx(rate, abs=1e-6)


def test_groups_stay_together_and_folds_are_even() -> None:
    groups = np.repeat(np.arange(103), 3)
    folds = calibration.folds_of(groups, 5, np.random.default_rng(0))
    assert all(np.unique(folds[groups == group]).size == 1 for group in range(103))
    assert np.bincount(folds).min() >= 60 and folds.max() == 4


def test_no_rows_are_not_measurable() -> None:
    found = calibration.quality(np.zeros(0), np.zeros(0))
    assert np.isnan(found.auc) and found.reliability == () and found.rows == 0
    assert np.isnan(calibration.improvement(np.zeros(1), np.zeros(1)).mean)

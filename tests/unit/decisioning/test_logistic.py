import numpy as np
import pytest
from kizuna.decisioning import logistic

#: Temperature (F) and O-ring distress of 23 shuttle flights before Challenger (Dalal, Fowlkes & Hoadley 1989).
TEMPERATURE = [66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78, 67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58]
DISTRESS = [0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1]


def test_published_fit_is_reproduced() -> None:
    """Intercept 15.0429 and slope -0.2322 (Agresti, Categorical Data Analysis)."""
    fitted = logistic.fit(np.array(TEMPERATURE, dtype=float)[:, None], np.array(DISTRESS, dtype=float), 0.0)
    slope = fitted.coefficients[0] / fitted.scales[0]
    assert slope == pytest.approx(-0.2322, abs=5e-5)
    assert fitted.intercept - slope * fitted.means[0] == pytest.approx(15.0429, abs=5e-4)


@pytest.mark.parametrize("n", [200, 3000])
def test_held_out_log_odds_are_near_those_of_exact_refits(n: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 5))
    y = (rng.random(n) < 1 / (1 + np.exp(1 - x[:, 0] + x[:, 1]))).astype(float)
    design, penalty = logistic.design_of(x, np.zeros(5), np.ones(5)), np.r_[0.0, np.ones(5)]
    folds = rng.integers(0, 5, n)
    quick = logistic.held_out_log_odds(design, y, logistic.maximise(design, y, penalty), folds)
    exact = np.empty(n)
    for fold in range(5):
        kept = folds != fold
        exact[~kept] = design[~kept] @ logistic.maximise(design[kept], y[kept], penalty).beta
    in_sample = design @ logistic.maximise(design, y, penalty).beta
    assert np.abs(quick - exact).max() < 0.1 * np.abs(in_sample - exact).max()


def test_starting_elsewhere_ends_in_the_same_place() -> None:
    rng = np.random.default_rng(1)
    design = np.column_stack([np.ones(500), rng.normal(size=(500, 3))])
    y, penalty = (rng.random(500) < 0.2).astype(float), np.array([0.0, 1.0, 1.0, 1.0])
    here = logistic.maximise(design, y, penalty)
    there = logistic.maximise(design, y, penalty, np.array([3.0, -2.0, 2.0, 5.0]))
    assert there.beta == pytest.approx(here.beta, abs=1e-7)

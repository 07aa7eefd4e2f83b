import numpy as np
import pytest
from kizuna.decisioning.risk import curves


def _x(n: int = 1000) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.column_stack(
        [
            rng.normal(size=n),
            rng.integers(0, 4, n) * (rng.random(n) < 0.1),
            np.full(n, 3.0),
            np.where(rng.random(n) < 0.5, np.nan, rng.random(n)),
        ]
    )


def test_terms_are_the_column_its_hinges_and_whether_it_is_missing() -> None:
    curve = curves.Curve(low=-10.0, high=10.0, knots=(0.0, 2.0), has_missing=True)
    made = curves.terms(np.array([[-1.0], [1.0], [3.0], [99.0], [np.nan]]), [curve])
    assert made[:4] == pytest.approx(np.array([[-1, 0, 0, 0], [1, 1, 0, 0], [3, 3, 1, 0], [10, 10, 8, 0]], dtype=float))
    assert np.isnan(made[4, :3]).all() and made[4, 3] == 1.0


def test_terms_belong_to_their_columns() -> None:
    x = _x()
    made = curves.shape(x, 4)
    owner, bends = curves.columns_of(made), curves.bends(made)
    assert curves.terms(x, made).shape == (1000, owner.size) and owner.size == bends.size
    assert (~bends).sum() == 4 and [owner[bends].tolist().count(j) for j in range(4)] == [4, 2, 0, 5]


def test_knots_lie_inside_and_apart() -> None:
    for curve in curves.shape(_x(), 8):
        assert list(curve.knots) == sorted(set(curve.knots))
        assert all(curve.low < knot < curve.high for knot in curve.knots)


def test_a_column_of_which_nothing_is_known_has_one_empty_term() -> None:
    made = curves.shape(np.full((50, 1), np.nan), 8)
    assert made == (curves.Curve(0.0, 0.0, (), has_missing=False),)
    assert np.isnan(curves.terms(np.array([[5.0], [np.nan]]), made)).tolist() == [[False], [True]]

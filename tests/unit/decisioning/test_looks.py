import numpy as np
import pytest
from kizuna.decisioning.measuring.experiment import spending_bounds

PUBLISHED = [
    ([0.25, 0.5, 0.75, 1.0], [4.333, 2.963, 2.359, 2.014]),
    ([0.2, 0.4, 0.6, 0.8, 1.0], [4.877, 3.357, 2.680, 2.290, 2.031]),
    ([1.0], [1.960]),
]
"""Lan-DeMets O'Brien-Fleming-type bounds at two-sided 5 %, as ldbounds and gsDesign print them."""


@pytest.mark.parametrize(("information", "bounds"), PUBLISHED)
def test_bounds_are_the_published_ones(information: list[float], bounds: list[float]) -> None:
    assert spending_bounds(information) == pytest.approx(bounds, abs=6e-4)


@pytest.mark.parametrize("looks", [4, 20])
def test_looking_often_does_not_raise_false_alarms(looks: int) -> None:
    rng = np.random.default_rng(0)
    information = np.arange(1, looks + 1) / looks
    score = np.cumsum(rng.normal(size=(40_000, looks)) / np.sqrt(looks), axis=1)
    z = np.abs(score) / np.sqrt(information)
    alarms = (z > np.array(spending_bounds(information.tolist()))).any(axis=1).mean()
    fixed = (z > 1.96).any(axis=1).mean()
    assert alarms == pytest.approx(0.05, abs=0.004)
    assert fixed > 0.12


def test_looks_so_far_do_not_depend_on_looks_to_come() -> None:
    assert spending_bounds([0.3, 0.55]) == pytest.approx(spending_bounds([0.3, 0.55, 0.9, 1.0])[:2], abs=1e-6)


def test_uneven_and_very_close_looks_work() -> None:
    bounds = spending_bounds([0.01, 0.4, 0.401, 0.7, 1.0])
    assert bounds[0] == 8.0 and all(1.9 < z <= 8.0 for z in bounds)


@pytest.mark.parametrize("information", [[0.5, 0.5], [0.6, 0.4], [0.0, 1.0], [0.5, 1.1]])
def test_information_that_does_not_rise_is_refused(information: list[float]) -> None:
    with pytest.raises(ValueError, match="must rise"):
        spending_bounds(information)


POCOCK = [2.438, 2.427, 2.410, 2.397, 2.386]
"""Lan-DeMets Pocock-type bounds for five looks at two-sided 5 %, as ldbounds and gsDesign print them; Pocock's own
constant is 2.413 (Jennison & Turnbull 2000, table 2.1)."""


def test_bounds_of_the_pocock_type_are_the_published_ones() -> None:
    bounds = spending_bounds([0.2, 0.4, 0.6, 0.8, 1.0], spending="pocock")
    assert bounds == pytest.approx(POCOCK, abs=6e-4)
    assert min(bounds) < 2.413 < max(bounds)


def test_looking_along_the_way_costs_as_few_more_units_as_jennison_and_turnbull_say() -> None:
    """Table 2.4: for five looks of the O'Brien-Fleming type and 80 % power, 1.028 times the units of a single one."""
    rng = np.random.default_rng(3)
    information = np.arange(1, 6) / 5
    drift = (1.959964 + 0.841621) * np.sqrt(1.028)
    steps = rng.normal(drift / 5, np.sqrt(0.2), (60_000, 5))
    z = np.cumsum(steps, axis=1) / np.sqrt(information)
    seen = (z > np.array(spending_bounds(information.tolist()))).any(axis=1).mean()
    assert seen == pytest.approx(0.80, abs=0.006)

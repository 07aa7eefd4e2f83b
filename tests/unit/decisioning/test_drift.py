import json

import numpy as np
import pytest
from kizuna.decisioning.risk import drift
from kizuna.decisioning.risk.calibration import Estimate

STEADY = Estimate(1.05, 0.9, 1.2)


def _watch(before: np.ndarray, now: np.ndarray, *, events: Estimate = STEADY, weight: float = 1.0) -> drift.Drift:
    scores = (before[np.isfinite(before)], now[np.isfinite(now)])
    return drift.watch(
        {"a": before, "b": before},
        {"a": now, "b": before},
        scores=scores,
        events=events,
        weights={"a": weight, "b": 1.0},
        units_before=before.size,
    )


def test_index_of_a_worked_case() -> None:
    """50, 30, 20 % became 40, 30, 30 %: -.1 ln .8 + 0 + .1 ln 1.5."""
    index = drift.stability_index(np.array([50.0, 30.0, 20.0]) * 1e6, np.array([40.0, 30.0, 30.0]) * 1e6)
    assert index == pytest.approx(-0.1 * np.log(0.8) + 0.1 * np.log(1.5), rel=1e-4)


def test_chance_alone_is_steady_999_times_of_1000() -> None:
    rng = np.random.default_rng(0)
    found = [drift.shift("a", rng.normal(size=200), rng.normal(size=100)) for _ in range(200)]
    assert np.mean([one.level is drift.Level.STEADY for one in found]) >= 0.99
    assert np.mean([one.psi >= drift.SOME for one in found]) > 0.2  # the usual limits alone would cry wolf


@pytest.mark.parametrize(
    ("by", "level"), [(0.05, drift.Level.STEADY), (0.4, drift.Level.SOME), (1.0, drift.Level.LARGE)]
)
def test_a_shifted_column_is_told_by_how_far(by: float, level: drift.Level) -> None:
    rng = np.random.default_rng(1)
    assert drift.shift("a", rng.normal(size=5000), rng.normal(by, size=5000)).level is level


def test_the_noise_is_that_of_the_units_not_the_rows() -> None:
    rng = np.random.default_rng(2)
    before, now = np.repeat(rng.normal(size=50), 4), rng.normal(0.8, size=60)
    assert drift.shift("a", before, now, 50).noise > drift.shift("a", before, now).noise


def test_values_that_repeat_and_new_values_have_their_bins() -> None:
    before, now = np.repeat([0.0, 1.0], [900, 100]), np.repeat([0.0, 1.0, 2.0], [100, 100, 800])
    found = drift.shift("a", before, now)
    assert found.level is drift.Level.LARGE and (found.before, found.now) == (0.0, 2.0)
    assert drift.shift("a", before, before).psi == pytest.approx(0.0)


def test_missing_is_a_value_of_its_own() -> None:
    rng = np.random.default_rng(3)
    before = rng.normal(size=2000)
    now = np.where(rng.random(2000) < 0.6, np.nan, before)
    found = drift.shift("a", before, now)
    assert found.level is drift.Level.LARGE and found.share_missing_now == pytest.approx(0.6, abs=0.05)
    assert "a" in _watch(before, now).told


def test_a_column_that_carries_the_model_is_behind_a_moved_score() -> None:
    rng = np.random.default_rng(4)
    before, now = rng.normal(size=2000), rng.normal(1.5, size=2000)
    assert _watch(before, now).behind == ("a",) and _watch(before, now).told == ("score",)
    assert _watch(before, now, weight=0.01).behind == ()


def test_nothing_is_told_of_what_changes_no_risk() -> None:
    rng = np.random.default_rng(5)
    before, now = rng.normal(size=2000), rng.normal(1.5, size=2000)
    found = drift.watch(
        {"a": before}, {"a": now}, scores=(before, before), events=STEADY, weights={"a": 1.0}, units_before=2000
    )
    assert found.columns[0].level is drift.Level.LARGE and found.told == ()


@pytest.mark.parametrize(
    ("events", "is_off"),
    [
        (Estimate(1.05, 1.01, 1.09), False),  # beyond chance, but too little to matter
        (Estimate(1.5, 0.9, 2.1), False),  # much, but it may be chance
        (Estimate(1.5, 1.2, 1.8), True),
        (Estimate(0.6, 0.4, 0.8), True),
        (Estimate(float("nan"), float("nan"), float("nan")), False),
    ],
)
def test_events_are_off_where_it_matters_and_is_no_chance(events: Estimate, is_off: bool) -> None:
    assert drift.is_off(events) is is_off
    rng = np.random.default_rng(6)
    assert ("events" in _watch(rng.normal(size=500), rng.normal(size=500), events=events).told) is is_off


def test_no_rows_are_not_measurable_and_json_stays_plain() -> None:
    found = _watch(np.zeros(0), np.ones(5))
    assert np.isnan(found.columns[0].psi) and found.told == ()
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["columns"][0]["level"] == "steady"

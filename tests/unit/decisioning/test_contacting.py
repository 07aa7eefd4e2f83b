import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.decisioning.risk.contacting import Choice, Effect, contacting

SOME = Effect(0.1, 0.02, 0.2)


def _named(choices: tuple[Choice, ...], name: str) -> Choice:
    return next(choice for choice in choices if choice.name == name)


def test_a_worked_case() -> None:
    """Value at risk 5,000, 2,000 and 100; a tenth is kept: 500, 200 and 10, against a cost of 150."""
    found = contacting([0.5, 0.2, 0.01], [10_000, 10_000, 10_000], SOME, 150.0, [0.1])
    assert found.worth_it.tolist() == [True, True, False]
    assert found.break_even_risk == pytest.approx([0.15, 0.15, 0.15])
    assert _named(found.choices, "nobody").gain == 0.0
    assert _named(found.choices, "everybody").gain == pytest.approx(710 - 450)
    assert (
        _named(found.choices, "top_tenth").gain == pytest.approx(350) and _named(found.choices, "top_tenth").units == 1
    )
    worth = _named(found.choices, "worth_it")
    assert (worth.units, worth.cost, worth.gain) == (2, 300.0, pytest.approx(400))
    assert (worth.low, worth.high) == (pytest.approx(140 - 300), pytest.approx(1400 - 300))
    assert _named(found.choices, "surely_worth_it").units == 0
    assert found.best_threshold.threshold == pytest.approx(0.2) and found.best_threshold.units == 2


def test_own_value_beats_any_threshold_of_the_risk() -> None:
    """The riskiest unit is worth nothing: a threshold takes it along."""
    found = contacting([0.9, 0.5, 0.1], [0.0, 10_000, 100], SOME, 100.0)
    assert found.worth_it.tolist() == [False, True, False]
    assert _named(found.choices, "worth_it").gain == pytest.approx(400)
    assert found.best_threshold.gain == pytest.approx(300)


def test_unknown_risk_or_value_is_never_contacted() -> None:
    found = contacting([np.nan, 0.9, 0.9], [1e6, np.nan, 1e6], SOME, 1.0)
    assert found.worth_it.tolist() == [False, False, True]
    assert _named(found.choices, "everybody").units == 1 and np.isnan(found.break_even_risk[1])


def test_an_effect_that_harms_is_worth_nobody() -> None:
    found = contacting([0.9, 0.5], [1e6, 1e6], Effect(-0.1, -0.2, 0.1), 0.0)
    assert not found.worth_it.any() and np.isposinf(found.break_even_risk).all()
    assert found.best_threshold.units == 0 and np.isnan(found.best_threshold.threshold)


def test_nobody_at_all() -> None:
    found = contacting([], [], SOME, 5.0)
    assert all(choice.units == 0 and choice.gain == 0.0 for choice in (*found.choices, found.best_threshold))


@pytest.mark.parametrize(
    ("risk", "cost", "effect"),
    [(1.2, 1.0, SOME), (0.5, -1.0, SOME), (0.5, np.nan, SOME), (0.5, 1.0, Effect(0.3, 0.4, 0.5))],
)
def test_nonsense_is_refused(risk: float, cost: float, effect: Effect) -> None:
    with pytest.raises(ValueError, match=r"risk|cost|effect"):
        contacting([risk], [100.0], effect, cost)


_UNITS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1e6), st.floats(0, 1e4)), min_size=1, max_size=30)


@given(units=_UNITS, effect=st.floats(-0.5, 1.0))
@settings(max_examples=30, deadline=None)
def test_no_choice_gains_more_than_each_who_is_worth_it(units: list[tuple[float, float, float]], effect: float) -> None:
    risk, value, cost = (np.array(column) for column in zip(*units, strict=True))
    found = contacting(risk, value, Effect(effect, effect - 0.1, effect + 0.1), cost)
    most = _named(found.choices, "worth_it").gain
    for choice in (*found.choices, found.best_threshold):
        assert choice.gain <= most + 1e-6 * max(1.0, abs(most))
        assert choice.low <= choice.gain <= choice.high or choice.gain == pytest.approx(choice.low)
    for choice in found.choices:
        if choice.name == "risk":
            assert choice.gain <= found.best_threshold.gain + 1e-6 * max(1.0, abs(most))

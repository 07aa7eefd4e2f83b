"""The formulas of textbooks, on cases of the usual size. Inputs of the first and the third are ours."""

import pytest
from kizuna.decisioning.value.simple_value import SimpleValue, by_years


def test_price_margin_frequency_duration_less_costs_gives_72_000() -> None:
    """10,000 yen x 40 % x 12 a year x 2 years, less 20,000 to win and 4,000 to keep the customer."""
    value = SimpleValue(10_000, 0.4, 12, 2, acquisition_cost_jpy=20_000, retention_cost_jpy=4_000)
    assert (value.gross_jpy, value.net_jpy) == (pytest.approx(96_000), pytest.approx(72_000))


def test_price_frequency_duration_gives_60_000() -> None:
    """5,000 yen x 4 a year x 3 years: the usual first example, of revenue alone."""
    assert SimpleValue(5_000, 1.0, 4, 3).gross_jpy == pytest.approx(60_000)


def test_yearly_value_margin_years_gives_960_000() -> None:
    """A contract: 800,000 yen a year x 40 % x 3 years."""
    assert by_years(800_000, 0.4, 3) == pytest.approx(960_000)


@pytest.mark.parametrize("wrong", [{"margin": 1.2}, {"years": -1.0}, {"acquisition_cost_jpy": -5.0}])
def test_impossible_averages_are_refused(wrong: dict[str, float]) -> None:
    usual = {"order_value_jpy": 100.0, "margin": 0.5, "purchases_per_year": 2.0, "years": 1.0}
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SimpleValue(**usual | wrong)

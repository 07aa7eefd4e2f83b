import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizuna.decisioning.value.ltv import churn_of_ltv, ltv_to_date_and_rest, rank, subscription_ltv


@given(
    margin=st.floats(-1e4, 1e5),
    churn=st.floats(0.0, 1.0),
    months=st.integers(0, 60),
    discount=st.floats(0.0, 0.5),
)
def test_ltv_is_the_month_by_month_sum(margin: float, churn: float, months: int, discount: float) -> None:
    monthly = (1.0 + discount) ** (-1 / 12)
    by_hand = sum(margin * (1.0 - churn) ** t * monthly**t for t in range(months))
    got = subscription_ltv(margin, churn, horizon_months=months, annual_discount=discount)
    assert got == pytest.approx(by_hand, rel=1e-9, abs=1e-6)


def test_who_leaves_at_once_still_pays_the_first_month() -> None:
    assert subscription_ltv(500.0, 1.0, horizon_months=12, annual_discount=0.1) == pytest.approx(500.0)


def test_unknown_churn_gives_unknown_ltv_for_that_unit_only() -> None:
    got = subscription_ltv([100.0, 100.0], [np.nan, 0.0], horizon_months=3, annual_discount=0.0)
    assert np.isnan(got[0]) and got[1] == 300.0


def test_impossible_churn_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        subscription_ltv(100.0, 1.2, horizon_months=3, annual_discount=0.0)


def test_who_left_keeps_what_was_received_and_expects_nothing() -> None:
    got = ltv_to_date_and_rest([900.0, 900.0], 100.0, 0.0, [True, False], horizon_months=2, annual_discount=0.0)
    assert got.tolist() == [1100.0, 900.0]


def test_rank_takes_the_top_by_ltv_then_the_next_by_headroom() -> None:
    ltv = np.array([10.0, 9, 8, 7, 6, 5, 4, 3, 2, 1])
    headroom = np.array([99.0, 99, 0, 1, 2, 3, 4, 5, 0, 0])
    ranks = rank(ltv, headroom)
    assert np.flatnonzero(ranks == "high").tolist() == [0, 1]
    assert np.flatnonzero(ranks == "potential").tolist() == [5, 6, 7]


def test_unknown_ltv_is_never_high_and_unknown_headroom_never_potential() -> None:
    ranks = rank([np.nan, 1.0, 1.0], [np.nan, 0.0, 5.0], high_share=0.34, potential_share=1.0)
    assert ranks.tolist() == ["standard", "high", "potential"]


@given(churn=st.floats(0.001, 0.999), margin=st.floats(1.0, 1e5))
def test_the_churn_of_a_value_is_the_one_that_makes_it(churn: float, margin: float) -> None:
    value = float(subscription_ltv(margin, churn, horizon_months=24, annual_discount=0.08))
    assert churn_of_ltv(value, margin, horizon_months=24, annual_discount=0.08) == pytest.approx(churn, abs=1e-6)


def test_a_value_out_of_reach_has_no_churn_or_nothing_but_churn() -> None:
    assert churn_of_ltv(1e9, 100.0, horizon_months=24, annual_discount=0.08) == pytest.approx(0.0, abs=1e-9)
    assert churn_of_ltv(1.0, 100.0, horizon_months=24, annual_discount=0.08) == pytest.approx(1.0, abs=1e-9)
    assert churn_of_ltv(100.0, -5.0, horizon_months=24, annual_discount=0.08) == 1.0

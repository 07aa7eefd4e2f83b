"""Which conditions keep a rule from fitting somebody, and by which figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizuna.customers.eligibility import answers
from kizuna.customers.signals.standing_against import Against, Standing, against
from kizuna.customers.table import FeatureTable


def somebody(**figures: float | str | None) -> FeatureTable:
    columns = {
        name: np.array([value], dtype=object if isinstance(value, str) or value is None else float)
        for name, value in figures.items()
    }
    return FeatureTable(["u1"], columns)


CUSTOMER = somebody(churn_risk=0.31, open_tickets=2.0, tenure_days=float("nan"), ltv_rank="high", is_active=1.0)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("churn_risk >= 0.5", [("churn_risk >= 0.5", False, {"churn_risk": 0.31})]),
        ("churn_risk >= 0.3 AND open_tickets = 0", [("open_tickets = 0", False, {"open_tickets": 2.0})]),
        (
            "churn_risk >= 0.5 AND open_tickets = 0",
            [
                ("churn_risk >= 0.5", False, {"churn_risk": 0.31}),
                ("open_tickets = 0", False, {"open_tickets": 2.0}),
            ],
        ),
        ("is_active AND tenure_days >= 30", [("tenure_days >= 30", None, {"tenure_days": None})]),
        (
            "NOT (is_active OR churn_risk < 0.5)",
            [("is_active", True, {"is_active": 1.0}), ("churn_risk < 0.5", True, {"churn_risk": 0.31})],
        ),
        ("ltv_rank = 'standard'", [("ltv_rank = 'standard'", False, {"ltv_rank": "high"})]),
        ("is_active AND churn_risk < 0.5", []),
    ],
)
def test_the_conditions_that_decided_are_told_with_their_figures(rule: str, told: list[object]) -> None:
    told_of = [each for each in against(rule, CUSTOMER) if isinstance(each, Against)]
    assert [(each.condition, each.truth, each.figures) for each in told_of] == told
    assert len(told_of) == len(against(rule, CUSTOMER))


def ways(standing: Standing) -> object:
    """The conditions alone: a text, or a list of ways."""
    if isinstance(standing, Against):
        return standing.condition
    return [[ways(part) for part in way] for way in standing.one_of]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("churn_risk >= 0.5 OR open_tickets = 0", [[["churn_risk >= 0.5"], ["open_tickets = 0"]]]),
        ("is_active AND (churn_risk >= 0.5 OR open_tickets = 0)", [[["churn_risk >= 0.5"], ["open_tickets = 0"]]]),
        (
            "churn_risk >= 0.5 OR (open_tickets = 0 AND ltv_rank = 'standard')",
            [[["churn_risk >= 0.5"], ["open_tickets = 0", "ltv_rank = 'standard'"]]],
        ),
        ("churn_risk >= 0.5 OR tenure_days >= 30", [[["churn_risk >= 0.5"], ["tenure_days >= 30"]]]),
        ("NOT (is_active AND churn_risk < 0.5)", [[["is_active"], ["churn_risk < 0.5"]]]),
        ("churn_risk >= 0.5 AND NOT is_active AND churn_risk >= 0.5", ["churn_risk >= 0.5", "is_active"]),
    ],
)
def test_where_one_of_several_ways_would_do_they_are_told_as_ways(rule: str, told: object) -> None:
    assert [ways(each) for each in against(rule, CUSTOMER)] == told


@given(
    st.sampled_from(
        [
            "churn_risk >= 0.5 AND open_tickets = 0",
            "churn_risk >= 0.5 OR (open_tickets = 0 AND NOT is_active)",
            "NOT (churn_risk >= 0.5 OR open_tickets = 0)",
        ]
    ),
    st.sampled_from([0.2, 0.8, float("nan")]),
    st.sampled_from([0.0, 1.0, float("nan")]),
    st.sampled_from([0.0, 1.0, float("nan")]),
)
def test_something_stands_against_a_rule_exactly_where_it_does_not_fit(
    rule: str, risk: float, tickets: float, active: float
) -> None:
    unit = somebody(churn_risk=risk, open_tickets=tickets, is_active=active)
    assert bool(against(rule, unit)) == (answers([rule], unit)[0, 0] != 1)

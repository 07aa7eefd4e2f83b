"""Whether a rule can still fit anybody; checked against the engine that answers rules in earnest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.customers.diagnosis.possible import can_fit
from kizuna.customers.eligibility import matches
from kizuna.customers.table import FeatureTable


@pytest.mark.parametrize(
    ("rule", "fixed", "fits"),
    [
        ("is_active and replenish_due_days between -7 and 5", {"replenish_due_days": None}, False),
        ("is_active and replenish_due_days between -7 and 5", {"replenish_due_days": 6.0}, False),
        ("is_active and replenish_due_days between -7 and 5", {"replenish_due_days": 5.0}, True),
        ("open_tickets = 0", {"open_tickets": 0.0}, True),
        ("open_tickets >= 1 or churn_risk > 0.5", {"open_tickets": 0.0}, True),
        ("open_tickets >= 1 and churn_risk > 0.5", {"open_tickets": 0.0}, False),
        ("not open_tickets >= 1", {"open_tickets": None}, False),
        ("coalesce(days_since_last_open, 99999) >= 60", {"days_since_last_open": None}, True),
        ("coalesce(days_since_last_open, 0) >= 60", {"days_since_last_open": None}, False),
        ("plan is null", {"plan": None}, True),
        ("plan is not null and plan = 'team'", {"plan": None}, False),
        ("lower(plan) in ('team', 'business')", {"plan": "Team"}, True),
        ("plan in ('team')", {"plan": "solo"}, False),
        ("churn_risk - ltv_jpy / 0 >= 0.1", {"ltv_jpy": 5.0}, False),
        ("abs(-days_to_renewal) <= 3", {"days_to_renewal": -2.0}, True),
        ("is_active", {"is_active": 0.0}, False),
        ("true", {}, True),
    ],
)
def test_rules(rule: str, fixed: dict[str, float | str | None], fits: bool) -> None:
    assert can_fit(rule, fixed) is fits


NAMES = ("views_30d", "open_tickets", "points_balance")
NUMBERS = st.sampled_from((None, 0.0, 1.0, 2.0))
ATOMS = st.builds(
    "{} {} {}".format,
    st.sampled_from((*NAMES, "coalesce(views_30d, 1)", "views_30d + open_tickets", "points_balance / views_30d")),
    st.sampled_from(("=", "<>", "<", "<=", ">", ">=")),
    st.sampled_from(("0", "1", "2", "open_tickets")),
)
RULES = st.recursive(
    st.one_of(ATOMS, st.builds("{} is null".format, st.sampled_from(NAMES)), st.just("views_30d between 1 and 2")),
    lambda inner: st.one_of(
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(RULES, st.tuples(NUMBERS, NUMBERS, NUMBERS), st.sets(st.sampled_from(NAMES)))
def test_what_fits_somebody_is_never_called_impossible(
    rule: str, values: tuple[float | None, ...], known: set[str]
) -> None:
    """With all three values given, the answer is the engine's own."""
    everything = dict(zip(NAMES, values, strict=True))
    columns = {name: np.array([np.nan if value is None else value]) for name, value in everything.items()}
    is_fit = bool(matches(rule, FeatureTable(["A"], columns))[0])
    assert can_fit(rule, everything) is is_fit
    if is_fit:
        assert can_fit(rule, {name: everything[name] for name in known})

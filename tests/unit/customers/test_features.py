from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kizuna.customers.features.catalogue import build_features, catalogue
from kizuna.customers.opening import Customers
from kizuna.customers.table import FeatureTable
from kizuna.domain.errors import UserError

OpenCompany = Callable[..., Customers]
TODAY = date(2026, 11, 21)


def days_ago(days: int, clock: str = "12:00:00") -> str:
    return f"{TODAY - timedelta(days=days)}T{clock}Z"


def one(customers: Customers, as_of: date = TODAY) -> dict[str, object]:
    table = build_features(customers, as_of)
    assert len(table) == 1
    return {name: values[0] for name, values in table.columns.items()}


def test_every_feature_is_described_and_computed(open_company: OpenCompany) -> None:
    table = build_features(open_company(), TODAY)
    computed = [feature.name for feature in catalogue() if feature.source != "score"]
    assert set(table.columns) == set(computed)
    assert {"churn_risk", "expected_orders", "ltv_jpy", "ltv_rank"} == {f.name for f in catalogue()} - set(computed)
    assert all(feature.meaning and feature.users for feature in catalogue())


def test_where_nothing_happened_counts_are_zero_and_the_rest_is_unknown(open_company: OpenCompany) -> None:
    row = one(open_company(app_events=[{"feature": "api", "happened_at": days_ago(-2)}]))
    counts = ("orders_365d", "events_30d", "active_days_30d", "open_tickets", "mails_sent_90d", "revenue_365d_jpy")
    assert [row[name] for name in counts] == [0] * len(counts)
    unknown = (
        "days_since_last_event",
        "activity_change_30d",
        "reports_used",
        "quota_used_ratio",
        "days_since_last_open",
    )
    assert all(np.isnan(row[name]) for name in unknown)  # type: ignore[call-overload]
    assert row["last_survey_answer"] is None and row["overlooked_feature"] is None  # nobody used a feature yet


def test_an_account_at_a_glance(open_company: OpenCompany) -> None:
    row = one(
        open_company(
            orders=[{}, {"kind": "add_on", "amount_jpy": 5000}, {"ordered_at": days_ago(366)}],
            app_events=[
                {"feature": "reports", "happened_at": days_ago(1, "23:59:59")},
                {"feature": "alerts", "happened_at": days_ago(3)},
                {"feature": "alerts", "happened_at": days_ago(3)},
                {"happened_at": days_ago(30, "00:00:00")},
                {"happened_at": days_ago(31, "23:59:59")},
                {"happened_at": days_ago(60, "00:00:00")},
                {"feature": "api", "happened_at": days_ago(91, "23:00:00")},
            ],
            usage=[{}, {"month": "2026-10-01", "used": 250}],
            tickets=[
                {},
                {"closed_at": days_ago(2)},
                {"mood": ""},
                {"opened_at": days_ago(100), "closed_at": days_ago(99)},
            ],
            mail_events=[{}, {"kind": "opened", "happened_at": days_ago(7)}, {"kind": "clicked"}],
            survey_answers=[{}, {"answer": "too_expensive", "answered_at": days_ago(5)}],
        )
    )
    expected = {
        "is_active": 1, "tenure_days": 680, "monthly_price_jpy": 32000, "seats": 12, "plan": "team",
        "days_to_renewal": 50, "revenue_365d_jpy": 37000, "orders_365d": 2, "upgrades_365d": 0,
        "days_since_last_order": 20, "events_30d": 4, "events_prev_30d": 2, "events_90d": 6, "active_days_30d": 3,
        "activity_change_30d": 1.0, "days_since_last_event": 1, "features_used_90d": 2, "features_overlooked": 0,
        "overlooked_feature": None, "quota_used_ratio": 0.96, "reports_used": 480, "reports_quota": 500,
        "quota_used_last_month": 0.5, "open_tickets": 2, "open_unhappy_tickets": 1, "unhappy_tickets_90d": 2,
        "tickets_90d": 3, "mails_sent_90d": 1, "mails_opened_90d": 1, "mails_clicked_90d": 1,
        "days_since_last_open": 7, "last_survey_answer": "too_expensive", "days_since_last_answer": 5,
        "rep_id": "R01", "language": "ja", "company_name": "株式会社ミナト設計", "industry": "architecture",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_a_cancellation_or_closing_after_as_of_has_not_happened(open_company: OpenCompany) -> None:
    customers = open_company(
        subscriptions=[{"cancelled_on": "2026-11-20"}],
        tickets=[{"opened_at": "2026-11-01T00:00:00Z", "closed_at": "2026-11-20T00:00:00Z"}],
    )
    before, at, after = (one(customers, date(2026, 11, day)) for day in (19, 20, 21))
    assert [row["is_active"] for row in (before, at, after)] == [1, 1, 0]
    assert [row["open_tickets"] for row in (before, at, after)] == [1, 1, 0]


def test_an_account_exists_from_the_day_after_it_was_created(open_company: OpenCompany) -> None:
    customers = open_company()
    assert len(build_features(customers, date(2025, 1, 10))) == 0
    assert len(build_features(customers, date(2025, 1, 11))) == 1


def test_the_price_of_a_past_day_is_without_later_upgrades(open_company: OpenCompany) -> None:
    customers = open_company(orders=[{"kind": "upgrade", "amount_jpy": 12000, "ordered_at": "2026-11-10T00:00:00Z"}])
    assert one(customers)["monthly_price_jpy"] == 32000
    assert one(customers, date(2026, 11, 1))["monthly_price_jpy"] == 20000


def test_what_the_sources_know_only_for_today_is_unknown_at_a_past_day(open_company: OpenCompany) -> None:
    past = one(open_company(app_events=[{}]), date(2026, 10, 15))
    assert past["plan"] is None and np.isnan([past["seats"], past["days_to_renewal"]]).all()  # type: ignore[list-item]


def test_the_running_month_counts_only_on_the_day_of_the_export(open_company: OpenCompany) -> None:
    customers = open_company(app_events=[{}], usage=[{}, {"month": "2026-10-01", "used": 250}])
    assert one(customers)["reports_used"] == 480
    assert one(customers, date(2026, 11, 15))["reports_used"] == 250


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(later=st.integers(0, 400), cut=st.integers(0, 300))
def test_nothing_that_happens_later_changes_the_past(open_company: OpenCompany, later: int, cut: int) -> None:
    as_of = date(2025, 6, 1) + timedelta(days=cut)
    moment = f"{as_of + timedelta(days=later)}T00:00:00Z"
    past = {"happened_at": "2025-05-20T00:00:00Z", "feature": "api"}
    base = {
        "app_events": [past, {"happened_at": "2026-11-20T00:00:00Z"}],
        "orders": [{"ordered_at": "2025-05-20T00:00:00Z"}],
        "usage": [{"month": "2025-05-01"}],
    }
    extra = {
        "subscriptions": [
            {"cancelled_on": moment[:10], "renews_on": moment[:10], "monthly_price_jpy": 52000, "seats": 90}
        ],
        "app_events": [*base["app_events"], {"happened_at": moment, "feature": "alerts"}],
        "orders": [*base["orders"], {"ordered_at": moment, "kind": "upgrade", "amount_jpy": 20000}],
        "usage": [*base["usage"], {"month": moment[:8] + "01", "used": 1}] if later > 31 else base["usage"],
        "mail_events": [{"happened_at": moment, "kind": kind} for kind in ("sent", "opened")],
        "tickets": [{"opened_at": moment}],
        "survey_answers": [{"answered_at": moment}],
    }
    before, after = (build_features(open_company(**rows), as_of) for rows in (base, extra))
    for name in before.columns:
        np.testing.assert_array_equal(before[name], after[name], err_msg=name)


def test_a_table_hands_out_numbers_side_by_side_and_takes_more_columns() -> None:
    table = FeatureTable(["a", "b"], {"x": np.array([1.0, np.nan]), "t": np.array(["u", None], dtype=object)})
    more = table.with_columns(churn_risk=[0.25, 0.5], ltv_rank=["high", None], flag=np.array([True, False]))
    assert more.numeric(["churn_risk", "flag"]).tolist() == [[0.25, 1.0], [0.5, 0.0]]
    assert more["ltv_rank"].tolist() == ["high", None] and "churn_risk" not in table.columns
    assert more.pick(more["flag"] == 1).unit_ids == ["a"] and len(more) == 2
    with pytest.raises(UserError, match="'t' is text"):
        more.numeric(["t"])
    with pytest.raises(UserError, match="no feature 'y'"):
        more.numeric(["y"])
    with pytest.raises(ValueError, match="shape"):
        table.with_columns(short=[1.0])


def test_without_a_subscription_price_and_activity_are_unknown(open_company: OpenCompany) -> None:
    row = one(open_company(subscriptions=[]))
    assert np.isnan([row["monthly_price_jpy"], row["is_active"]]).all()  # type: ignore[list-item]

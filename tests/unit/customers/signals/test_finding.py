"""Signals: raised by a rule, with figures before and now."""

import numpy as np
import pytest
from kizuna.customers.eligibility import check_rule
from kizuna.customers.features.catalogue import catalogue
from kizuna.customers.signals.finding import Found, find_signals, signal_rules
from kizuna.customers.table import FeatureTable

NAN = float("nan")


def table(units: str = "ab", **columns: list[object]) -> FeatureTable:
    base = FeatureTable(list(units), {"is_active": np.ones(len(units))})
    return base.with_columns(**columns)


def raised_in(now: FeatureTable, before: FeatureTable | None = None) -> dict[str, Found]:
    """Signal -> who has it; signals that nobody has are left out."""
    return {found.rule.name: found for found in find_signals(now, before) if len(found)}


def test_every_signal_names_features_that_there_are() -> None:
    names = {feature.name for feature in catalogue()}
    known = names | {f"{name}_before" for name in names}
    assert {rule.name: check_rule(rule.when, known) for rule in signal_rules() if check_rule(rule.when, known)} == {}
    assert {name for rule in signal_rules() for name in rule.evidence} - names == set()


def test_a_quota_nearly_used_up_is_a_signal_with_its_figures_before_and_now() -> None:
    now = table(quota_used_ratio=[0.96, 0.94], reports_used=[480.0, 470.0], reports_quota=[500.0, NAN])
    before = table("ba", quota_used_ratio=[0.9, 0.5], reports_quota=[NAN, 400.0])
    found = raised_in(now, before)
    assert list(found) == ["quota_near_limit"] and found["quota_near_limit"].unit_ids == ["a"]
    evidence = {"quota_used_ratio": [0.5, 0.96], "reports_used": [None, 480.0], "reports_quota": [400.0, 500.0]}
    assert found["quota_near_limit"].evidence(0) == evidence


def test_rising_risk_needs_both_snapshots_and_follows_the_unit_not_the_row() -> None:
    now = table("abc", churn_risk=[0.5, 0.5, 0.5])
    before = table("dba", churn_risk=[0.9, 0.45, 0.3])
    assert raised_in(now) == {}
    found = raised_in(now, before)["churn_risk_rising"]
    assert (found.unit_ids, found.evidence(0)) == (["a"], {"churn_risk": [0.3, 0.5]})


def test_signals_of_some_units_are_those_that_they_have_among_all() -> None:
    rng = np.random.default_rng(3)
    columns = {name: rng.random(200) for name in ("quota_used_ratio", "churn_risk")}
    now = FeatureTable([f"u{n}" for n in range(200)], {"is_active": np.ones(200), **columns})
    before = now.with_columns(churn_risk=rng.random(200)).pick(rng.permutation(200))
    some = np.flatnonzero(rng.random(200) < 0.3)
    wanted = {now.unit_ids[row] for row in some}
    everybody = raised_in(now, before)
    for name, found in raised_in(now.pick(some), before).items():
        assert found.unit_ids == [unit for unit in everybody[name].unit_ids if unit in wanted]


def test_who_is_not_active_raises_no_signal() -> None:
    assert raised_in(table(is_active=[0.0, NAN], quota_used_ratio=[1.0, 1.0])) == {}


def test_text_is_evidence_too() -> None:
    now = table(tenure_days=[30.0, 300.0], features_overlooked=[5.0, 5.0], overlooked_feature=["alerts", "api"])
    assert raised_in(now)["feature_overlooked"].evidence(0)["overlooked_feature"] == [None, "alerts"]


COMPARES = {"compares_30d": 3.0}
DISCOUNTS = {"orders_365d": 3.0, "discount_share_365d": 0.1, "full_price_orders_90d": 0.0}
WEB = {"web_events_prev_90d": 6.0, "web_change_90d": -0.5}
MAILS = {"mails_opened_prev_90d": 2.0, "opens_change_90d": -0.5}
ORDERS = {"orders_prev_90d": 2.0, "orders_change_90d": -0.5}
STORES = {"store_visits_prev_90d": 2.0, "store_visits_change_90d": -0.5}
SILENT = {"mails_sent_90d": 3.0, "days_since_last_open": 60.0, "days_since_last_visit": 45.0}


@pytest.mark.parametrize(
    "signal, raised, not_raised",
    [
        ("upgrade_interest", {"dear_views_30d": 5.0, "dear_days_30d": 2.0}, {"dear_views_30d": 9, "dear_days_30d": 1}),
        ("unhappy_contact", {"days_since_unhappy_contact": 30.0}, {"days_since_unhappy_contact": 31.0}),
        ("nps_low", {"last_nps": 6.0, "days_since_nps": 90.0}, {"last_nps": 7.0, "days_since_nps": 1.0}),
        ("went_silent", {"tenure_days": 365.0, **SILENT}, {"tenure_days": 364.0, **SILENT}),
        ("went_silent", {"days_since_joined": 365.0, **SILENT}, {"days_since_joined": 800.0, "mails_sent_90d": 3.0,
                                                                "days_since_last_open": 9.0}),
        ("went_silent", {"tenure_days": 500.0, "mails_sent_90d": 1.0}, {"tenure_days": 500.0, "mails_sent_90d": 0.0}),
        ("upgrade_interest", {**COMPARES, "dear_views_30d": 2.0}, {**COMPARES, "dear_views_30d": 1.0}),
        ("price_sensitivity", DISCOUNTS, {**DISCOUNTS, "full_price_orders_90d": 1.0}),
        ("life_event_volunteered", {"days_since_life_event": 60.0}, {"days_since_life_event": 61.0}),
        ("disengagement", {**WEB, **MAILS}, {**WEB, "opens_change_90d": -0.4, "mails_opened_prev_90d": 2.0}),
        ("disengagement", {**STORES, **ORDERS}, {**STORES, **ORDERS, "orders_prev_90d": 1.0}),
        ("contract_ending", {"days_to_renewal": 45.0}, {"days_to_renewal": 46.0}),
        ("replenishment_due", {"replenish_due_days": -14.0}, {"replenish_due_days": 8.0}),
        ("points_unused", {"points_balance": 1000.0}, {"points_balance": 9000.0, "days_since_points_used": 179.0}),
    ],
)  # fmt: skip
def test_a_signal_is_raised_at_its_line_and_not_beyond(
    signal: str, raised: dict[str, float], not_raised: dict[str, float]
) -> None:
    names = raised.keys() | not_raised.keys()
    now = table(**{name: [raised.get(name, NAN), not_raised.get(name, NAN)] for name in names})
    found = raised_in(now)[signal]
    assert found.unit_ids == ["a"]
    shown = {rule.name: rule.evidence for rule in signal_rules()}[signal]
    assert set(shown) & {name for name, value in raised.items() if value == value} <= set(found.evidence(0))
    assert found.evidence(0)

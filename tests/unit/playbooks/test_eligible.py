"""Whom each action is for: one customer whom it fits, and what takes them out again."""

from typing import Any

import numpy as np
import pytest
from kizuna.agents.manners import UNHAPPY, overlooked_moods
from kizuna.customers.eligibility import columns_of, matches
from kizuna.customers.features.catalogue import catalogue
from kizuna.customers.table import FeatureTable
from kizuna.domain.playbook import Action, Topic
from kizuna.playbooks.loader import load_playbooks, packaged_names

ACTIONS = load_playbooks(packaged_names(), None, lambda rule: [])
#: A content customer of two and a half years about whom little is known.
CONTENT: dict[str, Any] = {
    "is_active": 1.0, "tenure_days": 900.0, "days_since_first_order": 900.0, "ltv_rank": "high", "churn_risk": 0.2,
    "open_tickets": 0.0, "open_unhappy_tickets": 0.0, "unhappy_contacts_90d": 0.0, "days_since_last_order": 20.0,
    "orders_365d": 12.0, "plan": "team", "boxes_skipped_90d": 0.0, "store_visits_90d": 0.0,
}  # fmt: skip
#: What makes an action fit, on top.
FITS: dict[str, dict[str, Any]] = {
    "apology_care": {"open_unhappy_tickets": 1.0, "open_tickets": 1.0},
    "dedicated_care": {},
    "feature_tutorial": {"features_overlooked": 4.0, "active_days_30d": 5.0},
    "first_month_tips": {"tenure_days": 20.0, "features_overlooked": 5.0},
    "loyalty_thanks": {},
    "nps_survey": {},
    "plan_fit": {"quota_used_ratio": 0.2, "quota_used_last_month": 0.25},
    "points_reminder": {"points_balance": 800.0},
    "post_purchase_quiet": {"full_price_orders_90d": 1.0, "days_since_last_order": 3.0},
    "potential_events": {"ltv_rank": "potential"},
    "pre_renewal_gift": {"days_to_renewal": 30.0},
    "prepaid_topup": {"prepaid_balance_jpy": 800.0, "days_since_last_visit": 4.0},
    "rank_progress": {"revenue_365d_jpy": 45000.0},
    "referral_invite": {"last_nps": 10.0, "days_since_nps": 20.0},
    "renewal_reminder": {"days_to_renewal": 30.0},
    "replenish_reminder": {"replenish_due_days": 2.0},
    "silent_customer_survey": {"mails_unopened_90d": 6.0},
    "staff_discretion": {"churn_risk": 0.5},
    "standard_digest": {"ltv_rank": "standard"},
    "survey_before_discount": {"activity_change_30d": -0.4},
    "testimonial_audience": {"dear_views_30d": 7.0, "dear_days_30d": 3.0},
    "upgrade_interest": {"dear_views_30d": 7.0, "dear_days_30d": 3.0},
    "upsell_draft": {"quota_used_ratio": 0.96, "quota_used_last_month": 0.8},
    "usage_digest": {"reports_used": 3.0, "events_90d": 30.0, "active_days_30d": 5.0},
    "win_back": {"is_active": 0.0, "days_since_cancelled": 60.0},
}
#: These are there for the unhappy, ask how things are, or sell nothing and ask nothing.
FOR_THE_UNHAPPY_TOO = {"apology_care", "staff_discretion", "post_purchase_quiet"}


def fits(action: Action, **known: Any) -> bool:
    """Whether the action fits one customer of whom no more is known than this."""
    columns = {}
    for feature in catalogue():
        value = known.get(feature.name)
        if feature.type == "text":
            columns[feature.name] = np.array([value], dtype=object)
        else:
            columns[feature.name] = np.array([np.nan if value is None else value], dtype=float)
    return bool(matches(action.when, FeatureTable(["U1"], columns))[0])


def customer(name: str, **changed: Any) -> dict[str, Any]:
    return {**CONTENT, **FITS[name], **changed}


def test_each_action_has_its_customer_here() -> None:
    assert set(FITS) == set(ACTIONS)


@pytest.mark.parametrize("name", FITS)
def test_an_action_fits_the_customer_it_is_for(name: str) -> None:
    assert fits(ACTIONS[name], **customer(name))


@pytest.mark.parametrize("name", FITS)
def test_what_an_action_looks_at_decides(name: str) -> None:
    """Without what makes it fit, it does not: the rule is not just `is_active`."""
    if FITS[name]:
        assert not fits(ACTIONS[name], **CONTENT)


@pytest.mark.parametrize("name", FITS)
def test_of_whom_nothing_is_known_nobody_is_eligible(name: str) -> None:
    assert not fits(ACTIONS[name])


@pytest.mark.parametrize("name", sorted(set(FITS) - {"win_back"}))
def test_who_left_gets_nothing_but_the_way_back(name: str) -> None:
    assert not fits(ACTIONS[name], **customer(name, is_active=0.0))


@pytest.mark.parametrize("name", sorted(set(FITS) - FOR_THE_UNHAPPY_TOO))
def test_with_an_unhappy_ticket_open_nothing_but_help_is_offered(name: str) -> None:
    assert not fits(ACTIONS[name], **customer(name, open_unhappy_tickets=1.0, open_tickets=1.0))


@pytest.mark.parametrize("name", [name for name, action in ACTIONS.items() if action.topic is Topic.OFFERS])
def test_nothing_is_sold_to_the_unhappy(name: str) -> None:
    action = ACTIONS[name]
    for mood in UNHAPPY:
        assert not fits(action, **customer(name, **{mood: 1.0}))
    assert overlooked_moods(action) == []


@pytest.mark.parametrize("name", ["upgrade_interest", "testimonial_audience", "upsell_draft"])
def test_an_upgrade_is_for_those_who_are_content_as_far_as_is_known(name: str) -> None:
    """A company that never asked may still offer; one that asked listens."""
    assert fits(ACTIONS[name], **customer(name, last_nps=8.0))
    assert not fits(ACTIONS[name], **customer(name, last_nps=4.0))


def test_what_has_an_offer_leaves_out_the_unhappy() -> None:
    with_offer = [action for action in ACTIONS.values() if action.offer is not None]
    assert {action.action for action in with_offer} == {"win_back", "pre_renewal_gift"}
    for action in with_offer:
        assert set(UNHAPPY) <= columns_of(action.when)


def test_an_action_of_ones_own_that_sells_is_told_what_it_overlooks() -> None:
    careless = ACTIONS["replenish_reminder"].model_copy(update={"when": "is_active and open_unhappy_tickets = 0"})
    assert overlooked_moods(careless) == ["unhappy_contacts_90d"]
    assert overlooked_moods(careless.model_copy(update={"topic": Topic.TIPS})) == []


def test_recommending_is_asked_of_those_only_who_said_they_would() -> None:
    action = ACTIONS["referral_invite"]
    assert not fits(action, **customer("referral_invite", last_nps=8.0))
    assert not fits(action, **customer("referral_invite", last_nps=None))
    assert not fits(action, **customer("referral_invite", unhappy_contacts_90d=1.0))


def test_who_lapsed_is_measured_by_their_own_rhythm() -> None:
    shop = {"is_active": 1.0, "plan": None, "days_since_cancelled": None}
    every_ten_days, every_quarter = {"days_between_orders": 10.0}, {"days_between_orders": 90.0}
    action = ACTIONS["win_back"]
    assert fits(action, **customer("win_back", **shop, **every_ten_days, days_since_last_order=70.0))
    assert not fits(action, **customer("win_back", **shop, **every_ten_days, days_since_last_order=50.0))
    assert not fits(action, **customer("win_back", **shop, **every_quarter, days_since_last_order=150.0))
    assert fits(action, **customer("win_back", **shop, **every_quarter, days_since_last_order=200.0))


def test_a_subscriber_with_one_yearly_invoice_has_not_lapsed() -> None:
    assert not fits(ACTIONS["win_back"], **customer("win_back", is_active=1.0, days_since_last_order=300.0))


def test_an_idle_balance_and_a_small_one_are_both_told() -> None:
    action = ACTIONS["prepaid_topup"]
    assert fits(action, **customer("prepaid_topup", prepaid_balance_jpy=9000.0, days_since_last_visit=60.0))
    assert not fits(action, **customer("prepaid_topup", prepaid_balance_jpy=9000.0, days_since_last_visit=10.0))


def test_the_silent_are_not_those_who_still_open_or_look() -> None:
    action = ACTIONS["silent_customer_survey"]
    assert not fits(action, **customer("silent_customer_survey", days_since_last_open=10.0))
    assert not fits(action, **customer("silent_customer_survey", days_since_last_visit=10.0))
    assert fits(action, **customer("silent_customer_survey", days_since_last_open=90.0, days_since_last_visit=90.0))

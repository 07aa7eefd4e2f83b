"""The facts of one unit: every figure that is known, names as people say them, and nothing that is ours alone."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from kizuna.agents.facts import Recipient, gather, known_facts, tenure_label, unit_figures
from kizuna.agents.sample import fact_meanings, sample_facts
from kizuna.customers.features.catalogue import catalogue
from kizuna.customers.table import FeatureTable
from kizuna.domain.brief import Brief
from kizuna.domain.playbook import Action
from kizuna.playbooks.loader import load_playbooks, packaged_names
from kizuna.prompts.catalogue import LANGUAGES, known_messages, needs
from kizuna.store.tables import ContactRow, RepRow, UnitRow
from kizuna.tools.brief_file import load_brief

from ..playbooks.test_rules import EXAMPLE

ACTIONS = load_playbooks(packaged_names(), None, lambda rule: [])
TODAY = date(2026, 4, 1)


@pytest.fixture(scope="module")
def brief() -> Brief:
    return load_brief(EXAMPLE)[0]


def recipient(name: str = "田中 花子", company: str = "青葉商事") -> Recipient:
    contact = ContactRow(contact_id="C1", unit_id="U1", name=name, email="hanako@aoba.example", is_primary=True)
    rep = RepRow(
        rep_id="R1", name="佐藤 健", email="ken@nagare.example",
        works_from="09:00", works_until="18:00", time_zone="Asia/Tokyo",
    )  # fmt: skip
    return Recipient(UnitRow(unit_id="U1", name=company), contact, rep)


def facts_of(brief: Brief, figures: dict[str, Any], action: Action | None = None, **who: str) -> dict[str, Any]:
    return gather(brief, action or ACTIONS["usage_digest"], recipient(**who), figures, "ja", TODAY)


def table(**known: Any) -> FeatureTable:
    columns: dict[str, np.ndarray[Any, Any]] = {}
    for feature in catalogue():
        value = known.get(feature.name)
        text = np.array([value], dtype=object)
        columns[feature.name] = text if feature.type == "text" else np.array([np.nan if value is None else value])
    return FeatureTable(["U1"], columns)


def test_every_known_figure_is_taken_and_unknown_ones_are_left_out() -> None:
    figures = unit_figures(table(points_balance=1270.0, quota_used_ratio=0.84, plan="team"), 0)
    assert figures == {"points_balance": 1270, "quota_used_ratio": 0.84, "plan": "team"}
    assert isinstance(figures["points_balance"], int)


def test_scores_are_ours_and_no_customer_reads_them() -> None:
    figures = unit_figures(table(churn_risk=0.7, ltv_jpy=90000.0, ltv_rank="high", is_active=1.0), 0)
    assert figures == {}
    assert not {"churn_risk", "ltv_jpy", "ltv_rank", "rep_id"} & known_facts()


def test_a_person_has_no_company_and_is_somebody_also_without_a_name(brief: Brief) -> None:
    person = brief.model_copy(update={"unit": "person"})
    assert facts_of(person, {}, company="田中 花子")["company_name"] == ""
    assert facts_of(person, {}, name="")["contact_name"] == "お客"
    assert facts_of(brief, {})["company_name"] == "青葉商事"


@pytest.mark.parametrize(
    ("days", "ja", "en"),
    [
        (1100, "3年", "3 years"),
        (366, "1年", "1 year"),
        (200, "6か月", "6 months"),
        (31, "1か月", "1 month"),
        (9, "", ""),
    ],
)
def test_tenure_is_said_in_whole_years_or_months(days: int, ja: str, en: str) -> None:
    assert (tenure_label(days, "ja"), tenure_label(days, "en")) == (ja, en)


def test_the_longer_of_contract_and_orders_is_the_tenure(brief: Brief) -> None:
    assert facts_of(brief, {"tenure_days": 100, "days_since_first_order": 1200})["tenure_label"] == "3年"
    assert "tenure_label" not in facts_of(brief, {})


def test_the_fitting_plan_is_smaller_unless_the_present_one_is_full(brief: Brief) -> None:
    spare = facts_of(brief, {"plan": "team", "quota_used_ratio": 0.2})
    assert (spare["fitting_size"], spare["fitting_plan_label"]) == ("smaller", "スターター")
    full = facts_of(brief, {"plan": "team", "quota_used_ratio": 0.97})
    assert (full["fitting_size"], full["fitting_plan_label"]) == ("larger", "ビジネス")
    assert "fitting_plan_label" not in facts_of(brief, {"plan": "starter", "quota_used_ratio": 0.1})
    assert facts_of(brief, {"plan": "gold"})["plan_label"] == "gold"


def test_products_are_called_by_their_name_in_the_recipients_language(brief: Brief) -> None:
    figures = {"dear_product": "P7", "dear_product_name_ja": "急須", "dear_product_name_en": "Teapot"}
    action = ACTIONS["upgrade_interest"]
    assert gather(brief, action, recipient(), figures, "ja", TODAY)["dear_product_name"] == "急須"
    assert gather(brief, action, recipient(), figures, "en", TODAY)["dear_product_name"] == "Teapot"
    assert "dear_product_name" not in gather(brief, action, recipient(), {"dear_product": "P7"}, "en", TODAY)


def test_a_tip_for_a_feature_stands_among_the_briefs_labels(brief: Brief) -> None:
    labels = {**brief.voice.labels, "ja": {**brief.voice.labels["ja"], "tip_alerts": "数字が動いた日に届きます。"}}
    tipped = brief.model_copy(update={"voice": brief.voice.model_copy(update={"labels": labels})})
    facts = facts_of(tipped, {"overlooked_feature": "alerts"})
    assert (facts["feature_label"], facts["feature_tip"]) == ("アラート", "数字が動いた日に届きます。")
    assert "feature_tip" not in facts_of(brief, {"overlooked_feature": "alerts"})


def test_offers_and_discretion_come_from_the_action(brief: Brief) -> None:
    assert facts_of(brief, {}, ACTIONS["pre_renewal_gift"])["offer_points"] == 500
    assert facts_of(brief, {}, ACTIONS["win_back"])["offer_discount_percent"] == 10
    assert facts_of(brief, {}, ACTIONS["staff_discretion"])["discretion_jpy"] == 2000
    assert not {name for name in facts_of(brief, {}) if name.startswith(("offer_", "discretion"))}


def test_every_fact_that_a_message_declares_can_be_known() -> None:
    for action, message in known_messages():
        declared = needs(action, message)
        assert set(declared.facts + declared.optional) <= known_facts(), (action, message)


def test_what_is_gathered_is_known_and_the_made_up_customer_has_all_of_it(brief: Brief) -> None:
    every = {name: 3 for name in known_facts()}
    texts = {"plan": "team", "overlooked_feature": "alerts", "dear_product_name_ja": "急須"}
    gathered = facts_of(brief, every | texts | {"replenish_product_name_ja": "茶"}, ACTIONS["staff_discretion"])
    assert set(gathered) <= known_facts()
    for language in LANGUAGES:
        assert set(sample_facts(language)) == known_facts()
    assert set(fact_meanings()) == known_facts()

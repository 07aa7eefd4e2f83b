"""Rules, signals and movements in words, in both languages."""

import pytest
from kizuna.agents.moving import conditions_of
from kizuna.customers.signals.conditions import leaves, tree_of
from kizuna.customers.signals.finding import signal_rules
from kizuna.customers.signals.segments import packaged_families
from kizuna.domain.brief import Language
from kizuna.inbox.conditions import condition, one_line, rule_lines, value_of
from kizuna.inbox.findings import finding
from kizuna.inbox.words import LANGUAGES, words
from kizuna.playbooks.loader import load_playbooks, packaged_names

ACTIONS = load_playbooks(packaged_names(), None, lambda rule: [])
SEGMENTS = [segment for family in packaged_families() for segment in family.segments]
MOVED = {
    "left": "loyal", "joined": "slipping_away", "units": 128, "why": "store_visits_change_90d <= -0.6",
    "holds": True, "share": 0.74,
}  # fmt: skip


def test_a_change_shows_its_sign_and_one_day_is_no_days() -> None:
    assert value_of("en", "activity_change_30d", 0.154, signed=True) == "+15.4%"
    assert value_of("en", "activity_change_30d", -0.333, signed=True) == "−33.3%"
    assert [value_of("en", "days_since_last_order", days) for days in (1.0, 2.0)] == ["1 day", "2 days"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_signal_and_segment_has_a_name(language: Language) -> None:
    known = words(language)
    assert [rule.name for rule in signal_rules() if f"signal.{rule.name}" not in known] == []
    assert [segment.name for segment in SEGMENTS if f"segment.{segment.name}" not in known] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_condition_of_a_packaged_segment_has_words(language: Language) -> None:
    texts = {leaf.text for segment in SEGMENTS for leaf in leaves(tree_of(segment.rule))}
    unsaid = {text for text in texts if "_" in condition(language, text) or condition(language, text) == text}
    assert unsaid == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_condition_of_a_packaged_signal_and_action_has_words(language: Language) -> None:
    rules = [rule.when for rule in signal_rules()] + [action.when for action in ACTIONS.values()]
    texts = {leaf.text for rule in rules for leaf in leaves(tree_of(rule))}
    assert {text for text in texts if condition(language, text) == text} == set()


@pytest.mark.parametrize(
    ("text", "english", "japanese"),
    [
        ("days_since_last_order >= 60", "Days since the last order or paid invoice: 60 days or more",
         "最後の注文・支払いからの日数：60日以上"),
        ("churn_risk < 0.125", "Risk to leave: less than 12.5%", "離脱リスク：12.5%未満"),
        ("order_overdue_ratio >= 2.5", "Days since the last order against the usual gap: 2.5× or more",
         "いつもの注文間隔に対する経過の比：2.5倍以上"),
        ("mean_order_value_jpy <= 12000", "Mean amount of the orders of 365 days: ¥12,000 or less",
         "365日間の平均注文額：12,000円以下"),
        ("COALESCE(days_since_last_visit, 99999) >= 14",
         "Days since the last visit (web, app or store): 14 days or more, or never",
         "最後の訪問（Web・アプリ・店舗）からの日数：14日以上（または一度もない）"),
        ("ltv_rank IN ('high', 'potential')", "Rank by lifetime value: high or potential",
         "LTVのランク：高または伸びしろあり"),
        ("NOT tenure_days IS NULL", "Time as a subscriber: known", "契約期間：判明している"),
        ("days_since_last_order >= 2 * COALESCE(days_between_orders, 90)",
         "Days since the last order or paid invoice: 2 × Mean days from one order to the next (where unknown: 90 days)"
         " or more", "最後の注文・支払いからの日数：注文間隔の平均日数（不明なら90日）の2倍以上"),
        ("COALESCE(tenure_days, days_since_joined) >= 365",
         "Time as a subscriber (where unknown: Days since we first knew them): 365 days or more",
         "契約期間（不明なら最初に登録されてからの日数）：365日以上"),
        ("churn_risk - churn_risk_before >= 0.1", "Risk to leave: up by 10% or more", "離脱リスク：10%以上の上昇"),
        ("tenure_days > frobnicated", "tenure_days > frobnicated", "tenure_days > frobnicated"),
        ("abs(days_to_renewal) <= 3", "abs(days_to_renewal) <= 3", "abs(days_to_renewal) <= 3"),
    ],
)  # fmt: skip
def test_a_condition_is_said_as_people_say_it(text: str, english: str, japanese: str) -> None:
    assert (condition("en", text), condition("ja", text)) == (english, japanese)


def test_a_rule_is_a_list_with_headings_where_one_is_enough() -> None:
    tree = conditions_of("is_active and (tenure_days >= 365 or not (orders_365d < 6 and referrals_total = 0))")
    assert list(rule_lines("en", tree)) == [
        (0, "Customer at present"),
        (0, "one of these:"),
        (1, "Time as a subscriber: 365 days or more"),
        (1, "none of these:"),
        (2, "all of these:"),
        (3, "Number of orders and paid invoices in 365 days: less than 6"),
        (3, "How many they have recommended us to: 0"),
    ]
    assert one_line("en", conditions_of("is_active and tenure_days < 90")) == (
        "Customer at present · Time as a subscriber: less than 90 days"
    )


def test_an_unknown_value_is_said() -> None:
    assert (value_of("en", "churn_risk", None), value_of("ja", "plan", "team")) == ("unknown", "team")


def test_a_movement_is_a_sentence() -> None:
    assert finding("moved", MOVED, "en") == (
        "128 moved from “loyal” to “slipping away”; what changed for 74% of them: "
        "now: Store visits against the 90 days before: down by 60% or more"
    )
    assert finding("moved", MOVED, "ja") == (
        "「ロイヤル」から「離れかけ」へ128件が移動。うち74%で変化した条件：該当するようになった：来店の前90日間比：60%以上の減少"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_proposal_is_a_sentence(language: Language) -> None:
    rule = "is_active and views_30d >= 8 and compares_30d >= 1"
    told = finding("proposal", {"rule": rule, "units": 143, "ltv_share": 0.083, "lift": 2.5}, language)
    assert "143" in told and "8%" in told and "2.5" in told and "views_30d" not in told


def test_hostile_names_stay_on_their_line() -> None:
    told = finding("moved", {**MOVED, "left": "x\x1b[2J\n{units}"}, "en")
    assert "\x1b" not in told and "\n" not in told and "{units}" in told

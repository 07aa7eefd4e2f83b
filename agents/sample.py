"""One made-up customer with every fact a message can ask for: to show words before there is anybody to write to.

Company, people and figures are fictional. The figures are odd ones, so that a number that stands in the words
themselves does not pass for one of them.
"""

from ..customers.features.catalogue import catalogue
from ..domain.brief import Language
from ..prompts.rendering import Fact
from .facts import known_facts

_NAMES: dict[str, dict[Language, Fact]] = {
    "company_name": {"ja": "株式会社青葉商事", "en": "Aoba Trading Co., Ltd."},
    "contact_name": {"ja": "田中 花子", "en": "Hanako Tanaka"},
    "sender_company": {"ja": "ナガレ", "en": "Nagare"},
    "rep_name": {"ja": "佐藤 健", "en": "Ken Sato"},
    "rep_email": {"ja": "ken.sato@nagare.example", "en": "ken.sato@nagare.example"},
    "meeting_times": {
        "ja": ["12月1日(火) 14:00", "12月2日(水) 11:00", "12月4日(金) 16:00"],
        "en": ["Tuesday 1 December 14:00", "Wednesday 2 December 11:00", "Friday 4 December 16:00"],
    },
    "tenure_label": {"ja": "3年", "en": "3 years"},
    "plan_label": {"ja": "スタンダード", "en": "Standard"},
    "next_plan_label": {"ja": "プレミアム", "en": "Premium"},
    "fitting_plan_label": {"ja": "ライト", "en": "Light"},
    "fitting_size": {"ja": "smaller", "en": "smaller"},
    "renews_on": {"ja": "12月18日(金)", "en": "Friday 18 December"},
    "feature_label": {"ja": "定期レポート", "en": "scheduled reports"},
    "feature_tip": {
        "ja": "毎週月曜の朝に届くようにしておくと、会議の前に数字がそろいます。",
        "en": "Have them arrive on Monday mornings, and the figures are there before the meeting.",
    },
    "dear_product_name": {"ja": "南部鉄器の急須", "en": "cast-iron teapot"},
    "replenish_product_name": {"ja": "深蒸し煎茶", "en": "deep-steamed sencha"},
}
_FIGURES: dict[str, Fact] = {
    "offer_price_jpy": 4480,
    "offer_discount_percent": 12,
    "offer_points": 640,
    "discretion_jpy": 2400,
    "quota_left": 79,
    "reports_used": 421,
    "reports_quota": 500,
    "monthly_price_jpy": 9800,
    "days_to_renewal": 26,
    "features_used_90d": 3,
    "features_overlooked": 4,
    "revenue_365d_jpy": 46830,
    "orders_365d": 13,
    "points_balance": 1270,
    "prepaid_balance_jpy": 1640,
    "dear_product_price_jpy": 16500,
    "days_since_last_visit": 17,
    "days_since_unhappy_contact": 6,
    "open_unhappy_tickets": 2,
    "boxes_skipped_90d": 2,
    "store_visits_90d": 4,
    "last_nps": 9,
}
_BY_UNIT: dict[str, Fact] = {"JPY": 5740, "days": 37, "ratio": 0.83}
_OTHERWISE = 17


def sample_facts(language: Language) -> dict[str, Fact]:
    """Every known fact with a plausible value in the language."""
    units = {feature.name: feature.unit for feature in catalogue()}
    named = {name: values[language] for name, values in _NAMES.items()}
    figures = {
        name: _FIGURES.get(name, _BY_UNIT.get(units.get(name, ""), _OTHERWISE)) for name in known_facts() - set(named)
    }
    return {**figures, **named}


def fact_meanings() -> dict[str, str]:
    """Every fact that a message may declare, with what it means; for one that is made from others, an example."""
    meanings = {feature.name: feature.meaning for feature in catalogue()}
    return {fact: meanings.get(fact, f"such as: {example}") for fact, example in sorted(sample_facts("en").items())}

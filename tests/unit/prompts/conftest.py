"""One account with all its facts, in both languages, and a way to render any message for it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from kizuna.agents.sample import sample_facts
from kizuna.domain.brief import Language
from kizuna.domain.playbook import Channel
from kizuna.playbooks.loader import load_playbooks, packaged_names
from kizuna.prompts.catalogue import channel_of, wording
from kizuna.prompts.claims import offer_terms
from kizuna.prompts.rendering import Fact, Footer, Link, Rendered, needs, render_message

ACTIONS = load_playbooks(packaged_names(), None, lambda rule: [])
_OFFER = ("offer_price_jpy", "offer_discount_percent", "offer_points")

_FACTS: dict[str, Any] = {
    "company_name": {"ja": "株式会社青葉商事", "en": "Aoba Trading Co., Ltd."},
    "contact_name": {"ja": "田中 花子", "en": "Hanako Tanaka"},
    "sender_company": {"ja": "フロウデスク", "en": "FlowDesk"},
    "feature_label": {"ja": "定期レポート", "en": "Scheduled reports"},
    "features_used_90d": 7,
    "features_overlooked": 4,
    "reports_used": 480,
    "reports_quota": 500,
    "quota_left": 20,
    "plan_label": {"ja": "スタンダードプラン", "en": "Standard"},
    "next_plan_label": {"ja": "ビジネスプラン", "en": "Business"},
    "monthly_price_jpy": 9800.0,
    "days_to_renewal": 21,
    "renews_on": {"ja": "2026年12月13日", "en": "13 December 2026"},
    "rep_name": {"ja": "佐藤 健", "en": "Ken Sato"},
    "rep_email": "ken.sato@flowdesk.example",
    "meeting_times": {
        "ja": ["12月1日（火）14:00〜14:30", "12月2日（水）10:00〜10:30", "12月4日（金）16:00〜16:30"],
        "en": ["Tue 1 December, 14:00-14:30", "Wed 2 December, 10:00-10:30", "Fri 4 December, 16:00-16:30"],
    },
}
_FOOTER: dict[Language, tuple[str, str]] = {
    "ja": ("株式会社フロウデスク", "〒100-0005 東京都千代田区丸の内一丁目2番3号"),
    "en": ("FlowDesk K.K.", "1-2-3 Marunouchi, Chiyoda-ku, Tokyo 100-0005, Japan"),
}
UNSUBSCRIBE = "https://pages.flowdesk.example/u/abc123"


def facts_of(language: Language) -> dict[str, Fact]:
    """The account's facts: its own where named above, else those of the made-up customer; no offer."""
    own = {name: v[language] if isinstance(v, dict) else v for name, v in _FACTS.items()}
    return {name: value for name, value in {**sample_facts(language), **own}.items() if name not in _OFFER}


def channel_for(action: str, message: str, name: str, language: Language) -> tuple[Channel, str]:
    """The channel that a template is for, and the variant to ask for."""
    if own := channel_of(name):
        return own, name.partition("-")[2] or "standard"
    known = ACTIONS.get(action)
    ways = [known.channel_of(message, channel) for channel in known.channels] if known else [Channel.EMAIL]
    return next((way for way in ways if wording(action, message, name, language, way) == name), ways[0]), name


def footer_of(language: Language, from_rep: bool = False) -> Footer:
    organisation, address = _FOOTER[language]
    preferences = "https://pages.flowdesk.example/p/abc123"
    return Footer(organisation, address, "support@flowdesk.example", UNSUBSCRIBE, preferences, from_rep)


def links_of(action: str, message: str) -> dict[str, Link]:
    return {name: Link("", f"https://pages.flowdesk.example/s/{name}?t=x&y=2") for name in needs(action, message).links}


Write = Callable[..., Rendered]


@pytest.fixture
def write() -> Write:
    """Renders a message for the sample account; facts given replace the sample's, None takes one away."""

    def written(
        action: str,
        message: str,
        variant: str = "standard",
        language: Language = "ja",
        facts: Mapping[str, Fact | None] | None = None,
        **more: Any,
    ) -> Rendered:
        offer = offer_terms(ACTIONS[action].offer) if action in ACTIONS else {}
        merged = {**facts_of(language), **offer, **(facts or {})}
        known = {name: value for name, value in merged.items() if value is not None}
        channel, way = channel_for(action, message, variant, language)
        options = {"footer": footer_of(language, action == "upsell_draft"), "channel": channel, **more}
        links = options.pop("links", None) or links_of(action, message)
        return render_message(action, message, way, language, known, links, **options)

    return written

"""Words that promise: which need an offer behind them, and which no message may use (claims.yaml)."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from ..domain.brief import Language
from ..domain.playbook import Offer

#: Facts that say what is given: points of the offer, and what staff may spend on the customer.
_GIVES = ("offer_points", "discretion_jpy")
_WHY: dict[Language, dict[str, str]] = {
    "ja": {
        "offer": "「{0}」は、承認された特典がないときは使えません",
        "gift": "「{0}」は、贈るもの（ポイントなど）が特典にないときは使えません",
        "free": "「{0}」は、無料の特典がないときは使えません",
        "half": "「{0}」は、半額の特典がないときは使えません",
        "never": "「{0}」は、裏づけのない約束や急がせる表現のため使えません",
    },
    "en": {
        "offer": "“{0}” needs an offer, and this message has none",
        "gift": "“{0}” needs something to give (such as points) in the offer, and this message has none",
        "free": "“{0}” needs an offer that costs nothing, and this message has none",
        "half": "“{0}” needs an offer of half the price, and this message has none",
        "never": "“{0}” promises or presses more than any fact here supports",
    },
}


def unbacked_claims(text: str, facts: Mapping[str, object], language: Language) -> list[str]:
    """Promises in normalised text that the offer among the facts does not carry, in words."""
    backed = _backed(facts)
    lower = text.lower()
    found = [
        _WHY[language][backing].format(match[0].strip())
        for backing, pattern in _patterns().items()
        if backing not in backed
        for match in pattern.finditer(lower)
    ]
    return list(dict.fromkeys(found))


def offer_terms(offer: Offer | None) -> dict[str, int]:
    """The offer's terms as facts, by the names that words and claims know them by."""
    terms: dict[str, int] = {}
    if offer is not None and offer.price_jpy is not None:
        terms["offer_price_jpy"] = int(offer.price_jpy)
    if offer is not None and offer.discount:
        terms["offer_discount_percent"] = round(offer.discount * 100)
    if offer is not None and offer.points:
        terms["offer_points"] = offer.points
    return terms


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    text = files("kizuna.prompts").joinpath("claims.yaml").read_text(encoding="utf-8")
    return {
        backing: re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
        for backing, patterns in yaml.safe_load(text).items()
    }


def _backed(facts: Mapping[str, object]) -> set[str]:
    """What the offer carries: any discount, something to give, a price of nothing, half the price."""
    price, percent = facts.get("offer_price_jpy"), facts.get("offer_discount_percent")
    backed = set()
    if any(isinstance(value := facts.get(name), (int, float)) and value > 0 for name in _GIVES):
        backed.add("gift")
    if isinstance(price, (int, float)) or (isinstance(percent, (int, float)) and percent > 0):
        backed.add("offer")
    if price == 0 or percent == 100:
        backed.add("free")
    if percent == 50:
        backed.add("half")
    return backed

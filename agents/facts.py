"""The facts that words may use: names, figures and links of one unit, nothing else."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from ..customers.features.catalogue import catalogue
from ..customers.table import FeatureTable
from ..domain.brief import Brief, Language
from ..domain.playbook import Action
from ..domain.token import make_token
from ..prompts.claims import offer_terms
from ..prompts.rendering import Fact, Link
from ..store.tables import ContactRow, RepRow, UnitRow

#: Facts that are made here, from figures, the brief, the action and the people.
DERIVED = (
    *("company_name", "contact_name", "sender_company", "rep_name", "rep_email", "meeting_times", "tenure_label"),
    *("plan_label", "next_plan_label", "fitting_plan_label", "fitting_size", "renews_on", "quota_left"),
    *("feature_label", "feature_tip", "dear_product_name", "replenish_product_name"),
    *("offer_price_jpy", "offer_discount_percent", "offer_points", "discretion_jpy"),
)
#: Features of these units keep their decimals; all others count whole things.
_SHARES = frozenset({"ratio", "share", "probability"})
#: From here on a plan counts as too small for the use (as in playbooks/plan_fit.yaml).
_PLAN_IS_FULL = 0.9
_SOMEBODY: dict[Language, str] = {"ja": "お客", "en": "customer"}
_WEEKDAYS = {
    "ja": "月火水木金土日",
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MEETINGS = 3


@dataclass(frozen=True)
class Recipient:
    """Who a message is for and who looks after them."""

    unit: UnitRow
    contact: ContactRow
    rep: RepRow | None
    wished_language: str | None = None
    """As asked for on the preference page: it goes before what the sources say."""

    def language(self, brief: Brief) -> Language:
        for wish in (self.wished_language, self.contact.language, self.unit.language):
            for language in brief.voice.languages:
                if wish == language:
                    return language
        return brief.voice.fallback


def unit_figures(table: FeatureTable, row: int, protected: Collection[str] = ()) -> dict[str, Any]:
    """The unit's own features from the snapshot, unknown and `protected` ones left out. Scores are no customer's."""
    figures: dict[str, Any] = {}
    for name, is_share in _readable().items():
        value = table.columns[name][row] if name in table.columns and name not in protected else None
        if value is None or value != value:
            continue
        figures[name] = str(value) if isinstance(value, str) else float(value) if is_share else round(float(value))
    return figures


@cache
def _readable() -> dict[str, bool]:
    """Features that words may hold, and whether each is a share of something."""
    return {
        feature.name: feature.unit in _SHARES
        for feature in catalogue()
        if feature.source != "score" and feature.type != "boolean"
    }


@cache
def known_facts() -> frozenset[str]:
    """Every fact that a message may declare: the figures among the features, and what is made of them."""
    texts = {feature.name for feature in catalogue() if feature.type == "text"}
    return frozenset(set(_readable()) - texts | set(DERIVED))


def gather(
    brief: Brief, action: Action, to: Recipient, figures: Mapping[str, Any], language: Language, today: date
) -> dict[str, Fact]:
    """All facts for one message to one recipient, in the recipient's language."""
    facts: dict[str, Fact] = {name: value for name, value in figures.items() if not isinstance(value, str)}
    facts |= _names(brief, to, language)
    facts |= _contract_facts(figures, language, today)
    facts |= _plan_facts(brief, figures, language)
    facts |= _product_facts(brief, figures, language)
    facts |= _offer_facts(action)
    if to.rep is not None:
        facts |= {"rep_name": to.rep.name, "rep_email": to.rep.email}
        facts["meeting_times"] = meeting_times(to.rep, today, language)
    return facts


def gather_links(brief: Brief, names: tuple[str, ...], contact_id: str, key: str, secret: bytes) -> dict[str, Link]:
    """A link of its own for this recipient and message under each name; the words on it come with the message."""
    base = brief.pages.base_url.rstrip("/")
    return {name: Link("", f"{base}/go/{make_token(secret, name, f'{contact_id}:{key}')}") for name in names}


def unsubscribe_base(brief: Brief) -> str:
    return f"{brief.pages.base_url.rstrip('/')}/unsubscribe/"


def unsubscribe_url(brief: Brief, contact_id: str, secret: bytes) -> str:
    return unsubscribe_base(brief) + make_token(secret, "unsubscribe", contact_id)


def preferences_url(brief: Brief, contact_id: str, secret: bytes) -> str:
    return f"{brief.pages.base_url.rstrip('/')}/preferences/{make_token(secret, 'preferences', contact_id)}"


def meeting_times(rep: RepRow, today: date, language: Language) -> list[str]:
    """Three slots on working days from a week ahead, within the rep's working hours and in their time zone."""
    first, last = (int(clock.split(":")[0]) for clock in (rep.works_from, rep.works_until))
    hours = [first + 1, (first + last) // 2 + 1, last - 2]
    slots: list[str] = []
    day = today + timedelta(days=7)
    while len(slots) < _MEETINGS:
        if day.weekday() < 5:
            hour = min(max(hours[len(slots)], first), last - 1)
            moment = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(rep.time_zone))
            slots.append(f"{_day(moment.date(), language)} {moment:%H:%M}")
        day += timedelta(days=1)
    return slots


def _names(brief: Brief, to: Recipient, language: Language) -> dict[str, Fact]:
    """Who writes to whom. A person has no company, and is a customer also where their name is unknown."""
    sender = brief.voice.company[language]
    if brief.unit == "person":
        name = to.contact.name or _SOMEBODY[language]
        return {"company_name": "", "contact_name": name, "sender_company": sender}
    return {"company_name": to.unit.name, "contact_name": to.contact.name, "sender_company": sender}


def _contract_facts(figures: Mapping[str, Any], language: Language, today: date) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    if "reports_quota" in figures and "reports_used" in figures:
        facts["quota_left"] = max(0, figures["reports_quota"] - figures["reports_used"])
    if "days_to_renewal" in figures:
        facts["renews_on"] = _day(today + timedelta(days=figures["days_to_renewal"]), language)
    days = max(figures.get("tenure_days", 0), figures.get("days_since_first_order", 0))
    if tenure := tenure_label(days, language):
        facts["tenure_label"] = tenure
    return facts


def tenure_label(days: int, language: Language) -> str:
    """How long somebody has been a customer, in whole years, or months in the first year: `3年`, `5 months`."""
    years, months = int(days / 365.25), int(days / (365.25 / 12))
    count, ja, en = (years, "年", "year") if years else (months, "か月", "month")
    if not count:
        return ""
    return f"{count}{ja}" if language == "ja" else f"{count} {en}{'' if count == 1 else 's'}"


def _plan_facts(brief: Brief, figures: Mapping[str, Any], language: Language) -> dict[str, Fact]:
    """The plan, the next one, and the one that fits the use better: larger where it is full, else smaller."""
    if "plan" not in figures:
        return {}
    labels, plans, plan = brief.voice.labels.get(language, {}), brief.business.plans, figures["plan"]
    is_full = figures.get("quota_used_ratio", 0) >= _PLAN_IS_FULL
    facts: dict[str, Fact] = {"plan_label": labels.get(plan, plan), "fitting_size": "larger" if is_full else "smaller"}
    if plan not in plans:
        return facts
    place = plans.index(plan)
    if place + 1 < len(plans):
        facts["next_plan_label"] = labels.get(plans[place + 1], plans[place + 1])
    fitting = place + (1 if is_full else -1)
    if 0 <= fitting < len(plans):
        facts["fitting_plan_label"] = labels.get(plans[fitting], plans[fitting])
    return facts


def _product_facts(brief: Brief, figures: Mapping[str, Any], language: Language) -> dict[str, Fact]:
    """Features and products by the names that customers know; `tip_<feature>` among the labels is a tip for one."""
    labels = brief.voice.labels.get(language, {})
    facts: dict[str, Fact] = {}
    if (feature := figures.get("overlooked_feature")) is not None:
        facts["feature_label"] = labels.get(feature, feature)
        if tip := labels.get(f"tip_{feature}"):
            facts["feature_tip"] = tip
    for product in ("dear_product", "replenish_product"):
        name = figures.get(f"{product}_name_{language}") or labels.get(figures.get(product, ""))
        if name:
            facts[f"{product}_name"] = name
    return facts


def _offer_facts(action: Action) -> dict[str, Fact]:
    """What the company stands for with this action, and what staff may spend."""
    spend = action.cost.discretion
    return {**offer_terms(action.offer), **({"discretion_jpy": int(spend)} if spend else {})}


def _day(day: date, language: Language) -> str:
    weekday = _WEEKDAYS[language][day.weekday()]
    return f"{day.month}月{day.day}日({weekday})" if language == "ja" else f"{weekday} {day.day} {day:%B}"

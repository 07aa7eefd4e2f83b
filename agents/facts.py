"""The facts that words may use: names, figures and links of one unit, nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..customers.table import FeatureTable
from ..domain.brief import Brief, Language
from ..domain.playbook import Action
from ..domain.token import make_token
from ..prompts.rendering import Fact, Link
from ..store.tables import ContactRow, RepRow, UnitRow

_FIGURES = (
    "features_used_90d",
    "features_overlooked",
    "reports_used",
    "reports_quota",
    "days_to_renewal",
    "monthly_price_jpy",
)
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

    def language(self, brief: Brief) -> Language:
        for wish in (self.contact.language, self.unit.language):
            for language in brief.voice.languages:
                if wish == language:
                    return language
        return brief.voice.fallback


def unit_figures(table: FeatureTable, row: int) -> dict[str, Any]:
    """The unit's own figures from the snapshot, unknown ones left out."""
    figures: dict[str, Any] = {}
    for name in (*_FIGURES, "plan", "overlooked_feature"):
        value = table.columns[name][row]
        if value is None or value != value:
            continue
        figures[name] = int(value) if name in _FIGURES else str(value)
    return figures


def gather(
    brief: Brief, action: Action, to: Recipient, figures: Mapping[str, Any], language: Language, today: date
) -> dict[str, Fact]:
    """All facts for one message to one recipient, in the recipient's language."""
    labels = brief.voice.labels.get(language, {})
    facts: dict[str, Fact] = {name: figures[name] for name in _FIGURES if name in figures}
    facts |= {
        "company_name": to.unit.name,
        "contact_name": to.contact.name,
        "sender_company": brief.voice.company[language],
    }
    if "reports_quota" in figures and "reports_used" in figures:
        facts["quota_left"] = max(0, figures["reports_quota"] - figures["reports_used"])
    if "overlooked_feature" in figures:
        facts["feature_label"] = labels.get(figures["overlooked_feature"], figures["overlooked_feature"])
    if "days_to_renewal" in figures:
        facts["renews_on"] = _day(today + timedelta(days=figures["days_to_renewal"]), language)
    facts |= _plan_facts(brief, figures, labels)
    if to.rep is not None:
        facts |= {"rep_name": to.rep.name, "rep_email": to.rep.email}
        facts["meeting_times"] = meeting_times(to.rep, today, language)
    if action.offer is not None and action.offer.price_jpy is not None:
        facts["offer_price_jpy"] = int(action.offer.price_jpy)
    if action.offer is not None and action.offer.discount:
        facts["offer_discount_percent"] = round(action.offer.discount * 100)
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


def _plan_facts(brief: Brief, figures: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Fact]:
    if "plan" not in figures:
        return {}
    plan, plans = figures["plan"], brief.business.plans
    facts: dict[str, Fact] = {"plan_label": labels.get(plan, plan)}
    if plan in plans[:-1]:
        following = plans[plans.index(plan) + 1]
        facts["next_plan_label"] = labels.get(following, following)
    return facts


def _day(day: date, language: Language) -> str:
    weekday = _WEEKDAYS[language][day.weekday()]
    return f"{day.month}月{day.day}日({weekday})" if language == "ja" else f"{weekday} {day.day} {day:%B}"

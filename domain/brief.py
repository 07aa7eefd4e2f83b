"""The brief: what a marketer wants, for whom, and the limits no agent can cross."""

import hashlib
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from .decision import Group
from .model import Frozen
from .quantity import BusinessDays, Duration, EmailAddress, Jpy, Share


class Metric(StrEnum):
    """What the goal is measured in."""

    LTV = "ltv"  #: expected margin of a unit over the LTV horizon, to date plus the predicted rest
    CHURN_RATE = "churn_rate"  #: share of units that cancel within the churn window
    REPEAT_RATE = "repeat_rate"  #: share of units that order again
    ORDER_VALUE = "order_value"  #: mean value of an order
    UPGRADES = "upgrades"  #: share of units that upgrade


Language = Literal["ja", "en"]


def _known_time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone; write it like `Asia/Tokyo`")
    return name


TimeZone = Annotated[str, AfterValidator(_known_time_zone)]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,47}$")]


class Goal(Frozen):
    """A metric and how far it should move by when: a relative lift, or from one value to another."""

    metric: Metric
    lift: Share | None = None
    from_value: float | None = Field(default=None, alias="from")
    to_value: float | None = Field(default=None, alias="to")
    horizon: Duration

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> "Goal":
        pair = (self.from_value is not None, self.to_value is not None)
        if (self.lift is not None) == any(pair) or (any(pair) and not all(pair)):
            raise ValueError("say either `lift: 10 %` or both `from:` and `to:`")
        if self.from_value == 0:
            raise ValueError("`from` can't be 0")
        return self

    @property
    def relative_lift(self) -> float:
        """The wanted relative change of the metric; negative where lower is better."""
        if self.lift is not None:
            return -self.lift if self.metric is Metric.CHURN_RATE else self.lift
        assert self.from_value is not None and self.to_value is not None
        return self.to_value / self.from_value - 1


class Business(Frozen):
    """How the company earns: what turns behaviour into money."""

    model: Literal["subscription", "transactions"]
    margin: Share
    currency: Literal["JPY"] = "JPY"
    ltv_months: int = Field(default=24, ge=1, le=120)
    annual_discount: Share = 0.08
    churn_window: Duration
    monthly_cost_to_serve: Jpy = 0.0


class Sources(Frozen):
    """Where the customer data lie, and how much of it may be faulty before a run stops."""

    folder: str
    faulty_rows_allowed: Share = 0.02


class Budget(Frozen):
    """What the whole campaign may cost: messages, offers and people's time."""

    total: Jpy


class Capacity(Frozen):
    """How much people and channels can take."""

    email_per_week: int = Field(ge=0)
    drafts_per_rep_per_week: int = Field(default=20, ge=0)


class Cap(Frozen):
    """At most so many messages to one unit in a window, over all actions and channels."""

    messages: int = Field(ge=1)
    per: Duration


class QuietHours(Frozen):
    """No message leaves in these hours, nor on weekends where the brief says so."""

    start: ClockTime = Field(alias="from")
    until: ClockTime
    time_zone: TimeZone
    weekends: bool = True

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Guardrails(Frozen):
    """Limits that no agent can cross."""

    caps: tuple[Cap, ...] = Field(min_length=1)
    gap: Duration
    quiet_hours: QuietHours
    discount_ceiling: Share


class Pilot(Frozen):
    """A careful first cycle: few units, tight caps."""

    units: int | None = Field(default=None, ge=10)
    rank: Literal["high", "potential", "standard"] | None = None
    cycles: int = Field(default=1, ge=1)
    caps: tuple[Cap, ...] = ()

    @model_validator(mode="after")
    def _one_limit(self) -> "Pilot":
        if (self.units is None) == (self.rank is None):
            raise ValueError("a pilot names either `units: 200` or `rank: standard`")
        return self


class Voice(Frozen):
    """How the company speaks."""

    company: dict[Language, str]
    languages: tuple[Language, ...] = Field(min_length=1)
    fallback: Language

    @model_validator(mode="after")
    def _company_in_each(self) -> "Voice":
        missing = [language for language in self.languages if language not in self.company]
        if missing or self.fallback not in self.languages:
            raise ValueError("give `company` in each language, and a `fallback` among them")
        return self


class Reviewers(Frozen):
    """Who decides, who stands in for them, and until when."""

    supervisors: tuple[str, ...] = Field(min_length=1)
    deputies: dict[str, str] = Field(default_factory=dict)
    expiry: BusinessDays


class Sender(Frozen):
    """Who the mail is from, as the law wants it said (特定電子メール法 4条, CAN-SPAM)."""

    name: dict[Language, str]
    email: EmailAddress
    organisation: dict[Language, str]
    postal_address: dict[Language, str]
    contact: str


class Delivery(Frozen):
    """The way out."""

    kind: Literal["folder"]
    path: str = "outbox"


class Pages(Frozen):
    """Where the customer's own pages are (unsubscribe, preferences, survey)."""

    base_url: Annotated[str, Field(pattern=r"^https://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/-]*)?$")]


class Brief(Frozen):
    """One campaign, as the marketer wrote it."""

    brief: Literal[1]
    name: Name
    goal: Goal
    segment: str
    unit: Literal["person", "account"]
    business: Business
    sources: Sources
    playbooks: tuple[Name, ...] = Field(min_length=1)
    playbook_folder: str | None = None
    budget: Budget
    capacity: Capacity
    cycle: Duration
    guardrails: Guardrails
    groups: dict[Group, Share]
    exploration: Share
    pilot: Pilot | None = None
    voice: Voice
    reviewers: Reviewers
    sender: Sender
    pages: Pages
    reasoner: Literal["rules"] = "rules"
    delivery: Delivery

    @model_validator(mode="after")
    def _groups_make_a_whole(self) -> "Brief":
        if abs(sum(self.groups.values()) - 1) > 1e-9:
            raise ValueError(f"the shares in `groups` add up to {sum(self.groups.values()):.0%}, not 100 %")
        if not self.groups.get(Group.POLICY) or not self.groups.get(Group.HOLDOUT):
            raise ValueError(
                "`groups` needs a share for `policy` and for `holdout`: no lift without a comparison"
            )
        if self.goal.horizon < self.cycle:
            raise ValueError("`goal.horizon` is shorter than one `cycle`")
        return self

    @property
    def cycles(self) -> int:
        """How many whole cycles the horizon holds."""
        return int(self.goal.horizon / self.cycle)

    @property
    def policy_version(self) -> str:
        """Names the guardrail and review policy; part of what every approval covers."""
        policy = self.guardrails.model_dump_json() + self.reviewers.model_dump_json()
        return hashlib.sha256(policy.encode()).hexdigest()[:12]

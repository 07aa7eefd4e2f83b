"""The brief: what a marketer wants, for whom, and the limits no agent can cross."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from .decision import Group
from .delivery_settings import Delivery as Delivery
from .delivery_settings import Notices as Notices
from .fairness import Fairness as Fairness
from .guardrail import Cap as Cap
from .guardrail import Guardrails as Guardrails
from .guardrail import QuietHours as QuietHours
from .language_model import LanguageModel as LanguageModel
from .language_model import Reasoning
from .measurement import Measurement as Measurement
from .model import Frozen
from .quantity import BusinessDays, Duration, EmailAddress, Jpy, Share
from .quantity import Language as Language
from .quantity import Name as Name
from .sources import Sources as Sources


class Metric(StrEnum):
    """What the goal is measured in."""

    LTV = "ltv"  #: expected margin of a unit over the LTV horizon, to date plus the predicted rest
    CHURN_RATE = "churn_rate"  #: share of units that cancel within the churn window
    REPEAT_RATE = "repeat_rate"  #: share of units that order again
    ORDER_VALUE = "order_value"  #: mean value of an order
    UPGRADES = "upgrades"  #: share of units that upgrade


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
    plans: tuple[str, ...] = ()


class Budget(Frozen):
    """What the whole campaign may cost: messages, offers and people's time."""

    total: Jpy


class Capacity(Frozen):
    """How much people and channels can take."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    email_per_week: int = Field(ge=0)
    drafts_per_rep_per_week: int = Field(default=20, ge=0)
    """Drafts and tasks that one sales rep, or one of the call centre's or store's staff, can take."""
    letters_per_week: int | None = Field(default=None, ge=0)


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
    """How the company speaks; `labels` are its own words for plans and features."""

    company: dict[Language, str]
    languages: tuple[Language, ...] = Field(min_length=1, examples=["[ja, en]"])
    fallback: Language
    labels: dict[Language, dict[str, str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _company_in_each(self) -> "Voice":
        missing = [language for language in self.languages if language not in self.company]
        if missing or self.fallback not in self.languages:
            raise ValueError("give `company` in each language, and a `fallback` among them")
        return self


class Reviewers(Frozen):
    """Who decides, who stands in for them, and until when."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    supervisors: tuple[str, ...] = Field(min_length=1, examples=["[sato]"])
    deputies: dict[str, str] = Field(default_factory=dict)
    expiry: BusinessDays
    complaints: str | None = None
    """Who is told of complaints and angry replies, and settles them; without it, the first supervisor."""

    @model_validator(mode="after")
    def _deputies_are_somebody_else(self) -> "Reviewers":
        strangers = [name for name in self.deputies if name not in self.supervisors]
        if strangers:
            raise ValueError(f"`deputies` names {strangers[0]!r}, who is not among `supervisors`")
        if any(name == deputy for name, deputy in self.deputies.items()):
            raise ValueError("nobody can be their own deputy")
        return self


class Sender(Frozen):
    """Who the mail is from, as the law wants it said (特定電子メール法 4条, CAN-SPAM)."""

    name: dict[Language, str]
    email: EmailAddress
    organisation: dict[Language, str]
    postal_address: dict[Language, str]
    contact: str


Target = Annotated[
    str, Field(pattern=r"^https://[A-Za-z0-9.-]+(:\d+)?([/?#][A-Za-z0-9._~/?#&=%+,:;@!$'()*-]*)?$", max_length=900)
]


class Pages(Frozen):
    """Where the customer's own pages are (unsubscribe, preferences, survey), and where links of mails lead."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    base_url: Annotated[
        str,
        Field(
            pattern=r"^https://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/-]*)?$", examples=["https://pages.company.example"]
        ),
    ]
    targets: dict[Name, Target] = Field(default_factory=dict)
    """The company's own page behind a link, by the link's name: {tutorial: https://…}. Without one, a page says whom
    to ask. Links lead here or to a survey, never to an address in the link itself."""


class Brief(Frozen):
    """One campaign, as the marketer wrote it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    brief: Literal[1]
    """Version of this file's format."""
    name: Name
    """What the campaign is called in commands, logs and file names."""
    goal: Goal
    segment: str = Field(min_length=1, examples=["is_active and churn_risk >= 0.1"])
    """Who the campaign is about: a rule over the features. What is unknown never fits."""
    unit: Literal["person", "account"]
    """What is decided for, measured and capped: each person, or each account with all its contacts."""
    business: Business
    sources: Sources
    playbooks: tuple[Name, ...] = Field(min_length=1, examples=["[usage_digest, renewal_reminder]"])
    """The actions that may be used."""
    playbook_folder: str | None = None
    """A folder with your own actions; they add to the packaged ones or replace them."""
    feature_folder: str | None = None
    """A folder with your own features; they add to the packaged ones."""
    budget: Budget
    capacity: Capacity
    cycle: Duration
    """How often the team decides anew."""
    guardrails: Guardrails
    fairness: Fairness = Fairness()
    """Groups that the report compares, how far apart their treatment may lie, and what nothing may be decided by."""
    groups: dict[Group, Share]
    """The share of units in each group of the experiment."""
    exploration: Share
    """The share of the policy group in which chance, not the engine, chooses: this is how it learns."""
    measurement: Measurement = Measurement()
    """How the intervals of the report are made."""
    pilot: Pilot | None = None
    """A careful first cycle, where one is wanted."""
    voice: Voice
    reviewers: Reviewers
    sender: Sender
    pages: Pages
    long_term: Share = 0.2
    """At least this share of the plan's contacts goes to actions that build the bond, where there are any worth it."""
    reasoner: Reasoning = "rules"
    """Who reasons and words: `rules` need no network and no key; a language model has the rules behind it."""
    delivery: Delivery
    notices: Notices = Notices()
    """How people learn that something waits for them."""
    live: bool = False
    """Only a live campaign writes to customers; before, only to `delivery.allow_list`."""

    @field_validator("cycle")
    @classmethod
    def _fits_in_the_horizon(cls, cycle: timedelta, info: ValidationInfo) -> timedelta:
        goal = info.data.get("goal")
        if goal and goal.horizon < cycle:
            raise ValueError("is longer than `goal.horizon`: no cycle would come to its end")
        return cycle

    @field_validator("groups")
    @classmethod
    def _make_a_whole(cls, groups: dict[Group, float]) -> dict[Group, float]:
        if abs(sum(groups.values()) - 1) > 1e-9:
            raise ValueError(f"the shares add up to {sum(groups.values()):.4g}, not to 1 (100 %)")
        if not groups.get(Group.POLICY) or not groups.get(Group.HOLDOUT):
            raise ValueError("`policy` and `holdout` need a share each: no lift without a comparison")
        return groups

    @field_validator("sender")
    @classmethod
    def _in_each_language(cls, sender: Sender, info: ValidationInfo) -> Sender:
        voice = info.data.get("voice")
        texts = {"name": sender.name, "organisation": sender.organisation, "postal_address": sender.postal_address}
        lacking = [
            f"{key}.{at}" for at in (voice.languages if voice else ()) for key in texts if not texts[key].get(at)
        ]
        if lacking:
            raise ValueError("`voice.languages` asks for " + ", ".join(f"`{key}`" for key in lacking))
        return sender

    @property
    def complaints_owner(self) -> str:
        """The login that complaints reach."""
        return self.reviewers.complaints or self.reviewers.supervisors[0]

    @property
    def cycles(self) -> int:
        """How many whole cycles the horizon holds."""
        return int(self.goal.horizon / self.cycle)

"""The playbook: actions as data. What an engineer or a marketer writes in one YAML file each."""

import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, cast

from pydantic import Discriminator, Field, Tag, model_validator

from .brief import Brief, Language, Name
from .model import Frozen
from .quantity import Duration, Jpy, Share


class Lever(StrEnum):
    """The drivers of lifetime value that an action can move."""

    ORDER_VALUE = "order_value"  #: JPY a month per unit, from add-ons or upgrades
    FREQUENCY = "frequency"  #: orders a month
    RETENTION = "retention"  #: probability points of staying a month
    COST_TO_SERVE = "cost_to_serve"  #: JPY saved a month per unit
    LOYALTY = "loyalty"  #: probability points of the repeat rate
    REFERRAL = "referral"  #: referrals a month per unit


class Channel(StrEnum):
    """A way out to a customer."""

    EMAIL = "email"  #: a mail from the company
    REP_DRAFT = "rep_draft"  #: a draft handed to the responsible sales rep's mailbox
    LETTER = "letter"  #: a letter on paper, handed to the print house
    STAFF_TASK = "staff_task"  #: a task for the call centre's or store's own staff, with the customer's story
    AUDIENCE = "audience"  #: membership in an audience of an advertising or coupon system

    @property
    def is_a_message(self) -> bool:
        """Whether the customer is written to; a task and an audience only lead to something later."""
        return self in _MESSAGES

    @property
    def is_handed_over(self) -> bool:
        """Whether it ends in a person's mailbox or task list, who does the rest."""
        return self in _HANDED_OVER


_MESSAGES = frozenset({Channel.EMAIL, Channel.REP_DRAFT, Channel.LETTER})
_HANDED_OVER = frozenset({Channel.REP_DRAFT, Channel.STAFF_TASK})


class Topic(StrEnum):
    """What a message is about, as a customer may turn it off on the preference page."""

    TIPS = "tips"  #: how to get more out of what one has
    OFFERS = "offers"  #: prices, upgrades, coupons
    SURVEYS = "surveys"  #: questions
    LOYALTY = "loyalty"  #: thanks, ranks, points, invitations
    SERVICE = "service"  #: about the contract and about what went wrong


class Term(StrEnum):
    """When an action pays: a plan needs both."""

    SHORT = "short"  #: within the cycle or two: an order, a renewal, an upgrade
    LONG = "long"  #: the bond: trust, satisfaction, recommendation


class Role(StrEnum):
    """What a person may do."""

    MARKETER = "marketer"  #: writes the brief, starts and reads campaigns
    SUPERVISOR = "supervisor"  #: approves plans and content, never own work
    SALES_REP = "sales_rep"  #: edits and approves drafts to own customers
    OPERATOR = "operator"  #: adds people, pauses


class PriorUplift(Frozen):
    """What is believed before data: change of the outcome's probability, in points (0.02 = 2 points)."""

    mean: float = Field(ge=-1, le=1)
    sd: float = Field(gt=0, le=1)


OutcomeKind = Literal["retained", "upgraded", "ordered", "referred"]


class Value(Frozen):
    """What the action is for: the outcome, within how many days, and the belief about moving it.

    For `ordered`, `order_value` may name the feature that says what the order aimed at is worth in JPY; without it,
    or where it is unknown, the unit's usual order counts.
    """

    outcome: Annotated[
        str, Field(pattern=r"^(retained|upgraded|ordered|referred)_[1-9]\d{0,3}d$", examples=["retained_30d"])
    ]
    prior_uplift: PriorUplift
    order_value: Name | None = None

    @property
    def kind(self) -> OutcomeKind:
        return cast(OutcomeKind, self.outcome.split("_", 1)[0])

    @property
    def within_days(self) -> int:
        return int(self.outcome.rsplit("_", 1)[1][:-1])


class Cost(Frozen):
    """What one use of the action costs; `discretion` is the most that staff may spend on the customer, on top."""

    per_contact: Jpy
    per_letter: Jpy | None = None
    discretion: Jpy = 0.0

    def over(self, channel: Channel) -> float:
        """JPY that one use counts against the budget. Discretion counts in full, since it may be spent in full."""
        on_paper = channel is Channel.LETTER and self.per_letter is not None
        return (self.per_letter if on_paper and self.per_letter is not None else self.per_contact) + self.discretion


class ReviewPolicy(Frozen):
    """Who must look, and whether at a batch or at each draft. Without it: a supervisor, each one."""

    by: Literal[Role.SUPERVISOR, Role.SALES_REP] = Role.SUPERVISOR
    scope: Literal["batch", "each"] = "each"


class Offer(Frozen):
    """A price the company stands for; words never invent one."""

    name: Name
    discount: Share = 0.0
    price_jpy: Jpy | None = None
    points: Annotated[int, Field(ge=1)] | None = None


class Send(Frozen):
    """Send the message of this name; over the channel named here, else over the one chosen for the unit."""

    send: Name
    channel: Channel | None = None


Event = Literal["survey_answered", "ordered", "opened", "clicked", "visited", "contacted"]


class WaitFor(Frozen):
    """What is waited for, and how long at most. `then: end` ends the journey when it happens."""

    event: Event = Field(alias="for")
    up_to: Duration
    then: Literal["go_on", "end"] = "go_on"


class Quiets(Frozen):
    """While this action is fresh, nothing about the topic reaches the unit, over any channel."""

    topic: Topic
    for_time: Duration = Field(alias="for")


class Wait(Frozen):
    """Wait until the customer did something, or the time is up."""

    wait: WaitFor


class Arm(Frozen):
    """One way a branch can go: `if` an answer is so, or `else`; then a message, or the end."""

    condition: str | None = Field(default=None, alias="if")
    send: Name | None = None
    otherwise: Literal["end"] | None = Field(default=None, alias="else")

    @model_validator(mode="after")
    def _one_shape(self) -> "Arm":
        if self.otherwise is not None and (self.condition or self.send):
            raise ValueError("`else: end` stands alone")
        if self.otherwise is None and not (self.condition and self.send):
            raise ValueError("an arm is `{if: \"answer = 'x'\", send: name}` or `{else: end}`")
        if self.condition and not _CONDITION.match(self.condition):
            raise ValueError("a condition reads `answer = 'value'`")
        return self

    @property
    def answer(self) -> str | None:
        match = _CONDITION.match(self.condition or "")
        return match[1] if match else None


_CONDITION = re.compile(r"^answer\s*=\s*'([^']+)'$")


class Branch(Frozen):
    """Go on by the answer."""

    branch: tuple[Arm, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_answer_goes_one_way(self) -> "Branch":
        answers = [arm.answer for arm in self.branch]
        if len(set(answers)) < len(answers):
            raise ValueError("two arms wait for the same answer, or there are two `else`")
        if None in answers[:-1]:
            raise ValueError("`else: end` comes last")
        return self


def _kind_of_step(step: Any) -> str | None:
    if isinstance(step, dict):
        return next((f"({kind})" for kind in ("send", "wait", "branch") if kind in step), None)
    return f"({type(step).__name__.lower()})"


Step = Annotated[
    Annotated[Send, Tag("(send)")] | Annotated[Wait, Tag("(wait)")] | Annotated[Branch, Tag("(branch)")],
    Discriminator(
        _kind_of_step,
        custom_error_type="step",
        custom_error_message="must be a step: `send`, `wait` or `branch`",
    ),
]


class Action(Frozen):
    """One thing Kizuna can do for a unit."""

    action: Name
    lever: Lever
    topic: Topic = Topic.OFFERS
    term: Term = Term.SHORT
    describe: dict[Language, str] = Field(min_length=1)
    when: str = Field(min_length=1, examples=["is_active and churn_risk >= 0.1"])
    value: Value
    cost: Cost
    channels: tuple[Channel, ...] = Field(min_length=1, examples=["[email]"])
    review: ReviewPolicy = ReviewPolicy()
    cooldown: Duration
    offer: Offer | None = None
    quiets: Quiets | None = None
    variants: tuple[Name, ...] = ()
    """Wordings tried against one another; each unit draws one, the better more often. None named: `standard`."""
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _starts_with_a_message(self) -> "Action":
        if not isinstance(self.steps[0], Send):
            raise ValueError("the first step must be `send`")
        if any(isinstance(step, Branch) for step in self.steps[:-1]):
            raise ValueError("`branch` can only be the last step")
        asks = any(isinstance(step, Wait) and step.wait.event == "survey_answered" for step in self.steps)
        if isinstance(self.steps[-1], Branch) and not asks:
            raise ValueError("`branch` needs a `wait: {for: survey_answered}` before it: there is no answer yet")
        return self

    @model_validator(mode="after")
    def _tries_several_wordings_or_none(self) -> "Action":
        if self.variants and len(set(self.variants)) < max(2, len(self.variants)):
            raise ValueError("`variants` names at least two different wordings, or is left out")
        return self

    @model_validator(mode="after")
    def _reps_review_only_their_own_mail(self) -> "Action":
        if self.review.by is Role.SALES_REP and set(self.channels) != {Channel.REP_DRAFT}:
            raise ValueError("`review.by: sales_rep` is for the channel `rep_draft` alone")
        if Channel.REP_DRAFT in self.channels and len(self.channels) > 1:
            raise ValueError("`rep_draft` stands alone: a rep's own mail is no substitute for the company's")
        if self.review.by is Role.SALES_REP and self.review.scope != "each":
            raise ValueError("`review.by: sales_rep` needs `scope: each`")
        return self

    def policy_version(self, brief: Brief) -> str:
        """Names the guardrails, reviewers and review policy in force for this action; every approval covers it."""
        policy = brief.guardrails.model_dump_json() + brief.reviewers.model_dump_json() + self.review.model_dump_json()
        return hashlib.sha256(policy.encode()).hexdigest()[:12]

    def channel_of(self, message: str, chosen: Channel) -> Channel:
        """The channel of a message: the step's own where it names one, else the one chosen for the unit."""
        named = {step.send: step.channel for step in self.steps if isinstance(step, Send)}
        return named.get(message) or chosen

    @property
    def messages(self) -> tuple[str, ...]:
        """Every message any branch can send, in the order of the file."""
        names: list[str] = []
        for step in self.steps:
            if isinstance(step, Send):
                names.append(step.send)
            elif isinstance(step, Branch):
                names += [arm.send for arm in step.branch if arm.send]
        return tuple(dict.fromkeys(names))


def quiets_for(action: Action, allowed: Iterable[Action]) -> tuple[tuple[str, timedelta], ...]:
    """The allowed actions that keep this action's topic away for a time, and for how long."""
    return tuple(
        (other.action, other.quiets.for_time)
        for other in allowed
        if other.quiets is not None and other.quiets.topic is action.topic and other.action != action.action
    )

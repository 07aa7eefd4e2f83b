"""The report as data: every figure with what it was measured against. Rendering knows nothing else."""

from datetime import date, datetime
from typing import Any

from .brief import Language, Metric
from .model import Frozen
from .playbook import Lever
from .worth import Worth


class Estimate(Frozen):
    """A figure with its interval. `level` is the coverage, 0.95 unless said otherwise."""

    value: float
    low: float
    high: float
    level: float = 0.95


class GoalPoint(Frozen):
    """The goal's metric after one cycle, policy against holdout; means adjusted for where units started.

    `lift` is relative (0.1 = 10 %).
    """

    cycle: int
    on: date
    policy_mean: float
    holdout_mean: float
    policy_units: int
    holdout_units: int
    lift: Estimate | None
    verdict: str


class Indicator(Frozen):
    """A leading indicator: share of units in each group, with the difference in points."""

    name: str
    policy: float
    holdout: float
    difference: Estimate | None


class Leaning(Frozen):
    """A figure of the customer that an action's effect goes with, and the change for each standard deviation of it."""

    figure: str
    change: Estimate


class ActionResult(Frozen):
    """What one action did: belief before, evidence, belief now. Uplift in points (0.02 = 2 points)."""

    action: str
    describe: dict[Language, str]
    outcome: str
    sent: int
    handed_over: int
    cost_jpy: float
    prior: Estimate
    evidence: Estimate | None
    treated: int
    compared: int
    belief: Estimate
    state: str  # used | dropped | unused
    per_cycle: tuple[int, ...]
    belief_path: tuple[float, ...] = ()  # the belief's mean: the prior, then after each cycle
    leanings: tuple[Leaning, ...] = ()  # whom the action suits more, as far as outcomes have shown it


class GuardrailCount(Frozen):
    """How often a guardrail, or another reason, kept somebody from getting something."""

    reason: str
    count: int


class DeliveryCount(Frozen):
    """How many deliveries ended in (or are in) a state."""

    state: str
    count: int


class ReviewSummary(Frozen):
    """What people decided."""

    id: str
    kind: str
    subject: str
    state: str
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    edited: int
    left_out: int


class Finding(Frozen):
    """Something the analysis found: its kind, and the figures that carry it."""

    kind: str
    figures: dict[str, float | int | str | None]


class VariantResult(Frozen):
    """One wording of an action in one language: what came back of it, and how often it is drawn."""

    action: str
    language: Language
    variant: str
    outcome: str  # what tells that it worked; '' where nothing does
    reached: int
    succeeded: int
    rate: Estimate
    share: float


class PlanNote(Frozen):
    """Who reasoned for a cycle's plan: the plan's `reasoner` as it was approved."""

    cycle: int
    reasoner: dict[str, Any]


class PromotionNote(Frozen):
    """What the gate said of the beliefs learned in a cycle; figures in JPY a unit and cycle."""

    cycle: int
    decision: str  # unchanged | confirmed | open | refused
    decisions: int
    expected_gain_jpy: float
    difference: Estimate | None  # by the log, new beliefs over those in force; None: too thin to tell
    stopped: tuple[str, ...]


class FairnessGroup(Frozen):
    """How a group fares in a plan: of its eligible units so many treated, and with an offer; the lift, once known."""

    label: str
    units: int
    treated: int
    low: float
    high: float
    flagged: bool
    too_few: bool
    offered: int
    offered_low: float
    offered_high: float
    offered_flagged: bool
    lift: Estimate | None = None
    lift_flagged: bool = False


class FairnessPart(Frozen):
    """The groups by one feature."""

    feature: str
    groups: tuple[FairnessGroup, ...]


class Report(Frozen):
    """What a campaign did so far, compared with its holdout."""

    campaign: str
    company: dict[Language, str]
    fictional: bool
    metric: Metric
    target_lift: float
    horizon_days: int
    started_on: date
    as_of: date
    cycle: int
    cycles: int
    is_final: bool
    verdict: str
    headline: Estimate | None  # relative lift of the metric, policy over holdout
    incremental_jpy: Estimate | None  # incremental LTV over all policy units
    incremental_per_unit_jpy: Estimate | None
    cost_jpy: float
    budget_jpy: float
    return_on_cost: float | None  # only where the effect is clear: the interval lies above zero
    units: dict[str, int]  # group -> enrolled units
    sample_ratio_p: float
    minimum_detectable_lift: float
    chance_of_goal: float
    lever: Lever | None
    goal_path: tuple[GoalPoint, ...]
    indicators: tuple[Indicator, ...]
    actions: tuple[ActionResult, ...]
    guardrails: tuple[GuardrailCount, ...]
    deliveries: tuple[DeliveryCount, ...]
    reviews: tuple[ReviewSummary, ...]
    findings: tuple[Finding, ...]
    plans: tuple[PlanNote, ...] = ()
    promotions: tuple[PromotionNote, ...] = ()
    intervals: str = "spending"  # or always_valid: how the brief wants them made
    variants: tuple[VariantResult, ...] = ()
    fairness: tuple[FairnessPart, ...] = ()
    worth: Worth | None = None  # None before the first snapshot

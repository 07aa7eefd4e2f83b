"""Decisions: one per unit and cycle, an action or none, with all that led to it."""

from enum import StrEnum

from .model import Frozen


class Group(StrEnum):
    """Which treatment a unit was drawn into; stored once, never rebalanced."""

    POLICY = "policy"  #: the decision engine chooses
    RANDOM_CONTROL = "random_control"  #: chance chooses among what is eligible
    BUSINESS_AS_USUAL = "business_as_usual"  #: Kizuna does nothing; the company's usual marketing goes on
    HOLDOUT = "holdout"  #: nothing at all


class Reason(StrEnum):
    """Why a unit gets nothing, or a message does not leave (the field's usual skip codes)."""

    NOT_ELIGIBLE = "not_eligible"  #: no action's rule fits this unit, or a feature it needs is unknown
    RULE = "rule"  #: the action's rule does not fit this unit
    UNKNOWN_FIGURE = "unknown_figure"  #: a figure that the rule needs is unknown, and unknown makes nobody eligible
    OTHER_LEVER = "other_lever"  #: the action moves a lever that does not move this goal
    DOES_HARM = "does_harm"  #: the action was measured to do harm
    HARMS_SUCH_UNITS = "harms_such_units"  #: it helps others, but most likely does harm to units like this one
    NO_REP = "no_rep"  #: no sales rep is responsible
    UPLIFT_NEGATIVE = "uplift_negative"  #: contact is expected to do this unit more harm than good
    NO_VALUE = "no_value"  #: what could be done is worth less than it costs
    LIMIT = "limit"  #: budget or capacity went to units where it is worth more
    FAIRNESS = "fairness"  #: the brief's bound on the gap between groups gave the place to another group
    HOLDOUT = "holdout"  #: kept as the comparison
    BUSINESS_AS_USUAL = "business_as_usual"  #: in the group that Kizuna leaves to the usual marketing
    CHANCE = "chance"  #: the draw of exploration or random control fell on nothing
    OUTSIDE_PILOT = "outside_pilot"  #: the pilot does not reach this unit yet
    PAUSED = "paused"  #: the kill switch is on
    UNREACHABLE = "unreachable"  #: no usable address on the channel
    SUPPRESSED = "suppressed"  #: on the suppression list
    NO_CONSENT = "no_consent"  #: no consent on record for this channel and purpose
    FREQUENCY_CAP = "frequency_cap"  #: enough messages in the window already
    TOO_SOON = "too_soon"  #: the last message was less than the gap ago
    COOLDOWN = "cooldown"  #: this action reached this unit too recently
    QUIET_HOURS = "quiet_hours"  #: held until the quiet hours end
    BUDGET_EXHAUSTED = "budget_exhausted"  #: the budget is spent
    LEFT_OUT_BY_REVIEWER = "left_out_by_reviewer"  #: a person took this unit or action out
    LEFT_OUT_BY_PROPOSAL = "left_out_by_proposal"  #: the language model's proposal, no worse by forecast, leaves it out
    NOT_APPROVED = "not_approved"  #: a person rejected the content
    APPROVAL_EXPIRED = "approval_expired"  #: nobody decided in time, or the send window closed
    FACT_MISSING = "fact_missing"  #: a message needs a fact that is unknown
    CAPACITY = "capacity"  #: the channel has sent what it can this week
    APPROVAL_VOID = "approval_void"  #: something the approval covers changed afterwards
    CYCLE_ENDED = "cycle_ended"  #: the cycle ended before it was due
    UNSENDABLE = "unsendable"  #: the approved words can't be written as an honest mail
    WORKER_GONE = "worker_gone"  #: the worker died around the moment of sending
    FOUND_AFTER_CRASH = "found_after_crash"  #: the worker died, but the message was found to have left
    OUTSIDE_SEGMENT = "outside_segment"  #: enrolled earlier, but not in the brief's segment now
    OPTED_OUT = "opted_out"  #: the customer turned off this topic or channel, or asked for a pause
    OWN_LIMIT = "own_limit"  #: the customer asked for fewer messages
    QUIETED = "quieted"  #: another action keeps this topic away for a time
    NOT_ALLOWED = "not_allowed"  #: the campaign is not live, and this address is not on the allow-list
    COMPLAINED = "complained"  #: the customer complained, or answered in anger: a person takes over
    GOAL_REACHED = "goal_reached"  #: what the journey waited for happened
    TRY_LATER = "try_later"  #: the mail server could not take it now; nothing left
    MAY_HAVE_LEFT = "may_have_left"  #: the mail server took it and did not say so
    REFUSED_BY_SERVER = "refused_by_server"  #: the mail server refused it for good
    ERASED = "erased"  #: the customer asked to be erased
    UNIT_LEFT = "unit_left"  #: the unit cancelled or left the company meanwhile


class Candidate(Frozen):
    """An action weighed for one unit: value and interval in JPY net of cost.

    `probability` is that of this action being the final choice, whether it was or not; those of all candidates and
    of nothing sum to 1. `channel` is the one that it would have gone over.
    """

    action: str
    eligible: bool
    why_not: str = ""
    value_jpy: float | None = None
    low_jpy: float | None = None
    high_jpy: float | None = None
    uplift: float | None = None
    cost_jpy: float = 0.0
    probability: float = 0.0
    channel: str | None = None


class Decision(Frozen):
    """What was decided for one unit in one cycle. `action` None means: leave alone, for `reason`."""

    id: str
    campaign: str
    cycle: int
    unit_id: str
    group: Group
    unit_active: bool | None = None
    action: str | None
    channel: str | None = None
    reason: Reason | None
    probability: float
    explored: bool
    value_jpy: float
    candidates: tuple[Candidate, ...]
    versions: dict[str, str]


def decision_id(campaign: str, cycle: int, unit_id: str) -> str:
    """The same for the same unit and cycle, however often a node runs again."""
    return f"{campaign}/{cycle}/{unit_id}"

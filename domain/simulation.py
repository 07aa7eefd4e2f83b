"""A simulated campaign as data: what many runs on the twin came to, in each world. Rendering knows nothing else."""

from datetime import date

from .brief import Language, Metric
from .model import Frozen


class Range(Frozen):
    """The middle of many runs, and what holds 80 % and 95 % of them; None throughout where no run says anything."""

    median: float | None
    mean: float | None
    low: float | None
    high: float | None
    low95: float | None
    high95: float | None


class Share(Frozen):
    """In how many of the runs something happened, with what so many runs say of the chance (95 %)."""

    value: float
    low: float
    high: float
    of: int


class WorldResult(Frozen):
    """What the plan comes to in one world. Lifts are relative; money is in JPY, of the units simulated."""

    world: str  # stated | half | none | harmful | optimistic
    runs: int
    true_lift: Range
    seen_lift: Range
    better: Share
    worse: Share
    goal: Share
    ever_better: Share
    """At any look, not the last alone."""
    gained_jpy: Range
    cost_jpy: Range
    harmed: Share
    """Runs in which the campaign truly lowered what it was to raise."""
    dropped_by: tuple[Share, ...]
    """By the end of each cycle: runs in which the action that the plan counts on most was dropped as harmful."""


class CycleForecast(Frozen):
    """One cycle of the stated world."""

    cycle: int
    on: date
    contacts: Range
    spent_jpy: Range
    """To date."""
    seen_lift: Range
    better: Share


class ActionForecast(Frozen):
    """What is learned of one action in the stated world. Beliefs in points (0.02 = 2 points)."""

    action: str
    describe: dict[Language, str]
    outcome: str
    is_measurable: bool
    """Whether its outcome is known before the campaign ends; else nothing is learned of it."""
    mean: float
    sd: float
    sd_by: tuple[float, ...]
    """Median standard deviation of the belief at the end of each cycle."""
    contacts: tuple[float, ...]
    """Mean per cycle."""
    noticed_by: tuple[Share, ...]
    """Of the runs in which it truly does harm: those that have dropped it by the end of each cycle."""
    wrongly_dropped: Share
    """Of the runs in which it does not."""


class Workload(Frozen):
    """What people have to read in the week after a cycle's plan was made."""

    cycle: int
    week: int
    reviews: Range
    texts: Range
    rep_drafts: Range
    """All reps together."""
    busiest_rep: Range


class Limit(Frozen):
    """Something that kept contacts from being made."""

    kind: str  # limit | reason
    name: str
    runs: Share
    """In which it spoke at all."""
    times: float
    """Of a reason: units and actions it kept apart, the mean of a cycle. Of a limit: cycles in which it bound."""


class Bars(Frozen):
    """A histogram: one more edge than counts."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


class FirstPlan(Frozen):
    """What cycle 1 decides; the same in all runs, and what a real campaign would decide today."""

    audience: int
    groups: dict[str, int]
    contacts: int
    cost_jpy: float
    by_action: dict[str, int]
    counts_on: str | None
    """The action with the largest expected value."""


class Assumed(Frozen):
    """What neither data nor beliefs say, and the simulation takes for granted."""

    fatigue: float
    opt_outs_per_message: float
    answers: float
    model_shift: float
    """Of the model's log odds of loss, as the last cycle showed it."""
    model_shift_sd: float
    joining: int
    """New units a cycle."""


class Simulation(Frozen):
    """All of it."""

    campaign: str
    company: dict[Language, str]
    fictional: bool
    metric: Metric
    target_lift: float
    horizon_days: int
    cycles: int
    cycle_days: int
    starts_on: date
    budget_jpy: float
    expiry_days: int
    units: int
    simulated_units: int
    seed: int
    first: FirstPlan
    worlds: tuple[WorldResult, ...]
    per_cycle: tuple[CycleForecast, ...]
    true_lifts: Bars
    seen_lifts: Bars
    messages: tuple[tuple[int, float], ...]
    """Messages over the whole campaign, and the share of those it could reach who get so many."""
    opted_out: Range
    workload: tuple[Workload, ...]
    limits: tuple[Limit, ...]
    actions: tuple[ActionForecast, ...]
    assumed: Assumed

    @property
    def stated(self) -> WorldResult:
        return self.worlds[0]

"""What each action did, for the report: belief before, evidence, belief now, and whom it suits."""

from collections.abc import Iterator

from sqlmodel import Session

from ..agents.believing import learned_beliefs
from ..agents.weighing import HARM_IS_LIKELY
from ..agents.workspace import Workspace
from ..decisioning.learning import uplift
from ..domain.playbook import Action
from ..domain.report import ActionResult, Estimate, Leaning
from ..store import campaigns, decisions, deliveries
from ..store.tables import BeliefRow, DeliveryRow

_LEVEL = 0.95
_Z95 = 1.96
#: Whom an action suits is told as soon as it is more likely than not to be so by far, and said to be no more than that.
_LEANING_LEVEL = 0.8
_AFTER_ALL = 1_000_000


def actions_of(workspace: Workspace, session: Session, cycles: int) -> tuple[ActionResult, ...]:
    """One result for each action of the playbook, after so many cycles."""
    name = workspace.brief.name
    learned = campaigns.beliefs(session, name)
    chosen = decisions.count_actions(session, name)
    rows = deliveries.deliveries(session, name)
    beliefs = learned_beliefs(workspace, _AFTER_ALL)
    return tuple(
        _action(
            action,
            beliefs[action.action],
            [row for row in learned if row.action == action.action],
            [row for row in rows if row.action == action.action],
            tuple(chosen.get((action.action, cycle), 0) for cycle in range(1, cycles + 1)),
        )
        for action in workspace.actions.values()
    )


def _action(
    action: Action,
    now: uplift.Belief,
    learned: list[BeliefRow],
    rows: list[DeliveryRow],
    per_cycle: tuple[int, ...],
) -> ActionResult:
    prior = action.value.prior_uplift
    states = [row.state for row in rows]
    return ActionResult(
        action=action.action,
        describe=action.describe,
        outcome=action.value.outcome,
        sent=states.count("sent"),
        handed_over=states.count("handed_over"),
        cost_jpy=sum(row.cost_jpy for row in rows if row.reached_at is not None),
        prior=_belief_estimate(uplift.Belief(prior.mean, prior.sd)),
        evidence=_pooled(learned),
        treated=sum(row.treated for row in learned),
        compared=sum(row.compared for row in learned),
        belief=_belief_estimate(now),
        state=_state(now, per_cycle),
        per_cycle=per_cycle,
        belief_path=(prior.mean, *(row.mean for row in learned)),
        leanings=tuple(_leanings(now)),
    )


def _state(now: uplift.Belief, per_cycle: tuple[int, ...]) -> str:
    if uplift.probability_below_zero(now) >= HARM_IS_LIKELY:
        return "dropped"
    return "used" if any(per_cycle) else "unused"


def _pooled(learned: list[BeliefRow]) -> Estimate | None:
    """All cycles' evidence together, weighted by precision."""
    known = [(row.estimate, row.se) for row in learned if row.estimate is not None and row.se]
    if not known:
        return None
    weights = [1 / se**2 for _, se in known]
    value = sum(weight * estimate for weight, (estimate, _) in zip(weights, known, strict=True)) / sum(weights)
    half = _Z95 / sum(weights) ** 0.5
    return Estimate(value=value, low=value - half, high=value + half, level=_LEVEL)


def _belief_estimate(belief: uplift.Belief) -> Estimate:
    low, high = uplift.interval(belief, _LEVEL)
    return Estimate(value=belief.mean, low=low, high=high, level=_LEVEL)


def _leanings(now: uplift.Belief) -> Iterator[Leaning]:
    """The figures along which the effect differs, as far as outcomes have shown it."""
    if now.slopes is None:
        return
    width = uplift.half_width(_LEANING_LEVEL)
    for place, name in enumerate(now.slopes.axes.names):
        mean, half = now.slopes.mean[place], width * now.slopes.covariance[place + 1][place + 1] ** 0.5
        if abs(mean) > half:
            change = Estimate(value=mean, low=mean - half, high=mean + half, level=_LEANING_LEVEL)
            yield Leaning(figure=name, change=change)

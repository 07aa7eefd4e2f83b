"""The verdict on the goal from one figure per unit: policy against holdout, for a real campaign and a simulated one."""

from typing import Any

import numpy as np

from ..decisioning.learning import uplift
from ..decisioning.measuring import experiment
from ..domain.brief import Metric
from .choosing import Enrolled
from .indicators import interval_figures
from .looking import bound_of_goal
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]


def compare(workspace: Workspace, y: Array, before: Array, is_policy: Array, cycle: int) -> dict[str, Any]:
    """The verdict on the goal after a cycle: each unit's metric, what was known of it before, and its side.

    Units of which the metric says nothing (who had left before the start can't leave) are not compared.
    """
    known = np.isfinite(y)
    y, before, is_policy = y[known], before[known], is_policy[known]
    z = bound_of_goal(workspace, y, cycle)
    sides = (y[is_policy], y[~is_policy], before[is_policy], before[~is_policy])
    policy_mean, holdout_mean = (0.0 if np.isnan(mean) else mean for mean in experiment.adjusted_means(*sides))
    difference = experiment.adjusted_difference(*sides, z=z)
    lift = experiment.relative_lift(*sides, z=z)
    judged = lift if np.isfinite(lift.low) else difference  # the verdict judges what the report shows
    better = _chance_of_better(workspace, judged)
    toward = _toward_goal(workspace, judged)
    verdict = experiment.verdict(toward, posterior_better=better, is_final=cycle == workspace.brief.cycles)
    return {
        "verdict": verdict.value,
        "policy_units": int(is_policy.sum()),
        "holdout_units": int((~is_policy).sum()),
        "policy_mean": policy_mean,
        "holdout_mean": holdout_mean,
        "difference": interval_figures(difference),
        "lift": interval_figures(lift),
        "z": z,
        "variance_explained": _variance_explained(y, before),
    }


def baseline_of_goal(workspace: Workspace, row: Enrolled) -> float:
    """What was predicted of the unit when it was enrolled: the covariate that takes out noise (CUPED)."""
    if workspace.brief.goal.metric in (Metric.LTV, Metric.ORDER_VALUE):
        return row.baseline_ltv_jpy
    return row.baseline_churn_risk


def _toward_goal(workspace: Workspace, interval: experiment.Interval) -> experiment.Interval:
    """The interval with the sign turned where lower is better."""
    if workspace.brief.goal.metric is not Metric.CHURN_RATE:
        return interval
    return experiment.Interval(
        -interval.estimate,
        -interval.high,
        -interval.low,
        interval.se,
        interval.level,
        interval.n_policy,
        interval.n_control,
    )


def _chance_of_better(workspace: Workspace, difference: experiment.Interval) -> float:
    """Posterior probability of a change toward the goal under a flat prior."""
    toward = _toward_goal(workspace, difference)
    return 1.0 - uplift.probability_below_zero(uplift.Belief(toward.estimate, toward.se)) if toward.se > 0 else 0.0


def _variance_explained(y: Array, before: Array) -> float:
    known = ~np.isnan(y) & ~np.isnan(before)
    if known.sum() < 3 or y[known].std() == 0 or before[known].std() == 0:
        return 0.0
    return min(float(np.corrcoef(y[known], before[known])[0, 1] ** 2), 0.999)  # a period in which nothing happened

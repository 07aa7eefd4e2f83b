"""What an action did, as a comparison of those it reached with others shows it: on average, and to whom more."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..customers.table import FeatureTable
from ..decisioning.learning import differing, uplift
from ..decisioning.learning.axes import Axes
from ..domain.playbook import Action
from .believing import Piece
from .telling_apart import figures_of, names_of_figures
from .weighing import stake
from .workspace import Workspace
from .worth import chance_of_loss

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Seen:
    """The effect on a unit for which the action's uplift is the average one, and the evidence that beliefs add up."""

    effect: uplift.Evidence
    piece: Piece


@dataclass(frozen=True)
class Compared:
    """Units by their places in the table: who was treated, what came of them, and what was foreseen without contact.

    `weight` is one over the probability of what was done, where only chance's decisions are compared.
    """

    where: Array
    treated: Array
    outcome: Array
    foreseen: Array
    weight: Array | None = None


def effect_seen(
    workspace: Workspace, table: FeatureTable, action: Action, compared: Compared, axes: Axes | None
) -> Seen | None:
    """`axes` are those of the action's earlier evidence; without any, they go through these units."""
    treated, weight = compared.treated, compared.weight
    names = names_of_figures(workspace, table)
    figures = figures_of(table, names, compared.where)
    along = axes if axes is not None and axes.names == names else Axes.through(names, figures)
    steps = along.steps(figures)
    found = uplift.estimate_effect(compared.outcome, compared.foreseen, treated, weight, steps)
    if found is None:
        return None
    scale, _ = stake(workspace, table, compared.where, action)
    average = float(np.average(scale[treated], weights=None if weight is None else weight[treated]))
    effect = uplift.Evidence(found.estimate / average, found.se / average, found.n_treated, found.n_control)
    told = differing.evidence(effect, compared.outcome, compared.foreseen, treated, scale, steps, weight)
    return Seen(effect, (along, told))


def foreseen(workspace: Workspace, action: Action, table: FeatureTable, where: Array) -> Array:
    """What was predicted of the action's outcome without contact, or goes with it, for the units at these places."""

    def of(name: str) -> Array:
        return np.asarray(np.nan_to_num(table.columns[name].astype(float)[where]))

    if action.value.kind == "upgraded":
        return of("quota_used_last_month")
    if action.value.kind == "referred":
        return np.minimum(of("referrals_total"), 1.0)
    if action.value.kind == "ordered":
        return _chance_of_order(workspace, table, where, action)
    return 1.0 - chance_of_loss(workspace, of("churn_risk"), action.value.within_days)


def _chance_of_order(workspace: Workspace, table: FeatureTable, where: Array, action: Action) -> Array:
    """Predicted where orders are what churn is about; else by whether they ordered lately."""
    days = action.value.within_days
    if workspace.brief.business.model == "transactions":
        risk = np.nan_to_num(table.columns["churn_risk"].astype(float)[where], nan=1.0)
        return np.asarray(1.0 - chance_of_loss(workspace, risk, days))
    since = table.columns["days_since_last_order"].astype(float)[where]
    return np.asarray(since <= days, dtype=float)

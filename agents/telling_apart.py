"""The figures of a unit that an action's effect may differ by: few, the same for every action, never protected ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..customers.table import FeatureTable
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]

#: How likely it leaves, what it is worth, how long it has been here, and how it takes our mails.
FIGURES = ("churn_risk", "ltv_jpy", "days_since_joined", "mail_open_rate_90d")
_LOGARITHMS = ("ltv_jpy", "days_since_joined")


def names_of_figures(workspace: Workspace, table: FeatureTable) -> tuple[str, ...]:
    """Those that the table has and the brief does not protect."""
    return tuple(name for name in FIGURES if name in table.columns and name not in workspace.protected)


def figures_of(table: FeatureTable, names: Sequence[str], where: Array) -> Array:
    """Units by figures, NaN where unknown; amounts and times on a scale of ratios, risks as log odds."""
    return np.column_stack([np.zeros((len(where), 0)), *(_figure(table, name, where) for name in names)])


def _figure(table: FeatureTable, name: str, where: Array) -> Array:
    if name not in table.columns:
        return np.full(len(where), np.nan)
    values = table.columns[name].astype(float)[where]
    if name == "churn_risk":
        risk = np.clip(values, 1e-3, 1.0 - 1e-3)
        return np.asarray(np.log(risk / (1.0 - risk)))
    return np.asarray(np.log1p(np.maximum(values, 0.0)) if name in _LOGARITHMS else values)

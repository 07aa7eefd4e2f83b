"""Whether the churn model's world changed: columns and scores against training, and promises against what came."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from ..customers.opening import Customers
from ..customers.outcomes import retained
from ..customers.snapshot import load
from ..decisioning.risk import calibration, churn, drift
from ..store import campaigns
from ..store.tables import SnapshotRow
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Promised:
    """What an earlier snapshot promised of the units that were then left alone, and what came."""

    as_of: date
    units: int
    expected: float
    seen: int
    ratio: calibration.Estimate

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        figures = {"as_of": self.as_of.isoformat(), "units": self.units, "expected": self.expected, "seen": self.seen}
        return figures | {"ratio": self.ratio._asdict()}


@dataclass(frozen=True)
class Watched:
    """Drift of the model's world; `promised` is None until a snapshot is as old as the churn window."""

    drift: drift.Drift
    promised: Promised | None

    @property
    def told(self) -> tuple[str, ...]:
        """What matters: columns that went missing by name, 'score', 'events', 'promised'."""
        is_off = self.promised is not None and drift.is_off(self.promised.ratio)
        return (*self.drift.told, "promised") if is_off else self.drift.told

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        promised = None if self.promised is None else self.promised.as_dict()
        return self.drift.as_dict() | {"promised": promised, "told": list(self.told)}


def watch(
    model: churn.ChurnModel,
    before: Mapping[str, Array],
    now: Mapping[str, Array],
    risk: tuple[Array, Array],
    units_before: int,
    promised: Promised | None,
) -> Watched:
    """Compare training rows with today's active units, column by column in their own units, and by their `risk`."""
    seen = drift.watch(
        before,
        now,
        scores=None if model.is_fallback else risk,
        events=model.surplus,
        weights={driver.column: driver.weight for driver in model.drivers},
        units_before=units_before,
    )
    return Watched(seen, promised)


def promised(workspace: Workspace, customers: Customers, as_of: date) -> Promised | None:
    """The newest snapshot whose churn window is over: the risk it gave, and who left, of those not written to."""
    window = workspace.brief.business.churn_window.days
    row = _matured(workspace, as_of - timedelta(days=window))
    if row is None:
        return None
    start = datetime.combine(row.as_of.date(), time(0), tzinfo=UTC)
    end = start + timedelta(days=window)
    table = load(workspace.folder / row.path, row.digest)
    risk = table.columns["churn_risk"].astype(float)
    left = 1.0 - retained(customers, table.unit_ids, start, end)
    with workspace.store.read() as session:
        contacted = campaigns.units_reached_between(session, start, end)
    alone = np.array([unit not in contacted for unit in table.unit_ids], dtype=bool)
    usable = alone & np.isfinite(risk) & np.isfinite(left)
    if not usable.any():
        return None
    risk, left = risk[usable], left[usable]
    ratio = calibration.surplus(risk, left)
    return Promised(start.date(), int(usable.sum()), float(risk.sum()), int(left.sum()), ratio)


def drift_findings(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The figures of what matters in a kept model record: `what` moved, and how.

    Of 'score', also which columns are `behind` it, separated by commas.
    """
    seen = model.get("drift")
    if not seen:
        return []
    shifts = {shift["name"]: shift for shift in [*seen["columns"], seen["score"]] if shift is not None}
    ratios = {"events": seen["events"], "promised": (seen["promised"] or {}).get("ratio")}
    found = []
    for what in seen["told"]:
        figures = ratios.get(what) or dict(shifts[what])
        if what == "score":
            figures["behind"] = ",".join(seen["behind"])
        found.append({"what": what, **figures})
    return found


def _matured(workspace: Workspace, latest: date) -> SnapshotRow | None:
    with workspace.store.read() as session:
        rows = campaigns.snapshots(session)
    own = [row for row in rows if row.campaign == workspace.brief.name and row.as_of.date() <= latest]
    own = [row for row in own if (workspace.folder / row.path).is_file()]
    return max(own, key=lambda row: row.as_of, default=None)

"""The analysis agent: what is true. Unified customers, features, scores, signals; findings with their figures."""

from datetime import date
from typing import Any

import numpy as np
from langgraph.runtime import Runtime

from ..customers.eligibility import matches
from ..customers.table import FeatureTable
from ..store import campaigns
from ..store.tables import CycleRow
from .drifting import drift_findings
from .listening import listen_to, open_urgent, what_they_say
from .moving import keep_segments, keep_signals
from .reading import open_customers
from .reasoning.opening import keep_reasoning, reasoner_for, tell
from .records import keep_people
from .scoring import Scored, load_snapshot, score_units
from .state import CampaignState
from .workspace import Context, Workspace


def analyse(state: CampaignState, runtime: Runtime[Context]) -> CampaignState:
    """Read the sources, publish the cycle's snapshot, keep the findings."""
    workspace = runtime.context.open()
    with workspace.store.read() as session:
        cycle = campaigns.cycle(session, state["campaign"], state["cycle"])
    assert cycle is not None, "the cycle is opened before it is analysed"
    workspace.tell("reading", folder=workspace.data.name)
    with open_customers(workspace) as customers:
        keep_people(workspace, customers)
        listen_to(workspace, customers, cycle)
        open_urgent(workspace, customers, cycle)
        workspace.tell("scoring", units=customers.row_counts["accounts"])
        scored = score_units(workspace, customers, cycle.starts_at.date())
        faults = len(customers.faults)
    changes = _changes(workspace, state, scored.table, cycle.starts_at.date())
    changes += [_finding("voice", **topic) for topic in what_they_say(workspace, cycle)]
    findings = _findings(workspace, scored, changes, faults)
    with workspace.store.write() as session:
        row = campaigns.cycle(session, state["campaign"], state["cycle"])
        assert row is not None
        row.snapshot, row.findings = scored.name, findings
        session.add(row)
    for finding in findings:
        workspace.tell(f"finding.{finding['kind']}", **finding["figures"])
    _say(workspace, state["cycle"], findings)
    return {"snapshot": scored.name, "revision": 0, "counts": {"units": len(scored.table)}}


def _say(workspace: Workspace, cycle: int, findings: list[dict[str, Any]]) -> None:
    """What stands out in the findings, as the brief's reasoner says it; kept with the cycle, beside the figures."""
    goal = workspace.brief.goal
    wanted = f"{goal.metric.value} {goal.relative_lift:+.0%} in {goal.horizon.days} days"
    said = reasoner_for(workspace, "analysis", cycle).say_findings(wanted, findings)
    tell(workspace, "analysis", said.record)
    observations = [observation.model_dump(mode="json") for observation in said.observations]
    keep_reasoning(workspace, cycle, "analysis", {**said.record.as_dict(), "observations": observations})


def _changes(workspace: Workspace, state: CampaignState, table: FeatureTable, on: date) -> list[dict[str, Any]]:
    """Signals and segments are kept with the cycle; what they tell since the snapshot before are findings."""
    earlier = _previous(workspace, state)
    before = load_snapshot(workspace, earlier.snapshot) if earlier is not None and earlier.snapshot else None
    counts = keep_signals(workspace, table, before, on)
    moved = keep_segments(workspace, table, before, on, earlier.starts_at.date() if earlier is not None else None)
    signals = [_finding("signal", signal=name, units=count) for name, count in sorted(counts.items()) if count]
    return [*signals, *moved]


def _previous(workspace: Workspace, state: CampaignState) -> CycleRow | None:
    if state["cycle"] == 1:
        return None
    with workspace.store.read() as session:
        return campaigns.cycle(session, state["campaign"], state["cycle"] - 1)


def _findings(workspace: Workspace, scored: Scored, changes: list[dict[str, Any]], faults: int) -> list[dict[str, Any]]:
    """Each finding is a kind, put into words by whoever shows it, and the figures that carry it."""
    table, model = scored.table, scored.model
    active = table.columns["is_active"].astype(float) == 1
    segment = matches(workspace.brief.segment, table)
    risk = table.columns["churn_risk"].astype(float)
    value = table.columns["ltv_jpy"].astype(float)
    found = [
        _finding(
            "segment",
            active=int(active.sum()),
            units=len(table),
            segment=int(segment.sum()),
            ltv_share=_ratio(np.nansum(value[segment]), np.nansum(value[active])),
        ),
        _finding(
            "risk",
            segment_churn=_mean(risk[segment]),
            active_churn=_mean(risk[active]),
            days=workspace.brief.business.churn_window.days,
        ),
        _model_finding(model),
        *(_finding("drift", **figures) for figures in drift_findings(model)),
        *_value_findings(model.get("value", {})),
    ]
    return found + changes + ([_finding("faults", rows=faults)] if faults else [])


def _model_finding(model: dict[str, Any]) -> dict[str, Any]:
    if model["is_fallback"] or model["auc"] is None:
        return _finding("no_model", note=model["note"])
    figures = ("auc", "brier", "brier_base", "n_rows", "n_events")
    beside = {"plain_auc": model["plain"]["auc"], "plain_brier": model["plain"]["brier"]}
    return _finding("model", **{name: model[name] for name in figures}, **beside)


def _value_findings(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Which model lifetime value rests on, and why not another; nothing in snapshots from before it was told."""
    if "why" not in value:
        return []
    check = value.get("check") or {}
    figures = {name: value.get(name, 0) for name in ("model", "buyers", "history_days", "window_days", "left")}
    figures["total_error"] = check.get("total_error") or 0.0
    return [_finding(f"value_{value['kind']}_{value['why']}", **figures)]


def _finding(kind: str, **figures: Any) -> dict[str, Any]:
    return {"kind": kind, "figures": figures}


def _mean(values: Any) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else 0.0


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0

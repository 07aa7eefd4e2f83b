"""What a receipt says beyond the decision's own row: the conditions and figures that kept an action from a unit."""

from dataclasses import asdict
from typing import Any

from ..customers.signals.standing_against import against
from ..customers.snapshot import row_of
from ..customers.table import FeatureTable
from ..domain.decision import Reason
from ..domain.made_from import MadeFrom
from ..domain.playbook import Action
from ..store import campaigns
from ..store.tables import DecisionRow, PlanRow
from .workspace import Workspace

_OF_RULES = frozenset({Reason.RULE.value, Reason.UNKNOWN_FIGURE.value})


def rules_against(workspace: Workspace, row: DecisionRow) -> dict[str, list[dict[str, Any]]]:
    """Action -> the conditions of its rule that stood against the unit: `condition`, `truth`, `figures`.

    Read from the snapshot and the playbook that the decision was made from. Nothing where one of them is gone.
    """
    out = [each["action"] for each in row.candidates if each.get("why_not") in _OF_RULES]
    if not out:
        return {}
    with workspace.store.read() as session:
        plan = campaigns.latest_plan(session, row.campaign, row.cycle)
        cycle = campaigns.cycle(session, row.campaign, row.cycle)
        name = cycle.snapshot if cycle is not None else None
        manifest = campaigns.snapshot(session, row.campaign, name) if name else None
    unit = row_of(workspace.folder / manifest.path, row.unit_id) if manifest is not None else None
    if unit is None:
        return {}
    actions = actions_of(workspace, plan)
    return {name: _told(actions[name], unit) for name in out if name in actions}


def actions_of(workspace: Workspace, plan: PlanRow | None) -> dict[str, Action]:
    """The actions that a plan was made from; today's where it kept none that can be read."""
    made_from = MadeFrom.read(plan.made_from) if plan is not None else None
    return made_from.actions_then() if made_from is not None else workspace.actions


def _told(action: Action, unit: FeatureTable) -> list[dict[str, Any]]:
    return [asdict(each) for each in against(action.when, unit)]

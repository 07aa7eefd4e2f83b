"""What is believed of each action: the playbook's prior, and all evidence since."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..decisioning.learning import differing, uplift
from ..decisioning.learning.axes import Axes
from ..decisioning.learning.posterior import Evidence
from ..store import campaigns
from ..store.tables import BeliefRow
from .workspace import Workspace

#: Evidence, and the axes along which it says how effects differ.
Piece = tuple[Axes, Evidence]


def current_beliefs(workspace: Workspace, cycle: int) -> dict[str, uplift.Belief]:
    """What decides a cycle: the newest beliefs that the gate did not refuse (agents/promoting.py; decision 0026).

    Stopping needs less proof than starting: an action that refused beliefs call harmful stays out in any case.
    """
    newest = learned_beliefs(workspace, cycle)
    with workspace.store.read() as session:
        before, stopped = campaigns.beliefs_in_force(session, workspace.brief.name, cycle)
    if before == cycle:
        return newest
    held = learned_beliefs(workspace, before)
    return {action: newest[action] if action in stopped else belief for action, belief in held.items()}


def learned_beliefs(workspace: Workspace, cycle: int) -> dict[str, uplift.Belief]:
    """What was learned before the cycle began, whether it decides or not; where nothing was, the playbook's prior."""
    with workspace.store.read() as session:
        rows = campaigns.beliefs(session, workspace.brief.name)
    return believe(workspace, playbook_priors(workspace), pieces_of(row for row in rows if row.cycle < cycle))


def playbook_priors(workspace: Workspace) -> dict[str, uplift.Belief]:
    """What the playbook says before any outcome."""
    priors = {name: action.value.prior_uplift for name, action in workspace.actions.items()}
    return {name: uplift.Belief(prior.mean, prior.sd) for name, prior in priors.items()}


def believe(
    workspace: Workspace, priors: Mapping[str, uplift.Belief], told: Mapping[str, Sequence[Piece]]
) -> dict[str, uplift.Belief]:
    """The beliefs after this evidence. Actions with the same aim learn from each other whom contact suits."""
    beliefs = dict(priors)
    for kind in {action.value.kind for action in workspace.actions.values()}:
        names = [name for name, action in workspace.actions.items() if action.value.kind == kind]
        pieces = [told.get(name, ()) for name in names]
        figures = _figures_of(workspace, pieces)
        axes = [next((along for along, _ in reversed(own) if along.names == figures), None) for own in pieces]
        sums = [added_up(own, figures) for own in pieces]
        after = differing.believe([priors[name] for name in names], axes, sums)
        beliefs |= dict(zip(names, after, strict=True))
    return beliefs


def _figures_of(workspace: Workspace, pieces: Iterable[Sequence[Piece]]) -> tuple[str, ...]:
    """By which figures effects are told apart: those of the evidence, unless the brief protects one of them now."""
    found = {along.names for own in pieces for along, _ in own if not workspace.protected.intersection(along.names)}
    return max(sorted(found), key=len, default=())


def added_up(pieces: Sequence[Piece], figures: tuple[str, ...]) -> Evidence | None:
    """All evidence along these figures; what was told along others counts for the average alone."""
    if not pieces:
        return None
    precision, information = np.zeros((1 + len(figures),) * 2), np.zeros(1 + len(figures))
    for along, found in pieces:
        size = 1 + (len(figures) if along.names == figures else 0)
        precision[:size, :size] += found.precision[:size, :size]
        information[:size] += found.information[:size]
    return Evidence(precision, information)


def pieces_of(rows: Iterable[BeliefRow]) -> dict[str, list[Piece]]:
    """Action -> the evidence that is kept of it, the oldest first; of older campaigns, that of the average alone."""
    told: dict[str, list[Piece]] = {}
    for row in rows:
        if row.evidence:
            found = Evidence(np.array(row.evidence["precision"]), np.array(row.evidence["information"]))
            told.setdefault(row.action, []).append((Axes.read(row.evidence["axes"]), found))
        elif row.estimate is not None and row.se:
            found = Evidence(np.array([[row.se**-2]]), np.array([row.estimate * row.se**-2]))
            told.setdefault(row.action, []).append((Axes((), (), ()), found))
    return told


def as_kept(pieces: Sequence[Piece]) -> dict[str, Any]:
    """One cycle's evidence, all along the same axes, as plain JSON values for `pieces_of`."""
    if not pieces:
        return {}
    axes = pieces[-1][0]
    whole = added_up(pieces, axes.names)
    assert whole is not None
    return {"axes": axes.as_dict(), "precision": whole.precision.tolist(), "information": whole.information.tolist()}

"""Keeps what changed about the units of a snapshot: signals as episodes, segments, and who moved between them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from ..customers.features.catalogue import catalogue
from ..customers.signals.conditions import plain, tree_of
from ..customers.signals.finding import Found, find_signals
from ..customers.signals.movements import Moves, find_moves
from ..customers.signals.proposing import propose
from ..customers.signals.segments import NOWHERE, TARGET, Family, Places, Segment, families, places
from ..customers.table import FeatureTable
from ..domain.quantity import Language
from ..store import segments as kept
from .workspace import Workspace

#: The findings tell the largest movements; the page and the command tell all.
_TOLD = 4
_FEWEST = 3


def families_of(workspace: Workspace) -> tuple[Family, ...]:
    """All segments of a brief: packaged ones, those of its folder, and the one it is about."""
    return families(workspace.brief.segment, workspace.own_segments)


def keep_signals(
    workspace: Workspace,
    now: FeatureTable,
    before: FeatureTable | None,
    on: date,
    *,
    units: Collection[str] | None = None,
) -> dict[str, int]:
    """Open the episodes that begin and close those that lapsed; returns how many units each signal was found for.

    `units` are those that `now` was computed for: signals of all others stay as they are. None: `now` holds everybody,
    and who is missing has no signal any more. Doing it again on the same day changes nothing.
    """
    found = find_signals(now, before)
    name = workspace.brief.name
    with workspace.store.write() as session:
        open_now = kept.signals_that_hold(session, name, units)
        closed_today = kept.signals_ended_on(session, name, on, units)
        for each in found:
            signal, here = each.rule.name, set(each.unit_ids)
            stands, today = open_now.get(signal, set()), closed_today.get(signal, set())
            kept.end_signals(session, name, signal, sorted(stands - here), on)
            kept.reopen_signals(session, name, signal, sorted(here & today), on)
            kept.raise_signals(session, _episodes(name, each, stands | today, on))
    return {each.rule.name: len(each) for each in found}


def keep_segments(
    workspace: Workspace, now: FeatureTable, before: FeatureTable | None, on: date, since: date | None
) -> list[dict[str, Any]]:
    """Keep sizes, movements since the snapshot before, and proposals; returns the findings among them."""
    ours = families_of(workspace)
    members = places(ours, now)
    moved = find_moves(ours, before, now) if before is not None else []
    flows = [flow for moves in moved for flow in _flows(moves)]
    known = [members[family.name] == place for family in ours for place in range(len(family.segments))]
    proposals = propose(now.without(workspace.protected), known)
    name = workspace.brief.name
    with workspace.store.write() as session:
        kept.keep_movements(session, (row for moves in moved for row in _movements(name, moves, on)))
        kept.keep_segmentation(
            session,
            {
                "campaign": name,
                "as_of": on,
                "since": since if before is not None else None,
                "sizes": [size for family in ours for size in _sizes(family, members[family.name], now)],
                "flows": flows,
                "proposals": proposals,
            },
        )
    return [*_told(ours, flows), *({"kind": "proposal", "figures": _short(proposal)} for proposal in proposals)]


def conditions_of(rule: str) -> dict[str, Any]:
    """A sound rule as plain data: {"if": condition}, or `and`, `or`, `not` with their parts."""
    return plain(tree_of(rule))


def measures() -> dict[str, tuple[Mapping[Language, str], str]]:
    """Feature -> its meaning by language, and its unit."""
    return {feature.name: (feature.meanings, feature.unit) for feature in catalogue()}


def _episodes(campaign: str, found: Found, known: set[str], on: date) -> Iterator[dict[str, Any]]:
    for position, unit in enumerate(found.unit_ids):
        if unit not in known:
            yield {
                "campaign": campaign,
                "unit_id": unit,
                "signal": found.rule.name,
                "raised_on": on,
                "ended_on": None,
                "evidence": found.evidence(position),
            }


def _movements(campaign: str, moves: Moves, on: date) -> Iterator[dict[str, Any]]:
    for move in moves:
        yield {
            "campaign": campaign,
            "as_of": on,
            "family": moves.family.name,
            "unit_id": move.unit_id,
            "came_from": move.left,
            "went_to": move.joined,
            "why": move.why,
        }


def _flows(moves: Moves) -> Iterator[dict[str, Any]]:
    for flow in moves.flows():
        yield {"family": moves.family.name, **vars(flow)}


def _sizes(family: Family, members: Places, table: FeatureTable) -> Iterator[dict[str, Any]]:
    """One for each segment; of the life cycle also one for those whom no segment fits."""
    value = np.nan_to_num(table.columns["ltv_jpy"].astype(float))
    nobodys = [(NOWHERE, Segment("", "", {}))] if family.is_life_cycle else []
    for place, segment in [*enumerate(family.segments), *nobodys]:
        here = members == place
        yield {
            "family": family.name,
            "segment": segment.name,
            "units": int(here.sum()),
            "ltv_jpy": float(value[here].sum()),
            "rule": " ".join(segment.rule.split()),
            "meaning": segment.meaning,
        }


def _told(ours: Sequence[Family], flows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who came into trouble or got out of it, and how the campaign's own segment changed."""
    troubles = {segment.name for family in ours for segment in family.segments if segment.is_trouble}
    cycle = next(family.name for family in ours if family.is_life_cycle)
    told = [
        {"kind": "moved", "figures": {name: value for name, value in flow.items() if name != "family"}}
        for flow in flows
        if flow["family"] == cycle
        and flow["left"] is not None
        and flow["joined"] is not None
        and troubles & {flow["left"], flow["joined"]}
        and flow["units"] >= _FEWEST
    ]
    into, out = (
        sum(flow["units"] for flow in flows if flow["family"] == TARGET and flow[way] == TARGET)
        for way in ("joined", "left")
    )
    target = [{"kind": "target_moved", "figures": {"joined": into, "left": out}}] if into or out else []
    return told[:_TOLD] + target


def _short(proposal: dict[str, Any]) -> dict[str, Any]:
    """What a finding tells of a proposal: flat figures."""
    return {name: proposal[name] for name in ("rule", "units", "ltv_share", "lift")}

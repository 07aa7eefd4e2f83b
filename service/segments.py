"""Segments as people look at them: how large, who moved and why, what is proposed. Read only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from ..agents.moving import conditions_of, measures
from ..agents.workspace import Workspace
from ..domain.brief import Language
from ..domain.errors import UserError
from ..store import segments as kept
from ..store.tables import MovementRow, SegmentationRow

__all__ = ["Details", "Overview", "Size", "details", "measures", "overview"]
LIFE_CYCLE = "life_cycle"


@dataclass(frozen=True)
class Size:
    """One segment of a snapshot. `before` is its size in the snapshot before, None in the first one."""

    family: str
    segment: str  #: '' for those whom no segment of the life cycle fits
    units: int
    share: float
    ltv_jpy: float
    ltv_share: float
    before: int | None
    came: int
    left: int
    rule: str
    conditions: dict[str, Any]
    """The rule as plain data; see `agents.moving.conditions_of`."""
    meaning: Mapping[Language, str]


@dataclass(frozen=True)
class Overview:
    """Segments, movements, signals and proposals as of the newest snapshot."""

    campaign: str
    as_of: date
    since: date | None
    units: int
    sizes: tuple[Size, ...]
    flows: tuple[dict[str, Any], ...]
    signals: Mapping[str, int]
    proposals: tuple[dict[str, Any], ...]

    def of(self, *, life_cycle: bool) -> list[Size]:
        """The segments of the life cycle, or all others."""
        return [
            size for size in self.sizes if (size.family == LIFE_CYCLE) is life_cycle and (size.segment or size.units)
        ]

    def ways(self, *, life_cycle: bool) -> list[dict[str, Any]]:
        """The movements within the life cycle, or within all others; the largest first."""
        found = [flow for flow in self.flows if (flow["family"] == LIFE_CYCLE) is life_cycle]
        return sorted(found, key=lambda flow: -int(flow["units"]))


@dataclass(frozen=True)
class Details:
    """One segment: how it grew, and who moved since the snapshot before."""

    size: Size
    as_of: date
    since: date | None
    history: tuple[tuple[date, int], ...]
    flows: tuple[dict[str, Any], ...]
    moved: tuple[MovementRow, ...]


def overview(workspace: Workspace) -> Overview:
    """Raises UserError before the first analysis."""
    name = workspace.brief.name
    with workspace.store.read() as session:
        rows = kept.segmentations(session, name)
        signals = kept.count_signals(session, name)
    if not rows:
        raise UserError(
            f"nothing is known of {name!r} yet: segments come with the first analysis; start it with `kizuna run`"
        )
    row = rows[-1]
    return Overview(
        campaign=name,
        as_of=row.as_of,
        since=row.since,
        units=_total(row),
        sizes=tuple(_sizes(row)),
        flows=tuple(row.flows),
        signals=dict(sorted(signals.items(), key=lambda item: (-item[1], item[0]))),
        proposals=tuple({**proposal, "conditions": conditions_of(proposal["rule"])} for proposal in row.proposals),
    )


def details(workspace: Workspace, segment: str, *, most: int = 50) -> Details:
    """One segment with at most so many of those who came or left. Raises UserError where there is none of that name."""
    seen = overview(workspace)
    by_name = {size.segment: size for size in seen.sizes if size.segment}
    if segment not in by_name:
        near = get_close_matches(segment, by_name, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(by_name)}"
        raise UserError(f"there is no segment {segment!r}{hint}")
    size, name = by_name[segment], workspace.brief.name
    with workspace.store.read() as session:
        rows = kept.segmentations(session, name)
        moved = kept.movements(session, name, seen.as_of, size.family, segment=segment, most=most)
    history = ((row.as_of, each["units"]) for row in rows for each in row.sizes if each["segment"] == segment)
    flows = (flow for flow in seen.flows if flow["family"] == size.family and segment in (flow["left"], flow["joined"]))
    return Details(size, seen.as_of, seen.since, tuple(history), tuple(flows), tuple(moved))


def _sizes(row: SegmentationRow) -> list[Size]:
    units = max(_total(row), 1)
    value = sum(each["ltv_jpy"] for each in row.sizes if each["family"] == LIFE_CYCLE) or 1.0
    found = []
    for each in row.sizes:
        ways = [flow for flow in row.flows if flow["family"] == each["family"]]
        segment = each["segment"] or None
        came = sum(flow["units"] for flow in ways if flow["joined"] == segment)
        left = sum(flow["units"] for flow in ways if flow["left"] == segment)
        found.append(
            Size(
                **each,
                share=each["units"] / units,
                ltv_share=each["ltv_jpy"] / value,
                before=None if row.since is None else each["units"] - came + left,
                came=came,
                left=left,
                conditions=conditions_of(each["rule"]) if each["rule"] else {},
            )
        )
    return found


def _total(row: SegmentationRow) -> int:
    return sum(each["units"] for each in row.sizes if each["family"] == LIFE_CYCLE)

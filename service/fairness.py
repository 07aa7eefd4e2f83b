"""How the declared groups fare, for the report: rates of the newest plan, lifts of the newest measurement."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..domain.report import Estimate, FairnessGroup, FairnessPart

_LEVEL = 0.95


def fairness_of(
    planned: Sequence[Mapping[str, Any]], measured: Sequence[Mapping[str, Any]]
) -> tuple[FairnessPart, ...]:
    """One part for each partition of the brief, with the lift of each group where it was measured."""
    lifts = {(part["feature"], group["label"]): group for part in measured for group in part["groups"]}
    return tuple(
        FairnessPart(
            feature=part["feature"],
            groups=tuple(_group(group, lifts.get((part["feature"], group["label"]))) for group in part["groups"]),
        )
        for part in planned
    )


def _group(planned: Mapping[str, Any], measured: Mapping[str, Any] | None) -> FairnessGroup:
    group = FairnessGroup.model_validate(planned)
    if measured is None or measured["lift"] is None:
        return group
    lift = Estimate(level=_LEVEL, **measured["lift"])
    return group.model_copy(update={"lift": lift, "lift_flagged": measured["flagged"]})

"""Fairness in a plan and in its outcome: which groups the brief declares, who is treated, offered to, and gains."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ..customers.table import FeatureTable
from ..decisioning.choosing.parity import Parity, parity_of
from ..decisioning.fairness import Grouping, GroupRate, group_lifts, group_rates, grouping, rate_gap
from ..domain.brief import Brief
from ..domain.playbook import Action

Array = np.ndarray[Any, np.dtype[Any]]


def groupings(brief: Brief, table: FeatureTable, where: Array) -> tuple[Grouping, ...]:
    """The declared partitions of these rows of the table; the groups are those of all its units."""
    return tuple(grouping(part.feature, table[part.feature], part.bands).pick(where) for part in brief.fairness.groups)


def bounds(
    brief: Brief, partitions: Sequence[Grouping], eligible: Array, tried: Array, by_hand: Array, share: float
) -> tuple[Parity, ...]:
    """The brief's bound for each partition of the units that the engine chooses for; none without `max_gap`."""
    fairness = brief.fairness
    if fairness.max_gap is None:
        return ()
    gap, smallest = fairness.max_gap, fairness.smallest_group
    return tuple(
        parity_of(part.code, eligible, tried, by_hand, share=share, max_gap=gap, smallest=smallest)
        for part in partitions
    )


def planned_fairness(
    brief: Brief,
    partitions: Sequence[Grouping],
    actions: Sequence[Action],
    eligible: Array,
    choice: Array,
    gaps: Sequence[float],
    forgone_jpy: float,
) -> list[dict[str, Any]]:
    """For each partition the groups' rates among the eligible units of the policy group, as the plan has them.

    `gaps`: of the probabilities to be treated, between groups that the bound is for; none where there is no bound.
    """
    some: Array = np.asarray(eligible.any(axis=1))
    offers = np.array([False, *(action.offer is not None for action in actions)])
    told = []
    for place, part in enumerate(partitions):
        here = part.pick(some)
        rates = group_rates(here, choice[some] > 0)
        offered = group_rates(here, offers[choice[some]])
        told.append(
            {
                "feature": part.feature,
                "groups": [_planned(rate, offer) for rate, offer in zip(rates, offered, strict=True)],
                "unknown": int((here.code < 0).sum()),
                "gap": rate_gap(rates),
                "max_gap": brief.fairness.max_gap,
                "bounded_gap": gaps[place] if place < len(gaps) else None,
                "forgone_jpy": forgone_jpy,
            }
        )
    return told


def _planned(rate: GroupRate, offer: GroupRate) -> dict[str, Any]:
    return {
        **asdict(rate),
        "too_few": rate.too_few,
        "offered": offer.treated,
        "offered_low": offer.low,
        "offered_high": offer.high,
        "offered_flagged": offer.flagged,
    }


def measured_fairness(
    brief: Brief, table: FeatureTable, unit_ids: Sequence[str], y: Array, before: Array, is_policy: Array, z: float
) -> list[dict[str, Any]]:
    """For each partition what the campaign changed in each group, policy less holdout."""
    place = {unit: row for row, unit in enumerate(table.unit_ids)}
    rows = np.array([place.get(unit, -1) for unit in unit_ids], dtype=np.int64)
    known = rows >= 0
    found = []
    for part in groupings(brief, table, rows[known]):
        lifts = group_lifts(part, y[known], before[known], is_policy[known], z=z)
        found.append(
            {
                "feature": part.feature,
                "groups": [
                    {
                        "label": each.label,
                        "flagged": each.flagged,
                        "lift": None
                        if each.lift is None
                        else {"value": each.lift.estimate, "low": each.lift.low, "high": each.lift.high},
                    }
                    for each in lifts
                ],
            }
        )
    return found

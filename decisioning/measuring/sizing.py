"""How large the groups have to be: the smallest comparison that still shows the wanted lift."""

import math
from collections.abc import Collection
from dataclasses import dataclass

from ...domain.decision import Group
from .experiment import MINIMUM_UNITS
from .feasibility import minimum_detectable_lift, units_needed

#: Below so many units random control teaches nothing; with more than its share it costs more than it teaches.
_RANDOM_UNITS, _LEAST_RANDOM, _MOST_RANDOM = 100, 5, 20
_LEAST_HOLDOUT, _MOST_HOLDOUT = 5, 50


@dataclass(frozen=True)
class Yardstick:
    """The goal's metric per unit without a plan, and what its test looks like."""

    mean: float
    sd: float
    variance_explained: float
    target_lift: float
    last_z: float | None = None

    def detectable(self, n_policy: float, n_control: float) -> float:
        """The smallest lift that these two groups show (80 % power, 5 % two-sided); infinite where none."""
        return minimum_detectable_lift(
            self.mean,
            self.sd,
            int(n_policy),
            int(n_control),
            variance_explained=self.variance_explained,
            last_z=self.last_z,
        )

    def units_needed(self, share_control: float) -> int | None:
        """Units in both groups together that show the target; None where no number does."""
        if self.mean <= 0.0 or self.target_lift <= 0.0:
            return None
        return units_needed(
            self.mean,
            self.sd,
            self.target_lift,
            share_control,
            variance_explained=self.variance_explained,
            last_z=self.last_z,
        )


@dataclass(frozen=True)
class Proposal:
    """Shares in whole percent."""

    percent: dict[Group, int]
    minimum_detectable_lift: float
    is_detectable: bool
    left_out: tuple[Group, ...]
    """Groups of the brief for which the audience is too thin."""
    units_needed: int | None
    """Units in policy and holdout, half and half, that would show the target."""


def propose_groups(audience: int, wanted: Collection[Group], yardstick: Yardstick) -> Proposal:
    """The groups that show the target lift at the least cost: the smallest holdout, and all groups that are wanted.

    What the holdout does not get is what it costs. Where the target can't be shown with all wanted groups, first
    random control goes, then business as usual: two groups show more than four that are too thin. If not even two
    halves show it, they are proposed, as what comes closest. A business as usual group is compared too and is made as
    large as the holdout.
    """
    extras = [group for group in (Group.RANDOM_CONTROL, Group.BUSINESS_AS_USUAL) if group in wanted]
    for dropped in range(len(extras) + 1):
        kept = extras[dropped:]
        found = _smallest(audience, kept, yardstick)
        if found is not None:
            return _proposal(audience, found, tuple(extras[:dropped]), yardstick)
    halves = {Group.POLICY: 50, Group.HOLDOUT: 50}
    return _proposal(audience, halves, tuple(extras), yardstick)


def _smallest(audience: int, extras: Collection[Group], yardstick: Yardstick) -> dict[Group, int] | None:
    """Shares with the smallest holdout that shows the target; None where none does."""
    random = 0
    if Group.RANDOM_CONTROL in extras:
        random = max(_LEAST_RANDOM, math.ceil(100 * _RANDOM_UNITS / audience)) if audience else 100
        if random > _MOST_RANDOM:
            return None
    usual = Group.BUSINESS_AS_USUAL in extras
    for holdout in range(_LEAST_HOLDOUT, _MOST_HOLDOUT + 1):
        policy = 100 - random - holdout * (2 if usual else 1)
        sizes = audience * policy / 100, audience * holdout / 100
        if policy < holdout or policy <= 0:
            return None
        if min(sizes) >= MINIMUM_UNITS and yardstick.detectable(*sizes) <= yardstick.target_lift:
            shares = {Group.POLICY: policy, Group.RANDOM_CONTROL: random, Group.BUSINESS_AS_USUAL: holdout * usual}
            return {group: share for group, share in shares.items() if share} | {Group.HOLDOUT: holdout}
    return None


def _proposal(audience: int, percent: dict[Group, int], left_out: tuple[Group, ...], yardstick: Yardstick) -> Proposal:
    smallest = yardstick.detectable(audience * percent[Group.POLICY] / 100, audience * percent[Group.HOLDOUT] / 100)
    needed = yardstick.units_needed(0.5)
    return Proposal(percent, smallest, smallest <= yardstick.target_lift, left_out, needed)

"""Which lever moves the goal: each one is pulled in the driver tree, and what the metric does is read off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ...domain.brief import Metric
from ...domain.playbook import Lever
from .tree import Drivers, better_is_higher, metric_value, repeat_rate

__all__ = [
    "Drivers",
    "Lever",
    "LeverPotential",
    "Metric",
    "better_is_higher",
    "lever_potentials",
    "metric_value",
    "needed_change",
    "pull",
]


@dataclass(frozen=True)
class LeverPotential:
    """What one lever can do for the goal; a positive gain is toward it."""

    lever: Lever
    reachable_change: float
    metric_before: float
    metric_after: float
    gain: float
    needed_change: float | None
    """How far this lever alone must move to reach the target; None when it cannot."""


def lever_potentials(
    metric: Metric, drivers: Drivers, reachable: Mapping[Lever, float], target: float
) -> list[LeverPotential]:
    """Each lever's effect on the metric at its reachable change, best first (ties in the order of `Lever`).

    One-at-a-time sensitivity of the driver tree (Saltelli et al. 2008, ch. 1): the order comes from the segment's own
    figures, so the same metric can call for another lever elsewhere.
    """
    before = metric_value(metric, drivers)
    sign = 1.0 if better_is_higher(metric) else -1.0
    potentials = []
    for lever in Lever:
        if lever in reachable:
            after = metric_value(metric, pull(lever, reachable[lever], drivers))
            needed = needed_change(metric, drivers, lever, target)
            gain = sign * (after - before)
            potentials.append(LeverPotential(lever, reachable[lever], before, after, gain, needed))
    return sorted(potentials, key=lambda potential: -potential.gain)


def pull(lever: Lever, change: float, drivers: Drivers) -> Drivers:
    """The drivers after the lever moved; what cannot go further stays at its end."""
    match lever:
        case Lever.ORDER_VALUE:
            return _earn_more(drivers, change)
        case Lever.FREQUENCY:
            return replace(drivers, orders_per_month=max(0.0, drivers.orders_per_month + change))
        case Lever.RETENTION:
            return replace(drivers, monthly_retention=_share(drivers.monthly_retention + change))
        case Lever.COST_TO_SERVE:
            return replace(drivers, monthly_cost_to_serve_jpy=max(0.0, drivers.monthly_cost_to_serve_jpy - change))
        case Lever.LOYALTY:
            return _grow_loyal(drivers, change)
        case Lever.REFERRAL:
            return replace(drivers, referrals_per_month=max(0.0, drivers.referrals_per_month + change))


def needed_change(metric: Metric, drivers: Drivers, lever: Lever, target: float) -> float | None:
    """The smallest change of this lever alone that reaches the target, by bisection; None when none does."""
    sign = 1.0 if better_is_higher(metric) else -1.0

    def reached(change: float) -> bool:
        return sign * (metric_value(metric, pull(lever, change, drivers)) - target) >= 0.0

    if reached(0.0):
        return 0.0
    furthest = _furthest(lever, drivers)
    high = furthest if furthest is not None else _double_until(reached)
    if high is None or not reached(high):
        return None
    low = 0.0
    for _ in range(80):
        middle = (low + high) / 2.0
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def _earn_more(drivers: Drivers, change: float) -> Drivers:
    """More revenue a month: from upgrades where there is one to sell and units to sell it to, else from add-ons."""
    upgrade = drivers.upgrade_value_jpy
    sold = min(1.0 - drivers.upgraded_share, max(0.0, change) / upgrade) if upgrade else 0.0
    add_on = change - sold * upgrade
    per_order = add_on / drivers.orders_per_month if drivers.orders_per_month else 0.0
    return replace(
        drivers,
        upgraded_share=drivers.upgraded_share + sold,
        order_value_jpy=max(0.0, drivers.order_value_jpy + per_order),
    )


def _grow_loyal(drivers: Drivers, change: float) -> Drivers:
    """A unit k times as loyal leaves 1/k as readily and orders k times as often, up to once a month.

    k is the one that moves the repeat rate by the change asked for.
    """
    wanted = repeat_rate(drivers) + change

    def loyal(k: float) -> Drivers:
        habit = min(1.0, drivers.orders_per_month * k)
        return replace(
            drivers,
            monthly_retention=_share(drivers.monthly_retention ** (1.0 / k)),
            orders_per_month=max(drivers.orders_per_month, habit) if k >= 1.0 else habit,
        )

    low, high = 1e-6, 1e6
    for _ in range(100):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if repeat_rate(loyal(middle)) < wanted else (low, middle)
    return loyal(high) if change else drivers


def _furthest(lever: Lever, drivers: Drivers) -> float | None:
    """Where the lever ends; None when it has no end."""
    match lever:
        case Lever.RETENTION:
            return 1.0 - drivers.monthly_retention
        case Lever.COST_TO_SERVE:
            return drivers.monthly_cost_to_serve_jpy
        case Lever.LOYALTY:
            return 1.0 - repeat_rate(drivers)
        case _:
            return None


def _double_until(reached: Callable[[float], bool]) -> float | None:
    change = 1e-3
    while not reached(change):
        change *= 2.0
        if change > 1e12:
            return None
    return change


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))

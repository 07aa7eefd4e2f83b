"""The driver tree: how a metric of the goal follows from the figures that actions can move."""

from dataclasses import dataclass

import numpy as np

from ...domain.brief import Metric
from ..arrays import Array
from .ltv import monthly_discount_factor


@dataclass(frozen=True)
class Drivers:
    """The average unit of a segment. Money in JPY, rates per month."""

    order_value_jpy: float
    orders_per_month: float
    monthly_retention: float
    margin: float
    monthly_cost_to_serve_jpy: float
    referrals_per_month: float = 0.0
    horizon_months: int = 12
    annual_discount: float = 0.1
    upgrade_rate_monthly: float = 0.0
    """Share of the units not yet upgraded that upgrade in a month."""
    upgrade_value_jpy: float = 0.0
    """Monthly price that one upgrade adds."""
    upgraded_share: float = 0.0
    """Share of units that an action has already upgraded."""

    def __post_init__(self) -> None:
        for name in ("monthly_retention", "upgrade_rate_monthly", "upgraded_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must lie between 0 and 1, got {getattr(self, name)!r}")
        if self.horizon_months < 1:
            raise ValueError(f"horizon_months must be at least 1, got {self.horizon_months!r}")
        for name in ("order_value_jpy", "orders_per_month", "referrals_per_month", "upgrade_value_jpy"):
            if not getattr(self, name) >= 0.0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)!r}")


def metric_value(metric: Metric, drivers: Drivers) -> float:
    """The metric that follows from the drivers."""
    match metric:
        case Metric.LTV:
            return _ltv(drivers)
        case Metric.CHURN_RATE:
            return 1.0 - drivers.monthly_retention
        case Metric.REPEAT_RATE:
            return repeat_rate(drivers)
        case Metric.ORDER_VALUE:
            upgraded = drivers.upgraded_share * drivers.upgrade_value_jpy
            return drivers.order_value_jpy + (upgraded / drivers.orders_per_month if drivers.orders_per_month else 0.0)
        case Metric.UPGRADES:
            return _upgrades(drivers)


def better_is_higher(metric: Metric) -> bool:
    """Churn is the one metric that a goal lowers."""
    return metric is not Metric.CHURN_RATE


def repeat_rate(drivers: Drivers) -> float:
    """Stays and orders at least once: in discrete time, retention times the chance of an order.

    The beta-geometric/beta-Bernoulli view (Fader, Hardie & Shang 2010) at the segment's averages; a subscriber,
    who orders every month, repeats by staying.
    """
    return drivers.monthly_retention * min(1.0, drivers.orders_per_month)


def _ltv(drivers: Drivers) -> float:
    """Sum of discounted margins of those still there, plus the worth of whom they refer.

    Referred units count from the month after, for the rest of the horizon, without referring on (the customer
    referral value of Kumar, Petersen & Leone 2010, first generation).
    """
    weights = _kept(drivers)
    own = float((weights * _margins(drivers, drivers.upgraded_share)).sum())
    if not drivers.referrals_per_month:
        return own
    newcomer = np.cumsum(weights * _margins(drivers, 0.0))
    worth_of_a_referral = np.r_[newcomer[-2::-1], 0.0] * monthly_discount_factor(drivers.annual_discount)
    return own + drivers.referrals_per_month * float((weights * worth_of_a_referral).sum())


def _upgrades(drivers: Drivers) -> float:
    """Upgraded by an action, or later by themselves while they are still there."""
    waiting = drivers.monthly_retention * (1.0 - drivers.upgrade_rate_monthly)
    by_themselves = drivers.upgrade_rate_monthly * float((waiting ** np.arange(drivers.horizon_months)).sum())
    return drivers.upgraded_share + (1.0 - drivers.upgraded_share) * by_themselves


def _kept(drivers: Drivers) -> Array:
    """Chance of still being there in month t, discounted."""
    kept = drivers.monthly_retention * monthly_discount_factor(drivers.annual_discount)
    return np.asarray(kept ** np.arange(drivers.horizon_months), dtype=np.float64)


def _margins(drivers: Drivers, upgraded_share: float) -> Array:
    """Margin of month t of a unit that is still there."""
    months = np.arange(drivers.horizon_months)
    upgraded = 1.0 - (1.0 - upgraded_share) * (1.0 - drivers.upgrade_rate_monthly) ** months
    revenue = drivers.order_value_jpy * drivers.orders_per_month + upgraded * drivers.upgrade_value_jpy
    return np.asarray(revenue * drivers.margin - drivers.monthly_cost_to_serve_jpy, dtype=np.float64)

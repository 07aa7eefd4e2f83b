"""What customers of each source are worth against what it cost to win them, and where the money should go."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from ..arrays import Array

#: With fewer customers, a source's mean is not compared with another's.
ENOUGH_CUSTOMERS = 100
#: At most this share of a source's spend is moved at once: what the next customers cost and are worth is not known.
MOST_MOVED = 0.2
_LEVEL = 0.95


@dataclass(frozen=True)
class SourceValue:
    """A source over the months whose cost is known. Money in JPY per customer; NaN where it can't be told."""

    source: str
    customers: int
    cost_jpy: float  #: of all of them
    cac_jpy: float  #: cost per customer won
    ltv_jpy: float  #: mean
    low_jpy: float  #: its 95 % interval
    high_jpy: float
    ratio: float  #: LTV / CAC
    ratio_low: float
    ratio_high: float
    payback_months: float  #: until the mean margin has paid the cost; infinite where it does not within the horizon

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; what is not known is None."""
        plain = asdict(self)
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in plain.items()}


@dataclass(frozen=True)
class Shift:
    """Spend to move from one source to another. The gain is what the moved yen bring more, at each one's mean
    LTV/CAC; by the interval's near ends in `gain_low_jpy`, by its far ends in `gain_high_jpy`."""

    from_source: str
    to_source: str
    amount_jpy: float
    share: float  #: of what the first source costs
    gain_low_jpy: float
    gain_high_jpy: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def source_value(
    source: str, ltv_jpy: ArrayLike, cost_jpy: float, first_year_margin_jpy: float, horizon_months: int
) -> SourceValue:
    """One source: the LTV of each customer it brought, its cost, and the mean margin of a customer's first year.

    The interval of the mean is Student's. Payback takes the first year's margin as spread evenly.
    """
    value = np.asarray(ltv_jpy, dtype=np.float64)
    mean, half = _mean_and_half_width(value)
    cac = cost_jpy / value.size if value.size else math.nan
    monthly = first_year_margin_jpy / 12.0
    payback = cac / monthly if monthly > 0 else math.inf
    low, high = mean - half, mean + half
    return SourceValue(
        source=source,
        customers=int(value.size),
        cost_jpy=cost_jpy,
        cac_jpy=cac,
        ltv_jpy=mean,
        low_jpy=low,
        high_jpy=high,
        ratio=_over(mean, cac),
        ratio_low=_over(low, cac),
        ratio_high=_over(high, cac),
        payback_months=payback if payback <= horizon_months else math.inf,
    )


def recommended_shift(sources: Sequence[SourceValue]) -> Shift | None:
    """From the source with the lowest LTV/CAC to the one with the highest, where that is beyond doubt.

    Only sources with enough customers are compared; their intervals must not touch, and the receiving one must earn
    more than it costs. The share moved grows with the distance between the intervals, up to `MOST_MOVED`: means say
    what customers were worth so far, not what the next yen brings, so the step is small and measured again.
    """
    usable = [s for s in sources if s.customers >= ENOUGH_CUSTOMERS and math.isfinite(s.ratio) and s.cost_jpy > 0]
    if len(usable) < 2:
        return None
    best, worst = max(usable, key=lambda s: s.ratio_low), min(usable, key=lambda s: s.ratio_high)
    if best.source == worst.source or best.ratio_low <= max(worst.ratio_high, 1.0):
        return None
    share = MOST_MOVED * min(1.0, best.ratio_low / max(worst.ratio_high, 1e-9) - 1.0)
    amount = share * worst.cost_jpy
    return Shift(
        worst.source,
        best.source,
        amount,
        share,
        amount * (best.ratio_low - worst.ratio_high),
        amount * (best.ratio_high - worst.ratio_low),
    )


def _over(value_jpy: float, cac_jpy: float) -> float:
    return value_jpy / cac_jpy if cac_jpy > 0 else math.nan


def _mean_and_half_width(value: Array) -> tuple[float, float]:
    if value.size < 2:
        return (float(value.mean()) if value.size else math.nan), math.nan
    se = float(value.std(ddof=1)) / math.sqrt(value.size)
    return float(value.mean()), float(stdtrit(value.size - 1, (1 + _LEVEL) / 2)) * se

"""Which model of buying foresees a company's orders best, by rolling origin: always fitted before, judged after."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..arrays import Array, Flags
from .backtest import Check, check, poisson_deviance
from .buying import BuyingModel, Family, Histories, expected_purchases, fit_buying

FAMILIES: tuple[Family, ...] = ("mbg", "bg")
#: A recalibration counts as if so many orders had come as foreseen: a few orders don't move the total.
_AS_FORESEEN = 25.0
_LARGEST_FACTOR = 2.0
#: A fit looks at so many customers at most: more cost time and hardly move the parameters.
_MOST_FITTED = 200_000


@dataclass(frozen=True)
class Origin:
    """What was known at a past day, and the purchases of the `days` after it, row by row.

    Models are fitted on all rows, and judged and recalibrated on those that count.
    """

    histories: Histories
    bought: Array
    days: float
    counts: Flags

    @staticmethod
    def of(histories: Histories, bought: Array, days: float, counts: Flags | None = None) -> "Origin":
        """All rows count where nothing else is said."""
        return Origin(histories, bought, days, np.ones(bought.shape, dtype=np.bool_) if counts is None else counts)

    @property
    def came(self) -> Array:
        """The purchases of the rows that count."""
        return self.bought[self.counts]


@dataclass(frozen=True)
class Candidate:
    """A way to foresee orders, and how it did over the origins on which it could be tried."""

    family: Family
    is_recalibrated: bool
    deviance: float
    total_error: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class OrderForecast:
    """The model in force: purchases expected are those of `model` times `factor`."""

    model: BuyingModel
    factor: float
    tried: tuple[Candidate, ...]  #: the best first; empty where the history was too short to choose

    def expected(self, histories: Histories, days: float) -> Array:
        """Purchases expected in the coming `days`, per customer."""
        return self.factor * expected_purchases(self.model, histories, days)


def forecast_orders(now: Histories, past: Sequence[Origin]) -> OrderForecast:
    """Choose family and recalibration on the `past` origins, then fit on `now`.

    `past` begins with the oldest; the outcome of each must be known at the next. Each family is fitted at each origin
    and judged by the mean Poisson deviance of what followed. The factor of a recalibrated candidate comes from the
    origins before the one it is tried on, so with fewer than two origins none is tried. Raises ValueError where nobody
    ever bought again.
    """
    foreseen = {family: [_foreseen(origin, family) for origin in past] for family in FAMILIES}
    tried = sorted(_candidates(foreseen, past), key=lambda candidate: candidate.deviance)
    if not tried:
        return OrderForecast(_fit(now, FAMILIES[0]), 1.0, ())
    best = tried[0]
    factor = recalibration(foreseen[best.family], past) if best.is_recalibrated else 1.0
    return OrderForecast(_fit(now, best.family), factor, tuple(tried))


def recalibration(foreseen: Sequence[Array], past: Sequence[Origin]) -> float:
    """Purchases that came per purchase foreseen, over all origins; close to 1 where few were seen."""
    came = sum(float(origin.came.sum()) for origin in past)
    total = sum(float(values.sum()) for values in foreseen)
    factor = (came + _AS_FORESEEN) / (total + _AS_FORESEEN)
    return float(np.clip(factor, 1.0 / _LARGEST_FACTOR, _LARGEST_FACTOR))


def judged(forecast: OrderForecast, origin: Origin) -> Check:
    """How a forecast made at the origin's day did, on the rows that count."""
    return check(forecast.expected(origin.histories, origin.days)[origin.counts], origin.came)


def _fit(histories: Histories, family: Family) -> BuyingModel:
    """Of a large population, evenly spaced rows: units are not sorted by how they buy."""
    n = histories.repeats.size
    if n <= _MOST_FITTED:
        return fit_buying(histories, family)
    rows = np.linspace(0, n - 1, _MOST_FITTED).astype(np.int64)
    return fit_buying(Histories(histories.repeats[rows], histories.last[rows], histories.age[rows]), family)


def _foreseen(origin: Origin, family: Family) -> Array:
    return expected_purchases(_fit(origin.histories, family), origin.histories, origin.days)[origin.counts]


def _candidates(foreseen: dict[Family, list[Array]], past: Sequence[Origin]) -> list[Candidate]:
    """All on the same origins: from the second on where there are two, so that plain and recalibrated compare."""
    if not past:
        return []
    first = 1 if len(past) > 1 else 0
    found = []
    for family, values in foreseen.items():
        for is_recalibrated in (False, True)[: 1 + first]:
            factors = [recalibration(values[:k], past[:k]) if is_recalibrated else 1.0 for k in range(first, len(past))]
            scaled = [factor * each for factor, each in zip(factors, values[first:], strict=True)]
            found.append(_judged(family, is_recalibrated, scaled, past[first:]))
    return found


def _judged(family: Family, is_recalibrated: bool, foreseen: list[Array], past: Sequence[Origin]) -> Candidate:
    each = [poisson_deviance(values, origin.came) for values, origin in zip(foreseen, past, strict=True)]
    came = sum(float(origin.came.sum()) for origin in past)
    total = sum(float(values.sum()) for values in foreseen)
    return Candidate(
        family,
        is_recalibrated,
        float(np.concatenate(each).mean()),
        total / came - 1.0 if came else float("nan"),
    )

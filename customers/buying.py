"""Orders as the models of buying want them: how often, how lately, for how long, and what followed. One query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from .opening import Customers
from .outcomes import naive
from .table import Floats


@dataclass(frozen=True)
class BuyingAt:
    """What was known on a day, at its first moment: one row per unit of `Buying`. Time in days, money in JPY.

    Purchases on one day are one. Who had not bought yet has NaN as `age`, and no purchases.
    """

    purchases: Floats  #: the first one among them
    last: Floats  #: when the last one was, from the first
    age: Floats  #: since the first
    mean_paid: Floats  #: per purchase; NaN without any
    later_purchases: Floats  #: in the window after the day
    later_paid: Floats  #: in that window, less what was paid back


@dataclass(frozen=True)
class Buying:
    """All units that ever bought before the latest of the days, at each of them."""

    unit_ids: list[str]
    days: tuple[date, ...]
    at: tuple[BuyingAt, ...]
    first_day: date | None  #: of the oldest purchase
    kept_share: float  #: of what was paid until the latest day, what was not paid back
    orders_per_purchase: float


def read_buying(customers: Customers, days: Sequence[date], window_days: int) -> Buying:
    """The units' purchases before each of the `days`, and in the `window_days` after it."""
    query = f"""
        WITH daily AS (
            SELECT account_id, CAST(ordered_at AS DATE) AS day, count(*) FILTER (kind <> 'refund') AS orders,
                coalesce(sum(amount_jpy) FILTER (kind <> 'refund'), 0) AS paid,
                coalesce(sum(abs(amount_jpy)) FILTER (kind = 'refund'), 0) AS back
            FROM orders GROUP BY ALL
        ), dated AS (
            SELECT *, min(day) FILTER (orders > 0) OVER (PARTITION BY account_id) AS first_day FROM daily
        )
        SELECT account_id AS unit_id, min(first_day) AS first_day,
            coalesce(sum(orders) FILTER (day < $day_0), 0)::DOUBLE AS orders,
            coalesce(sum(paid) FILTER (day < $day_0), 0)::DOUBLE AS paid,
            coalesce(sum(back) FILTER (day < $day_0), 0)::DOUBLE AS back,
            {", ".join(_columns(k) for k in range(len(days)))}
        FROM dated WHERE first_day < $day_0 GROUP BY account_id ORDER BY account_id
    """  # noqa: S608 - numbers of ours
    latest_first = sorted(days, reverse=True)
    moments = {f"day_{k}": naive(day) for k, day in enumerate(latest_first)}
    moments |= {f"end_{k}": naive(day + timedelta(days=window_days)) for k, day in enumerate(latest_first)}
    cursor = customers.cursor()
    try:
        found = cursor.execute(query, moments).fetchnumpy()
    finally:
        cursor.close()
    values = {
        name: np.ma.filled(np.ma.asarray(column).astype(np.float64), np.nan)
        for name, column in found.items()
        if name not in ("unit_id", "first_day")
    }
    paid, purchases = float(values["paid"].sum()), float(values["n_0"].sum())
    first = found["first_day"].min() if len(found["first_day"]) else None
    return Buying(
        unit_ids=[str(unit) for unit in found["unit_id"]],
        days=tuple(latest_first),
        at=tuple(_at(values, k) for k in range(len(latest_first))),
        first_day=first.astype("datetime64[D]").astype(date) if first is not None else None,
        kept_share=max(0.0, 1.0 - float(values["back"].sum()) / paid) if paid > 0 else 1.0,
        orders_per_purchase=float(values["orders"].sum()) / purchases if purchases else 1.0,
    )


def _columns(k: int) -> str:
    before, after = f"day < $day_{k}", f"day >= $day_{k} AND day < $end_{k}"
    return f"""
        count(*) FILTER (orders > 0 AND {before}) AS n_{k},
        date_diff('day', min(first_day), max(day) FILTER (orders > 0 AND {before}))::DOUBLE AS last_{k},
        date_diff('day', min(first_day), CAST($day_{k} AS DATE))::DOUBLE AS age_{k},
        sum(paid) FILTER (orders > 0 AND {before})::DOUBLE AS paid_{k},
        count(*) FILTER (orders > 0 AND {after}) AS later_{k},
        coalesce(sum(paid - back) FILTER ({after}), 0)::DOUBLE AS later_paid_{k}
    """


def _at(values: dict[str, Floats], k: int) -> BuyingAt:
    purchases, age = values[f"n_{k}"], values[f"age_{k}"]
    known = purchases > 0
    mean = np.divide(values[f"paid_{k}"], purchases, out=np.full(purchases.shape, np.nan), where=known)
    return BuyingAt(
        purchases=purchases,
        last=np.where(known, values[f"last_{k}"], 0.0),
        age=np.where(known, age, np.nan),
        mean_paid=mean,
        later_purchases=values[f"later_{k}"],
        later_paid=values[f"later_paid_{k}"],
    )

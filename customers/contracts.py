"""How long contracts lasted: for every month of a contract, how many began it and how many left in it. One query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from .opening import Customers
from .outcomes import naive
from .table import Floats

#: What is known of a contract from its first day on; what can change later (plan, price) would tell who had stayed.
STATIC = ("acquisition_source", "industry")
#: Values that fewer contracts have count as no value.
_FEW = 50


@dataclass(frozen=True)
class ContractMonths:
    """Groups of contracts in the same month of theirs, with the same static features, in the same stretch of time."""

    stretch: Floats  #: 0 for months that ended by the first of the cuts, 1 for those between it and the next, and so on
    month: Floats  #: 1 is the first month of a contract
    values: dict[str, list[str | None]]  #: static feature -> value, one per group
    began: Floats
    left: Floats


def read_contract_months(customers: Customers, since: date, cuts: Sequence[date], month_days: float) -> ContractMonths:
    """Months of contracts that lie whole between `since` and the first of the `cuts`, or between two of them.

    A month in which somebody left counts as if it had been whole, where its end lies in the same stretch: months are
    counted by when they would have ended, so leaving does not change whether they count.
    """
    stretches = " ".join(f"WHEN starts >= $cut_{k} AND ends <= $cut_{k + 1} THEN {k}" for k in range(len(cuts)))
    query = f"""
        WITH known AS (
            SELECT account_id, {
        ", ".join(f"CASE WHEN count(*) OVER (PARTITION BY {c}) >= {_FEW} THEN {c} END AS {c}" for c in STATIC)
    } FROM accounts
        ), months AS (
            SELECT {", ".join(STATIC)}, month, cancelled_on,
                started_on + CAST(floor((month - 1) * $month_days) AS INTEGER) AS starts,
                started_on + CAST(floor(month * $month_days) AS INTEGER) AS ends
            FROM subscriptions JOIN known USING (account_id), unnest(range(
                greatest(1, CAST(floor(date_diff('day', started_on, CAST($cut_0 AS DATE)) / $month_days) AS BIGINT)),
                CAST(ceil(date_diff('day', started_on, CAST($cut_{len(cuts)} AS DATE)) / $month_days) AS BIGINT) + 1
            )) AS numbers(month)
            WHERE started_on < $cut_{len(cuts)}
        ), placed AS (
            SELECT *, CASE {stretches} END AS stretch FROM months
            WHERE cancelled_on IS NULL OR cancelled_on >= starts
        )
        SELECT stretch, month, {", ".join(STATIC)}, count(*) AS began,
            count(*) FILTER (cancelled_on < ends) AS departed
        FROM placed WHERE stretch IS NOT NULL GROUP BY ALL ORDER BY ALL
    """  # noqa: S608 - names and numbers of ours
    moments = {f"cut_{k}": naive(day) for k, day in enumerate([since, *cuts])}
    cursor = customers.cursor()
    try:
        found = cursor.execute(query, {**moments, "month_days": month_days}).fetchnumpy()
    finally:
        cursor.close()
    numbers = {name: np.asarray(found[name], dtype=np.float64) for name in ("stretch", "month", "began", "departed")}
    return ContractMonths(
        numbers["stretch"],
        numbers["month"],
        {name: [value or None for value in np.ma.filled(found[name], "")] for name in STATIC},
        numbers["began"],
        numbers["departed"],
    )


def first_start(customers: Customers) -> date | None:
    """The day on which the oldest known contract began."""
    row = customers.connection.execute("SELECT min(started_on) FROM subscriptions").fetchone()
    found: date | None = row[0] if row else None
    return found

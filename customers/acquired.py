"""Who was won by which source while its cost was known, and what that cost. One query."""

from dataclasses import dataclass
from datetime import date

from .opening import Customers
from .outcomes import naive


@dataclass(frozen=True)
class Acquired:
    """A source of customers: whom it brought in the months with a known cost, and the sum of that cost."""

    source: str
    unit_ids: list[str]
    months: int
    cost_jpy: float


def read_acquired(customers: Customers, until: date) -> list[Acquired]:
    """Sources with a cost in whole months before `until`, by name; a customer is who ever ordered or had a contract."""
    if not customers.row_counts.get("acquisition_costs"):
        return []
    query = """
        WITH costs AS (
            SELECT acquisition_source, date_trunc('month', month) AS month, sum(cost_jpy) AS cost_jpy
            FROM acquisition_costs WHERE date_trunc('month', month) + INTERVAL 1 MONTH <= $until GROUP BY ALL
        ), won AS (
            SELECT acquisition_source, account_id, date_trunc('month', created_on) AS month FROM accounts
            WHERE account_id IN (SELECT account_id FROM orders WHERE kind <> 'refund')
                OR account_id IN (SELECT account_id FROM subscriptions)
        ), brought AS (
            SELECT acquisition_source, list(account_id ORDER BY account_id) AS unit_ids
            FROM won JOIN costs USING (acquisition_source, month) GROUP BY acquisition_source
        )
        SELECT acquisition_source, coalesce(any_value(unit_ids), []), count(*), sum(cost_jpy)::DOUBLE
        FROM costs LEFT JOIN brought USING (acquisition_source)
        GROUP BY acquisition_source ORDER BY acquisition_source
    """
    cursor = customers.cursor()
    try:
        rows = cursor.execute(query, {"until": naive(until)}).fetchall()
    finally:
        cursor.close()
    return [Acquired(str(source), list(ids), int(months), float(cost)) for source, ids, months, cost in rows]

"""What each customer brings in a year: the yardstick by which gaps are ranked."""

from dataclasses import dataclass
from datetime import date

import duckdb

from ..contract.model import Model

_OF_MODEL = {
    "transactions": """
        SELECT account_id, greatest(sum(net_jpy(kind, amount_jpy)), 0) AS yearly_jpy FROM orders
        WHERE ordered_at < $as_of::TIMESTAMP AND ordered_at >= $as_of::TIMESTAMP - INTERVAL 365 DAY
        GROUP BY account_id""",
    "subscription": """
        SELECT account_id, sum(12 * monthly_price_jpy) AS yearly_jpy FROM subscriptions
        WHERE was_active(started_on, cancelled_on, $as_of::DATE) GROUP BY account_id""",
}


@dataclass(frozen=True)
class Stake:
    """Some customers, and what they bring in a year."""

    customers: int = 0
    yearly_jpy: float = 0.0

    def times(self, share: float) -> "Stake":
        """About this share of them."""
        return Stake(round(self.customers * share), self.yearly_jpy * share)


def weigh(cursor: duckdb.DuckDBPyConnection, model: Model, as_of: date) -> Stake:
    """Make the temporary table `worth` (account_id, yearly_jpy) of all customers; returns their sum.

    With subscriptions it is twelve monthly prices of whoever has one now, else the orders of 365 days; these also where
    the contracts are what is missing.
    """
    if not cursor.execute("SELECT count(*) FROM subscriptions").fetchall()[0][0]:
        model = "transactions"
    cursor.execute(
        f"""CREATE OR REPLACE TEMP TABLE worth AS SELECT account_id, coalesce(yearly_jpy, 0) AS yearly_jpy
        FROM accounts LEFT JOIN ({_OF_MODEL[model]}) USING (account_id)""",  # noqa: S608
        {"as_of": as_of},
    )
    return stake_of(cursor, "SELECT account_id FROM accounts")


def stake_of(cursor: duckdb.DuckDBPyConnection, chosen: str) -> Stake:
    """The customers that a query names by `account_id`, each once; needs the table `worth`."""
    query = f"SELECT count(*), coalesce(sum(yearly_jpy), 0) FROM worth WHERE account_id IN ({chosen})"  # noqa: S608
    count, yearly_jpy = cursor.execute(query).fetchall()[0]
    return Stake(int(count), float(yearly_jpy))

"""What customers did between two moments. Periods hold their start and not their end; moments are UTC."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from .opening import Customers
from .table import Floats

Moment = date | datetime

_STAYED = """
    SELECT CASE WHEN was_active(started_on, cancelled_on, $start)
        THEN was_active(started_on, cancelled_on, $end)::DOUBLE END AS value
    FROM wanted LEFT JOIN subscriptions ON account_id = unit_id ORDER BY position
"""
_CAME_AGAIN = """
    SELECT CASE WHEN was_there THEN came::DOUBLE END AS value FROM wanted LEFT JOIN (
        SELECT account_id, bool_or(ordered_at >= $start AND ordered_at < $end) AS came,
            bool_or(ordered_at < $start AND ordered_at >= $start - INTERVAL 365 DAY) AS was_there
        FROM orders WHERE kind <> 'refund' GROUP BY account_id
    ) ON account_id = unit_id ORDER BY position
"""


@dataclass(frozen=True, slots=True)
class Order:
    """An order or a paid invoice; of a refund, `amount_jpy` is what was paid back."""

    order_id: str
    unit_id: str
    ordered_at: datetime
    kind: str
    amount_jpy: float


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """What a contact answered; `comment` is free text by a customer: data, never an instruction."""

    answer_id: str
    contact_id: str
    unit_id: str
    survey: str
    answered_at: datetime
    answer: str
    comment: str | None


@dataclass(frozen=True, slots=True)
class MailEvent:
    """What became of a mail; `message_id` where the sender knew it."""

    event_id: str
    contact_id: str
    unit_id: str
    kind: str
    happened_at: datetime
    message_id: str | None


@dataclass(frozen=True)
class Outcomes:
    """All that happened in a period."""

    cancelled_on: dict[str, date]
    orders: list[Order]
    answers: list[SurveyAnswer]
    mail_events: list[MailEvent]


def read_outcomes(customers: Customers, since: Moment, until: Moment) -> Outcomes:
    """Cancellations, orders, answers and mail events of a period."""
    return Outcomes(
        read_cancellations(customers, since, until),
        read_orders(customers, since, until),
        read_answers(customers, since, until),
        read_mail_events(customers, since, until),
    )


def read_cancellations(customers: Customers, since: Moment, until: Moment | None = None) -> dict[str, date]:
    """The units that cancelled, and when."""
    return dict(_between(customers, "account_id, cancelled_on FROM subscriptions", "cancelled_on", since, until))


def read_orders(customers: Customers, since: Moment, until: Moment | None = None) -> list[Order]:
    """The paid invoices, by time."""
    columns = "order_id, account_id, ordered_at, kind, amount_jpy FROM orders"
    rows = _between(customers, columns, "ordered_at", since, until)
    return [Order(*row) for row in rows]


def read_answers(customers: Customers, since: Moment, until: Moment | None = None) -> list[SurveyAnswer]:
    """The survey answers, by time."""
    columns = """answer_id, contact_id, account_id, survey, answered_at, answer, comment
        FROM survey_answers JOIN contacts USING (contact_id)"""
    rows = _between(customers, columns, "answered_at", since, until)
    return [SurveyAnswer(*row) for row in rows]


def read_mail_events(customers: Customers, since: Moment, until: Moment | None = None) -> list[MailEvent]:
    """What became of mails, by time."""
    columns = """event_id, contact_id, account_id, kind, happened_at, message_id
        FROM mail_events JOIN contacts USING (contact_id)"""
    rows = _between(customers, columns, "happened_at", since, until)
    return [MailEvent(*row) for row in rows]


def retained(customers: Customers, unit_ids: Sequence[str], start: Moment, end: Moment) -> Floats:
    """1 where a unit that was active at the start is active at the end, 0 where not, NaN for the others.

    Without subscriptions, active at the start is who ordered in the 365 days before, and stays who orders in the
    period: nobody says that they left.
    """
    query = _STAYED if customers.model == "subscription" else _CAME_AGAIN
    return _aligned(customers, unit_ids, query, start=start, end=end)["value"]


def upgraded(customers: Customers, unit_ids: Sequence[str], start: Moment, end: Moment) -> Floats:
    """1 where a unit that was active at the start upgraded in the period, 0 where not, NaN for the others."""
    query = """
        SELECT CASE WHEN was_active(started_on, cancelled_on, $start) THEN (account_id IN (
            SELECT account_id FROM orders WHERE kind = 'upgrade' AND ordered_at >= $start AND ordered_at < $end
        ))::DOUBLE END AS value
        FROM wanted LEFT JOIN subscriptions ON account_id = unit_id ORDER BY position
    """
    return _aligned(customers, unit_ids, query, start=start, end=end)["value"]


def ordered(customers: Customers, unit_ids: Sequence[str], start: Moment, end: Moment) -> Floats:
    """1 where a unit ordered something in the period, 0 where not, NaN for units that the sources do not know.

    The invoices of a subscription that was running at the start are no order; the first one of who comes back is.
    """
    query = """
        SELECT CASE WHEN accounts.account_id IS NOT NULL THEN (came.account_id IS NOT NULL)::DOUBLE END AS value
        FROM wanted LEFT JOIN accounts ON accounts.account_id = unit_id LEFT JOIN (
            SELECT DISTINCT orders.account_id FROM orders LEFT JOIN subscriptions USING (account_id)
            WHERE ordered_at >= $start AND ordered_at < $end AND (kind NOT IN ('subscription', 'refund')
                OR (kind = 'subscription' AND NOT coalesce(was_active(started_on, cancelled_on, $start), FALSE)))
        ) came ON came.account_id = unit_id ORDER BY position
    """
    return _aligned(customers, unit_ids, query, start=start, end=end)["value"]


def referred(customers: Customers, unit_ids: Sequence[str], start: Moment, end: Moment) -> Floats:
    """1 where a unit recommended us to somebody in the period, 0 where not, NaN for units not known."""
    query = """
        SELECT CASE WHEN accounts.account_id IS NOT NULL THEN (told.account_id IS NOT NULL)::DOUBLE END AS value
        FROM wanted LEFT JOIN accounts ON accounts.account_id = unit_id LEFT JOIN (
            SELECT DISTINCT account_id FROM referrals WHERE referred_at >= $start AND referred_at < $end
        ) told ON told.account_id = unit_id ORDER BY position
    """
    return _aligned(customers, unit_ids, query, start=start, end=end)["value"]


def orders_made(customers: Customers, unit_ids: Sequence[str], start: Moment, end: Moment) -> Floats:
    """How many orders and invoices a unit paid in the period."""
    query = """
        SELECT coalesce(orders, 0)::DOUBLE AS value FROM wanted LEFT JOIN (
            SELECT account_id, count(*) AS orders FROM orders
            WHERE kind <> 'refund' AND ordered_at >= $start AND ordered_at < $end GROUP BY account_id
        ) ON account_id = unit_id ORDER BY position
    """
    return _aligned(customers, unit_ids, query, start=start, end=end)["value"]


def ordered_again(customers: Customers, unit_ids: Sequence[str], start: Moment, end: Moment) -> Floats:
    """1 where a unit paid for something in the period, 0 where not: a subscriber repeats by staying."""
    return (orders_made(customers, unit_ids, start, end) > 0).astype(np.float64)


def mean_order_value(customers: Customers, unit_ids: Sequence[str], start: Moment, end: Moment) -> Floats:
    """Mean amount of the period's orders and invoices in JPY; NaN where there were none."""
    query = """
        SELECT mean::DOUBLE AS value FROM wanted LEFT JOIN (
            SELECT account_id, avg(amount_jpy) AS mean FROM orders
            WHERE kind <> 'refund' AND ordered_at >= $start AND ordered_at < $end GROUP BY account_id
        ) ON account_id = unit_id ORDER BY position
    """
    return _aligned(customers, unit_ids, query, start=start, end=end)["value"]


def margin_received(customers: Customers, unit_ids: Sequence[str], start: Moment, end: Moment, margin: float) -> Floats:
    """What was left of what was paid in the period, less what was paid back, in JPY; 0 where nothing was.

    A recommendation made in the period counts: the first year's margin of the one who came by it is added to the
    unit that recommended us (the customer referral value of Kumar, Petersen & Leone 2010, first generation), as far
    as it was received in the period. Where several recommended us to one, the first did.
    """
    query = """
        SELECT (coalesce(own.paid, 0) + coalesce(brought.paid, 0))::DOUBLE AS value
        FROM wanted LEFT JOIN (
            SELECT account_id, sum(net_jpy(kind, amount_jpy)) AS paid FROM orders
            WHERE ordered_at >= $start AND ordered_at < $end GROUP BY account_id
        ) own ON own.account_id = unit_id LEFT JOIN (
            SELECT told.account_id, sum(net_jpy(kind, amount_jpy)) AS paid FROM (
                SELECT arg_min(account_id, referred_at) AS account_id, referred_account_id, min(referred_at) AS told_at
                FROM referrals WHERE account_id <> referred_account_id GROUP BY referred_account_id
            ) told JOIN orders ON orders.account_id = referred_account_id
            WHERE told_at >= $start AND ordered_at >= told_at AND ordered_at < told_at + INTERVAL 365 DAY
                AND ordered_at < $end
            GROUP BY told.account_id
        ) brought ON brought.account_id = unit_id ORDER BY position
    """
    return margin * _aligned(customers, unit_ids, query, start=start, end=end)["value"]


def opened_share(customers: Customers, unit_ids: Sequence[str], start: Moment, end: Moment) -> Floats:
    """Opens per mail sent in the period, at most 1; NaN where nothing was sent."""
    query = """
        SELECT CASE WHEN opened > sent THEN 1 ELSE opened / sent END AS value FROM wanted LEFT JOIN (
            SELECT account_id, count(*) FILTER (WHERE kind = 'opened')::DOUBLE AS opened,
                nullif(count(*) FILTER (WHERE kind = 'sent'), 0) AS sent
            FROM mail_events JOIN contacts USING (contact_id)
            WHERE happened_at >= $start AND happened_at < $end GROUP BY account_id
        ) ON account_id = unit_id ORDER BY position
    """
    return _aligned(customers, unit_ids, query, start=start, end=end)["value"]


def price_and_alive(customers: Customers, unit_ids: Sequence[str], at: Moment) -> tuple[Floats, Floats]:
    """The monthly price (today's less later upgrades) and 1 for active, 0 for not; NaN for unknown units."""
    query = """
        SELECT CASE WHEN monthly_price_jpy < later THEN 0 ELSE monthly_price_jpy - coalesce(later, 0) END AS price,
            CASE WHEN account_id IS NOT NULL THEN was_active(started_on, cancelled_on, $at)::DOUBLE END AS alive
        FROM wanted LEFT JOIN subscriptions ON account_id = unit_id LEFT JOIN (
            SELECT account_id, sum(amount_jpy) AS later FROM orders
            WHERE kind = 'upgrade' AND ordered_at >= $at GROUP BY account_id
        ) USING (account_id) ORDER BY position
    """
    columns = _aligned(customers, unit_ids, query, at=at)
    return columns["price"], columns["alive"]


def _between(
    customers: Customers, columns: str, when: str, since: Moment, until: Moment | None
) -> list[tuple[Any, ...]]:
    cursor = customers.cursor()
    try:
        query = f"SELECT {columns} WHERE {when} >= $since AND coalesce({when} < $until, TRUE) ORDER BY {when}, 1"
        parameters = {"since": naive(since), "until": naive(until) if until else None}
        rows = cursor.execute(query, parameters).fetchall()
        return [tuple(v.replace(tzinfo=UTC) if isinstance(v, datetime) else v for v in row) for row in rows]
    finally:
        cursor.close()


def _aligned(customers: Customers, unit_ids: Sequence[str], query: str, **moments: Moment) -> dict[str, Floats]:
    """The query's columns, one value per wanted unit in the given order."""
    if not len(unit_ids):
        return defaultdict(lambda: np.zeros(0))
    cursor = customers.cursor()
    try:
        ids = np.array(unit_ids, dtype=object)
        cursor.register("wanted", {"unit_id": ids, "position": np.arange(len(ids))})
        result = cursor.execute(query, {name: naive(moment) for name, moment in moments.items()}).fetchnumpy()
    finally:
        cursor.close()
    return {name: np.ma.filled(np.ma.asarray(v).astype(np.float64), np.nan) for name, v in result.items()}


def naive(moment: Moment) -> datetime:
    """The moment in UTC as the sources hold it; a date is its midnight."""
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - DuckDB's TIMESTAMP is naive UTC
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(UTC).replace(tzinfo=None)

"""What customers did between two moments. Periods hold their start and not their end; moments are UTC."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from .ingest import Customers
from .table import Floats

Moment = date | datetime


@dataclass(frozen=True, slots=True)
class Order:
    """A paid invoice."""

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
    """1 where a unit that was active at the start is active at the end, 0 where not, NaN for the others."""
    query = """
        SELECT CASE WHEN was_active(started_on, cancelled_on, $start)
            THEN was_active(started_on, cancelled_on, $end)::DOUBLE END AS value
        FROM wanted LEFT JOIN subscriptions ON account_id = unit_id ORDER BY position
    """
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


def ordered_again(customers: Customers, unit_ids: Sequence[str], start: Moment, end: Moment) -> Floats:
    """1 where a unit paid for something in the period, 0 where not."""
    query = """
        SELECT (coalesce(orders, 0) > 0)::DOUBLE AS value FROM wanted LEFT JOIN (
            SELECT account_id, count(*) AS orders FROM orders
            WHERE ordered_at >= $start AND ordered_at < $end GROUP BY account_id
        ) ON account_id = unit_id ORDER BY position
    """
    return _aligned(customers, unit_ids, query, start=start, end=end)["value"]


def mean_order_value(customers: Customers, unit_ids: Sequence[str], start: Moment, end: Moment) -> Floats:
    """Mean amount of the period's invoices in JPY; NaN where there were none."""
    query = """
        SELECT mean::DOUBLE AS value FROM wanted LEFT JOIN (
            SELECT account_id, avg(amount_jpy) AS mean FROM orders
            WHERE ordered_at >= $start AND ordered_at < $end GROUP BY account_id
        ) ON account_id = unit_id ORDER BY position
    """
    return _aligned(customers, unit_ids, query, start=start, end=end)["value"]


def margin_received(customers: Customers, unit_ids: Sequence[str], start: Moment, end: Moment, margin: float) -> Floats:
    """What was left of the paid invoices of the period, in JPY; 0 where there were none."""
    query = """
        SELECT coalesce(paid, 0)::DOUBLE AS value FROM wanted LEFT JOIN (
            SELECT account_id, sum(amount_jpy) AS paid FROM orders
            WHERE ordered_at >= $start AND ordered_at < $end GROUP BY account_id
        ) ON account_id = unit_id ORDER BY position
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
        parameters = {"since": _naive(since), "until": _naive(until) if until else None}
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
        result = cursor.execute(query, {name: _naive(moment) for name, moment in moments.items()}).fetchnumpy()
    finally:
        cursor.close()
    return {name: np.ma.filled(np.ma.asarray(v).astype(np.float64), np.nan) for name, v in result.items()}


def _naive(moment: Moment) -> datetime:
    """The moment in UTC as the sources hold it; a date is its midnight."""
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - DuckDB's TIMESTAMP is naive UTC
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(UTC).replace(tzinfo=None)

"""What journeys wait for, as the sources tell it: that somebody ordered, visited, or was in contact with our people."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from .opening import Customers


@dataclass(frozen=True, slots=True)
class News:
    """Something a unit did. `contact_id` is its main contact; `value` says what exactly was ordered or where."""

    news_id: str
    unit_id: str
    contact_id: str
    kind: str
    happened_at: datetime
    value: str


#: Kind of news -> the sources that tell of it.
SOURCES_OF = {
    "ordered": ("orders", "subscriptions"),
    "visited": ("web_events", "app_events", "store_visits"),
    "contacted": ("staff_contacts", "tickets"),
}
_QUERIES = {
    # The first invoice of a subscription is an order, the later ones come by themselves.
    "ordered": """
        SELECT order_id AS news_id, orders.account_id, ordered_at AS happened_at, kind AS value
        FROM orders LEFT JOIN subscriptions USING (account_id)
        WHERE kind NOT IN ('subscription', 'refund')
            OR (kind = 'subscription' AND ordered_at < started_on + INTERVAL 7 DAY AND ordered_at >= started_on)
    """,
    # Once an hour is enough to know that they came.
    "visited": """
        SELECT account_id || '/' || CAST(date_trunc('hour', happened_at) AS VARCHAR) AS news_id, account_id,
            min(happened_at) AS happened_at, arg_min(place, happened_at) AS value
        FROM (SELECT account_id, happened_at, 'web' AS place FROM web_events
            UNION ALL SELECT account_id, happened_at, 'app' FROM app_events
            UNION ALL SELECT account_id, visited_at, 'store' FROM store_visits)
        WHERE happened_at >= $since GROUP BY account_id, date_trunc('hour', happened_at)
    """,
    "contacted": """
        SELECT 'staff/' || contact_log_id AS news_id, account_id, happened_at, channel AS value FROM staff_contacts
        UNION ALL SELECT 'ticket/' || ticket_id, account_id, opened_at, coalesce(channel, 'mail') FROM tickets
    """,
}


def read_news(customers: Customers, kinds: Collection[str], since: datetime) -> list[News]:
    """All news of these kinds from `since` on, by kind and time."""
    found: list[News] = []
    for kind in sorted(kinds):
        query = f"""
            SELECT news_id, account_id, main.contact_id, happened_at, value FROM ({_QUERIES[kind]}) JOIN (
                SELECT account_id, coalesce(min(contact_id) FILTER (WHERE is_primary), min(contact_id)) AS contact_id
                FROM contacts GROUP BY account_id
            ) main USING (account_id) WHERE happened_at >= $since ORDER BY happened_at, news_id
        """  # noqa: S608 - one of the queries above
        cursor = customers.cursor()
        try:
            start = since.astimezone(UTC).replace(tzinfo=None)
            for news_id, unit, contact, at, value in cursor.execute(query, {"since": start}).fetchall():
                found.append(News(news_id, unit, contact, kind, at.replace(tzinfo=UTC), value))
        finally:
            cursor.close()
    return found

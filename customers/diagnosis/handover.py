"""Whether one channel knows what the customer just did in another."""

from collections.abc import Callable, Iterator

import duckdb

from ...domain.diagnosis import Break, ChannelFigures
from ..opening import Customers

#: Of two channels that know nothing of each other, so many customers would be in both by chance; fewer than a tenth
#: of that means that the ids do not fit together.
_EXPECTED_AT_LEAST = 10
_OF_EXPECTED = 0.1
_ENOUGH_ROWS = 50
_HARDLY_EVER = 0.01
_MOST = 0.5
_NOTICED = 0.2
_DAYS_BEFORE_AN_ORDER = 7
_DAYS_AFTER_A_CLICK = 1

_Look = Callable[[Customers, duckdb.DuckDBPyConnection], Iterator[Break]]


def breaks_between(
    customers: Customers,
    cursor: duckdb.DuckDBPyConnection,
    before: ChannelFigures,
    after: ChannelFigures,
    both: int,
    total: int,
) -> Iterator[Break]:
    """The breaks on the way from one channel to the next, and of what the later one should know."""
    expected = before.customers * after.customers / total if total else 0.0
    if expected >= _EXPECTED_AT_LEAST and both < _OF_EXPECTED * expected:
        yield Break("nobody_in_both", after.channel, before.channel, both, after.customers)
    look = _LOOKS.get(after.channel)
    if look is not None:
        yield from look(customers, cursor)


def _orders(customers: Customers, cursor: duckdb.DuckDBPyConnection) -> Iterator[Break]:
    """Orders of a web site that never saw the buyer; orders of a shop with stores that don't say where."""
    counts = customers.row_counts
    if counts.get("web_events"):
        online = "SELECT account_id, ordered_at AS moment FROM orders WHERE channel = 'online' AND kind <> 'refund'"
        visits = "SELECT account_id, happened_at AS moment FROM web_events"
        yield from _not_preceded(cursor, "order", online, "web", visits, _DAYS_BEFORE_AN_ORDER)
    if counts.get("store_visits") and counts.get("orders"):
        query = """SELECT count(*), count(*) FILTER (WHERE channel IS NULL) FROM orders
            WHERE kind NOT IN ('refund', 'subscription')"""
        rows, unknown = (int(value) for value in cursor.execute(query).fetchall()[0])
        if rows >= _ENOUGH_ROWS and unknown > _NOTICED * rows and counts.get("web_events"):
            yield Break("no_place", "order", count=unknown, of=rows)


def _mails(customers: Customers, cursor: duckdb.DuckDBPyConnection) -> Iterator[Break]:
    """Clicks in mails after which the web site or the app never sees the one who clicked."""
    landings = [name for name in ("web_events", "app_events") if customers.row_counts.get(name)]
    if landings:
        landed = " UNION ALL ".join(f"SELECT account_id, happened_at AS moment FROM {name}" for name in landings)  # noqa: S608
        clicked = (
            "SELECT contacts.account_id, happened_at AS moment FROM mail_events JOIN contacts USING (contact_id) "
            "WHERE mail_events.kind = 'clicked'"
        )
        before = "web" if "web_events" in landings else "app"
        yield from _not_followed(cursor, "mail", clicked, before, landed, _DAYS_AFTER_A_CLICK)


def _talks(table: str, moment: str, channel: str) -> _Look:
    def look(customers: Customers, cursor: duckdb.DuckDBPyConnection) -> Iterator[Break]:
        """Talks with people of whom no order or contract is known from before: staff can't tell what it is about."""
        bought = (
            "SELECT account_id, ordered_at AS moment FROM orders UNION ALL "
            "SELECT account_id, CAST(started_on AS TIMESTAMP) FROM subscriptions"
        )
        query = f"""SELECT count(*), count(*) FILTER (WHERE first_at IS NULL OR first_at > {moment})
            FROM {table} LEFT JOIN (SELECT account_id, min(moment) AS first_at FROM ({bought}) GROUP BY account_id)
            USING (account_id)"""  # noqa: S608 - names of ours
        rows, untied = (int(value) for value in cursor.execute(query).fetchall()[0])
        if rows >= _ENOUGH_ROWS and untied > _MOST * rows:
            yield Break("note_without_order", channel, "order", untied, rows)

    return look


_LOOKS: dict[str, _Look] = {
    "order": _orders,
    "mail": _mails,
    "support": _talks("tickets", "opened_at", "support"),
    "phone": _talks("staff_contacts", "happened_at", "phone"),
}


def _not_followed(
    cursor: duckdb.DuckDBPyConnection, at: str, events: str, before: str, others: str, days: int
) -> Iterator[Break]:
    """A break where hardly any event is followed by one of the others, of the same customer, within some days."""
    joined = "ASOF LEFT JOIN later ON events.account_id = later.account_id AND events.moment <= later.moment"
    is_there = f"later.moment <= events.moment + INTERVAL {days} DAY"
    yield from _handed_over(cursor, at, events, before, others, joined, is_there)


def _not_preceded(
    cursor: duckdb.DuckDBPyConnection, at: str, events: str, before: str, others: str, days: int
) -> Iterator[Break]:
    joined = "ASOF LEFT JOIN later ON events.account_id = later.account_id AND events.moment >= later.moment"
    is_there = f"later.moment >= events.moment - INTERVAL {days} DAY"
    yield from _handed_over(cursor, at, events, before, others, joined, is_there)


def _handed_over(
    cursor: duckdb.DuckDBPyConnection, at: str, events: str, before: str, others: str, joined: str, is_there: str
) -> Iterator[Break]:
    query = f"""WITH events AS ({events}), later AS ({others})
        SELECT count(*), count(*) FILTER (WHERE coalesce({is_there}, FALSE)) FROM events {joined}"""  # noqa: S608
    rows, known = (int(value) for value in cursor.execute(query).fetchall()[0])
    if rows >= _ENOUGH_ROWS and known < _HARDLY_EVER * rows:
        yield Break("no_handover", at, before, rows - known, rows)

"""The customer's way through the channels: who is seen where, and where one channel does not know the other."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import duckdb

from ...domain.diagnosis import Break, BreakKind, ChannelFigures, EntityFigures, Link, Step
from ...domain.playbook import Channel
from ..opening import Customers
from .handover import breaks_between


@dataclass(frozen=True)
class Stop:
    """A channel of the way: the SQL of whom it saw and when, and the entities it is read from."""

    channel: str
    sql: str
    entities: tuple[str, ...]


#: In the order in which a customer usually comes along them.
WAY = (
    Stop(
        "search",
        "SELECT account_id, happened_at AS moment FROM intents UNION ALL "
        "SELECT account_id, happened_at FROM web_events WHERE kind = 'search'",
        ("intents",),
    ),
    Stop("web", "SELECT account_id, happened_at AS moment FROM web_events WHERE kind <> 'search'", ("web_events",)),
    Stop("app", "SELECT account_id, happened_at AS moment FROM app_events", ("app_events",)),
    Stop(
        "store",
        "SELECT account_id, visited_at AS moment FROM store_visits UNION ALL "
        "SELECT account_id, ordered_at FROM orders WHERE channel = 'store' UNION ALL "
        "SELECT account_id, happened_at FROM staff_contacts WHERE channel = 'store'",
        ("store_visits",),
    ),
    Stop(
        "order",
        "SELECT account_id, ordered_at AS moment FROM orders WHERE kind <> 'refund' UNION ALL "
        "SELECT account_id, CAST(started_on AS TIMESTAMP) FROM subscriptions",
        ("orders", "subscriptions"),
    ),
    Stop(
        "mail",
        "SELECT contacts.account_id, happened_at AS moment FROM mail_events JOIN contacts USING (contact_id)",
        ("mail_events",),
    ),
    Stop(
        "support",
        "SELECT account_id, opened_at AS moment FROM tickets WHERE coalesce(channel, 'mail') IN ('mail', 'chat') "
        "UNION ALL SELECT account_id, happened_at FROM staff_contacts WHERE channel = 'chat'",
        ("tickets",),
    ),
    Stop(
        "phone",
        "SELECT account_id, happened_at AS moment FROM staff_contacts WHERE channel = 'phone' UNION ALL "
        "SELECT account_id, opened_at FROM tickets WHERE channel = 'phone' UNION ALL "
        "SELECT account_id, ordered_at FROM orders WHERE channel = 'phone'",
        ("staff_contacts",),
    ),
    Stop(
        "survey",
        "SELECT contacts.account_id, answered_at AS moment FROM survey_answers JOIN contacts USING (contact_id)",
        ("survey_answers",),
    ),
    Stop("referral", "SELECT account_id, referred_at AS moment FROM referrals", ("referrals",)),
)
_ADDRESSED = {"mail": "email", "letter": "postal_address", "phone": "phone"}


def channels(
    cursor: duckdb.DuckDBPyConnection, customers: int, needed: Collection[str], uses: Collection[Channel]
) -> tuple[ChannelFigures, ...]:
    """Who is seen in each channel, ever; makes the temporary table `seen` (account_id, bits of the channels).

    `needed`: entities that the brief's actions look at. Letters leave no rows in the sources: only who has a postal
    address is known.
    """
    parts = " UNION ALL ".join(
        f"SELECT account_id, CAST({1 << place} AS BIGINT) AS bit, count(*) AS touches FROM ({stop.sql}) GROUP BY 1"  # noqa: S608
        for place, stop in enumerate(WAY)
    )
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE touched AS {parts}")
    seen = "SELECT account_id, bit_or(bit) AS bits FROM touched GROUP BY account_id"
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE seen AS {seen}")
    counts = cursor.execute("SELECT bit, sum(touches), count(*) FROM touched GROUP BY bit").fetchall()
    found = {int(bit): (int(rows), int(people)) for bit, rows, people in counts}
    reach = _reachable(cursor)
    figures = []
    for place, stop in enumerate(WAY):
        rows, people = found.get(1 << place, (0, 0))
        is_needed = bool(set(stop.entities) & set(needed))
        share = people / customers if customers else 0.0
        figures.append(ChannelFigures(stop.channel, rows, people, share, reach.get(stop.channel), is_needed))
    figures.append(ChannelFigures("letter", 0, 0, 0.0, reach["letter"], Channel.LETTER in uses))
    return tuple(figures)


def _reachable(cursor: duckdb.DuckDBPyConnection) -> dict[str, int]:
    counted = ", ".join(
        f"count(DISTINCT account_id) FILTER (WHERE {column} IS NOT NULL)" for column in _ADDRESSED.values()
    )
    row = cursor.execute(f"SELECT {counted} FROM contacts").fetchall()[0]  # noqa: S608
    return dict(zip(_ADDRESSED, map(int, row), strict=True))


def steps(
    customers: Customers,
    cursor: duckdb.DuckDBPyConnection,
    figures: Sequence[ChannelFigures],
    entities: Mapping[str, EntityFigures],
    links: Sequence[Link],
) -> tuple[Step, ...]:
    """From each channel that has rows to the next one; needs the table `seen`."""
    by_name = {each.channel: each for each in figures}
    lit = [(place, stop) for place, stop in enumerate(WAY) if _is_lit(stop, by_name, entities)]
    found = []
    for number, ((place, before), (other, after)) in enumerate(pairwise(lit)):
        mask = 1 << place | 1 << other
        query = f"SELECT count(*) FROM seen WHERE bits & {mask} = {mask}"  # noqa: S608 - bits of ours
        both = int(cursor.execute(query).fetchall()[0][0])
        people = by_name[after.channel].customers
        breaks = list(_breaks_at(after, entities, links))
        if number == 0:
            breaks = [*_breaks_at(before, entities, links), *breaks]
        total = customers.row_counts.get("accounts", 0)
        breaks += breaks_between(customers, cursor, by_name[before.channel], by_name[after.channel], both, total)
        found.append(Step(before.channel, after.channel, both, both / people if people else 0.0, tuple(breaks)))
    return tuple(found)


def _is_lit(stop: Stop, figures: Mapping[str, ChannelFigures], entities: Mapping[str, EntityFigures]) -> bool:
    """Whether anything is known of the channel, be it only rows that nobody can tie to a customer."""
    return figures[stop.channel].rows > 0 or any(
        entities[name].without_customer or entities[name].anonymous for name in stop.entities if name in entities
    )


#: A share below this is everyday noise, and no break.
_NOTICED = 0.05
#: What is lost with a column whose values lead nowhere.
_LOST_WITH: dict[str, BreakKind] = {"product_id": "no_product", "contact_id": "no_contact"}


def _breaks_at(stop: Stop, entities: Mapping[str, EntityFigures], links: Sequence[Link]) -> Iterator[Break]:
    """Where the channel itself loses whom or what its rows are about."""
    for name in stop.entities:
        figures = entities.get(name)
        if figures is not None and figures.total and figures.without_customer / figures.total >= _NOTICED:
            yield Break("no_customer", stop.channel, count=figures.without_customer, of=figures.total)
    for link in links:
        kind = _LOST_WITH.get(link.column)
        if kind is not None and link.key and link.entity in stop.entities and link.share >= _NOTICED:
            yield Break(kind, stop.channel, count=link.broken, of=link.rows)

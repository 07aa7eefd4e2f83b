"""Ids don't jump: who is which customer from now on, given who was which customer until now.

A customer's id is the id of their oldest known record. Where two customers turn out to be one, the id that is known
longer stays and the other becomes an alias. What was one customer stays one: where the reason is gone, or something
speaks against it now, the record is flagged, and a person takes it apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
import numpy as np

from .linking import Linked, Pair
from .reasons import explain
from .rules import RuleSet

UNFOUNDED, CONTRADICTED = "unfounded", "contradicted"


@dataclass(frozen=True)
class Links:
    """What is known of who is who, as the store has it. Pairs are of record ids."""

    known: Sequence[tuple[str, str, datetime]] = ()  #: (record, customer, since): all records ever seen
    joined: Sequence[tuple[str, str]] = ()  #: by a person
    apart: Sequence[tuple[str, str]] = ()  #: by a person
    mark: str = ""  #: what the links were made of; the same again needs no linking


@dataclass(frozen=True)
class Link:
    """Why a record belongs to a customer: `shared`, masked, is what it has in common with the record `via`."""

    record_id: str
    customer_id: str
    rule: str  #: '' where the record stands for itself
    shared: str
    via: str


@dataclass(frozen=True)
class Merge:
    """A customer who turned out to be another one, who stays."""

    alias: str
    customer_id: str


@dataclass(frozen=True)
class Changes:
    """What linking found that the store does not know yet."""

    links: list[Link] = field(default_factory=list)  #: of new records, and of those that changed their customer
    merges: list[Merge] = field(default_factory=list)
    flags: dict[str, str] = field(default_factory=dict)  #: record -> why a person should look; all there are now
    mark: str = ""


def put_known(connection: duckdb.DuckDBPyConnection, links: Links) -> None:
    """Make `identity_known`: what the store knows, with the numbers of records that are there."""
    ids = [np.asarray([row[column] for row in links.known], dtype=object) for column in (0, 1)]
    since = np.asarray([row[2].astimezone(UTC).timestamp() for row in links.known], dtype=np.float64)
    connection.register("identity_given", {"record_id": ids[0], "customer_id": ids[1], "since": since})
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE identity_known AS
        SELECT given.record_id, given.customer_id, given.since, people.number FROM identity_given given
        LEFT JOIN identity_people people USING (record_id)"""
    )
    connection.unregister("identity_given")


def forced_pairs(connection: duckdb.DuckDBPyConnection) -> list[Pair]:
    """(oldest, other) of every two records that are one customer already."""
    return connection.execute(
        """SELECT least(first, number), greatest(first, number) FROM identity_known JOIN (
            SELECT customer_id, min(number) AS first FROM identity_known WHERE number IS NOT NULL
            GROUP BY customer_id HAVING count(*) > 1
        ) USING (customer_id) WHERE number <> first ORDER BY ALL"""
    ).fetchall()


def numbered(connection: duckdb.DuckDBPyConnection, pairs: Sequence[tuple[str, str]]) -> list[Pair]:
    """Pairs of record ids as numbers, without those that are not there."""
    if not pairs:
        return []
    asked = {
        "one": np.asarray([p[0] for p in pairs], dtype=object),
        "two": np.asarray([p[1] for p in pairs], dtype=object),
    }
    connection.register("identity_asked_for", asked)
    found = connection.execute(
        """SELECT least(a.number, b.number), greatest(a.number, b.number) FROM identity_asked_for
        JOIN identity_people a ON a.record_id = one JOIN identity_people b ON b.record_id = two ORDER BY ALL"""
    ).fetchall()
    connection.unregister("identity_asked_for")
    return found


def settle(connection: duckdb.DuckDBPyConnection, rules: RuleSet, linked: Linked) -> Changes:
    """Make `identity_customers` (number, record_id, customer_id) of all records; what is new for the store."""
    _name_customers(connection)
    merges = connection.execute(
        """SELECT DISTINCT known.customer_id, now.customer_id FROM identity_known known
        JOIN identity_customers now USING (number) WHERE known.customer_id <> now.customer_id ORDER BY ALL"""
    ).fetchall()
    reasons = explain(connection, rules)
    changed = connection.execute(
        """SELECT now.number, now.record_id, now.customer_id FROM identity_customers now
        LEFT JOIN identity_known known USING (record_id)
        WHERE known.customer_id IS DISTINCT FROM now.customer_id ORDER BY now.number"""
    ).fetchall()
    nothing = ("", "", "")
    found = [Link(record, customer, *reasons.get(number, nothing)) for number, record, customer in changed]
    return Changes(found, [Merge(*row) for row in merges], _flags(connection, linked))


def _name_customers(connection: duckdb.DuckDBPyConnection) -> None:
    """The id known longest among a person's records; of new people the oldest record's."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE identity_customers AS
        WITH labelled AS (
            SELECT people.number, record_id, coalesce(label, people.number) AS label
            FROM identity_people people LEFT JOIN identity_labels USING (number)
        ), ages AS (
            SELECT known.customer_id, min(known.since) AS since, min(own.number) AS age
            FROM identity_known known LEFT JOIN identity_people own ON own.record_id = known.customer_id GROUP BY ALL
        ), names AS (
            SELECT label, first(customer_id ORDER BY ages.since, ages.age NULLS LAST, customer_id) AS customer_id
            FROM identity_known JOIN labelled USING (number) JOIN ages USING (customer_id) GROUP BY label
        )
        SELECT labelled.number, labelled.record_id, coalesce(names.customer_id, oldest.record_id) AS customer_id, label
        FROM labelled LEFT JOIN names USING (label) JOIN identity_people oldest ON oldest.number = label"""
    )


def _flags(connection: duckdb.DuckDBPyConnection, linked: Linked) -> dict[str, str]:
    """Records whose link to their customer has no reason any more, or has something against it."""
    flags = {number: UNFOUNDED for pair in linked.parted for number in pair[1:]}
    flags |= {number: CONTRADICTED for pair in linked.contradicting for number in pair[1:]}
    if not flags:
        return {}
    ids = connection.execute(
        "SELECT number, record_id FROM identity_people WHERE number IN (SELECT unnest(?::BIGINT[]))", [sorted(flags)]
    ).fetchall()
    return {record: flags[number] for number, record in ids}

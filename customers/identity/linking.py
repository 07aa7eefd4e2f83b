"""Links between records, and the people they make: union-find as min-label propagation with pointer jumping, in SQL.

The guards matter more than the rules (docs/identity.md has the figures): a key that too many records share joins
nobody; a key that two different people visibly share joins only records that also agree; and people who would hold a
contradiction are put together again link by link, the strongest first, leaving out the links that would make one.

The caller makes the table `identity_records`: `number` (BIGINT, from 0, unique) and the fields that the rules name,
NULL where unknown. More than one row may have a number: further addresses of the same record. What is made here:
`identity_edges` (low, high, rule, strength) and `identity_labels` (number, label), of linked records alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from .components import count, label_components, put_pairs
from .parting import several, take_apart
from .rules import Rule, RuleSet

Pair = tuple[int, int]
#: The rule of links that a person made.
JOINED = "joined"


@dataclass(frozen=True)
class Linked:
    """What linking found besides the labels."""

    capped: dict[str, int]  #: field -> values that too many records share
    refused: tuple[Pair, ...]  #: links left out because they would have joined what contradicts or is kept apart
    parted: tuple[Pair, ...]  #: forced pairs that nothing else joins now
    contradicting: tuple[
        Pair, ...
    ]  #: pairs that contradict each other, and are one person because they were or are said to be


def link(
    connection: duckdb.DuckDBPyConnection,
    rules: RuleSet,
    *,
    joined: Iterable[Pair] = (),
    forced: Iterable[Pair] = (),
    apart: Iterable[Pair] = (),
) -> Linked:
    """Find who is who among `identity_records`.

    `joined` are pairs that a person says are one, `forced` such as were one before: nothing keeps them from being so.
    `apart` are pairs that a person keeps apart.
    """
    capped = cap(connection, rules)
    make_edges(connection, rules)
    return gather(connection, rules, capped, joined=joined, forced=forced, apart=apart)


def cap(connection: duckdb.DuckDBPyConnection, rules: RuleSet) -> dict[str, int]:
    """Forget mailboxes, switchboards and the like that too many records share; how many, per field."""
    found = {}
    for field in rules.capped:
        shared = (
            f"SELECT {field} FROM identity_records WHERE {field} IS NOT NULL "  # noqa: S608
            f"GROUP BY {field} HAVING count(*) > {rules.largest_shared_key}"
        )
        connection.execute(f"CREATE OR REPLACE TEMP TABLE identity_shared AS {shared}")
        found[field] = count(connection, "identity_shared")
        if found[field]:
            connection.execute(
                f"UPDATE identity_records SET {field} = NULL WHERE {field} IN (SELECT {field} FROM identity_shared)"  # noqa: S608
            )
    return found


def make_edges(connection: duckdb.DuckDBPyConnection, rules: RuleSet) -> None:
    """One star per key around its first record, or pairs where the key is shared by several people."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE identity_edges (low BIGINT, high BIGINT, rule VARCHAR, strength INTEGER)"
    )
    for strength, rule in enumerate(rules.rules):
        _add_edges(connection, rules, rule, strength)


def gather(
    connection: duckdb.DuckDBPyConnection,
    rules: RuleSet,
    capped: dict[str, int],
    *,
    joined: Iterable[Pair] = (),
    forced: Iterable[Pair] = (),
    apart: Iterable[Pair] = (),
) -> Linked:
    """People out of `identity_edges`, as `identity_labels`."""
    by_hand, kept, never = (sorted(set(pairs)) for pairs in (joined, forced, apart))
    if by_hand:
        put_pairs(connection, "identity_by_hand", by_hand)
        connection.execute("INSERT INTO identity_edges SELECT one, other, ?, -1 FROM identity_by_hand", [JOINED])
    label_components(connection, "SELECT low, high FROM identity_edges", "identity_labels")
    parted = _join_forced(connection, kept) if kept else ()
    done = take_apart(connection, rules, by_hand + kept, never)
    return Linked(capped, done.refused, parted, done.contradicting)


def _add_edges(connection: duckdb.DuckDBPyConnection, rules: RuleSet, rule: Rule, strength: int) -> None:
    columns, mixed = ", ".join(rules.key(rule)), several(rules.telling_of(rule))
    known = rules.known(rule)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE identity_keys AS
        SELECT {columns}, min(number) AS low, {mixed} AS is_mixed
        FROM identity_records WHERE {known} GROUP BY {columns}
        HAVING count(*) BETWEEN 2 AND {rules.largest_shared_key} AND min(number) < max(number)"""  # noqa: S608
    )
    connection.execute(
        f"""INSERT INTO identity_edges SELECT low, number, ?, ?
        FROM identity_keys JOIN identity_records USING ({columns}) WHERE NOT is_mixed AND number > low AND {known}""",  # noqa: S608
        [rule.name, strength],
    )
    if not count(connection, "identity_keys WHERE is_mixed"):
        return
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE identity_mixed AS
        SELECT r.* FROM identity_records r SEMI JOIN (SELECT {columns} FROM identity_keys WHERE is_mixed)
        USING ({columns}) WHERE {known}"""  # noqa: S608
    )
    connection.execute(
        f"""INSERT INTO identity_edges SELECT DISTINCT a.number, b.number, ?, ?
        FROM identity_mixed a JOIN identity_mixed b USING ({columns})
        WHERE a.number < b.number AND {rules.agreement} AND NOT {rules.contradiction}""",  # noqa: S608
        [rule.name, strength],
    )


def _join_forced(connection: duckdb.DuckDBPyConnection, forced: list[Pair]) -> tuple[Pair, ...]:
    """Merge the labels of forced pairs; returns the pairs that had different ones."""
    put_pairs(connection, "identity_forced", forced)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE identity_across AS
        SELECT one, other, coalesce(a.label, one) AS low, coalesce(b.label, other) AS high FROM identity_forced
        LEFT JOIN identity_labels a ON a.number = one LEFT JOIN identity_labels b ON b.number = other
        WHERE coalesce(a.label, one) <> coalesce(b.label, other)"""
    )
    parted = connection.execute("SELECT one, other FROM identity_across ORDER BY ALL").fetchall()
    if parted:
        connection.execute(
            """INSERT INTO identity_labels SELECT DISTINCT number, number FROM
            (SELECT unnest([one, other]) AS number FROM identity_across) ANTI JOIN identity_labels USING (number)"""
        )
        label_components(connection, "SELECT low, high FROM identity_across", "identity_across_labels")
        connection.execute(
            """UPDATE identity_labels SET label = identity_across_labels.label FROM identity_across_labels
            WHERE identity_labels.label = identity_across_labels.number"""
        )
    return tuple(parted)

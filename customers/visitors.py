"""Visitors: cookies and devices that events name where nobody knows yet whose they are.

An event with a visitor and no account is anonymous. Once `identifiers` tie the visitor to one account, all its events
are that account's, past ones too. A visitor tied to several (a shared device) ties nobody. So the view of an entity
holds what belongs to somebody, and no query ever meets a row without its unit.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import duckdb

from .contract.model import Source

IDENTIFIERS = "identifiers"
COLUMN = "visitor_id"
#: What an erasure calls them.
KIND = "visitor"
#: The identifiers that an event may name its visitor by.
KINDS = ("cookie", "device", "member_card")
_OF_VISITORS = f"kind IN ({', '.join(repr(kind) for kind in KINDS)})"


@dataclass(frozen=True)
class Anonymous:
    """Rows of an entity that name a visitor and no account."""

    rows: int
    tied: int  #: of them: those of a visitor whom the identifiers tie to one account

    @property
    def left(self) -> int:
        """Rows that belong to nobody."""
        return self.rows - self.tied


def names_visitors(source: Source) -> bool:
    return COLUMN in source.column_names


def all_rows(entity: str) -> str:
    """The view with the rows of an entity as they were read, where some are anonymous."""
    return f"{entity}_all"


def tie_visitors(
    connection: duckdb.DuckDBPyConnection, sources: Iterable[Source], counts: Mapping[str, int]
) -> dict[str, Anonymous]:
    """Give visitors' events to the accounts that they are tied to; of each entity with anonymous rows, how many.

    `counts` are the rows of the entities that were read. The view of such an entity then holds what belongs to an
    account; `all_rows` has the others, too. The views `identifiers` and those of accounts must be there, unified.
    """
    found: dict[str, Anonymous] = {}
    for source in sources:
        name = source.name
        # Where no row lacks its account, the files' statistics say so and no row is read.
        query = f"SELECT count(*) FROM {name} WHERE account_id IS NULL"  # noqa: S608 - names of the contract
        if not names_visitors(source) or not counts.get(name) or not (rows := _count(connection, query)):
            continue
        if not found:
            connection.execute(
                f"CREATE TABLE visitor_owners AS SELECT value AS {COLUMN}, min(account_id) AS account_id "  # noqa: S608
                f"FROM {IDENTIFIERS} WHERE {_OF_VISITORS} GROUP BY value HAVING min(account_id) = max(account_id)"
            )
        connection.execute(f"ALTER VIEW {name} RENAME TO {all_rows(name)}")
        connection.execute(_tied_view(source))
        query = (
            f"SELECT count(*) FROM {all_rows(name)} SEMI JOIN visitor_owners USING ({COLUMN}) WHERE account_id IS NULL"  # noqa: S608
        )
        found[name] = Anonymous(rows, _count(connection, query))
    return found


def _tied_view(source: Source) -> str:
    """Rows with an account first: what narrows them down by account reaches their files."""
    every = all_rows(source.name)
    header = next(column.header for column in source.columns if column.name == "account_id")
    own = [column.name for column in source.columns if column.header == header]  # a person is their own contact
    theirs = ", ".join(f"owner.account_id AS {n}" if n in own else f"seen.{n}" for n in source.column_names)
    return f"""
        CREATE VIEW {source.name} AS
        SELECT {", ".join(source.column_names)} FROM {every} WHERE account_id IS NOT NULL
        UNION ALL SELECT {theirs} FROM {every} AS seen JOIN visitor_owners AS owner ON owner.{COLUMN} = seen.{COLUMN}
        WHERE seen.account_id IS NULL
    """  # noqa: S608 - all names come from the contract


def visitors_of(
    connection: duckdb.DuckDBPyConnection, source: Source, rows: str, people: Mapping[str, Collection[str]]
) -> set[str]:
    """The visitors whom rows of an entity name together with these people (`unit` and `contact` ids)."""
    if source.name == IDENTIFIERS:
        cell, where = "value", _OF_VISITORS
    elif names_visitors(source):
        cell, where = COLUMN, f"{COLUMN} IS NOT NULL"
    else:
        return set()
    naming = {"account_id": people["unit"], "contact_id": people["contact"]}
    asked = {column: sorted(ids) for column, ids in naming.items() if ids and column in source.column_names}
    if not asked:
        return set()
    named = " OR ".join(f"{column} IN (SELECT unnest(${column}::VARCHAR[]))" for column in asked)
    query = f"SELECT DISTINCT {cell} FROM {rows} WHERE {where} AND ({named})"  # noqa: S608
    return {value for (value,) in connection.execute(query, asked).fetchall()}


def accounts_of_changed(source: Source) -> list[str]:
    """Queries for the accounts that rows in `<entity>_changed` concern by their visitors alone.

    They are tied to a new event's visitor, or share a visitor that an identifier names; `identifiers` must be there.
    """
    changed = f"{source.name}_changed"
    if source.name == IDENTIFIERS:
        visitors = f"SELECT value FROM {changed} WHERE {_OF_VISITORS}"  # noqa: S608
    elif names_visitors(source):
        visitors = f"SELECT {COLUMN} FROM {changed} WHERE account_id IS NULL"  # noqa: S608
    else:
        return []
    return [f"SELECT DISTINCT account_id FROM {IDENTIFIERS} WHERE {_OF_VISITORS} AND value IN ({visitors})"]  # noqa: S608


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])

"""Records of one person become one customer, in every table: what all the rest of Kizuna reads afterwards.

Run it when the entities' views exist and before anything is made of them. `persons` (or, where the brief's unit is the
account, `contacts` within one account) gets one row per customer, and every other entity speaks of the customer's id.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from ...domain.sources import Identity
from .combining import combine, first_per_customer
from .components import count
from .keys import CONTACTS, PERSONS, Entity, make_records
from .linking import Linked, link
from .rules import RuleSet, japanese_rules
from .stable import Changes, Links, forced_pairs, numbered, put_known, settle

#: Columns that name a person, by the entity that is unified. `rep_id` and `staff_id` are colleagues.
_NAMING = {"persons": ("account_id", "contact_id", "referred_account_id"), "contacts": ("contact_id",)}
#: What a link depends on besides the rules.
_COMPARED = ("full_name", "full_name_kana", "email", "phone", "birth_date", "created_on")
#: Raised when the rules change, so that everything is linked again.
_RULES = 1


@dataclass(frozen=True)
class Who:
    """What unifying needs to know: how, and who is who so far."""

    settings: Identity
    links: Links = field(default_factory=Links)


@dataclass(frozen=True)
class Unified:
    """What came of it: `changes` are for the store to keep (store/identity.py)."""

    records: int = 0
    customers: int = 0
    changes: Changes | None = None  #: None: the same sources as last time
    merged: str = ""  #: the same as long as the same records are one customer; empty where every record is its own
    capped: dict[str, int] = field(default_factory=dict)  #: field -> values that too many records share
    refused: int = 0  #: links that would have joined contradicting records
    left_out: dict[str, int] = field(
        default_factory=dict
    )  #: entity -> rows where a customer may have one, and had more


def unify_persons(connection: duckdb.DuckDBPyConnection, entities: Mapping[str, Sequence[str]], who: Who) -> Unified:
    """Make one customer of all records of one person.

    `entities` are the entities that were read, each a view with these columns. Where `identifiers` was not read,
    nothing new is linked and what `links` knows is applied. Raises UserError where `method: splink` is asked for and is
    not installed.
    """
    settings, links = who.settings, who.links
    entity = PERSONS if "persons" in entities else CONTACTS
    if entity.name not in entities:
        return Unified()
    mark = _mark(connection, entity, settings, links) if "identifiers" in entities else links.mark
    records = count(connection, entity.name)
    if mark == links.mark and links.known:
        _put_aliases(connection, [(record, customer) for record, customer, _ in links.known if record != customer])
        linked, changes = None, None
    else:
        rules = japanese_rules(settings.largest_shared_key, scope="scope" if entity.scope else None)
        linked, changes = _link(connection, entity, rules, who, mark)
    left_out = _apply(connection, entities, entity)
    return Unified(
        records=records,
        customers=count(connection, entity.name),
        changes=changes,
        merged=_merged(connection),
        capped=linked.capped if linked else {},
        refused=len(linked.refused) if linked else 0,
        left_out=left_out,
    )


def _link(
    connection: duckdb.DuckDBPyConnection, entity: Entity, rules: RuleSet, who: Who, mark: str
) -> tuple[Linked, Changes]:
    links = who.links
    make_records(connection, entity)
    put_known(connection, links)
    given = {
        "joined": numbered(connection, links.joined),
        "forced": forced_pairs(connection),
        "apart": numbered(connection, links.apart),
    }
    if who.settings.method == "splink":
        from .splink_model import JAPANESE, link_by_model

        linked = link_by_model(connection, rules, JAPANESE, **given)
    else:
        linked = link(connection, rules, **given)
    changes = settle(connection, rules, linked)
    connection.execute(
        """CREATE OR REPLACE TABLE identity_aliases AS
        SELECT record_id, customer_id FROM identity_customers WHERE record_id <> customer_id ORDER BY record_id"""
    )
    return linked, Changes(changes.links, changes.merges, changes.flags, mark)


def _mark(connection: duckdb.DuckDBPyConnection, entity: Entity, settings: Identity, links: Links) -> str:
    """The same for the same people, identifiers, settings and people's corrections; in whatever order they are read."""
    columns = ", ".join((entity.key, *((entity.scope,) if entity.scope else ()), *_COMPARED))
    people = f"SELECT count(*), bit_xor(hash({columns})), sum(hash({columns})) FROM {entity.name}"  # noqa: S608
    known = f"hash({entity.of_identifiers}, kind, value)"
    identifiers = f"SELECT count(*), bit_xor({known}), sum({known}) FROM identifiers"  # noqa: S608
    found = [connection.execute(query).fetchall() for query in (people, identifiers)]
    by_hand = sorted(links.joined), sorted(links.apart)
    told = repr((_RULES, duckdb.__version__, found, by_hand, settings.model_dump()))
    return hashlib.sha256(told.encode()).hexdigest()


def _merged(connection: duckdb.DuckDBPyConnection) -> str:
    told = connection.execute("SELECT record_id, customer_id FROM identity_aliases ORDER BY record_id").fetchall()
    return hashlib.sha256(repr(told).encode()).hexdigest() if told else ""


def _put_aliases(connection: duckdb.DuckDBPyConnection, aliases: Sequence[tuple[str, str]]) -> None:
    columns = [[row[place] for row in aliases] for place in (0, 1)]
    connection.execute(
        "CREATE OR REPLACE TABLE identity_aliases AS SELECT unnest(?::VARCHAR[]) AS record_id, "
        "unnest(?::VARCHAR[]) AS customer_id",
        columns,
    )


def _apply(
    connection: duckdb.DuckDBPyConnection, entities: Mapping[str, Sequence[str]], entity: Entity
) -> dict[str, int]:
    """Move every view aside as `<entity>_records` and put the unified one in its place."""
    if not count(connection, "identity_aliases"):
        return {}
    for name in entities:
        if _named(entities[name], entity) or name == entity.name:
            connection.execute(f"ALTER VIEW {name} RENAME TO {name}_records")
    combine(connection, entity, entities)
    left_out = {}
    for name, columns in entities.items():
        named = _named(columns, entity)
        if name in (entity.name, "consents") or not named:
            continue
        _speak_of_customers(connection, name, named)
        if name == "subscriptions":
            left_out[name] = first_per_customer(connection, name)
    return {name: rows for name, rows in left_out.items() if rows}


def _named(columns: Sequence[str], entity: Entity) -> list[str]:
    return [column for column in columns if column in _NAMING[entity.name]]


def _speak_of_customers(connection: duckdb.DuckDBPyConnection, name: str, named: Sequence[str]) -> None:
    """A view with the customers' ids; only aliases are looked up, so it costs a join with a small table."""
    new = ", ".join(f"coalesce(of_{column}.customer_id, r.{column}) AS {column}" for column in named)
    joins = " ".join(
        f"LEFT JOIN identity_aliases of_{column} ON of_{column}.record_id = r.{column}" for column in named
    )
    connection.execute(f"CREATE VIEW {name} AS SELECT r.* REPLACE ({new}) FROM {name}_records r {joins}")  # noqa: S608

"""The records to compare: one row per person in the sources with normalised keys, and further addresses beside.

Records are numbered by age (`created_on`, unknown last, then id), so the smallest number of a person is their oldest
record, and the same sources always give the same numbers.
"""

from dataclasses import dataclass
from itertools import starmap
from typing import Any

import duckdb
import numpy as np

from .normalise import NameKeys, mail_key, name_keys, phone_key, plain
from .rules import IDENTIFIER_RULES

#: What an entry in `identifiers` is compared as.
_FIELDS = {"email": "mail", "phone": "phone"} | {kind: kind for kind in IDENTIFIER_RULES}
FURTHER = ("mail", "phone", *IDENTIFIER_RULES)
_DATA = ("full_name", "full_name_kana", "email", "phone")


@dataclass(frozen=True)
class Entity:
    """Where the people stand."""

    name: str  #: `persons` or `contacts`
    key: str  #: the column of their ids
    scope: str | None = None  #: records are joined within one value of this column: contacts of one account
    of_identifiers: str = "account_id"  #: the column of `identifiers` that names them


PERSONS = Entity("persons", "person_id")
CONTACTS = Entity("contacts", "contact_id", "account_id", "contact_id")


def make_records(connection: duckdb.DuckDBPyConnection, entity: Entity) -> int:
    """Make `identity_records` as customers/identity/linking.py wants it; how many records there are."""
    names = ", ".join(f"coalesce({name}, '') AS {name}" for name in _DATA)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE identity_people AS
        SELECT CAST(row_number() OVER (ORDER BY created_on NULLS LAST, {entity.key}) - 1 AS BIGINT) AS number,
            {entity.key} AS record_id, {entity.scope or "CAST(NULL AS VARCHAR)"} AS scope, birth_date,
            created_on, {names}
        FROM {entity.name}"""  # noqa: S608 - all names are ours
    )
    rows = connection.execute(f"SELECT number, {', '.join(_DATA)} FROM identity_people ORDER BY number").fetchnumpy()  # noqa: S608
    _register(connection, "identity_keyed", {"number": rows["number"]} | _keys(rows))
    known = ", ".join(f"nullif(keyed.{name}, '') AS {name}" for name in ("mail", "phone", *NameKeys._fields))
    others = ", ".join(f"CAST(NULL AS VARCHAR) AS {kind}" for kind in IDENTIFIER_RULES)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE identity_records AS
        SELECT number, record_id, scope, birth_date, {known}, {others}, TRUE AS is_first
        FROM identity_people JOIN identity_keyed keyed USING (number) ORDER BY number"""  # noqa: S608
    )
    connection.unregister("identity_keyed")
    _add_further(connection, entity)
    return len(rows["number"])


def _keys(rows: dict[str, Any]) -> dict[str, Any]:
    names = list(starmap(name_keys, zip(rows["full_name"], rows["full_name_kana"], strict=True)))
    columns = dict(zip(NameKeys._fields, zip(*names, strict=True), strict=True)) if names else {}
    keys = {
        "mail": [mail_key(value) for value in rows["email"]],
        "phone": [phone_key(value) for value in rows["phone"]],
    }
    return keys | {name: columns.get(name, ()) for name in NameKeys._fields}


def _add_further(connection: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    """A row per further address, card or cookie: with the record's name and birth date, and nothing else to join by."""
    rows = connection.execute(
        f"""SELECT number, kind, value FROM identifiers
        JOIN identity_people ON record_id = identifiers.{entity.of_identifiers}
        ORDER BY ALL"""  # noqa: S608
    ).fetchall()
    keyed = {(number, _FIELDS[kind], _identifier(kind, value)) for number, kind, value in rows if kind in _FIELDS}
    found = sorted(entry for entry in keyed if entry[2])
    if not found:
        return
    columns = list(zip(*found, strict=True))
    _register(connection, "identity_found", dict(zip(("number", "field", "key"), columns, strict=True)))
    values = ", ".join(f"CASE WHEN field = '{field}' THEN key END AS {field}" for field in FURTHER)
    connection.execute(
        f"""INSERT INTO identity_records BY NAME
        SELECT own.* EXCLUDE ({", ".join(FURTHER)}, is_first), {values}, FALSE AS is_first
        FROM identity_found JOIN identity_records own USING (number)
        WHERE NOT coalesce((field = 'mail' AND key = own.mail) OR (field = 'phone' AND key = own.phone), FALSE)"""  # noqa: S608
    )
    connection.unregister("identity_found")


def _identifier(kind: str, value: str) -> str:
    if kind == "email":
        return mail_key(value)
    return phone_key(value) if kind == "phone" else plain(value).casefold()


def _register(connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, Any]) -> None:
    arrays = {key: np.asarray(values, dtype=np.int64 if key == "number" else object) for key, values in columns.items()}
    connection.register(name, arrays)

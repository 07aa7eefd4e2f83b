"""Keeps erased people out when the sources are read again: the company's files may still hold them for other ends."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import duckdb

from .contract.model import Source
from .visitors import COLUMN, IDENTIFIERS, KIND, visitors_of

#: (kind, value) -> whether an erased person had it; kinds are `contact`, `unit`, `email` and `visitor`.
KeepOut = Callable[[str, str], bool]

#: Columns that name a person or a unit, and what an erasure calls it.
ID_COLUMNS = {
    "person_id": ("contact", "unit"),
    "contact_id": ("contact",),
    "account_id": ("unit",),
    "referred_account_id": ("unit", "contact"),
    COLUMN: (KIND,),
}
#: Where the ids of such a column are at home: (entity, its key). Who is there was asked about when they came in.
_HOMES = {
    "account_id": ("accounts", "account_id"),
    "contact_id": ("contacts", "contact_id"),
    "referred_account_id": ("accounts", "account_id"),
}
#: Free text, which may speak of whoever wrote it.
_WORDS = ("text", "note", "comment")


@dataclass
class Door:
    """Lets rows in but for those of erased people; rows about a unit that is still there come in without the person.

    Entities must come in the order of the contract, people before what they did.
    """

    keep_out: KeepOut
    erased: dict[str, set[str]] = field(default_factory=lambda: {"contact": set(), "unit": set(), KIND: set()})
    homes: set[str] = field(default_factory=set)  #: entities of people that are there, with nobody erased among them

    def take_out(self, connection: duckdb.DuckDBPyConnection, source: Source, table: str) -> None:
        """Take erased people out of a table of newly read rows."""
        columns = source.column_names
        for column in columns:
            for kind in ID_COLUMNS.get(column, ()):
                ids = self._strangers(connection, table, column)
                self.erased[kind] |= {ident for ident in ids if self.keep_out(kind, ident)}
        if source.name in ("contacts", "persons"):
            self._find_by_address(connection, table, columns)
        self.erased[KIND] |= visitors_of(connection, source, table, self.erased)
        take_out(connection, table, columns, self.erased)
        if source.name in ("accounts", "contacts", "persons"):
            self.homes.add(source.name)

    def met_anew(self) -> set[tuple[str, str]]:
        """(kind, id) of erased people, and visitors, that nobody knew of before: to be kept out from now on."""
        found = {(kind, ident) for kind, ids in self.erased.items() for ident in ids}
        return {(kind, ident) for kind, ident in found if not self.keep_out(kind, ident)}

    def _strangers(self, connection: duckdb.DuckDBPyConnection, table: str, column: str) -> list[str]:
        """The ids in a column that belong to nobody who is there."""
        query = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608 - from the contract
        home, key = ("persons", "person_id") if "persons" in self.homes else _HOMES.get(column, ("", ""))
        if home in self.homes and table != f"{home}_new":
            query += f" AND {column} NOT IN (SELECT {key} FROM {home})"  # noqa: S608
        return [ident for (ident,) in connection.execute(query).fetchall()]

    def _find_by_address(self, connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[str]) -> None:
        """The same person under a new id, and who belongs to an erased account."""
        ident = "person_id" if "person_id" in columns else "contact_id"
        query = f"SELECT {ident}, email FROM {table} WHERE email IS NOT NULL AND {ident} IS NOT NULL"  # noqa: S608
        found = {value for value, email in connection.execute(query).fetchall() if self.keep_out("email", email)}
        if "account_id" in columns and self.erased["unit"]:
            query = f"SELECT {ident} FROM {table} WHERE account_id IN (SELECT unnest($ids::VARCHAR[]))"  # noqa: S608
            rows = connection.execute(query, {"ids": sorted(self.erased["unit"])}).fetchall()
            found |= {value for (value,) in rows if value is not None}
        self.erased["contact"] |= found
        if ident == "person_id":  # a person is both
            self.erased["unit"] = self.erased["contact"] = self.erased["unit"] | self.erased["contact"]


def take_out(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[str], erased: Mapping[str, set[str]]
) -> int:
    """Take these people out of a table; returns how many rows were changed or deleted."""
    columns, changed = tuple(columns), 0
    for column, is_about_others in _id_columns(table, columns):
        ids = sorted(set().union(*(erased[kind] for kind in ID_COLUMNS[column])))
        if not ids:
            continue
        where = f"{column} IN (SELECT unnest($ids::VARCHAR[]))"
        query = f"DELETE FROM {table} WHERE {where}"  # noqa: S608 - names come from the contract
        if column == COLUMN and "account_id" in columns:  # what somebody else did there is theirs
            anonymous = f"{query} AND account_id IS NULL"
            changed += int(connection.execute(anonymous, {"ids": ids}).fetchall()[0][0])
        if is_about_others:
            words = [word for word in _WORDS if word in columns and column == "contact_id"]
            values = ", ".join(f"{name} = NULL" for name in [column, *words])
            query = f"UPDATE {table} SET {values} WHERE {where}"  # noqa: S608
        changed += int(connection.execute(query, {"ids": ids}).fetchall()[0][0])
    return changed


def _id_columns(table: str, columns: tuple[str, ...]) -> list[tuple[str, bool]]:
    """The columns with ids of people, and whether a row stays when the one named there was erased."""
    is_about_a_unit = "account_id" in columns and not table.startswith(("contacts", IDENTIFIERS))
    return [
        (column, column == "referred_account_id" or (column in ("contact_id", COLUMN) and is_about_a_unit))
        for column in columns
        if column in ID_COLUMNS
    ]

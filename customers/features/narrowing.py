"""The rows of some units alone, laid over the entities: the query for all units then computes just these.

Temporary tables of one cursor come before views of the same name, so nobody else sees them.
"""

from collections.abc import Mapping, Sequence

import duckdb

from ..contract.model import Source, contract

_WANTED = "wanted_units"
#: What ties a row to its unit, closest first: (column of the row, entity that holds it).
_TIES = (("account_id", ""), ("contact_id", "contacts"), ("order_id", "orders"))


def narrow(cursor: duckdb.DuckDBPyConnection, units: Sequence[str], columns: Mapping[str, Sequence[str]]) -> None:
    """Let this cursor see of these entities only the rows of the units, with the columns named.

    Entities that belong to nobody (products) stay whole. An entity that ties others to their unit must be among them.
    """
    made = f"CREATE TEMP TABLE {_WANTED} AS SELECT DISTINCT unnest(CAST($units AS VARCHAR[])) AS unit_id"
    cursor.execute(made, {"units": list(units)})
    ((whole,),) = cursor.execute("SELECT current_database()").fetchall()
    for source in sorted(contract(), key=lambda source: "account_id" not in source.column_names):
        if source.name in columns and (picked := _picked(source)):
            rows = f"SELECT {', '.join(columns[source.name])} FROM {whole}.main.{source.name} WHERE {picked}"  # noqa: S608 - names of the contract
            cursor.execute(f"CREATE TEMP TABLE {source.name} AS {rows}")


def _picked(source: Source) -> str:
    """The condition for rows of the wanted units; empty where rows belong to no unit."""
    for column, holder in _TIES:
        if column in source.column_names:
            wanted = f"SELECT {column} FROM {holder}" if holder else f"SELECT unit_id FROM {_WANTED}"  # noqa: S608
            return f"{column} IN ({wanted})"
    return ""

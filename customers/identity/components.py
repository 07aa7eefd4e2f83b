"""Connected components of a graph in SQL, for graphs that no list of Python would hold."""

from collections.abc import Sequence

import duckdb
import numpy as np


def put_pairs(connection: duckdb.DuckDBPyConnection, table: str, pairs: Sequence[tuple[int, int]]) -> None:
    """Make the table (one, other) of pairs of numbers."""
    array = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    rows = {"one": np.ascontiguousarray(array[:, 0]), "other": np.ascontiguousarray(array[:, 1])}
    connection.register("identity_given", rows)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT one, other FROM identity_given")  # noqa: S608
    connection.unregister("identity_given")


def count(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    """How many rows of a table there are, or of a table with its WHERE."""
    return int(connection.execute(f"SELECT count(*) FROM {rows}").fetchall()[0][0])  # noqa: S608


def label_components(connection: duckdb.DuckDBPyConnection, edges: str, into: str) -> None:
    """Make the table `into` (number, label): the smallest number that each number in `edges` (low, high) hangs on to.

    In each round every number takes the smallest of its neighbours and then that one's (pointer jumping), and the graph
    shrinks to what is left between different labels, so the rounds grow with the logarithm of the longest chain
    (Shiloach and Vishkin 1982; here with the contraction of Boruvka).
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE identity_left AS {edges}")
    _round(connection, into)
    while _contract(connection, into):
        _round(connection, "identity_round")
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE {into} AS
            SELECT {into}.number, coalesce(identity_round.label, {into}.label) AS label
            FROM {into} LEFT JOIN identity_round ON identity_round.number = {into}.label"""  # noqa: S608
        )


def _round(connection: duckdb.DuckDBPyConnection, into: str) -> None:
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE identity_sunk AS SELECT number, min(near) AS label FROM (
            SELECT high AS number, low AS near FROM identity_left
            UNION ALL SELECT low, least(low, high) FROM identity_left
            UNION ALL SELECT low, high FROM identity_left WHERE high < low
        ) GROUP BY number"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {into} AS SELECT sunk.number, deep.label
        FROM identity_sunk sunk JOIN identity_sunk deep ON deep.number = sunk.label"""  # noqa: S608
    )


def _contract(connection: duckdb.DuckDBPyConnection, labels: str) -> int:
    """Keep only what connects different labels; how much that is."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE identity_left AS
        SELECT DISTINCT least(a.label, b.label) AS low, greatest(a.label, b.label) AS high FROM identity_left
        JOIN {labels} a ON a.number = low JOIN {labels} b ON b.number = high WHERE a.label <> b.label"""  # noqa: S608
    )
    return count(connection, "identity_left")

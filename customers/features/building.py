"""Computes features over the open sources with the embedded engine."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from ..opening import Customers
from ..table import FeatureTable, from_query
from .names import PARAMETERS
from .narrowing import narrow
from .queries import feature_columns, feature_query, learning_query, named_parameters

#: The relation of what the company's app can do, and the table that stands for it where it is known already.
_PRODUCT = "product_features"
_LEARNED = f"learned_{_PRODUCT}"


def build_features(
    customers: Customers,
    as_of: date,
    only: Sequence[str] | None = None,
    *,
    folder: Path | None = None,
    product: Sequence[str] | None = None,
) -> FeatureTable:
    """The features of all units there before `as_of` (a UTC midnight), as they stood then.

    `only`: of these units alone, at the cost of their own rows; the values are the same. `folder` adds a user's own
    definitions. `product` goes with `only`: the app's features as `learn_product` found them for all; looked up anew
    without it.
    """
    cursor = customers.cursor()
    try:
        known = feature_parameters(customers, as_of, folder)
        if only is not None:
            _name_product(cursor, learn_product(customers, as_of) if product is None else product)
            narrow(cursor, only, feature_columns(folder))
        result = cursor.execute(feature_query(learned=only is not None, folder=folder), known).fetchnumpy()
    finally:
        cursor.close()
    return from_query(result, "unit_id")


def feature_parameters(customers: Customers, as_of: date, folder: Path | None = None) -> dict[str, Any]:
    """What the query of any engine must be told: the date, whether it is the export's own, what the company has."""
    known: dict[str, Any] = {
        "as_of": as_of,
        "present": customers.is_present(as_of),
        "transactions": customers.model == "transactions",
    }
    assert set(known) == set(PARAMETERS)
    known |= {f"has_{source}": count > 0 for source, count in customers.row_counts.items()}
    return {name: known[name] for name in named_parameters(folder)}


def learn_product(customers: Customers, as_of: date) -> tuple[str, ...]:
    """The features of the company's app by what its customers used in the 90 days before; used by most first."""
    cursor = customers.cursor()
    try:
        query = f"SELECT feature FROM ({learning_query(_PRODUCT)}) ORDER BY place"  # noqa: S608 - from entities.yaml
        return tuple(name for (name,) in cursor.execute(query, {"as_of": as_of}).fetchall())
    finally:
        cursor.close()


def _name_product(cursor: duckdb.DuckDBPyConnection, product: Sequence[str]) -> None:
    names = "CAST($names AS VARCHAR[])"
    rows = f"SELECT unnest({names}) AS feature, generate_subscripts({names}, 1) AS place"
    made = f"SELECT *, CAST(1 AS BIGINT) << (place - 1) AS bit FROM ({rows})"  # noqa: S608 - names of ours alone
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE {_LEARNED} AS {made}", {"names": list(product)})

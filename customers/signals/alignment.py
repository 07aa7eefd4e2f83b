"""Two snapshots side by side: which row of the earlier one is the same unit, and columns that one of them lacks."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..features.catalogue import catalogue
from ..table import FeatureTable

Rows = NDArray[np.int64]


def rows_before(now: Sequence[str], before: Sequence[str]) -> Rows:
    """For each unit of now its row in the earlier snapshot, -1 where it was not there."""
    if now == before:
        return np.arange(len(now), dtype=np.int64)
    at = {unit: row for row, unit in enumerate(before)}
    return np.fromiter((at.get(unit, -1) for unit in now), dtype=np.int64, count=len(now))


def with_columns_for(table: FeatureTable, names: Iterable[str]) -> FeatureTable:
    """The table with all these columns; what it does not hold is unknown of everybody."""
    text = {feature.name for feature in catalogue() if feature.type == "text"}
    lacking = set(names) - set(table.columns)
    unknown: dict[str, NDArray[Any]] = {
        name: np.full(len(table), None, dtype=object) if name in text else np.full(len(table), np.nan)
        for name in lacking
    }
    return table.with_columns(**unknown) if unknown else table


def narrowed(table: FeatureTable, names: Iterable[str], rows: NDArray[Any] | None = None) -> FeatureTable:
    """These columns of the table alone (unknown where it lacks one), of all units or of the chosen rows."""
    wanted = set(names)
    part = FeatureTable(table.unit_ids, {name: table.columns[name] for name in wanted if name in table.columns})
    return with_columns_for(part if rows is None else part.pick(rows), wanted)


def taken(column: NDArray[Any], rows: Rows) -> NDArray[Any]:
    """Values of the earlier snapshot in the order of now; unknown where `rows` is -1."""
    unknown: Any = None if column.dtype == object else np.nan
    values = np.full(len(rows), unknown, dtype=column.dtype)
    there = rows >= 0
    values[there] = column[rows[there]]
    return values

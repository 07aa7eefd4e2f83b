"""An in-memory DuckDB that reaches no file and no network, for questions over arrays."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import duckdb
from numpy.typing import NDArray


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        config={
            "threads": 2,
            "preserve_insertion_order": True,
            "enable_external_access": False,
            "pandas_analyze_sample": 0,  # or a column of None in the sample would make the column a number
            "lock_configuration": True,
        }
    )


def ask_arrays(query: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Run a query over the table `arrays`, one column per array."""
    cursor = _database().cursor()
    try:
        cursor.register("arrays", dict(arrays))
        answer: dict[str, NDArray[Any]] = cursor.execute(query).fetchnumpy()
        return answer
    finally:
        cursor.close()

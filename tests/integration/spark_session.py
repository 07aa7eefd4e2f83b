"""Spark for tests: a Java that starts quickly, settings for little data, and a comparison cell by cell."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kizuna.customers.table import FeatureTable

#: Half of a short query's time is spent on compiling for a long one.
_QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"


@contextmanager
def quick_spark(folder: Path) -> Iterator[None]:
    """Settings as an operator would make them, by the environment; skips where there is no PySpark."""
    pytest.importorskip("pyspark", reason="no PySpark: .ci/with-spark installs it")
    (folder / "spark-defaults.conf").write_text("spark.sql.shuffle.partitions 2\n", encoding="ascii")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONF_DIR", str(folder))
        patch.setenv("JDK_JAVA_OPTIONS", f"{_QUICK_JAVA} {os.environ.get('JDK_JAVA_OPTIONS', '')}".strip())
        yield


def odd_cells(expected: FeatureTable, found: FeatureTable) -> list[tuple[str, str, Any, Any]]:
    """Where two tables differ: unit, feature, and both values. Numbers may differ by 1e-9 of their size."""
    assert found.unit_ids == expected.unit_ids
    assert list(found.columns) == list(expected.columns)
    return [
        (unit, name, one, other)
        for name, values in expected.columns.items()
        for unit, one, other in zip(expected.unit_ids, values, found[name], strict=True)
        if not _is_same(one, other)
    ]


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9) or (math.isnan(one) and math.isnan(other))
    return bool(one == other)

"""The same features on Spark: tables as Parquet in, Parquet out; no row passes through Spark's driver."""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import sqlglot
from sqlglot import exp

from ...domain.errors import KizunaError
from ...tools.scratch import scratch_folder
from ...tools.spark import open_spark
from ..contract.model import contract
from ..opening import Customers
from ..table import FeatureTable, from_query
from .catalogue import feature_parameters, feature_query, feature_tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Entity -> the Parquet files with its rows.
Tables = Mapping[str, Sequence[Path]]
_TYPES = {
    "text": "STRING",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP_NTZ",
}


@dataclass(frozen=True)
class Used:
    """A column that features look at. `known` says that they only ask whether it holds anything."""

    name: str
    type: str  #: of the contract
    known: bool

    @property
    def sql(self) -> str:
        """What leaves DuckDB of it: no address goes where only its presence counts."""
        return f"CASE WHEN NOT {self.name} IS NULL THEN '' END AS {self.name}" if self.known else self.name


@contextmanager
def features_on_spark(
    customers: Customers, variable: str | None, scratch: Path, own: Path | None = None
) -> Iterator[Callable[[date], FeatureTable]]:
    """What builds the features of a day on Spark, for as long as the `with` lasts; `own` adds a user's definitions.

    `variable` names the environment variable with the cluster's address (see `open_spark`). `scratch` is the folder
    that `customers` may write to; a cluster's machines must see it under the same path. Nothing stays in it.
    """
    with scratch_folder(scratch) as folder:
        tables = export_tables(customers, folder, own)
        with open_spark(variable, folder) as session:

            def build(as_of: date) -> FeatureTable:
                parameters = feature_parameters(customers, as_of, own)
                return build_features_on_spark(session, tables, parameters, folder, own)

            yield build


def export_tables(customers: Customers, folder: Path, own: Path | None = None) -> dict[str, list[Path]]:
    """What features look at of each entity, as DuckDB sees it, in Parquet files in the folder."""
    tables: dict[str, list[Path]] = {}
    cursor = customers.cursor()
    try:
        for entity, columns in columns_used(own).items():
            file = folder / f"{entity}.parquet"
            rows = f"SELECT {', '.join(column.sql for column in columns)} FROM {entity}"  # noqa: S608 - contract names
            target = str(file).replace("'", "''")
            cursor.execute(f"COPY ({rows}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
            tables[entity] = [file]
    finally:
        cursor.close()
    return tables


@cache
def columns_used(own: Path | None = None) -> dict[str, tuple[Used, ...]]:
    """Entity -> its columns that the feature query names."""
    named = list(sqlglot.parse_one(feature_query(folder=own), dialect="duckdb").find_all(exp.Column))
    looked_into = {column.name for column in named if not _asks_presence(column)}
    names = {column.name for column in named}
    return {
        source.name: tuple(
            Used(column.name, column.type, column.type == "text" and column.name not in looked_into)
            for column in source.columns
            if column.name in names
        )
        for source in contract()
        if source.name in feature_tables(own)
    }


def _asks_presence(column: exp.Column) -> bool:
    return isinstance(column.parent, exp.Is) and isinstance(column.parent.expression, exp.Null)


def build_features_on_spark(
    session: "SparkSession", tables: Tables, parameters: Mapping[str, Any], folder: Path, own: Path | None = None
) -> FeatureTable:
    """The table that `build_features` gives, computed by Spark; `parameters` are those of `feature_parameters`."""
    with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as scratch:
        path = Path(scratch) / "features"
        write_features_on_spark(session, tables, parameters, path, own)
        return _read(path)


def write_features_on_spark(
    session: "SparkSession", tables: Tables, parameters: Mapping[str, Any], path: Path, own: Path | None = None
) -> None:
    """Write the features as Parquet files into a new folder, by Spark's executors; the driver sees no row."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        for entity, columns in columns_used(own).items():
            schema = ", ".join(f"{column.name} {_TYPES[column.type]}" for column in columns)
            files = [str(file) for file in tables[entity]]
            session.read.schema(schema).parquet(*files).createOrReplaceTempView(entity)
        session.sql(feature_query("spark", folder=own), args=dict(parameters)).write.parquet(str(path))
    except (PySparkException, Py4JError) as error:
        # Its text may quote a customer's: only the kind of the error is told.
        kind = error.getCondition() if isinstance(error, PySparkException) else None
        raise KizunaError(f"Spark could not compute the features: {kind or type(error).__name__}") from None


def _read(folder: Path) -> FeatureTable:
    pattern = re.sub(r"([*?\[])", r"[\1]", str(folder)) + "/*.parquet"
    with duckdb.connect(config={"threads": 2}) as connection:
        query = "SELECT * FROM read_parquet(?) ORDER BY unit_id"
        return from_query(connection.execute(query, [pattern]).fetchnumpy(), "unit_id")

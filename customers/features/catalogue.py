"""Features as data, compiled by SQLGlot into one query with one pass per source."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from sqlglot import exp

from ..opening import Customers
from ..packaged import read_packaged
from ..table import FeatureTable, from_query
from .compile import Rows, compile_features, parameters_of

__all__ = ["Feature", "FeatureTable", "build_features", "catalogue", "feature_query"]

FeatureType = Literal["number", "boolean", "text"]


@dataclass(frozen=True)
class Feature:
    """One thing known of a unit: what it means, where it comes from, and who uses it."""

    name: str
    meaning: str
    source: str  #: a source of features.yaml, `features` (from other features) or `score` (added by the caller)
    sql: str = ""
    type: FeatureType = "number"
    unit: str = ""
    unknown: float | None = None  #: what stands where nothing is known
    values: tuple[str, ...] = ()  #: all that a text can be, where that is settled
    users: tuple[str, ...] = ()
    hidden: bool = False  #: only helps other features


@cache
def _file() -> tuple[dict[str, Rows], tuple[Feature, ...]]:
    content = read_packaged("features/features.yaml")
    sources = {name: Rows(**{"table": name, **rows}) for name, rows in content["sources"].items()}
    return sources, tuple(_feature(name, fields) for name, fields in content["features"].items())


def _feature(name: str, fields: dict[str, Any]) -> Feature:
    lists = {key: tuple(fields.get(key, ())) for key in ("values", "users")}
    return Feature(name=name, **{**fields, **lists})


@cache
def catalogue() -> tuple[Feature, ...]:
    """All features a rule may name, the scores among them."""
    return tuple(feature for feature in _file()[1] if not feature.hidden)


@cache
def feature_query(dialect: str = "duckdb") -> str:
    """The query that computes all features; see `compile.parameters_of` for its parameters."""
    return _compiled().sql(dialect=dialect, pretty=True)


@cache
def _compiled() -> exp.Select:
    sources, features = _file()
    return compile_features(sources, [feature for feature in features if feature.source != "score"])


@cache
def _parameters() -> frozenset[str]:
    return parameters_of(_compiled())


def build_features(customers: Customers, as_of: date) -> FeatureTable:
    """The features of all units there before `as_of` (a UTC midnight), as they stood then."""
    known: dict[str, Any] = {
        "as_of": as_of,
        "present": customers.is_present(as_of),
        "transactions": customers.model == "transactions",
        "has_features": _has_features(customers),
    }
    known |= {f"has_{source}": count > 0 for source, count in customers.row_counts.items()}
    cursor = customers.cursor()
    try:
        parameters = {name: known[name] for name in _parameters()}
        result = cursor.execute(feature_query(), parameters).fetchnumpy()
    finally:
        cursor.close()
    return from_query(result, "unit_id")


def _has_features(customers: Customers) -> bool:
    """Whether the company's app is one with the features that the catalogue knows."""
    names = next(feature.values for feature in catalogue() if feature.name == "overlooked_feature")
    cursor = customers.cursor()
    try:
        listed = ", ".join(f"'{name}'" for name in names)
        query = f"SELECT 1 FROM app_events WHERE feature IN ({listed}) LIMIT 1"  # noqa: S608 - from features.yaml
        return bool(cursor.execute(query).fetchall())
    finally:
        cursor.close()

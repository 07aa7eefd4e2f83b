"""Features as data, compiled by SQLGlot into one query with one pass per source."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from .compile import Rows, compile_features
from .ingest import Customers
from .table import FeatureTable, from_query

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
    content = yaml.safe_load(files(__package__).joinpath("features.yaml").read_text("utf-8"))
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
    """The query that computes all features; its parameters are `as_of` and `present`."""
    sources, features = _file()
    computed = [feature for feature in features if feature.source != "score"]
    return compile_features(sources, computed).sql(dialect=dialect, pretty=True)


def build_features(customers: Customers, as_of: date) -> FeatureTable:
    """The features of all accounts created before `as_of` (a UTC midnight), as they stood then."""
    cursor = customers.cursor()
    try:
        parameters = {"as_of": as_of, "present": customers.is_present(as_of)}
        result = cursor.execute(feature_query(), parameters).fetchnumpy()
    finally:
        cursor.close()
    return from_query(result, "unit_id")

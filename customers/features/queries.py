"""The queries that compute features, each compiled once per process, and what they need."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import sqlglot
from sqlglot import exp

from ...domain.errors import UserError
from ..contract.model import contract
from ..rules import names_in
from .compile import Compiler
from .loading import OwnFolder, as_it_is, entities, own_features, packaged_features
from .names import SCORES, Defined, parameters_of
from .needs import Needs


def defined_features(folder: Path | None = None) -> tuple[Defined, ...]:
    """All definitions, helpers and scores among them; `folder` adds a user's own."""
    return _defined(as_it_is(folder))


@cache
def _defined(own: OwnFolder | None) -> tuple[Defined, ...]:
    return packaged_features() + (own_features(own.path) if own is not None else ())


def feature_query(
    dialect: str = "duckdb", *, learned: bool = False, folder: Path | None = None, names: tuple[str, ...] = ()
) -> str:
    """The query that computes all features, or those of these `names`; `feature_parameters` gives its parameters.

    `learned`: what belongs to the company as a whole is read from tables `learned_<relation>`, not worked out.
    """
    parts, select = _written(dialect, as_it_is(folder), names)
    if learned:
        of_all = {name: entity.columns for name, entity in entities().items() if entity.company}
        parts = {name: _learned(name, of_all[name]) if name in of_all else rows for name, rows in parts.items()}
    named = ",\n".join(f"{name} AS (\n{rows}\n)" for name, rows in parts.items())
    return f"WITH {named}\n{select}"


def feature_tables(folder: Path | None = None) -> frozenset[str]:
    """The contract's entities that the query reads."""
    known = {source.name for source in contract()}
    return frozenset(table.name for table in _compiled("duckdb", as_it_is(folder), ()).find_all(exp.Table)) & known


def feature_columns(folder: Path | None = None) -> Mapping[str, tuple[str, ...]]:
    """The columns that the query reads of each of the contract's entities."""
    named: dict[str, set[str]] = defaultdict(set)
    for column in _compiled("duckdb", as_it_is(folder), ()).find_all(exp.Column):
        named[column.table].add(column.name)
    return {
        source.name: tuple(column for column in source.column_names if column in named[source.name])
        for source in contract()
        if source.name in named
    }


def learning_query(relation: str) -> str:
    """The DuckDB query behind a relation that belongs to the company as a whole."""
    return Compiler(entities(), (), "duckdb").relation(relation).sql("duckdb")


def named_parameters(folder: Path | None = None) -> frozenset[str]:
    """The parameters that the query has."""
    return _parameters(as_it_is(folder))


def needs_of(name: str, folder: Path | None = None) -> frozenset[str]:
    """The contract's columns that the feature can't do without, as `entity.column`; none for a score.

    Raises UserError where there is no such feature.
    """
    try:
        return _needs(as_it_is(folder)).of_feature(name)
    except KeyError:
        raise UserError(f"there is no feature {name!r}") from None


@cache
def _needs(own: OwnFolder | None) -> Needs:
    return Needs(entities(), _defined(own))


@cache
def _parameters(own: OwnFolder | None) -> frozenset[str]:
    return parameters_of(_compiled("duckdb", own, ()))


@cache
def _written(dialect: str, own: OwnFolder | None, names: tuple[str, ...]) -> tuple[Mapping[str, str], str]:
    """The relations that the query names, in order, and the query over them."""
    query = _compiled(dialect, own, names).copy()
    parts = {cte.alias: cte.this.sql(dialect=dialect, pretty=True) for cte in query.ctes}
    query.set("with_", None)
    return parts, query.sql(dialect=dialect, pretty=True)


def _learned(relation: str, columns: Iterable[str]) -> str:
    return f"SELECT {', '.join(columns)} FROM learned_{relation}"  # noqa: S608 - from entities.yaml


@cache
def _compiled(dialect: str, own: OwnFolder | None, names: tuple[str, ...]) -> exp.Select:
    features = _defined(own)
    if names:
        wanted = _with_helpers(names, {feature.name: feature for feature in features})
        features = tuple(feature for feature in features if feature.name in wanted)
    return Compiler(entities(), features, dialect).query(only=names)


def _with_helpers(names: tuple[str, ...], features: dict[str, Defined]) -> frozenset[str]:
    """The features and all those that they are made of."""
    for name in names:
        if name not in features or features[name].entity == SCORES:
            raise UserError(f"there is no feature {name!r} that is computed from the sources")
    found, waiting = set[str](), list(names)
    while waiting:
        feature = features[waiting.pop()]
        if feature.name not in found:
            found.add(feature.name)
            waiting += [other for other in _made_of(feature) if other in features]
    return frozenset(found)


def _made_of(feature: Defined) -> frozenset[str]:
    if feature.definition.formula is not None:
        return names_in(feature.definition.formula)
    sql = entities()[feature.entity].sql
    columns = sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Column) if sql else ()
    return frozenset(column.name for column in columns if column.table.startswith("from_"))

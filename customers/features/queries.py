"""The queries that compute features, each compiled once per process, and what they need."""

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
from .narrowing import narrowed
from .needs import Needs


def defined_features(folder: Path | None = None) -> tuple[Defined, ...]:
    """All definitions, helpers and scores among them; `folder` adds a user's own."""
    return _defined(as_it_is(folder))


@cache
def _defined(own: OwnFolder | None) -> tuple[Defined, ...]:
    return packaged_features() + (own_features(own.path) if own is not None else ())


def feature_query(
    dialect: str = "duckdb", *, narrow: bool = False, folder: Path | None = None, names: tuple[str, ...] = ()
) -> str:
    """The query that computes all features, or those of these `names`; `feature_parameters` gives its parameters.

    `narrow`: of the units in the table `wanted_units` alone, by the rows that are theirs; what belongs to the company
    as a whole is then read from tables `learned_<relation>`.
    """
    return _written(dialect, narrow, as_it_is(folder), names)


def feature_tables(folder: Path | None = None) -> frozenset[str]:
    """The contract's entities that the query reads."""
    known = {source.name for source in contract()}
    return (
        frozenset(table.name for table in _compiled("duckdb", False, as_it_is(folder), ()).find_all(exp.Table)) & known
    )


def learning_query(relation: str) -> str:
    """The DuckDB query behind a relation that belongs to the company as a whole."""
    return Compiler(entities(), (), "duckdb").relation(relation).sql("duckdb")


def named_parameters(folder: Path | None = None) -> frozenset[str]:
    """The parameters that the query has."""
    return parameters_of(_compiled("duckdb", False, as_it_is(folder), ()))


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
def _written(dialect: str, narrow: bool, own: OwnFolder | None, names: tuple[str, ...]) -> str:
    return _compiled(dialect, narrow, own, names).sql(dialect=dialect, pretty=True)


@cache
def _compiled(dialect: str, narrow: bool, own: OwnFolder | None, names: tuple[str, ...]) -> exp.Select:
    features = _defined(own)
    if names:
        wanted = _with_helpers(names, {feature.name: feature for feature in features})
        features = tuple(feature for feature in features if feature.name in wanted)
    query = Compiler(entities(), features, dialect).query(only=names, learned=narrow)
    return narrowed(query) if narrow else query


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

"""Which columns of the contract a feature is made of, read from the compiled query itself.

`needs_of` of the catalogue counts a prepared relation as a whole; here it matters which of its columns a feature takes:
a product without a page must not be blamed for a price that nobody knows.
"""

from functools import cache
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from ..contract.model import contract
from ..features.catalogue import catalogue, feature_query

#: (entity, column) as the tables call them: `accounts` and `contacts`, whatever the unit.
Origin = tuple[str, str]


def origins(folder: Path | None = None) -> dict[str, frozenset[Origin]]:
    """Feature -> all columns that it is computed from, those that pick its rows among them. Scores have none.

    `folder` adds a user's own features.
    """
    return _origins(folder)


def entities_of(feature: str, folder: Path | None = None) -> frozenset[str]:
    """The entities that a feature looks at."""
    return frozenset(entity for entity, _ in _origins(folder).get(feature, ()))


@cache
def _origins(folder: Path | None) -> dict[str, frozenset[Origin]]:
    schema: dict[str, object] = {
        source.name: {column.name: column.type for column in source.columns} for source in contract()
    }
    query = sqlglot.parse_one(feature_query(folder=folder), dialect="duckdb")
    scope = build_scope(
        qualify(query, schema=schema, dialect="duckdb", validate_qualify_columns=False, quote_identifiers=False)
    )
    assert scope is not None, "the query of the features is a SELECT"
    following = _Following()
    return {feature.name: following.output(scope, feature.name) for feature in catalogue(folder)}


class _Following:
    """Follows output columns down to tables, each once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], frozenset[Origin]] = {}

    def output(self, scope: Scope, name: str) -> frozenset[Origin]:
        """The origins of one output column of a query, and of what picks the query's rows."""
        place = (id(scope), name)
        if place not in self._known:
            selects = _select(scope).selects
            output = next((item for item in selects if item.alias_or_name == name), None)
            found = self._expression(scope, output) | self._rows(scope) if output is not None else set()
            self._known[place] = frozenset(found)
        return self._known[place]

    def _rows(self, scope: Scope) -> set[Origin]:
        """What decides which rows there are; a left join leaves that to the other side."""
        select = _select(scope)
        joins = select.args.get("joins") or ()
        deciding = [select.args.get(part) for part in ("where", "group", "having", "qualify")]
        deciding += [join.args.get("on") for join in joins if join.side != "LEFT"]
        found = {origin for node in deciding if node is not None for origin in self._expression(scope, node)}
        left = {join.alias_or_name for join in joins if join.side == "LEFT"}
        for name, (_, source) in scope.selected_sources.items():
            if name not in left and isinstance(source, Scope):
                found |= self._rows(source)
        return found

    def _expression(self, scope: Scope, node: exp.Expr) -> set[Origin]:
        found: set[Origin] = set()
        for column in node.find_all(exp.Column):
            source = scope.sources.get(column.table)
            if isinstance(source, Scope):
                found |= self.output(source, column.name)
            elif isinstance(source, exp.Table):
                found.add((source.name, column.name))
        return found


def _select(scope: Scope) -> exp.Select:
    assert isinstance(scope.expression, exp.Select), "features are computed by SELECT alone"
    return scope.expression

"""From feature definitions to one SQL query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import sqlglot
from sqlglot import exp

from ..contract.model import contract

_PARAMETERS = {"as_of": "TIMESTAMP", "present": "BOOLEAN", "transactions": "BOOLEAN", "has_features": "BOOLEAN"}
_HAS = "has_"
_TYPES = {"number": "DOUBLE", "boolean": "DOUBLE", "text": "VARCHAR"}


@dataclass(frozen=True)
class Rows:
    """The rows of a table that features look at, and whose they are."""

    table: str
    unit: str  #: the column that names the unit
    rows: str = "TRUE"  #: which rows were there by `as_of`
    through: str = ""  #: the table that knows the unit, where this one knows only the contact
    one_row: bool = False  #: at most one row per unit: nothing to aggregate
    only_if_any: bool = False  #: nothing is known where the company has no such rows at all
    prepared: str = ""  #: a query that makes the rows, under the name of `table`
    terms: dict[str, str] = field(default_factory=dict)


class Definition(Protocol):
    """What the compiler needs of a feature."""

    @property
    def name(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def sql(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def unknown(self) -> float | None: ...
    @property
    def hidden(self) -> bool: ...


def compile_features(sources: dict[str, Rows], features: Sequence[Definition]) -> exp.Select:
    """One query: a pass per source, joined onto the units, and on top what is made of other features.

    Its parameters: see `parameters_of`.
    """
    from_sources = [feature for feature in features if feature.source != "features"]
    columns: list[exp.Expr] = [exp.column("unit_id", "units")]
    columns += [_joined(feature, sources[feature.source]) for feature in from_sources]
    known = exp.select(*columns).from_("units")
    query = exp.select("unit_id", *_outermost(features)).from_("known").order_by("unit_id")
    query = query.with_("units", as_=_units(sources["accounts"]))
    for name, rows in sources.items():
        if rows.prepared:
            query = query.with_(rows.table, as_=_prepared(rows), copy=False)
        mine = [feature for feature in from_sources if feature.source == name]
        query = query.with_(f"from_{name}", as_=_pass(rows, mine), copy=False)
        known = known.join(f"from_{name}", using="unit_id", join_type="left", copy=False)
    return query.with_("known", as_=known, copy=False)


def parameters_of(query: exp.Expr) -> frozenset[str]:
    """What the query must be told: `as_of`, `present`, `transactions`, `has_features`, and `has_<table>` of some."""
    return frozenset(str(node.this) for node in query.find_all(exp.Placeholder))


def _units(rows: Rows) -> exp.Select:
    unit = exp.column(rows.unit, rows.table).as_("unit_id")
    return exp.select(unit).from_(rows.table).where(_expression(rows.rows, rows, _columns(rows)))


def _pass(rows: Rows, features: Iterable[Definition]) -> exp.Select:
    unit = exp.column(rows.unit, rows.through or rows.table)
    known = _columns(rows)
    columns = [
        exp.cast(_expression(f.sql, rows, known), _TYPES[f.type], copy=False).as_(f.name, copy=False) for f in features
    ]
    query = exp.select(unit.as_("unit_id"), *columns, copy=False).from_(rows.table, copy=False)
    if rows.through:
        same = exp.column("contact_id", rows.table).eq(exp.column("contact_id", rows.through))
        query = query.join(rows.through, on=same)
    query = query.where(_expression(rows.rows, rows, known), copy=False)
    return query if rows.one_row else query.group_by(unit.copy())


def _prepared(rows: Rows) -> exp.Select:
    query = _parse(rows.prepared).transform(_with_parameters, copy=False)
    assert isinstance(query, exp.Select)
    return query


def _columns(rows: Rows) -> set[str]:
    if rows.prepared:
        return set(_prepared(rows).named_selects)
    return {name for source in contract() if source.name == rows.table for name in source.column_names}


def _expression(sql: str, rows: Rows, known: set[str]) -> exp.Expr:
    """The expression with terms and parameters put in; every column must be a known one."""

    def put_in(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column):
            return node
        if node.name in rows.terms:
            return exp.paren(_parse(rows.terms[node.name]).transform(put_in, copy=False), copy=False)
        if node.name in _PARAMETERS:
            return _parameter(node.name)
        if node.name not in known:
            raise ValueError(f"features.yaml: {rows.table} has no column {node.name!r} (in {sql!r})")
        return exp.column(node.name, rows.table)

    return _parse(sql).transform(put_in, copy=False)


def _with_parameters(node: exp.Expr) -> exp.Expr:
    """The node, or the parameter where it names one."""
    is_free = isinstance(node, exp.Column) and not node.table
    return _parameter(node.name) if is_free and (node.name in _PARAMETERS or node.name.startswith(_HAS)) else node


def _parse(sql: str) -> exp.Expr:
    return sqlglot.parse_one(sql, dialect="duckdb")


def _parameter(name: str) -> exp.Expr:
    return exp.cast(exp.Placeholder(this=name), _PARAMETERS.get(name, "BOOLEAN"))


def _joined(feature: Definition, rows: Rows) -> exp.Expr:
    column: exp.Expr = exp.column(feature.name, f"from_{feature.source}")
    if feature.unknown is not None:
        column = exp.func("coalesce", column, exp.Literal.number(feature.unknown))
        if rows.only_if_any:
            column = exp.Case().when(_parameter(f"{_HAS}{rows.table}"), column)
    return column.as_(feature.name)


def _outermost(features: Sequence[Definition]) -> list[exp.Expr]:
    columns: list[exp.Expr] = []
    for feature in features:
        if feature.source == "features":
            made = _parse(feature.sql).transform(_with_parameters, copy=False)
            columns.append(exp.cast(made, _TYPES[feature.type], copy=False).as_(feature.name, copy=False))
        elif not feature.hidden:
            columns.append(exp.column(feature.name))
    return columns

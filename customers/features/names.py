"""What the names in definitions stand for: columns of rows, terms, parameters, other features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import sqlglot
from sqlglot import exp

from ..contract.model import Source, contract
from ..rules import names_in
from .definition import Definition, Entity
from .engines import moment_of, yes_is_one
from .language import Expression, Name, read_expression

#: What the query must be told, besides `has_<entity>`.
PARAMETERS = ("as_of", "present", "transactions")
#: What features are made of in the result; booleans become numbers at the very end.
SQL_TYPES = {"number": "DOUBLE", "boolean": "BOOLEAN", "text": "VARCHAR"}
#: Features that are added by the caller.
SCORES = "scores"
_HAS = "has_"
_TYPES = {"text": "text", "integer": "number", "number": "number", "boolean": "boolean", "timestamp": "moment"}


@dataclass(frozen=True)
class Defined:
    """A feature's definition with its name and the entity that it looks at."""

    name: str
    entity: str
    definition: Definition


def parameter(name: str) -> exp.Expr:
    """A parameter of the query, typed."""
    place = exp.Placeholder(this=name)
    return moment_of(place) if name == "as_of" else exp.cast(place, "BOOLEAN")


def parameters_of(query: exp.Expr) -> frozenset[str]:
    """What the query must be told."""
    return frozenset(str(node.this) for node in query.find_all(exp.Placeholder))


def as_type(expression: Expression, wanted: str) -> Expression:
    """The expression as a feature of this type holds it; a yes is 1 where a number is wanted."""
    if expression.type == "boolean" and wanted == "number":
        return replace(expression, type="number", tree=yes_is_one(expression.tree))
    if expression.type not in (None, wanted):
        raise ValueError(f"it is of type {expression.type}, not {wanted}")
    return expression


def filled(column: exp.Expr, definition: Definition) -> exp.Expr:
    """The column, or what stands where nothing is known."""
    if definition.unknown is None:
        return column
    if definition.type == "boolean":
        return exp.func("coalesce", column, exp.true() if definition.unknown else exp.false())
    return exp.func("coalesce", column, exp.Literal.number(definition.unknown))


@dataclass
class Scope:
    """Reads the expressions of definitions. Raises ValueError in words for what names nothing."""

    entities: Mapping[str, Entity]
    features: Sequence[Defined]
    _rows: dict[str, dict[str, Name]] = field(default_factory=dict)
    _formulas: dict[str, Expression] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def table(self, entity: str) -> str:
        """The table or relation that holds the entity's rows."""
        return self.entities[entity].table or entity

    def through_contacts(self, entity: str) -> bool:
        """Whether its rows name the contact, not the unit."""
        source = self._sources.get(self.table(entity))
        return source is not None and "account_id" not in source.column_names

    def row(self, entity: str) -> dict[str, Name]:
        """What an expression over a row of the entity may name."""
        if entity not in self._rows:
            names = {**self._given, **self._columns(entity)}
            self._rows[entity] = names
            for term, text in self.entities[entity].terms.items():
                names[term] = _name_of(_sound(read_expression(text, names)))
        return self._rows[entity]

    def over_rows(self, entity: str, text: str) -> Expression:
        """An expression over a row of the entity."""
        return _sound(read_expression(text, self.row(entity)))

    def formula(self, name: str) -> Expression:
        """A feature made of others, with those that are formulas themselves put in."""
        if name in self._open:
            raise ValueError(f"the formula leads back to itself: {' -> '.join([*self._open, name])}")
        if name not in self._formulas:
            definition = self._by_name[name].definition
            assert definition.formula is not None
            self._open.append(name)
            try:
                read = _sound(read_expression(definition.formula, self.beside(name)))
            finally:
                self._open.pop()
            self._formulas[name] = as_type(read, definition.type)
        return self._formulas[name]

    def beside(self, name: str) -> dict[str, Name]:
        """What the formula of a feature may name: other features, and whether there are rows of an entity."""
        named = names_in(self._by_name[name].definition.formula or "") & set(self._by_name)
        names = self._given | self._plain
        names |= {other: self._put_in(other) for other in named if self._by_name[other].definition.formula is not None}
        return {known: meant for known, meant in names.items() if known != name}

    def _put_in(self, name: str) -> Name:
        definition = self._by_name[name].definition
        made = exp.cast(self.formula(name).tree.copy(), SQL_TYPES[definition.type], copy=False)
        return Name(definition.type, exp.Paren(this=filled(made, definition)), definition.values)

    @cached_property
    def _plain(self) -> dict[str, Name]:
        """Every feature as a column, formulas too: those are put in where one is named."""
        features = (feature for feature in self.features if feature.entity != SCORES)
        return {f.name: Name(f.definition.type, exp.column(f.name), f.definition.values) for f in features}

    def relation(self, entity: str) -> exp.Expr:
        """The query behind a prepared relation."""
        return sqlglot.parse_one(self.entities[entity].sql, dialect="duckdb")

    @cached_property
    def _by_name(self) -> dict[str, Defined]:
        return {feature.name: feature for feature in self.features}

    @cached_property
    def _sources(self) -> dict[str, Source]:
        return {source.name: source for source in contract()}

    @cached_property
    def _given(self) -> dict[str, Name]:
        types = {"as_of": "moment", "present": "boolean", "transactions": "boolean"}
        given = {name: Name(kind, parameter(name)) for name, kind in types.items()}
        month = "date_trunc('month', as_of) - INTERVAL 1 MONTH"
        last = sqlglot.parse_one(month, dialect="duckdb").transform(
            lambda node: parameter("as_of") if isinstance(node, exp.Column) else node
        )
        given["last_month"] = Name("moment", last)
        return given | {f"{_HAS}{source}": Name("boolean", parameter(f"{_HAS}{source}")) for source in self._sources}

    def _columns(self, entity: str) -> dict[str, Name]:
        known, table = self.entities[entity], self.table(entity)
        names: dict[str, Name] = {}
        if known.lookup:
            columns = self.entities[known.lookup].columns.items()
            names |= {column: Name(kind, exp.column(column, known.lookup)) for column, kind in columns}
        if known.sql:
            return names | {column: Name(kind, exp.column(column, table)) for column, kind in known.columns.items()}
        for column in self._sources[table].columns:
            tree: exp.Expr = exp.column(column.name, table)
            tree = moment_of(tree) if column.type == "date" else tree
            names[column.name] = Name(_TYPES.get(column.type, "moment"), tree, column.allowed)
        return names


def _name_of(expression: Expression) -> Name:
    return Name(expression.type or "number", exp.paren(expression.tree.copy()))


def _sound(expression: Expression) -> Expression:
    if expression.problems:
        raise ValueError("; ".join(expression.problems))
    return expression

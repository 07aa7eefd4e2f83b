"""From typed definitions to one query for an engine: a pass per entity, joined onto the units."""

from collections.abc import Iterable, Mapping, Sequence

from sqlglot import exp

from .definition import Definition, Entity
from .engines import Engine, days_between, filtered, yes_is_one
from .language import Expression
from .names import PARAMETERS, SCORES, SQL_TYPES, Defined, Scope, as_type, filled, parameter


class Compiler:
    """One query for all these features, in one engine's words.

    Its parameters are named in `names.PARAMETERS`, besides `has_<entity>`: whether the company has such rows.
    """

    def __init__(self, entities: Mapping[str, Entity], features: Sequence[Defined], dialect: str) -> None:
        self.entities = entities
        self.features = [feature for feature in features if feature.entity != SCORES]
        self.engine = Engine(dialect)
        self.scope = Scope(entities, self.features)

    def query(self, *, only: Sequence[str] = ()) -> exp.Select:
        """One row per unit and one column per feature, or `only` those named; helpers stay inside."""
        shown = [f for f in self.features if (f.name in only if only else not f.definition.helper)]
        columns = [_shown(feature) for feature in shown]
        query = exp.select("unit_id", *columns, copy=False).from_("formed", copy=False)
        query = query.order_by(self.engine.by_code(exp.column("unit_id")), copy=False)
        query = query.with_("units", as_=self._units(), copy=False)
        for name, rows in self._parts():
            query = query.with_(name, as_=rows, copy=False)
        query = query.with_("known", as_=self._known(), copy=False)
        return query.with_("formed", as_=self._formed(), copy=False)

    def relation(self, name: str) -> exp.Expr:
        """The rows of a prepared relation."""
        return self.engine.lowered(self.scope.relation(name).transform(_with_parameters, copy=False))

    def _parts(self) -> list[tuple[str, exp.Expr]]:
        """Relations and passes in the order in which they rest on each other; nothing that nobody asks for."""
        parts: list[tuple[str, exp.Expr]] = []
        for name, entity in self.entities.items():
            mine = [f for f in self.features if f.entity == name and f.definition.formula is None]
            if entity.company or (entity.sql and mine):
                parts.append((name, self.relation(name)))
            if mine:
                parts.append((f"from_{name}", self._pass(name, mine)))
        read = {table.name for _, rows in parts for table in rows.find_all(exp.Table)}
        return [(name, rows) for name, rows in parts if name.startswith("from_") or name in read]

    def _units(self) -> exp.Select:
        unit = exp.column("account_id", "accounts").as_("unit_id")
        there = exp.LT(this=self.scope.row("accounts")["created_on"].tree.copy(), expression=parameter("as_of"))
        return exp.select(unit).from_("accounts").where(there)

    def _pass(self, name: str, features: Iterable[Defined]) -> exp.Select:
        entity, table = self.entities[name], self.scope.table(name)
        through = self.scope.through_contacts(name)
        unit = exp.column("account_id", "contacts" if through else table)
        query = exp.select(unit.as_("unit_id")).from_(table, copy=False)
        if through:
            same = exp.column("contact_id", table).eq(exp.column("contact_id", "contacts"))
            query = query.join("contacts", on=same, copy=False)
        for feature in features:
            made = self.engine.lowered(self._made(name, feature.definition))
            kind = SQL_TYPES[feature.definition.type]
            query = query.select(exp.cast(made, kind, copy=False).as_(feature.name, copy=False), copy=False)
        if entity.lookup in {column.table for column in query.find_all(exp.Column)} - {""}:
            same = exp.column(entity.lookup_on, table).eq(exp.column(entity.lookup_on, entity.lookup))
            query = query.join(entity.lookup, on=same, join_type="left", copy=False)
        for condition in self._there(name):
            query = query.where(condition, copy=False)
        return query if entity.one_row else query.group_by(unit.copy(), copy=False)

    def _there(self, name: str) -> list[exp.Expr]:
        """Which rows of the entity there are by the date."""
        entity, as_of = self.entities[name], parameter("as_of")
        conditions: list[exp.Expr] = []
        if entity.covers:
            month = self.scope.row(name)[entity.at].tree
            over = exp.LTE(this=exp.Add(this=month.copy(), expression=_interval(1, "MONTH")), expression=as_of)
            begun = exp.and_(parameter("present"), exp.LT(this=month.copy(), expression=as_of.copy()))
            conditions.append(exp.paren(exp.or_(over, begun)))
        elif entity.at:
            compared = exp.GTE if entity.later else exp.LT
            conditions.append(compared(this=self.scope.row(name)[entity.at].tree.copy(), expression=as_of))
        if entity.rows:
            conditions.append(self.scope.over_rows(name, entity.rows).tree)
        return conditions

    def _made(self, name: str, definition: Definition) -> exp.Expr:
        """The expression of one feature over the entity's rows."""
        value = self.scope.over_rows(name, definition.of) if definition.of is not None else None
        if definition.aggregate is None:
            assert value is not None
            return as_type(value, definition.type).tree
        where = self._window(name, definition)
        if definition.where is not None:
            where.append(exp.paren(self.scope.over_rows(name, definition.where).tree))
        return self._aggregated(name, definition, value, where)

    def _window(self, name: str, definition: Definition) -> list[exp.Expr]:
        if definition.days is None:
            return []
        moment, before = self.scope.row(name)[self.entities[name].at].tree, definition.before or 0
        conditions: list[exp.Expr] = [exp.GTE(this=moment.copy(), expression=_days_ago(definition.days + before))]
        if before:
            conditions.append(exp.LT(this=moment.copy(), expression=_days_ago(before)))
        return conditions

    def _aggregated(
        self, name: str, definition: Definition, value: Expression | None, where: list[exp.Expr]
    ) -> exp.Expr:
        kind, at = definition.aggregate, self.entities[name].at
        moment = self.scope.row(name)[at].tree if at else exp.null()
        if kind == "count":
            return filtered(exp.Count(this=exp.Star()), where)
        if kind == "distinct_days":
            return self.engine.distinct_days(moment, parameter("as_of"), where, definition.days)
        if kind in _ENDS:
            return days_between(filtered(_ENDS[kind](this=moment.copy()), where), parameter("as_of"))
        assert value is not None
        if kind == "latest":
            return self.engine.latest(value.tree, moment, where, is_text=definition.type == "text")
        return self._of_values(definition, value.tree, where)

    def _of_values(self, definition: Definition, tree: exp.Expr, where: list[exp.Expr]) -> exp.Expr:
        kind = definition.aggregate or ""
        if kind == "distinct":
            return self.engine.distinct(tree, where)
        if kind == "share":
            return filtered(exp.Avg(this=exp.cast(yes_is_one(tree), "DOUBLE")), where)
        if kind == "bits_set":
            return self.engine.popcount(filtered(exp.BitwiseOrAgg(this=tree), where))
        if kind == "any":
            yes = exp.case().when(tree, exp.Literal.number(1)).else_(exp.Literal.number(0))
            return exp.EQ(this=filtered(exp.Max(this=yes), where), expression=exp.Literal.number(1))
        if definition.type == "text":
            tree = self.engine.by_code(tree)
        return filtered(_SIMPLE[kind](this=tree), where)

    def _known(self) -> exp.Select:
        made = [feature for feature in self.features if feature.definition.formula is None]
        joined = [self._joined(feature) for feature in made]
        query = exp.select(exp.column("unit_id", "units"), *joined, copy=False).from_("units", copy=False)
        for name in self.entities:
            if any(feature.entity == name for feature in made):
                query = query.join(f"from_{name}", using="unit_id", join_type="left", copy=False)
        return query

    def _joined(self, feature: Defined) -> exp.Expr:
        column: exp.Expr = exp.column(feature.name, f"from_{feature.entity}")
        column = filled(column, feature.definition)
        if feature.definition.unknown is not None and self.entities[feature.entity].none_is_unknown:
            column = exp.case().when(parameter(f"has_{self.scope.table(feature.entity)}"), column)
        return column.as_(feature.name, copy=False)

    def _formed(self) -> exp.Select:
        columns: list[exp.Expr] = [exp.column("unit_id")]
        for feature in self.features:
            if feature.definition.formula is not None:
                columns.append(self._formula(feature).as_(feature.name, copy=False))
            elif not feature.definition.helper:
                columns.append(exp.column(feature.name))
        return exp.select(*columns, copy=False).from_("known", copy=False)

    def _formula(self, feature: Defined) -> exp.Expr:
        made = self.scope.formula(feature.name).tree.copy()
        made = exp.cast(self.engine.lowered(made), SQL_TYPES[feature.definition.type], copy=False)
        return filled(made, feature.definition)


_ENDS: dict[str, type[exp.Expr]] = {"days_since_last": exp.Max, "days_since_first": exp.Min}
_SIMPLE: dict[str, type[exp.Expr]] = {
    "sum": exp.Sum,
    "mean": exp.Avg,
    "max": exp.Max,
    "min": exp.Min,
    "deviation": exp.StddevSamp,
    "bits": exp.BitwiseOrAgg,
}


def _shown(feature: Defined) -> exp.Expr:
    """The feature's column in the result, where a yes is 1."""
    column = exp.column(feature.name)
    if feature.definition.type != "boolean":
        return column
    return exp.cast(yes_is_one(column), "DOUBLE").as_(feature.name, copy=False)


def _interval(count: int, unit: str) -> exp.Expr:
    return exp.Interval(this=exp.Literal.string(str(count)), unit=exp.var(unit))


def _days_ago(days: int) -> exp.Expr:
    return exp.Sub(this=parameter("as_of"), expression=_interval(days, "DAY"))


def _with_parameters(node: exp.Expr) -> exp.Expr:
    """The node, or the parameter where it names one."""
    is_free = isinstance(node, exp.Column) and not node.table
    return parameter(node.name) if is_free and node.name in PARAMETERS else node

"""Which columns of the contract a feature can't do without."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from sqlglot import exp

from ..contract.model import Source, contract
from ..rules import names_in
from .definition import Entity
from .names import SCORES, Defined, Scope


class Needs:
    """Follows features down to the contract's columns, written `entity.column`."""

    def __init__(self, entities: Mapping[str, Entity], features: tuple[Defined, ...]) -> None:
        self._entities = entities
        self._features = {feature.name: feature for feature in features}
        self._scope = Scope(entities, [feature for feature in features if feature.entity != SCORES])

    def of_feature(self, name: str) -> frozenset[str]:
        """All columns behind it; nothing for a score. Raises KeyError for a feature that there is not."""
        feature = self._features[name]
        if feature.entity == SCORES:
            return frozenset()
        if feature.definition.formula is not None:
            return frozenset(self._of_formula(feature.definition.formula))
        found = self._of_entity(feature.entity)
        for text in (feature.definition.of, feature.definition.where):
            if text is not None:
                found |= self._of_expression(feature.entity, text)
        return frozenset(found)

    def _of_formula(self, formula: str) -> Iterator[str]:
        for name in names_in(formula):
            if name in self._features:
                yield from self.of_feature(name)

    def _of_expression(self, entity: str, text: str) -> set[str]:
        found: set[str] = set()
        for name in names_in(text):
            known = self._scope.row(entity).get(name)
            for column in known.tree.find_all(exp.Column) if known else ():
                found |= self._of_column(column, {})
        return found

    def _of_column(self, column: exp.Column, inner: Mapping[str, exp.Select]) -> set[str]:
        """Where a column comes from: a subquery beside it, an entity, a relation, or the pass over an entity."""
        table = column.table
        if table in inner:
            return self._of_select(inner[table], {column.name})
        if table in self._sources:
            return {f"{table}.{column.name}"}
        if table in self._entities:
            return self._of_select(self._relation(table), {column.name})
        if table.startswith("from_") and column.name in self._features:
            return set(self.of_feature(column.name))
        return set()

    def _of_entity(self, name: str) -> set[str]:
        """Whose the rows are, when they were, and which of them there are."""
        entity, table = self._entities[name], self._scope.table(name)
        if entity.sql:
            return self._of_select(self._relation(name), {"account_id"})
        tie = "contact_id" if self._scope.through_contacts(name) else "account_id"
        found = {f"{table}.{tie}"} | ({"contacts.account_id", "contacts.contact_id"} if tie == "contact_id" else set())
        if entity.at:
            found.add(f"{table}.{entity.at}")
        if entity.rows:
            found |= self._of_expression(name, entity.rows)
        return found

    def _relation(self, name: str) -> exp.Select:
        query = self._scope.relation(name)
        assert isinstance(query, exp.Select)
        return query

    def _of_select(self, query: exp.Select, wanted: set[str]) -> set[str]:
        """What the wanted columns of a query are made of, and what decides which rows it has."""
        inner = {part.alias: part.this for part in _beside(query) if isinstance(part, exp.Subquery)}
        looked_at: list[exp.Expr] = [item for item in query.selects if item.alias_or_name in wanted]
        looked_at += [part for part in (query.args.get("where"), query.args.get("group")) if part is not None]
        looked_at += [join.args["on"] for join in query.args.get("joins") or () if join.args.get("on") is not None]
        found: set[str] = set()
        for column in (column for part in looked_at for column in part.find_all(exp.Column)):
            found |= self._of_column(column, inner)
        return found

    @cached_property
    def _sources(self) -> dict[str, Source]:
        return {source.name: source for source in contract()}


def _beside(query: exp.Select) -> Iterator[exp.Expr]:
    """What a query selects from."""
    yield query.args["from_"].this
    yield from (join.this for join in query.args.get("joins") or ())

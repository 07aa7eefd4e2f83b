"""Protected attributes: what no model, rule or message may look at. They serve the fairness report alone."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ...domain.brief import Brief
from ..contract.model import contract
from ..rules import names_in
from .loading import OwnFolder, as_it_is, entities
from .names import Defined
from .queries import defined_features


def protected_names(brief: Brief, folder: Path | None = None) -> frozenset[str]:
    """The protected features under this brief; `folder` holds the user's own features, as for `catalogue`."""
    return protected_features(brief.fairness.protected, folder)


def protected_features(marked: Iterable[str] = (), folder: Path | None = None) -> frozenset[str]:
    """Features that `marked` or their definition names, and all that is made of them or of a protected column.

    Raises FaultyFile with every fault of the folder's files.
    """
    return _protected(as_it_is(folder), frozenset(marked))


@cache
def _protected(own: OwnFolder | None, named: frozenset[str]) -> frozenset[str]:
    definitions = defined_features(own.path if own else None)
    found = set(named) | {d.name for d in definitions if d.definition.protected or _looks_at_protected_columns(d)}
    while more := {d.name for d in definitions if d.name not in found and _named_in(d.definition.formula) & found}:
        found |= more
    return frozenset(found)


def _looks_at_protected_columns(defined: Defined) -> bool:
    columns = _protected_columns().get(_table(defined.entity), frozenset())
    definition = defined.definition
    return bool((_named_in(definition.of) | _named_in(definition.where)) & columns)


@cache
def _protected_columns() -> dict[str, frozenset[str]]:
    """By table; a relation that was prepared from tables keeps its columns' names, so there any such name counts."""
    by_table = {source.name: frozenset(c.name for c in source.columns if c.protected) for source in contract()}
    everywhere = frozenset[str]().union(*by_table.values())
    return by_table | {name: everywhere for name, entity in entities().items() if entity.sql}


def _table(entity: str) -> str:
    known = entities().get(entity)
    return (known.table or entity) if known is not None else entity


def _named_in(expression: str | None) -> frozenset[str]:
    return names_in(expression) if expression else frozenset()


def protected_in(rule: str, protected: Iterable[str]) -> list[str]:
    """What is wrong with a rule that names protected features, in words; nothing where it names none."""
    return [
        f"`{name}` is protected, and nobody is chosen by it; take it out of the rule (it may stand in "
        "`fairness.groups`, which the report compares)"
        for name in sorted(names_in(rule) & set(protected))
    ]

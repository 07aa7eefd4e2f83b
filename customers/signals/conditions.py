"""A rule taken apart into its conditions: what a person is shown of it, and which of them made its answer change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import sqlglot
from numpy.typing import NDArray
from sqlglot import exp

from ..eligibility import answers
from ..rules import names_in
from ..table import Bools, FeatureTable
from .alignment import narrowed

Answers = NDArray[np.float64]


@dataclass(frozen=True)
class Condition:
    """One question of a rule, itself a rule: `orders_365d >= 6`."""

    text: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Junction:
    """Questions joined by a word; `not` has one part."""

    word: Literal["and", "or", "not"]
    parts: tuple["Junction | Condition", ...]


Tree = Junction | Condition


@cache
def tree_of(rule: str) -> Tree:
    """The conditions of a sound rule (`eligibility.check_rule`), with chains of `and` and of `or` made flat."""
    return _tree(sqlglot.parse_one(rule, dialect="duckdb"))


def leaves(tree: Tree) -> Iterator[Condition]:
    """All conditions, as they stand from left to right."""
    if isinstance(tree, Condition):
        yield tree
    else:
        for part in tree.parts:
            yield from leaves(part)


def plain(tree: Tree) -> dict[str, Any]:
    """As plain data: {"if": text}, or the joining word with its parts."""
    if isinstance(tree, Condition):
        return {"if": tree.text}
    return {tree.word: [plain(part) for part in tree.parts]}


@dataclass(frozen=True)
class Blame:
    """Which conditions changed a rule's answer, and which hold now: units x conditions."""

    conditions: list[Condition]
    changed: Bools
    hold: Bools


def changed_by(rule: str, before: FeatureTable, now: FeatureTable) -> Blame:
    """The conditions that changed a rule's answer for each unit.

    Both tables hold the same units in the same order. Answers are Kleene's: no 0, unknown 1/2, yes 1; `and` is their
    minimum, `or` their maximum. So an answer that rose did so because of parts that rose, and only those are followed:
    all that rose under `and` (each was needed), those that reached the maximum under `or` (each is enough).
    """
    tree = tree_of(rule)
    conditions = list(dict.fromkeys(leaves(tree)))
    columns = sorted({name for condition in conditions for name in condition.columns})
    tables = [narrowed(table, columns) for table in (before, now)]
    asked = [_answers(conditions, table) for table in tables]
    blamed = {condition: np.zeros(len(now), dtype=bool) for condition in conditions}
    was, came = _truth(tree, asked[0]), _truth(tree, asked[1])
    _blame(tree, asked[0], asked[1], (was == 1) != (came == 1), blamed)
    changed = np.column_stack([blamed[condition] for condition in conditions])
    return Blame(conditions, changed, np.column_stack([asked[1][condition] == 1 for condition in conditions]))


def _tree(node: Any) -> Tree:
    if isinstance(node, exp.Paren):
        return _tree(node.this)
    if isinstance(node, exp.And | exp.Or):
        word: Literal["and", "or"] = "and" if isinstance(node, exp.And) else "or"
        parts: list[Tree] = []
        for side in (_tree(node.this), _tree(node.expression)):
            parts += side.parts if isinstance(side, Junction) and side.word == word else [side]
        return Junction(word, tuple(parts))
    if isinstance(node, exp.Not) and not isinstance(node.this, exp.Is | exp.In | exp.Between):
        return Junction("not", (_tree(node.this),))
    text = node.sql(dialect="duckdb")
    return Condition(text, tuple(sorted(names_in(text))))


def _answers(conditions: Sequence[Condition], table: FeatureTable) -> dict[Condition, Answers]:
    found = answers([condition.text for condition in conditions], table)
    kleene = np.where(np.isnan(found), 0.5, found)
    return {condition: kleene[:, number] for number, condition in enumerate(conditions)}


def _truth(tree: Tree, known: dict[Condition, Answers]) -> Answers:
    if isinstance(tree, Condition):
        return known[tree]
    parts = [_truth(part, known) for part in tree.parts]
    if tree.word == "not":
        return 1 - parts[0]
    join = np.minimum if tree.word == "and" else np.maximum
    return _joined(join, parts)


def _joined(join: np.ufunc, parts: Sequence[Answers]) -> Answers:
    result: Answers = join.reduce(parts)
    return result


def _blame(
    tree: Tree,
    before: dict[Condition, Answers],
    now: dict[Condition, Answers],
    where: Bools,
    blamed: dict[Condition, Bools],
) -> None:
    """Mark, for the units in `where`, the conditions that moved this part's answer."""
    if isinstance(tree, Condition):
        blamed[tree] |= where
        return
    was, came = _truth(tree, before), _truth(tree, now)
    for part in tree.parts:
        part_was, part_came = _truth(part, before), _truth(part, now)
        rose, fell = (came > was) & (part_came > part_was), (came < was) & (part_came < part_was)
        reached = part_came == came
        followed = {"and": rose | (fell & reached), "or": fell | (rose & reached), "not": part_was != part_came}
        _blame(part, before, now, where & followed[tree.word], blamed)

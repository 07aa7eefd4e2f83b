"""Why a rule does not fit one unit: the conditions that stand against it, and the figures that they looked at."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..eligibility import answers
from ..table import FeatureTable
from .alignment import narrowed
from .conditions import Condition, Tree, leaves, tree_of
from .finding import Figure, figure

_NO, _UNKNOWN, _YES = 0.0, 0.5, 1.0


@dataclass(frozen=True)
class Against:
    """One condition of a rule. `truth` is whether it holds, None where a figure it needs is unknown."""

    condition: str
    truth: bool | None
    figures: dict[str, Figure]


def against(rule: str, unit: FeatureTable) -> list[Against]:
    """The conditions that keep a sound rule from fitting the one unit of the table; none where it fits.

    Answers are Kleene's (no 0, unknown 1/2, yes 1): under `and` each part that is as low as the whole stands against
    it, under `or` all the highest do, for one more would have been enough.
    """
    tree = tree_of(rule)
    conditions = list(dict.fromkeys(leaves(tree)))
    table = narrowed(unit, {name for condition in conditions for name in condition.columns})
    found = answers([condition.text for condition in conditions], table)[0]
    known = {one: _UNKNOWN if value != value else float(value) for one, value in zip(conditions, found, strict=True)}
    standing = dict.fromkeys(_against(tree, known)) if _truth(tree, known) < _YES else {}
    return [
        Against(
            one.text,
            None if known[one] == _UNKNOWN else known[one] == _YES,
            {name: figure(table.columns[name][0]) for name in one.columns},
        )
        for one in standing
    ]


def _against(tree: Tree, known: dict[Condition, float]) -> Iterator[Condition]:
    if isinstance(tree, Condition):
        yield tree
        return
    truth = [_truth(part, known) for part in tree.parts]
    counted = min(truth) if tree.word == "and" else max(truth)
    for part, value in zip(tree.parts, truth, strict=True):
        if tree.word == "not" or value == counted:
            yield from _against(part, known)


def _truth(tree: Tree, known: dict[Condition, float]) -> float:
    if isinstance(tree, Condition):
        return known[tree]
    parts = [_truth(part, known) for part in tree.parts]
    if tree.word == "not":
        return _YES - parts[0]
    return min(parts) if tree.word == "and" else max(parts)

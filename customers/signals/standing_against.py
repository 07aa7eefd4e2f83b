"""Why a rule does not fit one unit: the conditions that stand against it, and the figures that they looked at."""

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


@dataclass(frozen=True)
class Either:
    """Several ways to fit: it is enough that nothing of one of them stood against the unit any more."""

    one_of: tuple[tuple["Against | Either", ...], ...]


Standing = Against | Either


def against(rule: str, unit: FeatureTable) -> list[Standing]:
    """What keeps a sound rule from fitting the one unit of the table, all of it together; nothing where it fits.

    Answers are Kleene's (no 0, unknown 1/2, yes 1): under `and` each part that is as low as the whole stands against
    it; under `or` each part is a way, for any of them would have been enough. Under `not` the two change places.
    """
    tree = tree_of(rule)
    conditions = list(dict.fromkeys(leaves(tree)))
    table = narrowed(unit, {name for condition in conditions for name in condition.columns})
    found = answers([condition.text for condition in conditions], table)[0]
    known = {one: _UNKNOWN if value != value else float(value) for one, value in zip(conditions, found, strict=True)}
    if _truth(tree, known) == _YES:
        return []
    told = {
        one: Against(
            one.text,
            None if known[one] == _UNKNOWN else known[one] == _YES,
            {name: figure(table.columns[name][0]) for name in one.columns},
        )
        for one in conditions
    }
    return list(_standing(tree, known, told))


def _standing(
    tree: Tree, known: dict[Condition, float], told: dict[Condition, Against], *, denied: bool = False
) -> tuple[Standing, ...]:
    if isinstance(tree, Condition):
        return (told[tree],)
    if tree.word == "not":
        return _standing(tree.parts[0], known, told, denied=not denied)
    if (tree.word == "or") != denied:
        return (Either(tuple(_standing(part, known, told, denied=denied) for part in tree.parts)),)
    truth = _truth(tree, known)
    deciding = [part for part in tree.parts if _truth(part, known) == truth]
    every: list[Standing] = []
    for one in (one for part in deciding for one in _standing(part, known, told, denied=denied)):
        if one not in every:
            every.append(one)
    return tuple(every)


def _truth(tree: Tree, known: dict[Condition, float]) -> float:
    if isinstance(tree, Condition):
        return known[tree]
    parts = [_truth(part, known) for part in tree.parts]
    if tree.word == "not":
        return _YES - parts[0]
    return min(parts) if tree.word == "and" else max(parts)

"""Who a rule fits. One language for segments, playbooks and reports; unknown makes nobody eligible."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from ..domain.errors import UserError
from .engine import ask_arrays
from .features.catalogue import catalogue
from .rules import Known, Reading, identifier, names_in
from .table import Bools, FeatureTable, Floats

__all__ = ["answers", "check_rule", "columns_of", "matches", "unknown_for"]
_ROW = "row of the table"


def check_rule(rule: str, known: Collection[str]) -> list[str]:
    """What is wrong with the rule, in words; nothing where it is sound."""
    return _reading(rule, frozenset(known)).problems


def columns_of(rule: str) -> set[str]:
    """The features that the rule looks at."""
    return set(_sound(rule, names_in(rule)).columns)


def matches(rule: str, table: FeatureTable) -> Bools:
    """Which units the rule fits. Where a value is unknown and the answer with it: not."""
    return np.equal(answers([rule], table)[:, 0], 1)


def unknown_for(rule: str, table: FeatureTable) -> Bools:
    """For which units the rule has no answer because a value is unknown."""
    return np.isnan(answers([rule], table)[:, 0])


def answers(rules: Sequence[str], table: FeatureTable) -> Floats:
    """Units x rules, in one pass: 1 yes, 0 no, NaN unknown."""
    if rules and all(rule in table.answered for rule in rules):
        return np.column_stack([table.answered[rule] for rule in rules])
    readings = [_sound(rule, frozenset(table.columns)) for rule in rules]
    if not len(table) or not readings:
        return np.zeros((len(table), len(readings)))
    arrays: dict[str, NDArray[Any]] = {_ROW: np.arange(len(table))}
    arrays |= {name: table[name] for name in sorted(set[str]().union(*(reading.columns for reading in readings)))}
    types = {feature.name: feature.type for feature in catalogue()}
    asked = ", ".join(f"CAST({reading.sql} AS DOUBLE) AS answer{n}" for n, reading in enumerate(readings))
    chosen = ", ".join(_known_part(name, arrays, types) for name in arrays)
    query = f"SELECT {asked} FROM (SELECT {chosen} FROM arrays)"  # noqa: S608
    try:
        found = ask_arrays(query, arrays)
    except duckdb.Error as error:
        asked = "; ".join(rule.strip()[:200] for rule in rules)
        raise UserError(f"the rule `{asked}` can't be answered: {error}") from error
    columns = (np.ma.asarray(found[f"answer{n}"]).astype(np.float64) for n in range(len(readings)))
    return np.column_stack([np.ma.filled(column, np.nan) for column in columns])


@lru_cache(maxsize=512)
def _reading(rule: str, columns: frozenset[str]) -> Reading:
    features = [feature for feature in catalogue() if feature.name in columns]
    types = {feature.name: feature.type for feature in features}
    values = {feature.name: feature.values for feature in features if feature.values}
    return Reading(rule, Known(columns, types, values))


def _sound(rule: str, columns: frozenset[str]) -> Reading:
    reading = _reading(rule, columns)
    if reading.problems:
        raise UserError(f"the rule `{rule.strip()[:200]}`: " + "; ".join(reading.problems))
    return reading


def _known_part(name: str, arrays: Mapping[str, NDArray[Any]], types: Mapping[str, str]) -> str:
    """The column with NaN and infinity as NULL, and yes/no as such."""
    column = identifier(name)
    if arrays[name].dtype.kind != "f":
        return column
    finite = f"CASE WHEN isfinite({column}) THEN {column} END"
    return f"CAST({finite} AS BOOLEAN) AS {column}" if types.get(name) == "boolean" else f"{finite} AS {column}"

"""Signals: dated changes in behaviour, each with the figures that show it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..eligibility import columns_of, matches
from ..features.catalogue import catalogue
from ..packaged import read_packaged
from ..table import Bools, FeatureTable

_BEFORE = "_before"


@dataclass(frozen=True)
class SignalRule:
    """When a signal is raised, and what it shows."""

    name: str
    meaning: str
    when: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Signal:
    """One unit's signal; `evidence` holds what is known of the figures that its rule names."""

    unit_id: str
    name: str
    evidence: dict[str, float | str]


@cache
def signal_rules() -> tuple[SignalRule, ...]:
    """All signals that are looked for."""
    return tuple(
        SignalRule(name, fields["meaning"], fields["when"], tuple(fields["evidence"]))
        for name, fields in read_packaged("signals/signals.yaml").items()
    )


def find_signals(now: FeatureTable, before: FeatureTable | None) -> list[Signal]:
    """The signals of all units, by rule and then in the order of the table."""
    signals: list[Signal] = []
    for rule, table, found in _found(now, before):
        rows = np.flatnonzero(found)
        shown = {name: table.columns[name][rows] for name in rule.evidence if name in table.columns}
        signals += [
            Signal(table.unit_ids[row], rule.name, _evidence(shown, position)) for position, row in enumerate(rows)
        ]
    return signals


def count_signals(now: FeatureTable, before: FeatureTable | None) -> dict[str, int]:
    """How many units have each signal."""
    return {rule.name: int(found.sum()) for rule, _, found in _found(now, before)}


def _found(now: FeatureTable, before: FeatureTable | None) -> Iterator[tuple[SignalRule, FeatureTable, Bools]]:
    table = _with_before(now, before)
    for rule in signal_rules():
        yield rule, table, matches(rule.when, table)


def _with_before(now: FeatureTable, before: FeatureTable | None) -> FeatureTable:
    """The table with all columns that the rules name; what is not there is unknown."""
    wanted = {name for rule in signal_rules() for name in (*columns_of(rule.when), *rule.evidence)}
    text = {feature.name for feature in catalogue() if feature.type == "text"}
    earlier = {name: name.removesuffix(_BEFORE) for name in wanted if name.endswith(_BEFORE)}
    added: dict[str, NDArray[Any]] = {
        name: np.full(len(now), np.nan) for name in wanted - set(now.columns) - text - set(earlier)
    }
    added |= {name: _aligned(now, before, source) for name, source in earlier.items()}
    return now.with_columns(**added)


def _aligned(now: FeatureTable, before: FeatureTable | None, name: str) -> NDArray[np.float64]:
    """A number of the previous snapshot in the order of the present one; NaN where it had none."""
    values = np.full(len(now), np.nan)
    if before is None or name not in before.columns or not len(before):
        return values
    ids, known = np.array(now.unit_ids, dtype=np.str_), np.array(before.unit_ids, dtype=np.str_)
    order = np.argsort(known)
    at = order[np.minimum(np.searchsorted(known, ids, sorter=order), len(known) - 1)]
    there = known[at] == ids
    values[there] = before.numeric([name])[at[there], 0]
    return values


def _evidence(shown: dict[str, NDArray[Any]], position: int) -> dict[str, float | str]:
    values = {name: column[position] for name, column in shown.items()}
    return {
        name: value if isinstance(value, str) else float(value)
        for name, value in values.items()
        if value is not None and value == value  # NaN is not itself
    }

"""Signals: dated changes in behaviour, each with the figures that show it, before and now."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..eligibility import answers
from ..packaged import read_packaged
from ..rules import names_in
from ..table import FeatureTable
from .alignment import Rows, rows_before, taken, with_columns_for

_BEFORE = "_before"
#: A figure before and now; None where it is not known.
Figure = float | str | None
Evidence = dict[str, list[Figure]]


@dataclass(frozen=True)
class SignalRule:
    """When a signal is raised, and what it shows."""

    name: str
    meaning: str
    when: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """The units that have one signal; figures stay in arrays until somebody asks for one unit's."""

    rule: SignalRule
    unit_ids: list[str]
    now: dict[str, NDArray[Any]]
    before: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.unit_ids)

    def evidence(self, position: int) -> Evidence:
        """{feature: [before, now]} of one unit, for the features of which something is known."""
        shown: Evidence = {}
        for name, column in self.now.items():
            past = self.before[name][position] if name in self.before else None
            shown[name] = [figure(past), figure(column[position])]
        return {name: values for name, values in shown.items() if values != [None, None]}


@cache
def signal_rules() -> tuple[SignalRule, ...]:
    """All signals that are looked for."""
    return tuple(
        SignalRule(name, fields["meaning"], fields["when"], tuple(fields["evidence"]))
        for name, fields in read_packaged("signals/signals.yaml").items()
    )


def find_signals(now: FeatureTable, before: FeatureTable | None) -> list[Found]:
    """The units of each signal, in the order of the table. `now` may be a part of all units, `before` may be all."""
    before = before if before is not None else FeatureTable([], {})
    rows = rows_before(now.unit_ids, before.unit_ids)
    table = _with_before(now, before, rows)
    fits = answers([rule.when for rule in signal_rules()], table) == 1
    return [_found(rule, np.flatnonzero(fits[:, n]), table, before, rows) for n, rule in enumerate(signal_rules())]


def figure(value: Any) -> Figure:
    """A cell as plain data; None for what is unknown."""
    if value is None or value != value:  # NaN is not itself
        return None
    return value if isinstance(value, str) else float(value)


def _found(rule: SignalRule, at: Rows, table: FeatureTable, before: FeatureTable, rows: Rows) -> Found:
    names = [name for name in rule.evidence if name in table.columns]
    return Found(
        rule,
        [table.unit_ids[row] for row in at],
        {name: table.columns[name][at] for name in names},
        {name: taken(before.columns[name], rows[at]) for name in names if name in before.columns},
    )


def _with_before(now: FeatureTable, before: FeatureTable, rows: Rows) -> FeatureTable:
    """The table with all columns that the rules name; what is not there is unknown."""
    asked = {name for rule in signal_rules() for name in names_in(rule.when)}
    earlier = {name: name.removesuffix(_BEFORE) for name in asked if name.endswith(_BEFORE)}
    table = with_columns_for(now, asked - set(earlier))
    nothing = np.full(len(before), np.nan)
    return table.with_columns(
        **{name: taken(before.columns.get(source, nothing), rows) for name, source in earlier.items()}
    )

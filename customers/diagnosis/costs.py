"""What a gap costs: the features, actions, signals and models that can't work, or work without knowing."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...domain.diagnosis import Cost
from ...domain.playbook import Action, Channel
from ..eligibility import columns_of
from ..features.catalogue import catalogue
from ..signals.finding import signal_rules
from ..table import Bools, FeatureTable
from .lineage import Origin, origins
from .possible import Fixed, can_fit
from .shape import CUSTOMER_ENTITIES

#: What a channel needs of a customer.
ADDRESSES: dict[Channel, Origin] = {
    Channel.EMAIL: ("contacts", "email"),
    Channel.LETTER: ("contacts", "postal_address"),
    Channel.REP_DRAFT: ("accounts", "rep_id"),
    Channel.STAFF_TASK: ("accounts", "rep_id"),
}
_CONSENTED = frozenset({Channel.EMAIL, Channel.LETTER, Channel.AUDIENCE})
_MODELS = ("churn", "ltv")


@dataclass(frozen=True)
class Wishes:
    """What the brief wants to do."""

    actions: Sequence[Action]
    segment: str
    folder: Path | None = None  #: of the user's own features

    @property
    def channels(self) -> frozenset[Channel]:
        return frozenset(channel for action in self.actions for channel in action.channels)


@dataclass(frozen=True)
class Costs:
    """Answers what a gap costs. `table` holds the features of customers as the sources are now, where there are any."""

    wishes: Wishes
    table: FeatureTable | None
    row_counts: Mapping[str, int]

    def of_loss(self, entity: str, column: str = "") -> Cost:
        """Of an entity without rows, or a column that nobody ever filled in."""
        lost = _origins_hit(entity, column)
        fixed = {name: value for name in self._touched(lost) for value in self._fixed(name, is_column=bool(column))}
        blocked = [a.action for a in self.wishes.actions if not _can_fit(a, fixed) or _all_channels_lost(a, lost)]
        touched = [action.action for action in self.wishes.actions if needs(action) & fixed.keys()]
        return Cost(
            features=tuple(sorted(fixed)),
            actions=tuple(blocked),
            weakened=tuple(name for name in touched if name not in blocked),
            signals=tuple(rule.name for rule in signal_rules() if not can_fit(rule.when, fixed)),
            models=self._models(fixed),
            segment=not can_fit(self.wishes.segment, fixed),
        )

    def of_damage(self, entity: str, column: str = "") -> Cost:
        """Of rows or cells that are missing or wrong here and there: all that looks at them is less sure."""
        hit = _origins_hit(entity, column)
        touched = frozenset(self._touched(hit))
        actions = [
            action.action
            for action in self.wishes.actions
            if needs(action) & touched or any(_is_lost(channel, hit) for channel in action.channels)
        ]
        signals = tuple(rule.name for rule in signal_rules() if _named(rule.when) & touched)
        return Cost(tuple(sorted(touched)), weakened=tuple(actions), signals=signals, models=self._models(touched))

    def _fixed(self, name: str, *, is_column: bool) -> Iterator[Fixed]:
        """The one value that the feature has for everybody; nothing where it still tells customers apart."""
        if self.table is None or name not in self.table.columns:
            return
        values = self.table[name]
        known = _known(values)
        if not known.any():
            yield None
            return
        entities = {entity for entity, _ in origins(self.wishes.folder).get(name, ())} - CUSTOMER_ENTITIES
        is_default = is_column or not any(self.row_counts.get(entity) for entity in entities)
        if is_default and known.all() and (values == values[0]).all():
            yield values[0] if isinstance(values[0], str) else float(values[0])

    def _touched(self, lost: "_Lost") -> Iterator[str]:
        """The features that look at what is lost."""
        made_of = origins(self.wishes.folder)
        return (name for name, columns in made_of.items() if any(column in lost for column in columns))

    def _models(self, names: Container[str]) -> tuple[str, ...]:
        """The models that learn from one of the features."""
        used = {model for feature in catalogue(self.wishes.folder) if feature.name in names for model in feature.users}
        return tuple(model for model in _MODELS if model in used)


def needs(action: Action) -> frozenset[str]:
    """The features that an action's rule and value look at."""
    worth = {action.value.order_value} if action.value.order_value else set()
    return _named(action.when) | worth


@lru_cache(maxsize=256)
def _named(rule: str) -> frozenset[str]:
    return frozenset(columns_of(rule))


@dataclass(frozen=True)
class _Lost:
    """All columns of an entity, or one of them; of persons, those of accounts and contacts."""

    entities: frozenset[str]
    column: str

    def __contains__(self, origin: Origin) -> bool:
        return origin[0] in self.entities and self.column in ("", origin[1])


def _origins_hit(entity: str, column: str) -> _Lost:
    return _Lost(frozenset({"accounts", "contacts"} if entity == "persons" else {entity}), column)


def _known(values: NDArray[Any]) -> Bools:
    if values.dtype == object:
        return np.array([value is not None for value in values], dtype=bool)
    known: Bools = ~np.isnan(values)
    return known


def _can_fit(action: Action, fixed: Mapping[str, Fixed]) -> bool:
    return not (_named(action.when) & fixed.keys()) or can_fit(action.when, fixed)


def _is_lost(channel: Channel, lost: _Lost) -> bool:
    needs_consent = channel in _CONSENTED and ("consents", "contact_id") in lost
    return needs_consent or ADDRESSES.get(channel, ("", "")) in lost


def _all_channels_lost(action: Action, lost: _Lost) -> bool:
    return all(_is_lost(channel, lost) for channel in action.channels)

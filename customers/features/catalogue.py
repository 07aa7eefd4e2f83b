"""What is known of a unit: every feature with its meaning, and who uses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...domain.quantity import Language
from ..table import FeatureTable
from .building import build_features, feature_parameters, learn_product
from .definition import Definition, FeatureType
from .loading import OwnFolder, as_it_is, entities
from .names import SCORES
from .queries import defined_features, feature_query, feature_tables, needs_of

__all__ = [
    "Feature",
    "FeatureTable",
    "build_features",
    "catalogue",
    "feature_parameters",
    "feature_query",
    "feature_tables",
    "learn_product",
    "needs_of",
]


@dataclass(frozen=True)
class Feature:
    """One thing known of a unit: what it means, where it comes from, and who uses it."""

    name: str
    entity: str
    definition: Definition
    is_own: bool = False  #: from the user's folder

    @property
    def meaning(self) -> str:
        return self.definition.meaning["en"]

    @property
    def meanings(self) -> Mapping[Language, str]:
        return self.definition.meaning

    @property
    def source(self) -> str:
        """The entity whose rows it looks at; `features` where it is made of others, `score` where a model adds it."""
        if self.entity == SCORES:
            return "score"
        return "features" if self.definition.formula is not None else self.entity

    @property
    def type(self) -> FeatureType:
        return self.definition.type

    @property
    def unit(self) -> str:
        return self.definition.unit

    @property
    def unknown(self) -> float | None:
        return self.definition.unknown

    @property
    def none_is_unknown(self) -> bool:
        """Whether it is unknown, not 0, in a company without any such rows."""
        entity = entities().get(self.entity)
        return entity is not None and entity.none_is_unknown

    @property
    def values(self) -> tuple[str, ...]:
        return self.definition.values

    @property
    def users(self) -> tuple[str, ...]:
        return self.definition.users


def catalogue(folder: Path | None = None) -> tuple[Feature, ...]:
    """All features a rule may name, the scores among them; `folder` adds a user's own.

    Raises FaultyFile with every fault of the folder's files.
    """
    return _catalogue(as_it_is(folder))


@cache
def _catalogue(own: OwnFolder | None) -> tuple[Feature, ...]:
    packaged = len(defined_features())
    every = (
        Feature(d.name, d.entity, d.definition, n >= packaged)
        for n, d in enumerate(defined_features(own.path if own else None))
    )
    return tuple(feature for feature in every if not feature.definition.helper)

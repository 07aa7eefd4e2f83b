"""Fairness as the brief states it: between which groups, how far apart, and what nobody may decide by."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from .model import Frozen
from .quantity import Points

FeatureName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", examples=["industry"])]


def _in_full(value: Any) -> Any:
    """`industry` -> {feature: industry}."""
    if isinstance(value, dict):
        return {key: tuple(part) if isinstance(part, list) else part for key, part in value.items()}
    return {"feature": value} if isinstance(value, str) else value


def _as_tuple(value: Any) -> Any:
    """One is a list of one; lists become tuples, which is what the strict reading of a file knows them as."""
    return (value,) if isinstance(value, (str, dict)) else tuple(value) if isinstance(value, list) else value


class Partition(Frozen):
    """What divides units into groups: a feature's values, or bands of a number."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    feature: FeatureName
    """Each of its values is a group."""
    bands: tuple[float, ...] = Field(default=(), max_length=20)
    """Of a number: where each further band begins; `[30, 60]` makes three groups."""

    @model_validator(mode="after")
    def _bands_rise(self) -> "Partition":
        if any(low >= high for low, high in zip(self.bands, self.bands[1:], strict=False)):
            raise ValueError("`bands` must rise: [30, 60]")
        return self


class Fairness(Frozen):
    """Between which groups the report compares, how far apart their treatment may lie, and what is protected."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    groups: Annotated[
        tuple[Annotated[Partition, BeforeValidator(_in_full)], ...],
        Field(max_length=5),
        BeforeValidator(_as_tuple),
    ] = ()
    """One feature or several; each divides the units into groups of its own."""
    max_gap: Points | None = None
    """How far the groups' treatment rates among eligible units may lie apart. Without it, gaps are only reported."""
    smallest_group: int = Field(default=30, ge=2)
    """Groups with fewer eligible units are reported and not bounded: one person would move their rate by points."""
    protected: tuple[FeatureName, ...] = ()
    """Features that no model, rule or message may look at, besides those marked so where they are defined."""

    @model_validator(mode="after")
    def _bound_needs_groups(self) -> "Fairness":
        if self.max_gap is not None and not self.groups:
            raise ValueError("`max_gap` needs `groups`: between whom?")
        names = [partition.feature for partition in self.groups]
        if len(set(names)) < len(names):
            raise ValueError("`groups` names a feature twice")
        return self

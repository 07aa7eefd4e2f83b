"""The features of many units: one array per feature, all in the order of the unit ids."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..domain.errors import UserError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Numbers and yes/no are float64 with NaN for unknown (1.0 is yes); text is an object array with None."""

    unit_ids: list[str]
    columns: dict[str, NDArray[Any]]
    answered: Mapping[str, Floats] = field(default_factory=dict)
    """Rules that these very rows were asked before, with the answers as `eligibility.answers` gives them."""

    def __post_init__(self) -> None:
        for name, values in self.columns.items():
            if values.shape != (len(self.unit_ids),):
                raise ValueError(f"{name!r} has shape {values.shape} for {len(self.unit_ids)} units")

    def __len__(self) -> int:
        return len(self.unit_ids)

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self.columns:
            raise UserError(f"the table holds no feature {name!r}")
        return self.columns[name]

    def numeric(self, names: Sequence[str]) -> Floats:
        """The named features side by side: one row per unit, one column per name."""
        matrix = np.empty((len(self), len(names)))
        for position, name in enumerate(names):
            if self[name].dtype == object:
                raise UserError(f"{name!r} is text, not a number")
            matrix[:, position] = self[name]
        return matrix

    def with_columns(self, **arrays: ArrayLike) -> "FeatureTable":
        """This table with more columns, or others in their place."""
        return FeatureTable(self.unit_ids, {**self.columns, **{k: _column(v) for k, v in arrays.items()}})

    def without(self, names: Collection[str]) -> "FeatureTable":
        """This table without the named columns, whether it has them or not."""
        return FeatureTable(self.unit_ids, {k: v for k, v in self.columns.items() if k not in names})

    def pick(self, chosen: ArrayLike) -> "FeatureTable":
        """The units that a boolean mask or positions choose."""
        rows = np.asarray(chosen)
        ids = np.array(self.unit_ids, dtype=object)[rows].tolist()
        columns = {name: values[rows] for name, values in self.columns.items()}
        return FeatureTable(ids, columns, {rule: known[rows] for rule, known in self.answered.items()})


def from_query(result: Mapping[str, Any], unit_column: str) -> FeatureTable:
    """A table from what DuckDB's `fetchnumpy` returned."""
    columns = {name: _column(values) for name, values in result.items()}
    return FeatureTable(columns.pop(unit_column).tolist(), columns)


def _column(values: ArrayLike) -> NDArray[Any]:
    if isinstance(values, np.ma.MaskedArray):
        plain = values.data.astype(object if values.dtype == object else np.float64)
        plain[np.ma.getmaskarray(values)] = None if plain.dtype == object else np.nan
        return plain
    array = np.asarray(values)
    if array.dtype.kind in "US":
        return array.astype(object)
    if array.dtype == object and _is_text(array):
        return array
    return array.astype(np.float64)


def _is_text(array: NDArray[Any]) -> bool:
    known = [value for value in array if value is not None]
    return not known or any(isinstance(value, str) for value in known)

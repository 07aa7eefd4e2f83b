"""The feature table of a day, kept fresh: a base of all units, and on top the units that were touched since.

What a feature says changes with the rows of its unit, and with the day. So within a day only touched units are computed
again; another day, other definitions, records that became one customer, or a source that appears for the first time
make a new base. What is learned over all units (which features the company's app has) is learned with the base.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from ..features.building import build_features, feature_parameters, learn_product
from ..features.queries import feature_query
from ..opening import Customers
from ..snapshot import SnapshotFile, publish
from ..table import FeatureTable, from_query
from .parts import Part, paths

#: Where more of all units are touched, computing them all is cheaper.
_MOST_TOUCHED = 0.2
#: So many deltas become one.
_MOST_DELTAS = 8


@dataclass(frozen=True)
class FeatureParts:
    """The files that hold a feature table; of a unit in several, the newest row counts."""

    terms: str  #: digest of the day, the definitions and what all units share
    sources: int  #: number of the sources' manifest that it is made from
    product: tuple[str, ...]
    base: Part
    deltas: tuple[Part, ...] = ()
    merged: str = ""  #: which records were one customer; see `Unified`

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "FeatureParts":
        """Back from `as_dict`."""
        deltas = tuple(Part.of(part) for part in said["deltas"])
        return cls(**{**said, "product": tuple(said["product"]), "base": Part.of(said["base"]), "deltas": deltas})

    @property
    def parts(self) -> tuple[Part, ...]:
        return (self.base, *self.deltas)


def refresh(
    customers: Customers,
    standing: FeatureParts | None,
    *,
    sources: int,
    touched: Sequence[str] | None,
    as_of: date,
    folder: Path,
    definitions: Path | None = None,
) -> FeatureParts:
    """The parts of the table of `as_of` for the sources' manifest `sources`, in `folder`.

    `touched`: units with other rows than `standing` was made from; None: all. `definitions`: a user's own features.
    """
    terms = _terms(customers, as_of, definitions)
    many = _MOST_TOUCHED * customers.row_counts["accounts"]
    is_other = standing is None or standing.terms != terms or standing.merged != merged_in(customers)
    if standing is None or is_other or touched is None or len(touched) > many:
        return _all(customers, terms, sources, as_of, folder, definitions)
    if not touched:
        return replace(standing, sources=sources)
    table = build_features(customers, as_of, only=touched, folder=definitions, product=standing.product)
    if _has_any(folder, standing, set(touched) - set(table.unit_ids)):  # somebody is no customer any more
        return _all(customers, terms, sources, as_of, folder, definitions)
    fresh = replace(standing, sources=sources)
    if len(table):
        fresh = replace(fresh, deltas=(*standing.deltas, _part(publish(table, folder, "touched"))))
    if len(fresh.deltas) > _MOST_DELTAS:
        merged = _read(folder, fresh.deltas)
        fresh = replace(fresh, deltas=(_part(publish(merged, folder, "touched")),))
    return fresh


def merged_in(customers: Customers) -> str:
    """Which records are one customer: where that changes, rows count for others than before."""
    return customers.unified.merged if customers.unified is not None else ""


def read_features(folder: Path, standing: FeatureParts, only: Collection[str] | None = None) -> FeatureTable:
    """The table, or the rows of `only` these units that it has, in the order of the unit ids."""
    if only is None:
        return _read(folder, standing.parts)
    if standing.deltas:  # who was touched just now is there, and the base need not be read
        found = _read(folder, standing.deltas, only)
        if len(found) == len(set(only)):
            return found
    return _read(folder, standing.parts, only)


def _terms(customers: Customers, as_of: date, definitions: Path | None) -> str:
    said = [as_of.isoformat(), feature_parameters(customers, as_of, definitions), feature_query(folder=definitions)]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _all(
    customers: Customers, terms: str, sources: int, as_of: date, folder: Path, definitions: Path | None
) -> FeatureParts:
    table = build_features(customers, as_of, folder=definitions)
    product = learn_product(customers, as_of)
    return FeatureParts(terms, sources, product, _part(publish(table, folder, "all")), merged=merged_in(customers))


def _part(file: SnapshotFile) -> Part:
    return Part(file.path.name, file.rows, file.digest)


def _read(folder: Path, parts: Sequence[Part], only: Collection[str] | None = None) -> FeatureTable:
    """Of every unit, or of `only` these, the row in the last of the parts that has it."""
    later, queries = "", []
    for number, part in reversed(list(enumerate(parts))):
        rows = f"read_parquet({paths(folder, [part])})"
        newer = f" ANTI JOIN ({later}) AS newer USING (unit_id)" if later else ""
        queries.append(f"SELECT * FROM {rows} AS part{number}{newer}")  # noqa: S608 - names of our own files
        ids = f"SELECT unit_id FROM {rows}"  # noqa: S608
        later = f"{later} UNION {ids}" if later else ids
    rows, told = " UNION ALL ".join(queries), {}
    if only is not None:
        rows = f"SELECT * FROM ({rows}) WHERE unit_id IN (SELECT unnest($units::VARCHAR[]))"  # noqa: S608
        told = {"units": sorted(only)}
    with duckdb.connect(config={"threads": 2}) as connection:
        result = connection.execute(f"{rows} ORDER BY unit_id", told).fetchnumpy()
    return from_query(result, "unit_id")


def _has_any(folder: Path, standing: FeatureParts, units: set[str]) -> bool:
    if not units:
        return False
    with duckdb.connect(config={"threads": 2}) as connection:
        query = f"""
            SELECT count(*) FROM read_parquet({paths(folder, standing.parts)})
            WHERE unit_id IN (SELECT unnest($units::VARCHAR[]))
        """  # noqa: S608 - names of our own files
        found = connection.execute(query, {"units": sorted(units)}).fetchall()
    return bool(found[0][0])

"""Merging parts, so that reading stays fast: small ones always, others when there are many of a size."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ..contract.load import stored_columns
from ..contract.model import Source
from .parts import Part, relation
from .shelf import Shelf

#: Up to so many rows, an entity is written anew as one part: that takes milliseconds.
SMALL_ROWS = 50_000
#: So many parts of one size become one of the next size, so that every row is written a few times in all.
FAN = 8
#: A part is written anew when so much of it is gone.
_TORN = 0.2


def compact(shelf: Shelf, source: Source) -> None:
    """Merge the parts of an entity where that pays."""
    while chosen := _chosen(shelf.entities[source.name].parts):
        _merge(shelf, source, chosen)


def _chosen(parts: Sequence[Part]) -> list[Part]:
    """The parts to write anew as one; none where all is well."""
    is_torn = any(part.gone for part in parts)
    if sum(part.rows for part in parts) <= SMALL_ROWS:
        return list(parts) if len(parts) > 1 or is_torn else []
    sizes: dict[int, list[Part]] = defaultdict(list)
    for part in parts:
        if part.gone > _TORN * part.rows:
            return [part]
        sizes[max(0, math.ceil(math.log(part.rows / SMALL_ROWS, FAN)))].append(part)
    return next((group for _, group in sorted(sizes.items()) if len(group) >= FAN), [])


def _merge(shelf: Shelf, source: Source, chosen: Sequence[Part]) -> None:
    """Write these parts as one, in the place of the first, without the rows that are gone."""
    name, entity = source.name, shelf.entities[source.name]
    rows = relation(shelf.folder, chosen, entity.gone, stored_columns(source))
    whole = shelf.write_rows(source, f"({rows})", sum(part.rows for part in chosen))
    old = {part.file for part in chosen}
    position = min(entity.parts.index(part) for part in chosen)
    before = [part for part in entity.parts[:position] if part.file not in old]
    after = [part for part in entity.parts[position:] if part.file not in old]
    gone = entity.gone
    if gone is not None:
        listed = ", ".join(f"'{file}'" for file in sorted(old))
        query = f"SELECT * FROM read_parquet({shelf.files([gone])}) WHERE _part NOT IN ({listed})"  # noqa: S608
        gone = shelf.write(query, f"{name}-gone")
    shelf.put(name, replace(entity, parts=(*before, *([whole] if whole else []), *after), gone=gone))

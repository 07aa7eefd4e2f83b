"""A feed's mapping as SQL: for every column of the contract, the expression that finds its cell as text."""

from collections.abc import Mapping, Sequence

from ...domain.sources import Feed
from ..contract.model import Column, Source

#: Numbers that companies share between their systems: `ids:` leaves them alone.
_SHARED = frozenset({"products", "reps"})
_OF_CUSTOMERS = frozenset({"account_id", "contact_id", "referred_account_id", "person_id", "referred_person_id"})
_EMPTY = "CAST(NULL AS VARCHAR)"


def cells(source: Source, feed: Feed, header: Sequence[str]) -> dict[str, str]:
    """Contract column -> SQL over a relation with the columns c0, c1, … of this header.

    A cell is NULL where it is empty or the feed lacks the column. The mapping must have been found free of faults.
    """
    places = {name: f"c{number}" for number, name in enumerate(header)}
    return {column.name: _cell(source, column, feed, places) for column in source.columns}


def wanted_header(column: Column, feed: Feed) -> str:
    """What the feed calls a column of the contract."""
    return feed.columns.get(column.header, column.header)


def wanted_headers(source: Source, feed: Feed) -> tuple[str, ...]:
    """All that the mapping looks for in a file, each once."""
    by_name = [wanted_header(column, feed) for column in source.columns]
    return tuple(dict.fromkeys([*by_name, *([feed.first_by] if feed.first_by else [])]))


def quoted(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _cell(source: Source, column: Column, feed: Feed, places: Mapping[str, str]) -> str:
    if column.header in feed.constants:
        constant = feed.constants[column.header]
        return quoted(constant) if constant else _EMPTY
    if column.header == feed.row_id:
        return _with_system(source, column, feed, "row_id")
    place = places.get(wanted_header(column, feed))
    if place is None:
        return _EMPTY
    cell = _translated(f"nullif({place}, '')", feed.values.get(column.header, {}))
    return _with_system(source, column, feed, cell)


def _translated(cell: str, values: Mapping[str, str]) -> str:
    """What is written there as the contract calls it; what the brief does not name stays, for the contract to judge."""
    if not values:
        return cell
    written = " ".join(f"WHEN {quoted(there)} THEN {quoted(meant)}" for there, meant in values.items() if there)
    named = f"CASE trim({cell}) {written} ELSE {cell} END" if written else cell
    return f"coalesce({named}, {quoted(values[''])})" if "" in values else named


def _with_system(source: Source, column: Column, feed: Feed, cell: str) -> str:
    return f"{quoted(feed.ids + ':')} || {cell}" if feed.ids and is_own_id(source, column) else cell


def is_own_id(source: Source, column: Column) -> bool:
    """Whether a system gives these numbers by itself, so that another one's may be the same."""
    parent = column.references.partition(".")[0]
    if column.header in _OF_CUSTOMERS:
        return True
    return (column.unique and source.name not in _SHARED) or bool(parent and parent not in _SHARED)

"""Whether rows that name something name something known. What the contract demands is counted from its faults."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb

from ...domain.diagnosis import EntityFigures, Link
from ..contract.model import Source
from ..opening import Customers
from .shape import names_a_customer

_EXAMPLES = 3


@dataclass(frozen=True)
class _Loose:
    """A reference that the contract leaves open, and that still should lead somewhere."""

    entity: str
    column: str
    to: str
    key: str


#: Only looked at where both sides have rows. A referred friend may be nobody known, so that is no broken link.
_LOOSE = (
    _Loose("web_events", "product_id", "products", "product_id"),
    _Loose("app_events", "contact_id", "contacts", "contact_id"),
    _Loose("tickets", "contact_id", "contacts", "contact_id"),
    _Loose("intents", "contact_id", "contacts", "contact_id"),
    _Loose("identifiers", "contact_id", "contacts", "contact_id"),
    _Loose("volunteered", "contact_id", "contacts", "contact_id"),
    _Loose("staff_contacts", "staff_id", "reps", "rep_id"),
    _Loose("acquisition_costs", "acquisition_source", "accounts", "acquisition_source"),
)


def links(
    customers: Customers,
    cursor: duckdb.DuckDBPyConnection,
    sources: Iterable[Source],
    entities: Iterable[EntityFigures],
) -> tuple[Link, ...]:
    """All references that can be followed, sound ones too."""
    by_name = {source.name: source for source in sources}
    demanded = [link for figures in entities for link in _demanded(by_name[figures.entity], figures)]
    counts = customers.row_counts
    loose = [
        _followed(cursor, by_name[link.entity], link)
        for link in _LOOSE
        if counts.get(link.entity) and counts.get(link.to) and not _is_same_person(customers, link)
    ]
    return (*demanded, *loose)


def _is_same_person(customers: Customers, link: _Loose) -> bool:
    """Where the unit is the person, the contact is the customer, which the contract demands anyway."""
    return customers.unit == "person" and link.column == "contact_id"


def _demanded(source: Source, figures: EntityFigures) -> Iterator[Link]:
    for column in source.columns:
        if not column.references or not figures.total:
            continue
        refused = [rule for rule in figures.rules if rule.kind == "no_such" and rule.column == column.header]
        broken = sum(rule.rows for rule in refused)
        unknown = next((each.unknown for each in figures.columns if each.name == column.header), 0)
        examples = tuple(example.value for rule in refused for example in rule.examples)
        to = column.references.partition(".")[0]
        yield Link(figures.entity, column.header, to, figures.rows - unknown + broken, broken, examples=examples)


def _followed(cursor: duckdb.DuckDBPyConnection, source: Source, link: _Loose) -> Link:
    is_broken = f"{link.column} NOT IN (SELECT {link.key} FROM {link.to} WHERE {link.key} IS NOT NULL)"  # noqa: S608
    query = f"""SELECT count(*), count(*) FILTER (WHERE {is_broken}) FROM {link.entity}
        WHERE {link.column} IS NOT NULL"""  # noqa: S608 - names come from the contract
    named, broken = (int(value) for value in cursor.execute(query).fetchall()[0])
    examples: list[str] = []
    if broken:
        some = f"SELECT DISTINCT {link.column} FROM {link.entity} WHERE {is_broken} ORDER BY 1 LIMIT {_EXAMPLES}"  # noqa: S608
        examples = [value for (value,) in cursor.execute(some).fetchall()]
    header = next(each.header for each in source.columns if each.name == link.column)
    return Link(link.entity, header, link.to, named, broken, link.key, tuple(examples))


def is_to_customer(source: Source, link: Link) -> bool:
    """Whether the reference names the customer, which the match rate tells already."""
    return any(column.header == link.column and names_a_customer(column) for column in source.columns)

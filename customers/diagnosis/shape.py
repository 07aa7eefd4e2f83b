"""What the contract tells of an entity without looking at its rows: when things happened, and to whom."""

from collections.abc import Iterator

from ..contract.model import Column, Source

#: Columns that say whose a row is, closest first.
_CUSTOMER_COLUMNS = ("account_id", "contact_id")
#: Entities that are the customers themselves.
CUSTOMER_ENTITIES = frozenset({"accounts", "contacts", "persons"})


def moment_column(source: Source) -> str | None:
    """When a row of the entity happened, or began; None where it has no time (products, order lines)."""
    for kind in ("timestamp", "date"):
        found = next((column.name for column in source.columns if column.type == kind), None)
        if found is not None:
            return found
    return None


def customer_column(source: Source) -> str | None:
    """The column that names the customer; None where rows belong to nobody (products, reps)."""
    if source.name == "persons":
        return "account_id"
    names = source.column_names
    return next((name for name in _CUSTOMER_COLUMNS if name in names), None)


def names_a_customer(column: Column) -> bool:
    """Whether a cell of the column must name somebody who is known."""
    return column.references.partition(".")[0] in CUSTOMER_ENTITIES


def rows_with_account(source: Source) -> str | None:
    """SQL: the rows of the entity with the account they belong to, under `account_id`; None where they have none."""
    column = customer_column(source)
    if source.name == "order_lines":
        return "(SELECT order_lines.*, orders.account_id FROM order_lines JOIN orders USING (order_id))"
    if column is None:
        return None
    if source.name == "persons":
        return "(SELECT *, person_id AS account_id FROM persons)"
    if column == "account_id":
        return source.name
    return f"(SELECT {source.name}.*, contacts.account_id FROM {source.name} JOIN contacts USING (contact_id))"  # noqa: S608


def key_column(source: Source) -> str | None:
    """The key that a system gave each row; None where rows have none."""
    return next((column.name for column in source.columns if column.unique), None)


def own_columns(source: Source) -> Iterator[Column]:
    """The columns that say what happened: all but the key."""
    key = key_column(source)
    return (column for column in source.columns if column.name != key)


def is_of_events(source: Source) -> bool:
    """Whether the rows tell of moments, and not of what holds for a time (customers, contracts, months of use)."""
    column = moment_column(source)
    return any(each.name == column and each.type == "timestamp" for each in source.columns)

"""Each entity by itself: rows, faults, unknown cells, freshness, repeats, and whose rows they are."""

from datetime import date, timedelta

import duckdb

from ...domain.diagnosis import ColumnFigures, EntityFigures
from ..contract.model import Source
from ..visitors import Anonymous, all_rows
from .freshness import days_with_rows, freshness
from .reading import Read
from .refusals import is_about_customers, refused_rows, strangers
from .shape import (
    CUSTOMER_ENTITIES,
    customer_column,
    is_of_events,
    key_column,
    moment_column,
    own_columns,
    rows_with_account,
)


def look_at(read: Read, cursor: duckdb.DuckDBPyConnection, source: Source, as_of: date, known: int) -> EntityFigures:
    """The figures of one entity; `known` is how many customers there are."""
    visits = read.customers.anonymous.get(source.name, Anonymous(0, 0))
    rows = read.customers.row_counts.get(source.name, 0) + visits.left
    every = all_rows(source.name) if visits.rows else source.name
    refused = read.customers.fault_counts.get(source.name, 0)
    if not rows + refused:
        return EntityFigures(source.name, False, 0, 0)
    rules = refused_rows(cursor, source) if refused else ()
    seen = _customers_in(cursor, source) if rows else 0
    without = sum(rule.rows for rule in rules if is_about_customers(source, rule))
    is_of_customers = customer_column(source) is not None and source.name not in CUSTOMER_ENTITIES
    named, tied = strangers(cursor, source) if without else (0, 0)
    return EntityFigures(
        entity=source.name,
        is_there=True,
        rows=rows,
        refused=refused,
        rules=rules,
        freshness=freshness(days_with_rows(cursor, source, every), as_of, comes_by_itself=is_of_events(source)),
        future=_future(cursor, source, every, as_of),
        columns=_columns(cursor, source, every, rows) if rows else (),
        told_twice=read.told_twice.get(source.name, 0),
        repeats=_repeats(cursor, source, every) if rows else 0,
        customers=seen if is_of_customers else None,
        customer_share=seen / known if is_of_customers and known else None,
        without_customer=without,
        match_rate=(rows + refused - without - visits.left) / (rows + refused) if customer_column(source) else None,
        strangers=named,
        strangers_tied=tied,
        anonymous=visits.left,
        anonymous_tied=visits.tied,
    )


def _customers_in(cursor: duckdb.DuckDBPyConnection, source: Source) -> int:
    rows = rows_with_account(source)
    return _one(cursor, f"SELECT count(DISTINCT account_id) FROM {rows}") if rows else 0  # noqa: S608


def _columns(cursor: duckdb.DuckDBPyConnection, source: Source, every: str, rows: int) -> tuple[ColumnFigures, ...]:
    filled_in = ", ".join(f"count({name})" for name in source.column_names)
    counts = cursor.execute(f"SELECT {filled_in} FROM {every}").fetchall()[0]  # noqa: S608
    found: dict[str, ColumnFigures] = {}  # what a person is called may stand for several columns
    for column, filled in zip(source.columns, counts, strict=True):
        figures = ColumnFigures(column.header, rows - filled, (rows - filled) / rows, column.optional)
        found.setdefault(column.header, figures)
    return tuple(found.values())


def _future(cursor: duckdb.DuckDBPyConnection, source: Source, every: str, as_of: date) -> int:
    """Rows of things that happened, dated two days ahead or more: no time zone explains that."""
    column = moment_column(source)
    if not is_of_events(source):
        return 0
    return _one(cursor, f"SELECT count(*) FROM {every} WHERE {column} >= ?", [as_of + timedelta(days=2)])  # noqa: S608


def _repeats(cursor: duckdb.DuckDBPyConnection, source: Source, every: str) -> int:
    """Rows beyond the first with the same customer, moment and content under another key; needs all three."""
    if key_column(source) is None or customer_column(source) is None or not is_of_events(source):
        return 0
    content = ", ".join(column.name for column in own_columns(source))
    return _one(cursor, f"SELECT count(*) - count(DISTINCT hash({content})) FROM {every}")  # noqa: S608


def _one(cursor: duckdb.DuckDBPyConnection, query: str, parameters: object = None) -> int:
    row = cursor.execute(query, parameters).fetchone() if parameters else cursor.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None else 0

"""The rows that the contract check set aside, by rule; they lie in the tables `<entity>_aside`."""

import duckdb

from ...domain.diagnosis import Example, Refused, RuleKind
from ...domain.refusals import NEVER_CLOSED, NO_SUCH, code_of
from ..contract.model import Source
from .shape import customer_column, names_a_customer

_EXAMPLES = 3
_KINDS: dict[str, RuleKind] = {
    "empty": "empty",
    "empty_without": "empty",
    "not_allowed": "not_allowed",
    "twice": "repeated",
    NO_SUCH: "no_such",
}
#: How many rows stand behind one that was set aside.
_ROWS = f"CASE WHEN starts_with(_rule, '{NEVER_CLOSED} ') THEN 1 + CAST(split_part(_rule, ' ', 2) AS BIGINT) ELSE 1 END"


def kind_of(rule: str) -> RuleKind:
    """The kind of a rule about a cell; those of how it must be written differ by type."""
    return _KINDS.get(code_of(rule), "unreadable")


def refused_rows(cursor: duckdb.DuckDBPyConnection, source: Source) -> tuple[Refused, ...]:
    """The rows set aside by column and rule, the most frequent first."""
    counted = cursor.execute(
        f"SELECT coalesce(_column, ''), _rule, CAST(sum({_ROWS}) AS BIGINT) AS rows FROM {source.name}_aside "  # noqa: S608
        "GROUP BY ALL ORDER BY rows DESC, 1, 2"
    ).fetchall()
    return tuple(
        Refused(kind_of(rule) if column else "malformed", column, rule, rows, _examples(cursor, source, column, rule))
        for column, rule, rows in counted
    )


def is_about_customers(source: Source, refused: Refused) -> bool:
    """Whether the rule says that nobody knows whose the row is."""
    column = next((column for column in source.columns if column.header == refused.column), None)
    return column is not None and names_a_customer(column) and refused.kind in ("empty", "no_such")


def strangers(cursor: duckdb.DuckDBPyConnection, source: Source) -> tuple[int, int]:
    """How many different ids that are no customers' the rows set aside name, and how many of those identifiers tie.

    The table or view `identifiers` must be there.
    """
    columns = [column.header for column in source.columns if names_a_customer(column)]
    query = f"""WITH strangers AS (SELECT DISTINCT _value AS value FROM {source.name}_aside
            WHERE starts_with(_rule, '{NO_SUCH} ') AND _column IN (SELECT unnest($columns)) AND _value <> '')
        SELECT count(*), count(*) FILTER (WHERE value IN (SELECT value FROM identifiers)) FROM strangers"""  # noqa: S608
    count, tied = cursor.execute(query, {"columns": columns}).fetchall()[0]
    return int(count), int(tied)


def customers_of(source: Source, refused: tuple[Refused, ...]) -> str | None:
    """SQL: `account_id` of the customers whom rows set aside for these rules are about; None where rows don't tell."""
    column = "order_id" if source.name == "order_lines" else customer_column(source)
    if column is None or not refused or any(is_about_customers(source, rule) for rule in refused):
        return None
    rules = " OR ".join(f"(_column = {_quoted(rule.column)} AND _rule = {_quoted(rule.rule)})" for rule in refused)
    aside = f"SELECT * FROM {source.name}_aside WHERE {rules}"  # noqa: S608 - names come from the contract
    if source.name == "persons":
        return f"SELECT person_id AS account_id FROM ({aside})"  # noqa: S608
    if column == "order_id":
        return f"SELECT orders.account_id FROM ({aside}) JOIN orders USING (order_id)"  # noqa: S608
    if column == "account_id":
        return f"SELECT account_id FROM ({aside})"  # noqa: S608
    return f"SELECT contacts.account_id FROM ({aside}) JOIN contacts USING (contact_id)"  # noqa: S608


def _examples(cursor: duckdb.DuckDBPyConnection, source: Source, column: str, rule: str) -> tuple[Example, ...]:
    rows = cursor.execute(
        f"SELECT _origin, _line, coalesce(_value, '') FROM {source.name}_aside "  # noqa: S608
        "WHERE coalesce(_column, '') = $column AND _rule = $rule ORDER BY _origin, _line LIMIT $most",
        {"column": column, "rule": rule, "most": _EXAMPLES},
    ).fetchall()
    kind = kind_of(rule) if column else "malformed"
    return tuple(Example(origin, line, column, value, rule, kind) for origin, line, value in rows)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

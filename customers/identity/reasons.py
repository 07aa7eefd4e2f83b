"""Why a record belongs to a customer: the chain of links from the record that gives the customer its id.

Each record is explained by the strongest link to one that is explained already, starting at the customer's own record.
What is shared is masked here, once, so that no full address stands in a second place.
"""

import duckdb

from .components import count
from .rules import RuleSet

Reason = tuple[str, str, str]


def explain(connection: duckdb.DuckDBPyConnection, rules: RuleSet) -> dict[int, Reason]:
    """number -> (rule, masked key, id of the other record), of all records that a link brought to their customer."""
    _reach(connection)
    masked = " ".join(f"WHEN '{rule}' THEN {_mask(field)}" for rule, field in _first_fields(rules).items())
    rows = connection.execute(
        f"""WITH shown AS (
            SELECT reached.number, reached.rule, via, min(CASE reached.rule {masked} ELSE '' END) AS key
            FROM identity_reached reached JOIN identity_records a ON a.number = reached.number
            JOIN identity_records b ON b.number = via GROUP BY ALL
        ) SELECT shown.number, rule, coalesce(key, ''), record_id
        FROM shown JOIN identity_people ON identity_people.number = via"""  # noqa: S608
    ).fetchall()
    return {number: (rule, key, via) for number, rule, key, via in rows}


def _first_fields(rules: RuleSet) -> dict[str, str]:
    """What a rule's links share besides a name."""
    return {rule.name: rule.fields[0] for rule in reversed(rules.rules)}


def _mask(field: str) -> str:
    """SQL: the value of this field that `a` and `b` share, with its middle taken out; NULL where they share none."""
    value = f"CAST(a.{field} AS VARCHAR)"
    shown = {
        "mail": f"left({value}, 1) || '***@' || split_part({value}, '@', 2)",
        "phone": f"left({value}, 3) || '…' || right({value}, 3)",
        "birth_date": f"left({value}, 4) || '-…'",
    }.get(field, f"'…' || right({value}, least(3, length({value}) // 2))")
    return f"CASE WHEN a.{field} = b.{field} THEN {shown} END"


def _reach(connection: duckdb.DuckDBPyConnection) -> None:
    """`identity_reached` (number, rule, via): breadth first from each customer's own record, strongest links first."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE identity_within AS
        SELECT low AS one, high AS other, rule, strength FROM identity_edges
        JOIN identity_customers a ON a.number = low JOIN identity_customers b ON b.number = high
        WHERE a.label = b.label UNION ALL SELECT high, low, rule, strength FROM identity_edges
        JOIN identity_customers a ON a.number = low JOIN identity_customers b ON b.number = high
        WHERE a.label = b.label"""
    )
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE identity_front AS
        SELECT coalesce(min(number) FILTER (record_id = customer_id), min(number)) AS number
        FROM identity_customers GROUP BY label HAVING count(*) > 1"""
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE identity_reached (number BIGINT, rule VARCHAR, via BIGINT)")
    connection.execute("CREATE OR REPLACE TEMP TABLE identity_done AS SELECT number FROM identity_front")
    while True:
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE identity_next AS
            SELECT other AS number, min((strength, rule, one)) AS best FROM identity_front
            JOIN identity_within ON one = identity_front.number ANTI JOIN identity_done ON identity_done.number = other
            GROUP BY other"""
        )
        if not count(connection, "identity_next"):
            return
        connection.execute("INSERT INTO identity_reached SELECT number, best[2], best[3] FROM identity_next")
        connection.execute("INSERT INTO identity_done SELECT number FROM identity_next")
        connection.execute("CREATE OR REPLACE TEMP TABLE identity_front AS SELECT number FROM identity_next")

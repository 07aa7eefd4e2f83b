"""One row out of several records: the newest known value of each field, and the strictest consent.

Which address a customer has decides which consents hold for it. A withdrawal holds for the address of the record that
withdrew, whatever other records say of the same address; and for the whole customer where it is the newest word.
"""

from collections.abc import Mapping, Sequence

import duckdb

from .components import count
from .keys import Entity

#: What a merged row takes from elsewhere than the newest record that knows it.
_OLDEST = ("created_on",)
_ANY = ("is_primary",)
#: The channel of a consent -> the field of `identity_reached_at` with the address it reaches.
_ADDRESS_OF = {"email": "email", "phone": "phone"}


def combine(connection: duckdb.DuckDBPyConnection, entity: Entity, entities: Mapping[str, Sequence[str]]) -> None:
    """Make `persons` (or `contacts`) and `consents` of `<entity>_records` and `identity_aliases`."""
    connection.execute(
        f"""CREATE OR REPLACE TABLE identity_members AS
        WITH named AS (
            SELECT r.{entity.key} AS record_id, coalesce(customer_id, r.{entity.key}) AS customer_id
            FROM {entity.name}_records r LEFT JOIN identity_aliases ON record_id = r.{entity.key}
        ), merged AS (SELECT customer_id FROM named GROUP BY customer_id HAVING count(*) > 1
            UNION SELECT customer_id FROM identity_aliases)
        SELECT named.* FROM named SEMI JOIN merged USING (customer_id)"""  # noqa: S608 - all names come from the contract
    )
    values = ", ".join(_value(column, entity) for column in entities[entity.name])
    connection.execute(
        f"""CREATE OR REPLACE TABLE identity_merged AS
        SELECT {values} FROM {entity.name}_records r JOIN identity_members m ON m.record_id = r.{entity.key}
        GROUP BY m.customer_id"""  # noqa: S608
    )
    connection.execute(
        f"""CREATE VIEW {entity.name} AS
        SELECT * FROM {entity.name}_records ANTI JOIN identity_members ON record_id = {entity.key}
        UNION ALL BY NAME SELECT * FROM identity_merged"""  # noqa: S608
    )
    if "consents" in entities:
        _combine_consents(connection, entity)


def _value(column: str, entity: Entity) -> str:
    if column == entity.key:
        return f"m.customer_id AS {column}"
    if column in _OLDEST:
        return f"min(r.{column}) AS {column}"
    if column in _ANY:
        return f"bool_or(r.{column}) AS {column}"
    newest = f"ORDER BY r.created_on DESC NULLS LAST, r.{entity.key} DESC"
    return f"first(r.{column} {newest}) FILTER (r.{column} IS NOT NULL) AS {column}"


def _combine_consents(connection: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    """The consents of merged customers: one entry per channel and purpose, the strictest of their records'.

    It is dated like the newest entry among them, so that it counts as the newest word wherever entries of one record
    were kept before; `evidence` says which record decided, and when.
    """
    same_address = " OR ".join(
        f"(channel = '{channel}' AND lower(trim(r.{field})) = lower(trim(now.{field})))"
        for channel, field in _ADDRESS_OF.items()
    )
    channels = ", ".join(f"'{channel}'" for channel in _ADDRESS_OF)
    connection.execute(
        f"""CREATE OR REPLACE TABLE identity_consents AS
        WITH latest AS (
            SELECT m.customer_id, m.record_id, channel, purpose, max(recorded_at) AS recorded_at,
                first(state ORDER BY recorded_at DESC, state DESC) AS state,
                first(evidence ORDER BY recorded_at DESC, state DESC) AS evidence
            FROM consents_records c JOIN identity_members m ON m.record_id = c.contact_id
            GROUP BY ALL
        ), told AS (
            SELECT latest.*, channel NOT IN ({channels}) OR coalesce({same_address}, FALSE) AS is_here,
                max(latest.recorded_at) OVER whose AS newest
            FROM latest JOIN {entity.name}_records r ON r.{entity.key} = latest.record_id
            JOIN identity_merged now ON now.{entity.key} = latest.customer_id
            WINDOW whose AS (PARTITION BY customer_id, channel, purpose)
        ), weighed AS (
            SELECT *, CASE WHEN state = 'withdrawn' AND (is_here OR recorded_at = newest) THEN 0
                WHEN is_here THEN 1 END AS weight FROM told
        )
        SELECT customer_id AS contact_id, channel, purpose,
            first(state ORDER BY weight, recorded_at DESC, record_id) AS state, min(newest) AS recorded_at,
            first(record_id || ' ' || strftime(recorded_at, '%Y-%m-%d') || coalesce(': ' || evidence, '')
                ORDER BY weight, recorded_at DESC, record_id) AS evidence
        FROM weighed WHERE weight IS NOT NULL GROUP BY customer_id, channel, purpose"""  # noqa: S608
    )
    connection.execute(
        """CREATE VIEW consents AS
        SELECT * FROM consents_records ANTI JOIN identity_members ON record_id = contact_id
        UNION ALL BY NAME SELECT * FROM identity_consents"""
    )


def first_per_customer(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    """Leave a merged customer one contract, the one that runs or else the newest; how many were left out."""
    connection.execute(f"ALTER VIEW {name} RENAME TO {name}_of_customers")
    connection.execute(
        f"""CREATE OR REPLACE TABLE identity_{name} AS
        SELECT subscription_id FROM {name}_of_customers SEMI JOIN identity_aliases ON customer_id = account_id
        QUALIFY row_number() OVER (
            PARTITION BY account_id ORDER BY cancelled_on DESC NULLS FIRST, started_on DESC, subscription_id
        ) > 1"""  # noqa: S608
    )
    connection.execute(
        f"CREATE VIEW {name} AS SELECT * FROM {name}_of_customers ANTI JOIN identity_{name} USING (subscription_id)"  # noqa: S608
    )
    return count(connection, f"identity_{name}")

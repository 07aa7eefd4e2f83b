"""Invented Japanese customer records: the rules and the model against simple ways and bare union-find, in one run."""

from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
from kizuna.customers.identity.components import label_components
from kizuna.customers.identity.keys import PERSONS, make_records
from kizuna.customers.identity.linking import link, make_edges
from kizuna.customers.identity.rules import Rule, RuleSet, japanese_rules
from kizuna.customers.identity.splink_model import JAPANESE, link_by_model
from kizuna.customers.identity.unify import Who, unify_persons
from kizuna.domain.sources import Identity

from .japanese import People, generate
from .scoring import Score, put_truth, score, timed

_RULES = japanese_rules()
#: No guard but the size of a key, no reason kept, nothing remembered.
_BARE = RuleSet(rules=tuple(rule for rule in _RULES.rules if rule.fields[0] in ("mail", "phone", "birth_date")))


def open_people(people: People) -> duckdb.DuckDBPyConnection:
    """The tables as the opening of the sources makes them."""
    connection = duckdb.connect(config={"threads": 2})
    connection.register("given", people.columns)
    texts = ("person_id", "full_name", "full_name_kana", "email", "phone")
    known = ", ".join(f"nullif({name}, '') AS {name}" for name in texts)
    connection.execute(
        f"""CREATE TABLE persons_rows AS SELECT {known}, CAST(nullif(birth_date, '') AS DATE) AS birth_date,
        CAST(nullif(created_on, '') AS DATE) AS created_on FROM given"""  # noqa: S608 - our own names
    )
    connection.unregister("given")
    connection.execute("CREATE VIEW persons AS SELECT * FROM persons_rows")
    connection.execute("CREATE VIEW identifiers AS SELECT '' AS account_id, '' AS kind, '' AS value WHERE FALSE")
    return connection


def run(records: int, *, with_model: bool, with_rules: bool = True) -> tuple[list[Score], dict[str, Any]]:
    """Scores; the first is bare union-find over the same keys, which speeds are compared with."""
    people = generate(records)
    connection = open_people(people)
    normalising = timed(lambda: make_records(connection, PERSONS))
    put_truth_in_order(connection, people)
    connection.execute("CREATE TABLE kept AS SELECT * FROM identity_records")

    def measure(method: str, work: Any) -> Score:
        connection.execute("CREATE OR REPLACE TEMP TABLE identity_records AS SELECT * FROM kept")
        return score(connection, method, timed(work))

    scores = []
    if with_rules:
        scores.append(measure("bare union-find, the same keys, no guard", lambda: _bare(connection, _BARE)))
        for name, fields, largest in _SIMPLE:
            rules = RuleSet(tuple(Rule(field, (field,)) for field in fields), largest_shared_key=largest)
            scores.append(measure(name, lambda rules=rules: _bare(connection, rules)))
        scores.append(measure("Kizuna, method: exact", lambda: link(connection, _RULES)))
    if with_model:
        scores.append(measure("Kizuna, method: splink", lambda: link_by_model(connection, _RULES, JAPANESE)))
    notes: dict[str, Any] = {"normalising": normalising}
    if with_rules:
        entities = {name: _columns(connection, name) for name in ("persons", "identifiers")}
        notes["all"] = timed(lambda: unify_persons(connection, entities, Who(Identity())))
    connection.close()
    return scores, notes


_SIMPLE = (
    ("mail exact, no cap", ("mail",), 10**9),
    ("mail exact, keys of more than 20 dropped", ("mail",), 20),
    ("mail or phone, capped", ("mail", "phone"), 20),
)


def _bare(connection: duckdb.DuckDBPyConnection, rules: RuleSet) -> None:
    make_edges(connection, replace(rules))
    label_components(connection, "SELECT low, high FROM identity_edges", "identity_labels")


def put_truth_in_order(connection: duckdb.DuckDBPyConnection, people: People) -> None:
    """By the numbers that records have: by their age."""
    rows = connection.execute("SELECT record_id FROM identity_people ORDER BY number").fetchnumpy()["record_id"]
    place = {ident: at for at, ident in enumerate(people.columns["person_id"])}
    put_truth(connection, people.truth[np.asarray([place[ident] for ident in rows])])


def _columns(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    return [column[0] for column in connection.execute(f"SELECT * FROM {name} LIMIT 0").description]  # noqa: S608 - our own names

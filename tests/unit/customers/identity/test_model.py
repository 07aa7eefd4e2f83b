"""The model is an extra: without it the author reads what to do; with it, it finds what the rules can't."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import duckdb
import pytest
from kizuna.benchmarks.identity.crm import open_people, put_truth_in_order
from kizuna.benchmarks.identity.japanese import generate
from kizuna.benchmarks.identity.scoring import Score, score, timed
from kizuna.customers.identity.keys import PERSONS, make_records
from kizuna.customers.identity.linking import link
from kizuna.customers.identity.rules import japanese_rules
from kizuna.customers.identity.splink_model import JAPANESE, link_by_model
from kizuna.customers.identity.unify import Who, unify_persons
from kizuna.domain.errors import UserError
from kizuna.domain.sources import Identity

from .conftest import SourcesOf, person

RULES = japanese_rules()
#: True pairs, and whether they are together.
PAIRS = """CREATE OR REPLACE TEMP TABLE pairs AS SELECT a.number AS one, b.number AS other, la.label = lb.label AS found
FROM truth a JOIN truth b USING (who) LEFT JOIN identity_labels la ON la.number = a.number
LEFT JOIN identity_labels lb ON lb.number = b.number WHERE a.number < b.number"""
#: Pairs with a mistyped address and the same phone; their names are in scripts that can't be compared.
BY_PHONE = """SELECT avg(CAST(coalesce(found, FALSE) AS DOUBLE)), count(*) FROM pairs
JOIN identity_records a ON a.number = one JOIN identity_records b ON b.number = other
WHERE a.is_first AND b.is_first AND a.phone = b.phone AND levenshtein(a.mail, b.mail) BETWEEN 1 AND 2
AND (a.written IS NULL OR b.written IS NULL) AND (a.sound IS NULL OR b.sound IS NULL)"""


def test_without_the_extra_the_message_says_how_to_get_it(sources: SourcesOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "splink", None)
    shop = sources(persons=[person("a"), person("b")])
    with pytest.raises(UserError, match=r"kizuna\[splink\]"):
        unify_persons(shop.connection, shop.entities, Who(Identity(method="splink")))


@pytest.fixture(scope="module")
def people() -> Iterator[duckdb.DuckDBPyConnection]:
    """10,000 invented records of 6,000 persons."""
    generated = generate(10_000, seed=3)
    connection = open_people(generated)
    make_records(connection, PERSONS)
    put_truth_in_order(connection, generated)
    connection.execute("CREATE TABLE kept AS SELECT * FROM identity_records")
    yield connection
    connection.close()


def scored(people: duckdb.DuckDBPyConnection, work: Callable[[], object]) -> Score:
    people.execute("CREATE OR REPLACE TEMP TABLE identity_records AS SELECT * FROM kept")
    return score(people, "", timed(work))


@pytest.mark.slow
def test_the_model_finds_more_than_the_rules_and_is_seldom_wrong(people: duckdb.DuckDBPyConnection) -> None:
    by_rules = scored(people, lambda: link(people, RULES))
    by_model = scored(people, lambda: link_by_model(people, RULES, JAPANESE))
    assert by_model.precision >= 0.998
    assert by_model.recall >= by_rules.recall + 0.02


@pytest.mark.slow
def test_an_equal_phone_counts_though_no_sampled_pair_has_one(people: duckdb.DuckDBPyConnection) -> None:
    few = replace(JAPANESE, sampled_pairs=1_000, sampled_per_record=0)
    scored(people, lambda: link_by_model(people, RULES, few))
    people.execute(PAIRS)
    share, pairs = people.execute(BY_PHONE).fetchall()[0]
    assert pairs >= 10
    assert share > 0.9

"""The compiled query: one pass per entity, the same for some units alone, and what each feature needs."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
import sqlglot
from kizuna.customers.contract.model import contract
from kizuna.customers.features.catalogue import (
    build_features,
    catalogue,
    feature_query,
    feature_tables,
    learn_product,
    needs_of,
)
from kizuna.customers.features.engines import DIALECTS
from kizuna.customers.opening import Customers
from kizuna.domain.errors import UserError

OpenCompany = Callable[..., Customers]
TODAY = date(2026, 11, 21)
DAY = "2026-11-19T01:00:00Z"


def used(account: str, *features: str) -> list[dict[str, object]]:
    return [{"account_id": account, "feature": feature, "happened_at": DAY} for feature in features]


def some_accounts(open_company: OpenCompany) -> Customers:
    names = [f"A{number}" for number in range(1, 5)]
    return open_company(
        accounts=[{"account_id": name} for name in names],
        contacts=[{"account_id": name, "contact_id": f"C{name}"} for name in names],
        subscriptions=[{"account_id": name, "subscription_id": name} for name in names],
        orders=[{"account_id": name, "amount_jpy": 100 * n} for n, name in enumerate(names) for _ in range(n)],
        mail_events=[{"contact_id": "CA2"}, {"contact_id": "CA3", "kind": "opened"}],
        consents=[{"contact_id": "CA2"}, {"contact_id": "CA3", "state": "withdrawn"}],
        app_events=[
            *used("A1", "login", "alerts"), *used("A2", "api", "alerts"), *used("A3", "alerts", "sharing"),
            *used("A3", "sharing"), *used("A3", "sharing"), *used("A2", "sharing"),
        ],
    )  # fmt: skip


def test_some_units_alone_are_as_they_are_among_all(open_company: OpenCompany) -> None:
    customers = some_accounts(open_company)
    every = build_features(customers, TODAY)
    some = build_features(customers, TODAY, only=["A3", "A1", "A1", "nobody"])
    assert every.unit_ids == ["A1", "A2", "A3", "A4"] and some.unit_ids == ["A1", "A3"]
    for name in every.columns:
        np.testing.assert_array_equal(every[name][[0, 2]], some[name], err_msg=name)
    assert len(build_features(customers, TODAY, only=[])) == 0


def test_computing_some_units_hides_the_others_from_nobody_else(open_company: OpenCompany) -> None:
    customers = some_accounts(open_company)
    before = customers.cursor().execute("SELECT count(*) FROM app_events").fetchall()
    build_features(customers, TODAY, only=["A3"])
    assert customers.cursor().execute("SELECT count(*) FROM app_events").fetchall() == before
    assert len(build_features(customers, TODAY)) == 4


def test_what_the_app_can_do_is_learned_from_its_users_and_most_used_comes_first(open_company: OpenCompany) -> None:
    customers = some_accounts(open_company)
    assert learn_product(customers, TODAY) == ("alerts", "sharing", "api")
    table = build_features(customers, TODAY)
    assert table["features_used_90d"].tolist() == [1, 3, 2, 0]
    assert table["features_overlooked"].tolist() == [2, 0, 1, 3]
    assert table["overlooked_feature"].tolist() == ["sharing", None, "api", "alerts"]


def test_the_list_of_the_app_can_be_given_to_units_alone(open_company: OpenCompany) -> None:
    customers = some_accounts(open_company)
    table = build_features(customers, TODAY, only=["A1"], product=("alerts", "forecasts"))
    assert (table["features_overlooked"].tolist(), table["overlooked_feature"].tolist()) == ([1], ["forecasts"])


def test_what_is_used_later_is_not_known_to_the_past(open_company: OpenCompany) -> None:
    before = {"feature": "api", "happened_at": "2026-09-01T00:00:00Z"}
    customers = open_company(app_events=[*used("A1", "alerts"), before])
    assert learn_product(customers, date(2026, 10, 1)) == ("api",)
    table = build_features(customers, date(2026, 10, 1))
    assert table["features_used_90d"].tolist() == [1] and table["overlooked_feature"].tolist() == [None]


def test_the_latest_of_two_at_one_moment_is_the_same_every_time(open_company: OpenCompany) -> None:
    answers = [{"answer": answer, "answered_at": "2026-11-01T00:00:00Z"} for answer in ("b", "Z", "c", "a")]
    for order in (answers, answers[::-1]):
        assert build_features(open_company(survey_answers=order), TODAY)["last_survey_answer"].tolist() == ["c"]


@pytest.mark.parametrize(
    "answer, score", [("9", 9), ("７", None), ("nan", None), ("1e1", None), ("9d", None), ("1_0", None), ("7.5", 7.5)]
)
def test_a_score_is_what_is_written_in_plain_digits(
    open_company: OpenCompany, answer: str, score: float | None
) -> None:
    found = build_features(open_company(survey_answers=[{"survey": "nps", "answer": answer}]), TODAY)["last_nps"][0]
    assert np.isnan(found) if score is None else found == score


def test_consent_is_the_latest_state_of_each_contact(open_company: OpenCompany) -> None:
    customers = some_accounts(open_company)
    table = build_features(customers, TODAY)
    assert table["may_mail"].tolist() == [0, 1, 0, 0] and table["is_reachable"].tolist() == [0, 1, 0, 0]


def test_each_entity_is_passed_over_once() -> None:
    tree = sqlglot.parse_one(feature_query(), dialect="duckdb")
    reads = [table.name for table in tree.find_all(sqlglot.exp.Table)]
    for entity in ("mail_events", "tickets", "usage", "survey_answers", "subscriptions", "intents", "consents"):
        assert reads.count(entity) == 1, entity


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_query_is_one_in_every_dialect(dialect: str) -> None:
    for learned in (False, True):
        tree = sqlglot.parse_one(feature_query(dialect, learned=learned), dialect=dialect)
        assert {"unit_id", "last_nps", "overlooked_feature"} <= set(tree.named_selects)
    assert "FILTER" not in feature_query("bigquery") and "ARG_MAX" not in feature_query("postgres")


def test_every_division_is_of_doubles_and_never_by_zero() -> None:
    tree = sqlglot.parse_one(feature_query(), dialect="duckdb")
    for division in tree.find_all(sqlglot.exp.Div):
        assert isinstance(division.expression, sqlglot.exp.Nullif), division.sql()


def test_needs_are_columns_of_the_contract_and_nothing_that_is_only_carried_along() -> None:
    columns = {f"{source.name}.{column}" for source in contract() for column in source.column_names}
    computed = [feature for feature in catalogue() if feature.source != "score"]
    assert all(needs_of(feature.name) and needs_of(feature.name) <= columns for feature in computed)
    assert needs_of("ltv_jpy") == frozenset()
    assert needs_of("last_nps") == {
        "contacts.account_id", "contacts.contact_id", "survey_answers.answer", "survey_answers.answered_at",
        "survey_answers.contact_id", "survey_answers.survey",
    }  # fmt: skip
    assert "products.page_url" in needs_of("dear_product_url") - needs_of("dear_views_30d")
    assert {"order_lines.quantity", "web_events.kind", "products.price_jpy"} <= needs_of("dear_views_30d")
    read = {need.partition(".")[0] for feature in computed for need in needs_of(feature.name)}
    assert read == feature_tables()
    with pytest.raises(UserError, match="no feature 'colour'"):
        needs_of("colour")


def test_one_feature_alone_has_a_query_of_its_own(open_company: OpenCompany) -> None:
    customers = some_accounts(open_company)
    every = build_features(customers, TODAY)
    for name in ("order_overdue_ratio", "overlooked_feature", "may_mail", "dear_views_30d"):
        query = feature_query(names=(name,))
        told = {"as_of": TODAY, "present": True, "transactions": False, "has_app_events": True, "has_web_events": False}
        told = {key: value for key, value in told.items() if f"${key}" in query}
        with customers.cursor() as cursor:
            rows = cursor.execute(query, told).fetchall()
        assert [(unit, value) for unit, value in rows] == [
            (unit, None if value != value else value) for unit, value in zip(every.unit_ids, every[name], strict=True)
        ]

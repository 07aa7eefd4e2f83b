"""Companies of persons: with orders instead of contracts, with stores, points and boxes, and with files missing."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kizuna.customers.contract.model import contract, read_contract
from kizuna.customers.features.catalogue import build_features, feature_query
from kizuna.customers.opening import Customers, open_sources
from kizuna.customers.people import Contact, Unit, read_people
from kizuna.domain.errors import FaultyFile

OpenCompany = Callable[..., Customers]
TODAY = date(2026, 11, 21)
NAN = float("nan")


def days_ago(days: int, clock: str = "12:00:00") -> str:
    return f"{TODAY - timedelta(days=days)}T{clock}Z"


def one(customers: Customers, as_of: date = TODAY) -> dict[str, object]:
    table = build_features(customers, as_of)
    assert len(table) == 1
    return {name: values[0] for name, values in table.columns.items()}


def is_unknown(value: object) -> bool:
    return value is None or value != value


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, "utf-8")


# the contract


def test_a_person_stands_for_account_and_contact_in_every_file() -> None:
    for source in contract("person"):
        assert not {"account_id", "contact_id"} & set(source.headers)
    names = {source.name for source in contract("person")}
    assert names - {s.name for s in contract()} == {"persons"} and {s.name for s in contract()} - names == {
        "accounts",
        "contacts",
    }


def test_a_person_is_a_unit_with_one_contact(open_persons: OpenCompany) -> None:
    people = read_people(open_persons(orders=[{}], consents=[{}, {"channel": "phone"}]))
    assert people.units == [Unit("P1", "木下 結", "R01", "ja", active=True)]
    address = "東京都架空区1-2-3"
    assert people.contacts == [Contact("P1", "P1", "木下 結", "yui@mail.example", "ja", None, True, address)]
    assert [consent.channel for consent in people.consents] == ["letter", "phone"]


def test_without_contracts_active_is_who_ordered_in_the_year_before(open_persons: OpenCompany) -> None:
    customers = open_persons(
        persons=[{"person_id": unit} for unit in ("gone", "here", "never", "refunded")],
        orders=[
            {"person_id": "gone", "ordered_at": days_ago(367)},
            {"person_id": "here", "ordered_at": days_ago(365)},
            {"person_id": "refunded", "ordered_at": days_ago(1), "kind": "refund"},
            {"person_id": "here", "ordered_at": days_ago(1)},
        ],
    )
    assert [unit.unit_id for unit in read_people(customers).units if unit.active] == ["here"]
    assert [unit.unit_id for unit in read_people(customers, TODAY - timedelta(days=30)).units if unit.active] == [
        "gone",
        "here",
    ]
    np.testing.assert_array_equal(build_features(customers, TODAY)["is_active"], [0, 1, 0, 0])


@pytest.mark.parametrize(
    "model, missing, why",
    [
        ("transactions", "orders", "business with `model: transactions` needs it"),
        ("subscription", "subscriptions", "business with `model: subscription` needs it"),
        ("subscription", "persons", "brief with `unit: person` needs it"),
    ],
)
def test_a_file_that_the_brief_needs_is_named_with_the_reason(
    open_persons: OpenCompany, tmp_path: Path, model: str, missing: str, why: str
) -> None:
    open_persons(model=model)
    folder = tmp_path / "persons0"
    (folder / f"{missing}.csv").unlink()
    with pytest.raises(FaultyFile, match=rf"{missing}\.csv: missing in .*{why}"):
        open_sources(folder, unit="person", model=model, faulty_rows_allowed=0)  # type: ignore[arg-type]


def test_a_file_that_may_be_missing_is_empty(open_persons: OpenCompany) -> None:
    customers = open_persons()
    assert customers.row_counts["tickets"] == 0 and customers.fault_counts["tickets"] == 0
    columns = customers.cursor().execute("DESCRIBE store_visits").fetchall()
    assert [(name, kind) for name, kind, *_ in columns][-1] == ("visited_at", "TIMESTAMP")


def test_a_misspelt_file_that_may_be_missing_is_not_ignored(open_persons: OpenCompany, tmp_path: Path) -> None:
    open_persons()
    write(tmp_path / "persons0", "web-events.csv", "event_id\n")
    with pytest.raises(FaultyFile, match=r"web_events\.csv: missing .*did you mean to name 'web-events\.csv' so"):
        open_sources(tmp_path / "persons0", unit="person", model="transactions", faulty_rows_allowed=0)


def test_a_column_that_may_be_missing_is_unknown_and_a_misspelt_one_is_not_ignored(tmp_path: Path) -> None:
    write(
        tmp_path, "orders.csv", "order_id,person_id,ordered_at,kind,amount_jpy\n1,P1,2026-01-01T00:00:00Z,purchase,9\n"
    )
    write(tmp_path, "persons.csv", "person_id,full_name,email,language,created_on,memo\nP1,木下,,ja,2025-01-10,x\n")
    with open_sources(tmp_path, unit="person", model="transactions", faulty_rows_allowed=0) as customers:
        query = "SELECT discount_jpy, typeof(discount_jpy), phone FROM orders JOIN persons ON person_id = account_id"
        assert customers.cursor().execute(query).fetchall() == [(None, "DOUBLE", None)]
    write(tmp_path, "persons.csv", "person_id,full_name,email,language,created_on,postal_adress\n")
    with pytest.raises(FaultyFile, match=r"persons\.csv:1: postal_address: .*did you mean 'postal_adress'"):
        open_sources(tmp_path, unit="person", model="transactions", faulty_rows_allowed=0)


def test_a_file_that_names_accounts_is_told_to_name_persons(open_persons: OpenCompany, tmp_path: Path) -> None:
    open_persons()
    write(tmp_path / "persons0", "orders.csv", "order_id,account_id,ordered_at,kind,amount_jpy\n")
    with pytest.raises(FaultyFile, match=r"orders\.csv:1: person_id: .*did you mean 'account_id'"):
        open_sources(tmp_path / "persons0", unit="person", model="transactions", faulty_rows_allowed=0)


def test_a_fault_speaks_of_the_file_not_of_the_table(open_persons: OpenCompany) -> None:
    customers = open_persons(
        faulty_rows_allowed=1.0, mail_events=[{"person_id": "P9"}], order_lines=[{"product_id": "vase"}], orders=[{}]
    )
    assert [(fault.file, fault.column, fault.rule) for fault in customers.faults] == [
        ("order_lines.csv", "product_id", "no_such products.product_id"),
        ("mail_events.csv", "person_id", "no_such persons.person_id"),
    ]


def test_a_contract_that_refers_to_what_comes_later_is_refused() -> None:
    columns = {"x": {"type": "text", "references": "b.y"}}
    with pytest.raises(ValueError, match="too early"):
        read_contract({"a": {"columns": columns}, "b": {"columns": {"y": {"type": "text"}}}})


# the features


def test_a_shop_customer_at_a_glance(open_persons: OpenCompany) -> None:
    row = one(
        open_persons(
            products=[
                {},
                {"product_id": "vase", "price_jpy": 3000, "name_en": "Vase", "page_url": "https://x.example"},
            ],
            orders=[
                {"ordered_at": days_ago(400), "amount_jpy": 9000},
                {"ordered_at": days_ago(100), "amount_jpy": 1800, "discount_jpy": 200},
                {"ordered_at": days_ago(20), "amount_jpy": 6000, "discount_jpy": 0},
                {"ordered_at": days_ago(10), "amount_jpy": 2000, "kind": "refund"},
            ],
            order_lines=[
                {"order_id": "x1", "unit_price_jpy": 9000, "quantity": 1},
                {"order_id": "x2", "unit_price_jpy": 1800, "quantity": 1},
                {"order_id": "x3", "unit_price_jpy": 2000, "quantity": 3},
            ],
            web_events=[
                {"product_id": "vase", "happened_at": days_ago(2)},
                {"product_id": "vase", "happened_at": days_ago(2)},
                {"product_id": "vase", "happened_at": days_ago(5)},
                {"product_id": "vase", "happened_at": days_ago(31)},
                {"product_id": "cup", "happened_at": days_ago(3)},
                {"product_id": "", "kind": "compare", "happened_at": days_ago(3)},
            ],
            store_visits=[{"visited_at": days_ago(90, "00:00:00")}, {"visited_at": days_ago(91)}],
        )
    )
    expected = {
        "is_active": 1, "days_since_joined": 680, "orders_total": 3, "orders_365d": 2, "revenue_365d_jpy": 5800,
        "days_since_first_order": 400, "days_since_last_order": 20, "days_between_orders": 190,
        "mean_order_value_jpy": 3900, "discount_share_365d": 0.025, "full_price_orders_90d": 1,
        "mean_item_price_jpy": 1950, "views_30d": 4, "compares_30d": 1, "dear_views_30d": 3, "dear_days_30d": 2,
        "dear_product": "vase", "dear_product_price_jpy": 3000, "dear_product_name_en": "Vase",
        "dear_product_url": "https://x.example", "store_visits_90d": 1, "days_since_last_store_visit": 90,
        "days_since_last_visit": 2,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["order_overdue_ratio"] == pytest.approx(20 / 190)


def test_care_points_and_boxes_at_a_glance(open_persons: OpenCompany) -> None:
    row = one(
        open_persons(
            model="subscription",
            subscriptions=[{"paused_until": "2026-12-01"}],
            staff_contacts=[
                {"happened_at": days_ago(12)},
                {"happened_at": days_ago(5), "mood": "happy"},
                {"happened_at": days_ago(95)},
            ],
            points=[
                {},
                {"kind": "granted", "points": 300},
                {"kind": "spent", "points": 200, "recorded_at": days_ago(70)},
                {"kind": "expired", "points": 100},
            ],
            prepaid=[{}, {"kind": "spent", "amount_jpy": 2500}],
            boxes=[{"kind": kind} for kind in ("shipped", "skipped", "skipped", "swapped", "returned")],
            referrals=[{}, {"referred_person_id": ""}],
            survey_answers=[{}, {"answer": "4", "answered_at": days_ago(3)}, {"survey": "yearly", "answer": "fine"}],
            mail_events=[{"happened_at": days_ago(40)}, {"happened_at": days_ago(9)}, {"kind": "opened"}],
        )
    )
    expected = {
        "is_active": 1, "is_paused": 1, "staff_contacts_90d": 2, "unhappy_contacts_90d": 1,
        "days_since_unhappy_contact": 12, "points_balance": 500, "days_since_points_used": 70,
        "prepaid_balance_jpy": 7500, "boxes_skipped_90d": 2, "boxes_swapped_90d": 1, "box_returns_90d": 1,
        "referrals_total": 2, "last_nps": 4, "days_since_nps": 3, "mails_sent_90d": 2, "mails_unopened_90d": 1,
        "days_since_last_open": 20, "plan": "seasonal", "monthly_price_jpy": 3200,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert is_unknown(row["company_name"])  # a person's name is no figure: it stays out of snapshots


def test_days_since_the_end_are_known_once_it_has_come(open_persons: OpenCompany) -> None:
    customers = open_persons(model="subscription", subscriptions=[{"cancelled_on": "2026-11-01"}])
    assert one(customers)["days_since_cancelled"] == 20
    assert is_unknown(one(customers, date(2026, 11, 1))["days_since_cancelled"])


def test_what_a_company_does_not_have_is_unknown_and_not_none_of_it(open_persons: OpenCompany) -> None:
    row = one(open_persons(orders=[{}]))
    absent = (
        "events_30d", "days_since_last_event", "features_overlooked", "overlooked_feature", "views_30d",
        "dear_views_30d", "store_visits_90d", "points_balance", "prepaid_balance_jpy", "boxes_skipped_90d",
        "reports_used", "tenure_days", "plan", "days_to_renewal", "monthly_price_jpy", "is_paused", "last_nps",
        "replenish_due_days", "discount_share_365d", "mean_item_price_jpy",
    )  # fmt: skip
    assert {name: row[name] for name in absent if not is_unknown(row[name])} == {}
    nobody_complained = ("open_tickets", "open_unhappy_tickets", "unhappy_contacts_90d", "referrals_total")
    assert [row[name] for name in nobody_complained] == [0, 0, 0, 0]


def test_logging_in_is_no_feature_of_an_app_that_somebody_could_overlook(open_persons: OpenCompany) -> None:
    row = one(open_persons(model="subscription", app_events=[{}, {"feature": "login"}], usage=[{}]))
    assert row["events_30d"] == 2 and is_unknown(row["features_overlooked"]) and is_unknown(row["overlooked_feature"])
    assert is_unknown(row["reports_used"])  # their usage is counted in visits


def test_an_invoice_or_refund_is_no_visit(open_persons: OpenCompany) -> None:
    orders = [
        {"kind": "subscription", "ordered_at": days_ago(1)},
        {"kind": "refund", "ordered_at": days_ago(2)},
        {"kind": "add_on", "ordered_at": days_ago(50)},
    ]
    customers = open_persons(model="subscription", orders=orders, app_events=[{"happened_at": days_ago(60)}])
    assert one(customers)["days_since_last_visit"] == 50
    assert is_unknown(one(open_persons(model="subscription", orders=orders[:2]))["days_since_last_visit"])


def test_the_dear_product_is_the_one_viewed_most_then_last_then_first_by_name(open_persons: OpenCompany) -> None:
    products = [{}, *({"product_id": name, "price_jpy": 9000} for name in ("bowl", "kettle", "lamp"))]

    def dear(*views: tuple[str, int]) -> object:
        events = [{"product_id": product, "happened_at": days_ago(day)} for product, day in views]
        return one(open_persons(orders=[{}], order_lines=[{}], products=products, web_events=events))["dear_product"]

    assert dear(("bowl", 1), ("kettle", 4), ("kettle", 5)) == "kettle"
    assert dear(("bowl", 4), ("kettle", 2)) == "kettle"
    assert dear(("lamp", 3), ("kettle", 3)) == "kettle"


TEA = {"product_id": "tea", "name_ja": "ほうじ茶", "price_jpy": 800, "replenish_days": 30}


@pytest.mark.parametrize(
    "bought, due",
    [
        ([(20, 1)], 10),  # one lasts 30 days
        ([(20, 2)], 40),  # two last twice as long
        ([(80, 1), (60, 1), (40, 1)], -20),  # their own pace from the third on: 20 days each, and as many overdue
        ([(100, 2), (60, 2), (20, 1)], 0),  # four pieces in 80 days
        ([(61, 1)], None),  # given up: more than its time overdue
    ],
)
def test_a_consumable_is_due_by_its_time_or_by_their_own_pace(
    open_persons: OpenCompany, bought: list[tuple[int, int]], due: float | None
) -> None:
    row = one(
        open_persons(
            products=[{}, TEA],
            orders=[{"ordered_at": days_ago(days)} for days, _ in bought],
            order_lines=[
                {"order_id": f"x{n}", "product_id": product, "quantity": quantity}
                for n, (_, quantity) in enumerate(bought, 1)
                for product in ("tea", "cup")
            ],
        )
    )
    if due is None:
        assert is_unknown(row["replenish_due_days"]) and row["replenish_product"] is None
    else:
        assert (row["replenish_due_days"], row["replenish_product"], row["replenish_product_name_ja"]) == (
            due,
            "tea",
            "ほうじ茶",
        )


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(later=st.integers(0, 200), cut=st.integers(0, 300))
def test_nothing_that_a_person_does_later_changes_the_past(open_persons: OpenCompany, later: int, cut: int) -> None:
    as_of = date(2025, 6, 1) + timedelta(days=cut)
    moment = f"{as_of + timedelta(days=later)}T00:00:00Z"
    past = "2025-05-20T00:00:00Z"
    moments = {
        "web_events": "happened_at", "staff_contacts": "happened_at", "store_visits": "visited_at",
        "points": "recorded_at", "prepaid": "recorded_at", "boxes": "happened_at", "referrals": "referred_at",
        "survey_answers": "answered_at",
    }  # fmt: skip
    products = [{}, {**TEA, "product_id": "vase"}]
    base: dict[str, list[dict[str, object]]] = {source: [{column: past}] for source, column in moments.items()}
    base |= {
        "orders": [{"ordered_at": past, "discount_jpy": 1}, {"ordered_at": "2026-11-20T00:00:00Z", "discount_jpy": 9}],
        "order_lines": [{}],
    }
    extra = {source: [*base[source], {column: moment}] for source, column in moments.items()}
    extra |= {
        "orders": [*base["orders"], {"ordered_at": moment, "amount_jpy": 7, "discount_jpy": 5}],
        "order_lines": [{}, {"order_id": "x3", "unit_price_jpy": 1}, {"order_id": "x3", "product_id": "vase"}],
    }
    before, after = (build_features(open_persons(products=products, **rows), as_of) for rows in (base, extra))
    for name in before.columns:
        np.testing.assert_array_equal(before[name], after[name], err_msg=name)


def test_the_query_with_prepared_rows_speaks_other_dialects() -> None:
    for dialect in ("spark", "postgres", "bigquery", "snowflake"):
        assert "dear_products" in feature_query(dialect)

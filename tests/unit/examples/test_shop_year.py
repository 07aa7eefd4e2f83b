"""The written year of the shop: its files, its people, and the person of the scenario."""

import re
from collections import Counter
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from kizuna.customers.eligibility import matches
from kizuna.customers.features.catalogue import build_features
from kizuna.customers.opening import open_sources
from kizuna.customers.table import FeatureTable
from kizuna.examples.kit.calendar_days import day_number
from kizuna.examples.kit.storage import load_state
from kizuna.examples.shop.company import PERSON_OF_THE_SCENARIO
from kizuna.examples.shop.costs import COST_EACH, cost_columns
from kizuna.examples.shop.products import PRODUCTS
from kizuna.examples.shop.state import ShopState
from kizuna.examples.shop.world import write_company
from kizuna.playbooks.loader import load_playbooks
from kizuna.tools.brief_file import load_brief

from .komorebi import TODAY, bytes_of, rows_of

#: A whole year of a company is written and lived: minutes on a small machine.
pytestmark = pytest.mark.slow

SCENARIO = f"P{PERSON_OF_THE_SCENARIO:06d}"
KEYS = {
    "persons": "person_id", "orders": "order_id", "web_events": "event_id", "mail_events": "event_id",
    "tickets": "ticket_id", "store_visits": "visit_id", "points": "entry_id", "referrals": "referral_id",
    "survey_answers": "answer_id", "products": "product_id", "reps": "rep_id",
}  # fmt: skip


THEIR_LIFE = {
    "orders": "ordered_at kind amount_jpy discount_jpy channel",
    "web_events": "kind product_id happened_at",
    "mail_events": "kind happened_at",
    "consents": "channel state recorded_at",
    "points": "kind points recorded_at",
}


def features(folder: Path) -> FeatureTable:
    """What the product reads of them."""
    with open_sources(folder / "data", faulty_rows_allowed=0.0, unit="person", model="transactions") as customers:
        return build_features(customers, TODAY)


def test_the_product_reads_every_file_without_a_faulty_row(untouched_shop: Path) -> None:
    assert len(features(untouched_shop)) == len(rows_of(untouched_shop, "persons"))


def test_ids_are_unique_and_refer_to_what_is_there(untouched_shop: Path) -> None:
    ids = {name: [row[key] for row in rows_of(untouched_shop, name)] for name, key in KEYS.items()}
    for name, values in ids.items():
        assert values, name
        assert len(set(values)) == len(values), name
    persons, products, orders = (set(ids[name]) for name in ("persons", "products", "orders"))
    for name in ("orders", "web_events", "consents", "store_visits", "points", "tickets", "referrals"):
        assert {row["person_id"] for row in rows_of(untouched_shop, name)} <= persons
    lines = rows_of(untouched_shop, "order_lines")
    assert {row["product_id"] for row in lines} <= products
    assert {row["order_id"] for row in lines} == orders
    assert {row["referred_person_id"] for row in rows_of(untouched_shop, "referrals")} <= persons


def test_an_orders_lines_make_its_amount(untouched_shop: Path) -> None:
    gross: Counter[str] = Counter()
    for line in rows_of(untouched_shop, "order_lines"):
        gross[line["order_id"]] += int(line["quantity"]) * int(line["unit_price_jpy"])
    for order in rows_of(untouched_shop, "orders"):
        assert int(order["amount_jpy"]) + int(order["discount_jpy"]) == gross[order["order_id"]]
        assert int(order["amount_jpy"]) > 0


def test_points_never_fall_below_nothing(untouched_shop: Path) -> None:
    state = load_state(ShopState, untouched_shop / "world" / "state.npz")
    assert state.points.min() >= 0
    assert {row["kind"] for row in rows_of(untouched_shop, "points")} >= {"earned", "spent", "granted"}


def test_nothing_happens_today_or_later_and_addresses_are_reserved_ones(untouched_shop: Path) -> None:
    for name in KEYS:
        for row in rows_of(untouched_shop, name):
            moments = {c: v for c, v in row.items() if c.endswith(("_at", "_on"))}
            assert all(value < TODAY.isoformat() for value in moments.values()), (name, row)
    for row in rows_of(untouched_shop, "persons"):
        assert re.fullmatch(rf"[a-z.]+\.{int(row['person_id'][1:])}@[a-z]+\.example", row["email"])
        assert row["phone"].startswith("000-")
        assert "000-" in row["postal_address"]


def test_consent_is_younger_than_the_form_it_was_given_on(untouched_shop: Path) -> None:
    for row in rows_of(untouched_shop, "consents"):
        assert row["evidence"].rsplit(" ", 1)[1] <= row["recorded_at"][:10]


def test_bills_are_of_whole_months_and_come_to_about_what_a_customer_costs(untouched_shop: Path) -> None:
    bills, sources = rows_of(untouched_shop, "acquisition_costs"), Counter[str]()
    assert max(bill["month"] for bill in bills) == "2026-03-01"  # today is in the middle of April
    paid: Counter[str] = Counter()
    for bill in bills:
        paid[bill["acquisition_source"]] += int(bill["cost_jpy"])
    for person in rows_of(untouched_shop, "persons"):
        sources[person["acquisition_source"]] += person["created_on"] < "2026-04-01"
    assert set(paid) == set(COST_EACH) == set(sources)
    for source, each in COST_EACH.items():
        assert paid[source] / sources[source] == pytest.approx(each, rel=0.4), source
    assert paid["ads"] / sources["ads"] > 3 * paid["search"] / sources["search"]


def test_a_bill_once_written_stays_and_each_month_adds_its_own(untouched_shop: Path) -> None:
    state = load_state(ShopState, untouched_shop / "world" / "state.npz")
    before = bills_of(state)
    state.day += 20
    after = bills_of(state)
    assert before < after and {month for _, month, _ in after - before} == {day_number(date(2026, 4, 1))}


def bills_of(state: ShopState) -> set[tuple[int, int, int]]:
    columns = cost_columns(state)
    rows = (columns[name].tolist() for name in ("source", "month", "cost"))
    return set(zip(*rows, strict=True))


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_company(tmp_path / name, units=40, seed=seed, today=TODAY)
    a, b, c = (bytes_of(tmp_path / name) for name in "abc")
    assert a == b
    assert {name for name in a if a[name] == c[name]} <= {"reps.csv", "products.csv", "referrals.csv"}


def test_prices_span_from_500_to_60000_and_something_is_used_up() -> None:
    prices = [product.price for product in PRODUCTS]
    assert (min(prices), max(prices)) == (500, 60_000)
    assert 100 <= len(PRODUCTS) <= 130
    assert {p.category for p in PRODUCTS if p.replenish_days} == {"filters", "soap", "coffee", "tea"}


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_person_of_the_scenario_is_the_same_whatever_the_seed(
    tmp_path: Path, untouched_shop: Path, seed: int
) -> None:
    write_company(tmp_path, units=PERSON_OF_THE_SCENARIO, seed=seed, today=TODAY)
    theirs = [{name: of_the_scenario(folder, name) for name in THEIR_LIFE} for folder in (tmp_path, untouched_shop)]
    assert theirs[0] == theirs[1]


def of_the_scenario(folder: Path, name: str) -> list[dict[str, str]]:
    """Their rows, without what numbers them."""
    rows = [row for row in rows_of(folder, name) if row["person_id"] == SCENARIO]
    return [{column: row[column] for column in THEIR_LIFE[name].split()} for row in rows]


def test_the_person_of_the_scenario_shows_interest_in_finer_things(untouched_shop: Path) -> None:
    table = features(untouched_shop)
    at = list(table.unit_ids).index(SCENARIO)
    theirs = {name: column[at] for name, column in table.columns.items()}
    assert theirs["orders_total"] >= 6
    assert theirs["mean_item_price_jpy"] <= 2_500
    assert theirs["dear_views_30d"] >= 5
    assert theirs["dear_days_30d"] >= 3
    assert theirs["compares_30d"] >= 2
    assert theirs["dear_product_price_jpy"] >= 28_000
    assert 22 <= theirs["days_since_last_order"] <= 60
    granted = {row["channel"] for row in of_the_scenario(untouched_shop, "consents") if row["state"] == "granted"}
    assert granted == {"email", "letter", "phone", "audience"}
    brief, _ = load_brief(Path(str(files("kizuna.examples.shop") / "brief.yaml")))
    actions = load_playbooks(brief.playbooks, None, lambda rule: [])
    for name in ("upgrade_interest", "testimonial_audience"):
        assert matches(actions[name].when, table)[at]


def test_too_few_customers_for_the_scenario_are_no_error(tmp_path: Path) -> None:
    write_company(tmp_path, units=100, seed=1, today=date(2026, 4, 1))
    assert SCENARIO not in {row["person_id"] for row in rows_of(tmp_path, "persons")}


def test_the_shop_looks_like_a_real_one(untouched_shop: Path) -> None:
    orders = rows_of(untouched_shop, "orders")
    persons = rows_of(untouched_shop, "persons")
    paid = np.array([int(row["amount_jpy"]) for row in orders])
    assert 3 < len(orders) / len(persons) < 8
    assert 3_000 < paid.mean() < 9_000
    assert 0.1 < np.mean([row["channel"] == "store" for row in orders]) < 0.5
    assert 0.05 < np.mean([int(row["discount_jpy"]) > 0 for row in orders]) < 0.4
    sent = Counter(row["kind"] for row in rows_of(untouched_shop, "mail_events"))
    assert 0.2 < sent["opened"] / sent["sent"] < 0.5
    moods = Counter(row["mood"] for row in rows_of(untouched_shop, "tickets"))
    assert moods["unhappy"] > 0.2 * moods.total()

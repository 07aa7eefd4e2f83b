"""A user's own features: one file adds them, and a faulty one is told with its line, field and a hint."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from kizuna.customers.eligibility import matches
from kizuna.customers.features.catalogue import build_features, catalogue, feature_query, needs_of
from kizuna.customers.opening import Customers
from kizuna.domain.errors import FaultyFile

TODAY = date(2026, 11, 21)
OWN = """\
entity: orders
features:
  big_orders_365d:
    meaning: {en: Orders of 5000 JPY and more in 365 days, ja: 365日間の5千円以上の注文件数}
    unit: orders
    aggregate: count
    where: is_order and amount_jpy >= 5000
    days: 365
    unknown: 0
  big_order_share:
    meaning: {en: Share of such orders, ja: その割合}
    formula: big_orders_365d / orders_365d
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


def faults_of(folder: Path, text: str) -> list[str]:
    (folder / "mine.yaml").write_text(text, "utf-8")
    with pytest.raises(FaultyFile) as caught:
        catalogue(folder)
    return [str(fault).removeprefix(str(folder)) for fault in caught.value.faults]


def test_a_file_adds_features_that_rules_may_name(folder: Path, open_company: Callable[..., Customers]) -> None:
    (folder / "orders.yaml").write_text(OWN, "utf-8")
    customers = open_company(orders=[{"amount_jpy": 9000}, {"amount_jpy": 5000, "kind": "refund"}, {"amount_jpy": 100}])
    table = build_features(customers, TODAY, folder=folder)
    assert table["big_orders_365d"].tolist() == [1] and table["big_order_share"].tolist() == [0.5]
    assert matches("big_order_share >= 0.5 and is_active", table).tolist() == [True]
    narrow = build_features(customers, TODAY, ["A1"], folder=folder)
    np.testing.assert_array_equal(narrow["big_order_share"], table["big_order_share"])


def test_they_stand_beside_the_packaged_ones_in_every_dialect(folder: Path) -> None:
    (folder / "orders.yaml").write_text(OWN, "utf-8")
    own = [feature for feature in catalogue(folder) if feature.is_own]
    assert [feature.name for feature in own] == ["big_orders_365d", "big_order_share"]
    assert catalogue(folder)[: len(catalogue())] == catalogue()
    assert "orders.amount_jpy" in needs_of("big_order_share", folder)
    assert "big_order_share" in feature_query("postgres", folder=folder)


def test_a_file_that_was_changed_is_read_again(folder: Path) -> None:
    (folder / "orders.yaml").write_text(OWN, "utf-8")
    assert any(feature.name == "big_order_share" for feature in catalogue(folder))
    (folder / "orders.yaml").write_text(OWN.replace("big_order_share", "share_of_big"), "utf-8")
    assert any(feature.name == "share_of_big" for feature in catalogue(folder))


@pytest.mark.parametrize(
    "entity, fields, fault",
    [
        ("oders", "aggregate: count", ":1: entity: there is no entity `oders` (did you mean `orders`?)"),
        ("orders", "aggregate: count|where: knd = 'x'", ":6: features.aa.where: unknown column `knd`; did you mean"),
        ("orders", "aggregate: count|where: kind = 'purhcase'", ":6: features.aa.where: `kind` is never 'purhcase'"),
        ("orders", "aggregate: sum|of: kind", ":6: features.aa.of: must be of type number, and is of type text"),
        ("orders", "aggregate: sum|of: getenv('HOME')", ":6: features.aa.of: the function `getenv` is not allowed"),
        ("orders", "aggregate: sum|of: (select 1)", ":6: features.aa.of: `subquery` is not allowed"),
        ("orders", "formula: aa + 1", ":5: features.aa.formula: the formula leads back to itself: aa -> aa"),
        ("orders", "formula: ltv_jpy + 1", ":5: features.aa.formula: unknown column `ltv_jpy`"),
        ("orders", "of: amount_jpy", "a unit has many rows of orders (say with `aggregate`"),
        ("subscriptions", "aggregate: count", "there is nothing to aggregate (write `of` without"),
        ("items", "aggregate: count|days: 30", "rows of items have no moment"),
        ("across", "aggregate: count", "it looks at no rows here"),
        ("orders", "aggregate: counts", ":5: features.aa.aggregate"),
        ("orders", "aggregate: count|day: 3", ":6: features.aa.day"),
        ("orders", "type: boolean|aggregate: any|of: kind = 'refund'", "a feature of your own is a number or a text"),
    ],
)
def test_a_faulty_definition_is_told_with_line_field_and_hint(
    folder: Path, entity: str, fields: str, fault: str
) -> None:
    found = faults_of(folder, written(entity, fields))
    assert any(fault in each and each.startswith("/mine.yaml:") for each in found), found


def written(entity: str, fields: str, name: str = "aa") -> str:
    lines = ["meaning: {en: x, ja: 何か}", *fields.split("|")]
    return f"entity: {entity}\nfeatures:\n  {name}:\n" + "".join(f"    {line}\n" for line in lines)


def test_a_name_that_is_taken_and_formulas_in_a_circle_are_told(folder: Path) -> None:
    taken = faults_of(folder, written("orders", "aggregate: count", "orders_365d"))
    assert "/mine.yaml:4: features.orders_365d: there is a `orders_365d` already" in taken[0].replace(":3:", ":4:")
    circle = written("orders", "formula: bb + 1") + "  bb:\n    meaning: {en: x, ja: 何か}\n    formula: aa + 1\n"
    assert any("the formula leads back to itself: aa -> bb -> aa" in fault for fault in faults_of(folder, circle))
    one_language = "entity: orders\nfeatures:\n  aa:\n    meaning: {en: x}\n    aggregate: count\n"
    assert "`meaning` is needed in both languages: ja" in faults_of(folder, one_language)[0]


def test_all_faults_come_at_once_and_a_missing_folder_is_one(folder: Path) -> None:
    assert len(faults_of(folder, written("orders", "aggregate: sum|of: knd|where: amount_jpy"))) == 2
    with pytest.raises(FaultyFile, match="there is no such folder"):
        catalogue(folder / "nowhere")

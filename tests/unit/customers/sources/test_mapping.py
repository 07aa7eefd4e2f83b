"""Columns, values, constants and ids of a feed, and the faults of a mapping."""

from collections.abc import Callable

import pytest
from kizuna.domain.errors import FaultyFile
from kizuna.domain.sources import Feed

from .conftest import Shelf, cells_of

MakeShelf = Callable[..., Shelf]
HEADER = "伝票番号,会員番号,購入日時,区分,税込金額\n"
COLUMNS = {
    "order_id": "伝票番号", "person_id": "会員番号", "ordered_at": "購入日時", "kind": "区分", "amount_jpy": "税込金額",
}  # fmt: skip
VALUES = {"kind": {"売上": "purchase", "返品": "refund"}}
ROWS = "1,7,2026/1/31 9:30,売上,1200\n2,7,2026/1/31 9:31, 返品 ,300\n3,8,,贈与,\n"


def faults_of(here: Shelf, feed: Feed) -> list[str]:
    with pytest.raises(FaultyFile) as raised:
        here.rows(feed)
    return [str(fault) for fault in raised.value.faults]


def test_columns_values_constants_and_ids_are_applied(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("pos.csv", HEADER + ROWS)
    feed = Feed(file="pos.csv", columns=COLUMNS, values=VALUES, constants={"channel": "store"}, ids="pos")
    assert here.rows(feed, columns="order_id account_id kind amount_jpy channel discount_jpy") == [
        ("pos:1", "pos:7", "purchase", "1200", "store", None),
        ("pos:2", "pos:7", "refund", "300", "store", None),
        ("pos:3", "pos:8", "贈与", None, "store", None),
    ]


def test_an_empty_cell_can_mean_something(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("pos.csv", HEADER + "1,7,x,,5\n")
    feed = Feed(file="pos.csv", columns=COLUMNS, values={"kind": {"": "purchase", "返品": "refund"}})
    assert here.rows(feed, columns="kind") == [("purchase",)]


def test_ids_leave_products_and_reps_alone(shelf: MakeShelf) -> None:
    here = shelf("order_lines")
    here.write("l.csv", "order_id,product_id,quantity,unit_price_jpy\nO1,TEA,1,5\n")
    assert here.rows(Feed(file="l.csv", ids="ec"), columns="order_id product_id") == [("ec:O1", "TEA")]
    here = shelf("persons")
    here.write("p.csv", "person_id,full_name,email,language,created_on,rep_id\nP1,山田,,ja,2026-01-01,R1\n")
    assert here.rows(Feed(file="p.csv", ids="ec"), columns="person_id rep_id") == [("ec:P1", "R1")]


def test_quotes_in_values_are_only_text(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("pos.csv", HEADER + "1,7,x,it's,5\n")
    feed = Feed(
        file="pos.csv", columns=COLUMNS, values={"kind": {"it's": "pur'chase"}}, constants={"channel": "'; DROP"}
    )
    assert here.rows(feed, columns="kind channel") == [("pur'chase", "'; DROP")]


def test_a_column_that_the_contract_lacks_is_told_with_the_briefs_place(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("pos.csv", HEADER + ROWS)
    feed = Feed(
        file="pos.csv", columns={**COLUMNS, "ordered_on": "購入日時"}, values={"knd": {}}, constants={"zz": "1"}
    )
    faults = faults_of(here, feed)
    assert faults[0].startswith("brief: sources.feeds.orders.0.columns.ordered_on: orders has no column `ordered_on`")
    assert "did you mean `order_id`?" in faults[0] or "did you mean `ordered_at`?" in faults[0]
    assert "did you mean `kind`?" in faults[1]
    assert "it has order_id, person_id" in faults[2]


def test_a_header_that_the_file_lacks_is_told_with_what_was_meant(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("pos.csv", HEADER + ROWS)
    [fault] = faults_of(here, Feed(file="pos.csv", columns={**COLUMNS, "ordered_at": "購入日"}))
    assert fault == (
        "brief: sources.feeds.orders.0.columns.ordered_at: pos.csv has no column `購入日` (did you mean `購入日時`?)"
    )


def test_a_column_filled_twice_is_a_fault(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("pos.csv", HEADER + ROWS)
    [fault] = faults_of(here, Feed(file="pos.csv", columns=COLUMNS, constants={"kind": "purchase"}))
    assert "constants.kind: `columns:` names it as well" in fault


def test_a_mapping_needs_only_the_required_columns(shelf: MakeShelf) -> None:
    here = shelf("persons")
    here.write("m.csv", "会員番号,氏名,登録日\n7,山田,2026-01-01\n")
    columns = {"person_id": "会員番号", "full_name": "氏名", "created_on": "登録日"}
    assert here.rows(Feed(file="m.csv", columns=columns, constants={"language": "ja"}), columns="email") == [(None,)]
    assert faults_of(here, Feed(file="m.csv", columns=columns)) == ["m.csv:1: language: this column is missing"]


def test_a_file_without_a_mapping_has_all_but_the_optional_columns(shelf: MakeShelf) -> None:
    here = shelf("persons")
    here.write("persons.csv", "person_id,fullname,language,created_on,phon\n")
    assert faults_of(here, Feed(file="persons.csv")) == [
        "persons.csv:1: full_name: this column is missing (did you mean 'fullname'?)",
        "persons.csv:1: email: this column is missing",
        "persons.csv:1: phone: this column is missing (did you mean 'phon'?)",
    ]


def test_a_wrong_separator_is_told_with_the_right_one(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("pos.csv", HEADER.replace(",", "\t"))
    [fault] = faults_of(here, Feed(file="pos.csv", columns=COLUMNS))
    assert fault == r"pos.csv:1: the columns are separated by something else (say `separator: '\t'` in the feed)"


def test_one_row_of_each_customer_is_kept(shelf: MakeShelf) -> None:
    here = shelf("persons")
    here.write(
        "buys.csv", "customer,day\n7,1997-03-01\n8,1997-01-05\n7,1997-01-02\n,1997-01-01\n8,1997-01-04\n,1997-01-01\n"
    )
    columns = {"person_id": "customer", "full_name": "customer", "created_on": "day"}
    constants = {"language": "en", "email": ""}
    feed = Feed(file="buys.csv", columns=columns, constants=constants, one_per="person_id", first_by="day")
    batch = here.first(feed)
    rows = cells_of(here.connection, batch, "person_id created_on language")
    assert rows == [
        ("7", "1997-01-02", "en"),
        (None, "1997-01-01", "en"),
        ("8", "1997-01-04", "en"),
        (None, "1997-01-01", "en"),
    ]
    assert batch.lines_of([0, 2], []) == {0: 4, 2: 6}
    assert [row[0] for row in here.rows(feed.model_copy(update={"first_by": None}), columns="created_on")][:2] == [
        "1997-03-01", "1997-01-05",
    ]  # fmt: skip


def test_rows_without_an_id_get_one_that_stays(shelf: MakeShelf) -> None:
    here = shelf()
    same = "7,2026-01-01,500\n"
    here.write("buys.csv", "customer,day,amount\n" + same + "8,2026-01-01,500\n" + same)
    feed = Feed(
        file="buys.csv", columns={"person_id": "customer", "ordered_at": "day", "amount_jpy": "amount"},
        constants={"kind": "purchase"}, row_id="order_id",
    )  # fmt: skip
    first = here.rows(feed, columns="order_id account_id")
    ids = [row[0] for row in first]
    assert [row[1] for row in first] == ["7", "8", "7"]
    assert len(set(ids)) == 3
    assert ids[0].rsplit("-")[0] == ids[2].rsplit("-")[0]
    here.append("buys.csv", same)
    again = here.rows(feed, columns="order_id account_id")
    assert [row[0] for row in again[:3]] == ids
    assert len({row[0] for row in again}) == 4

"""CSV, JSON and Parquet files come out as the same text cells."""

import gzip
from collections.abc import Callable

import pytest
from kizuna.domain.errors import FaultyFile, UserError
from kizuna.domain.sources import Feed

from .conftest import Shelf, cells_of

MakeShelf = Callable[..., Shelf]
HEADER = "order_id,person_id,ordered_at,kind,amount_jpy\n"
COLUMNS = "order_id account_id ordered_at kind amount_jpy"
ROW = ("O1", "P1", "2026-01-31T09:30:00Z", "purchase", "1200")


def line(number: int) -> str:
    return f"O{number},P1,2026-01-31T09:30:00Z,purchase,{number}\n"


def test_an_entity_without_a_feed_of_its_own_is_read_from_its_file(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("orders.csv", HEADER + ",".join(ROW) + "\n")
    assert here.rows(Feed(file="orders.csv")) == [ROW]


def test_the_files_of_a_pattern_come_by_name_each_with_its_own_batch(shelf: MakeShelf) -> None:
    here = shelf()
    for day in (3, 1, 2):
        here.write(f"pos/2026-10-0{day}.csv", HEADER + line(day))
    found = list(here.batches(Feed(file="pos/*.csv")))
    assert [batch.origin for batch in found] == [f"pos/2026-10-0{day}.csv" for day in (1, 2, 3)]
    assert [row[0] for row in here.rows(Feed(file="pos/*.csv"))] == ["O1", "O2", "O3"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_each_separator_is_read_and_may_stand_within_quotes(shelf: MakeShelf, separator: str) -> None:
    here = shelf("tickets")
    header = separator.join(["ticket_id", "person_id", "opened_at", "closed_at", "topic", "mood", "text"])
    text = separator.join(["T1", "P1", "2026-01-01T00:00:00Z", "", "bug", "", f'"a{separator}\n""b"""'])
    here.write("tickets.csv", f"{header}\n{text}\n")
    [row] = here.rows(Feed(file="tickets.csv", separator=separator), columns="ticket_id topic text")
    assert row == ("T1", "bug", f'a{separator}\n"b"')


def test_columns_set_apart_by_blanks_are_read_and_faults_find_their_line(shelf: MakeShelf) -> None:
    here = shelf()
    here.write(
        "m.txt",
        "  order_id person_id   ordered_at kind amount_jpy\r\n 1 2  2026-01-01T00:00:00Z  purchase 3.5\r\n\r\n 2 2",
    )
    batch = here.first(Feed(file="m.txt", separator="spaces"))
    assert cells_of(here.connection, batch, COLUMNS) == [("1", "2", "2026-01-01T00:00:00Z", "purchase", "3.5")]
    [offset] = here.connection.execute(f"SELECT line_byte_position - 1 FROM rejects_{batch.rejects}").fetchone()
    batch = here.first(Feed(file="m.txt", separator="spaces"))
    assert batch.lines_at_bytes([offset]) == {offset: 4}


def test_json_of_all_three_kinds_gives_the_same_cells(shelf: MakeShelf) -> None:
    here = shelf()
    one = '{"order_id":"O1","person_id":"P1","ordered_at":"2026-01-31T09:30:00Z","kind":"purchase","amount_jpy":1200}'
    here.write("a.json", f"[{one},\n {one}]")
    here.write("b.jsonl", f"{one}\n\n{one}")
    (here.folder / "c.json.gz").write_bytes(gzip.compress(f"{one}\n{one}\n".encode()))
    for name in ("a.json", "b.jsonl", "c.json.gz"):
        assert here.rows(Feed(file=name), columns=COLUMNS) == [ROW, ROW], name


def test_a_line_that_is_no_json_has_no_cells_and_knows_its_line(shelf: MakeShelf) -> None:
    here = shelf()
    good = '{"order_id": "O1", "person_id": "P1", "ordered_at": null, "kind": "purchase", "amount_jpy": 1}'
    here.write("a.jsonl", f"{good}\n\nno json {{\n{good}\n")
    batch = here.first(Feed(file="a.jsonl"))
    rows = cells_of(here.connection, batch, "order_id ordered_at")
    assert rows == [("O1", None), (None, None), ("O1", None)]
    batch = here.first(Feed(file="a.jsonl"))
    assert batch.lines_of([1, 2], []) == {1: 3, 2: 4}


def test_values_within_json_objects_are_named_with_dots(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("a.json", '[{"order_id":"O1","customer":{"id":7},"at":"x","kind":"purchase","total":{"tax.in":5}}]')
    feed = Feed(file="a.json", columns={"person_id": "customer.id", "ordered_at": "at", "amount_jpy": "total.tax.in"})
    assert here.rows(feed, columns="account_id amount_jpy") == [("7", "5")]


def test_broken_json_is_a_fault_of_the_file(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("a.json", '[{"order_id": "O1"')
    with pytest.raises(FaultyFile, match=r"a\.json: can't be read as JSON"):
        here.rows(Feed(file="a.json"))


def test_parquet_keeps_what_its_types_say(shelf: MakeShelf) -> None:
    here = shelf()
    here.connection.execute(
        f"COPY (SELECT 1 AS order_id, 'P1' AS person_id, TIMESTAMPTZ '2026-01-31 18:30:00+09' AS ordered_at, "
        f"'purchase' AS kind, 1200.50::DECIMAL(10, 2) AS amount_jpy) TO '{here.folder}/o.parquet' (FORMAT parquet)"
    )
    assert here.rows(Feed(file="o.parquet")) == [("1", "P1", "2026-01-31T09:30:00.000000Z", "purchase", "1200.50")]


def test_a_gzip_file_is_read_and_one_cut_short_is_refused(shelf: MakeShelf) -> None:
    here = shelf()
    whole = gzip.compress((HEADER + "".join(map(line, range(500)))).encode())
    here.write("o.csv.gz", whole)
    assert len(here.rows(Feed(file="o.csv.gz"))) == 500
    here.write("o.csv.gz", whole[:-20])
    with pytest.raises(UserError, match=r"^o\.csv\.gz: the gzip file ends too early"):
        here.rows(Feed(file="o.csv.gz"))


@pytest.mark.parametrize("pattern", ["../secret.csv", "/etc/passwd", "a/../../b.csv"])
def test_nothing_outside_the_folder_is_read(shelf: MakeShelf, pattern: str) -> None:
    with pytest.raises(UserError, match="must lie below"):
        shelf().rows(Feed(file=pattern))


def test_a_file_with_wildcards_in_its_name_is_just_itself(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("o[1].csv", HEADER + line(1))
    here.write("o1.csv", HEADER + line(2))
    assert [row[0] for row in here.rows(Feed(file="o[1].csv"))] == ["O1"]


def test_the_same_file_feeds_an_entity_twice_under_two_names(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("o.csv", HEADER + line(1))
    feeds = (Feed(file="o.csv"), Feed(file="o.csv", ids="second"))
    assert [batch.origin for batch in here.batches(*feeds)] == ["o.csv", "o.csv (feed 2)"]
    assert here.rows(*feeds, columns="order_id account_id") == [("O1", "P1"), ("second:O1", "second:P1")]
    assert set(here.marks) == {"o.csv", "o.csv (feed 2)"}


@pytest.mark.parametrize(
    "content, problem", [(b"PK\x03\x04\x14\x00", "workbook"), (b"\x89PNG\r\n\x1a\n\x00", "no text")]
)
def test_a_file_that_is_no_text_is_refused_and_says_so(shelf: MakeShelf, content: bytes, problem: str) -> None:
    here = shelf()
    here.write("o.csv", content * 50)
    with pytest.raises(FaultyFile, match=problem):
        here.first(Feed(file="o.csv"))

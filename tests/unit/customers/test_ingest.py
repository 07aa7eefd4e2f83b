from collections.abc import Callable
from pathlib import Path

import pytest
from kizuna.customers.opening import Customers, open_sources
from kizuna.customers.sources import looking
from kizuna.domain.errors import ContractBroken, FaultyFile
from kizuna.domain.refusals import TooManyFaulty
from kizuna.inbox.refusals import too_many_in_words

OpenCompany = Callable[..., Customers]


def rows(customers: Customers, query: str) -> list[tuple[object, ...]]:
    return customers.cursor().execute(query).fetchall()


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.fixture
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as finished at once; of one in the making, only the whole lines are read."""
    monkeypatch.setattr(looking, "AT_REST_SECONDS", -1.0)


def test_good_rows_are_typed_by_the_contract_and_counted(open_company: OpenCompany) -> None:
    customers = open_company(orders=[{"amount_jpy": 1}, {"amount_jpy": "0.5"}])
    assert customers.row_counts["orders"] == 2
    assert rows(customers, "SELECT sum(amount_jpy), typeof(any_value(ordered_at)) FROM orders") == [(1.5, "TIMESTAMP")]


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "usage.csv").rename(folder / "usages.csv")
    with pytest.raises(FaultyFile, match=r"usage\.csv: missing .*usages\.csv"):
        open_sources(folder, faulty_rows_allowed=0)


def test_a_misspelt_column_is_named_with_what_was_meant(folder: Path) -> None:
    replace(folder / "tickets.csv", "opened_at", "openedat")
    with pytest.raises(
        FaultyFile, match=r"tickets\.csv:1: opened_at: this column is missing \(did you mean 'openedat'"
    ):
        open_sources(folder, faulty_rows_allowed=0)


@pytest.mark.parametrize("content, message", [("", "is empty"), ("rep_id;full_name\n", "separated by something else")])
def test_a_file_that_is_no_such_table_is_named(folder: Path, content: str, message: str) -> None:
    (folder / "reps.csv").write_text(content)
    with pytest.raises(FaultyFile, match=message):
        open_sources(folder, faulty_rows_allowed=0)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FaultyFile, match="no such folder"):
        open_sources(tmp_path / "nowhere", faulty_rows_allowed=0)


@pytest.mark.parametrize(
    "source, row, column, rule",
    [
        ("subscriptions", {"seats": "0.5"}, "seats", "not_integer"),
        ("subscriptions", {"monthly_price_jpy": "nan"}, "monthly_price_jpy", "not_number"),
        ("subscriptions", {"monthly_price_jpy": "1_000"}, "monthly_price_jpy", "not_number"),
        ("subscriptions", {"started_on": "2026-02-30"}, "started_on", "not_date"),
        ("subscriptions", {"renews_on": "infinity"}, "renews_on", "not_date"),
        ("tickets", {"mood": "Angry"}, "mood", "not_allowed happy, neutral, unhappy"),
        ("subscriptions", {"account_id": "A9"}, "account_id", "no_such accounts.account_id"),
        ("contacts", {"is_primary": "oui"}, "is_primary", "not_boolean"),
        ("contacts", {"full_name": ""}, "full_name", "empty"),
        ("contacts", {"full_name": "a\0b"}, "full_name", "holds_nul"),
        ("orders", {"ordered_at": "2026-11-01T01:00:00"}, "ordered_at", "no_offset"),
        ("orders", {"ordered_at": "2026-11-01"}, "ordered_at", "no_offset"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_place_and_rule(
    open_company: OpenCompany, source: str, row: dict[str, str], column: str, rule: str
) -> None:
    customers = open_company(faulty_rows_allowed=1.0, **{source: [row]})
    fault = customers.faults[0]
    assert (fault.file, fault.line, fault.column) == (f"{source}.csv", 2, column)
    assert fault.value == next(iter(row.values())) and fault.rule == rule
    assert customers.row_counts[source] == 0


def test_an_offset_is_read_not_dropped(open_company: OpenCompany) -> None:
    customers = open_company(orders=[{"ordered_at": "2026-11-01T09:00:00+09:00"}])
    assert rows(customers, "SELECT ordered_at::VARCHAR FROM orders") == [("2026-11-01 00:00:00",)]


def test_the_second_row_of_the_same_id_is_set_aside(open_company: OpenCompany) -> None:
    customers = open_company(faulty_rows_allowed=0.5, orders=[{"order_id": "O1"}, {"order_id": "O1", "amount_jpy": 9}])
    assert rows(customers, "SELECT amount_jpy FROM orders") == [(32000,)]
    assert [(fault.line, fault.rule) for fault in customers.faults] == [(3, "twice")]


def test_rows_that_belong_to_a_row_set_aside_are_set_aside_too(open_company: OpenCompany) -> None:
    customers = open_company(faulty_rows_allowed=1.0, accounts=[{"language": "fr"}], orders=[{}])
    assert customers.row_counts["accounts"] == customers.row_counts["orders"] == 0


def test_too_many_faulty_rows_stop_the_run_and_say_what_to_do(open_company: OpenCompany) -> None:
    faulty = [{"amount_jpy": "many"}] * 3 + [{}] * 97
    assert open_company(faulty_rows_allowed=0.03, orders=faulty).row_counts["orders"] == 97
    with pytest.raises(TooManyFaulty) as error:
        open_company(faulty_rows_allowed=0.02, orders=faulty)
    said = too_many_in_words(error.value, "en")
    assert "orders.csv: 3 of 100 rows (3.0%)" in said
    assert "line 2: amount_jpy: 'many': is not a number" in said and "faulty_rows_allowed" in said


def test_what_goes_to_the_log_holds_no_cell_of_a_row(open_company: OpenCompany) -> None:
    with pytest.raises(TooManyFaulty) as error:
        open_company(faulty_rows_allowed=0.0, contacts=[{"created_on": "mia@example.com"}])
    assert "contacts.csv: line 2: created_on: not_date" in str(error.value) and "mia" not in str(error.value)


def test_hostile_text_stays_text(open_company: OpenCompany) -> None:
    texts = [
        'he said "no", twice',
        "two\nlines\r\nthree",
        "=cmd|' /C calc'!A0",
        "'; DROP TABLE accounts; --",
        "\u202eabc",
    ]
    customers = open_company(tickets=[{"text": text} for text in texts])
    assert rows(customers, "SELECT text FROM tickets ORDER BY ticket_id") == [(text,) for text in texts]


def test_lines_are_right_after_fields_with_line_breaks(open_company: OpenCompany) -> None:
    customers = open_company(
        faulty_rows_allowed=1.0,
        tickets=[
            {"text": 'a "quoted"\n\nword'},
            {"text": "plain"},
            {"text": 'b\n"c"', "mood": "cross"},
            {"mood": "?"},
        ],
    )
    assert [fault.line for fault in customers.faults] == [6, 8]


@pytest.mark.usefixtures("at_rest")
def test_a_row_that_is_no_csv_is_reported_with_its_line(folder: Path) -> None:
    with (folder / "reps.csv").open("a", encoding="utf-8", newline="\r\n") as file:
        file.write('\nR02,too few\nR03,a"b,c,d,e,f,g,h,i,j\nR04,"Priya\nNair",p@x.example,xx,09:00,18:00,Asia/Tokyo\n')
    with open_sources(folder, faulty_rows_allowed=0.9) as customers:
        assert [fault.line for fault in customers.faults] == [4, 5, 6]
        assert customers.faults[0].rule == "too_few_columns"
        assert customers.faults[2].column == "language"


@pytest.mark.usefixtures("at_rest")
def test_a_quote_that_is_never_closed_does_not_lose_rows_silently(folder: Path) -> None:
    with (folder / "tickets.csv").open("a", encoding="utf-8", newline="\r\n") as file:
        for number in range(1000):
            quote = '"' if number == 10 else ""
            file.write(f"t{number},A1,C1,2026-01-01T00:00:00Z,,bug,neutral,{quote}text\n")
    with pytest.raises(TooManyFaulty) as error:
        open_sources(folder, faulty_rows_allowed=0.02)
    assert (error.value.faulty, error.value.rows) == (990, 1_000)
    assert [(fault.line, fault.rule) for fault in error.value.faults] == [(12, "never_closed 989")]


def test_mixed_line_ends_are_reported_with_their_line(folder: Path) -> None:
    with (folder / "reps.csv").open("a", encoding="utf-8", newline="") as file:
        file.write('R02,"Priya\nNair",p@x.example,en,09:00,18:00,Asia/Tokyo\r\n')
        file.write("R03,Oliver Hart,o@x.example,en,09:00,18:00,Asia/Tokyo\n")
    with pytest.raises(ContractBroken, match=r"reps\.csv:5: .*one kind of line end"):
        open_sources(folder, faulty_rows_allowed=0)


def test_another_encoding_is_told_as_such(folder: Path) -> None:
    path = folder / "reps.csv"
    path.write_bytes(path.read_text("utf-8").encode("cp932"))
    with pytest.raises(TooManyFaulty) as error:
        open_sources(folder, faulty_rows_allowed=0)
    assert "Save the file as UTF-8" in too_many_in_words(error.value, "en")


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_excel_files_are_read(folder: Path, ending: str) -> None:
    path = folder / "accounts.csv"
    text = path.read_text("utf-8").replace("\r\n", "\n").replace("\n", ending)
    path.write_text("\ufeff" + text, "utf-8", newline="")
    with open_sources(folder, faulty_rows_allowed=0) as customers:
        assert rows(customers, "SELECT account_id FROM accounts") == [("A1",)]


def test_columns_stand_in_any_order_and_unknown_ones_are_left_out(folder: Path) -> None:
    (folder / "usage.csv").write_text("quota,secret,used,metric,month,account_id\n500,x,480,reports,2026-11-01,A1\n")
    with open_sources(folder, faulty_rows_allowed=0) as customers:
        assert rows(customers, "SELECT account_id, used, quota FROM usage") == [("A1", 480, 500)]


def test_a_folder_with_wildcards_in_its_name_is_that_folder(folder: Path) -> None:
    odd = folder.rename(folder.with_name("da[ta]*?"))
    with open_sources(odd, faulty_rows_allowed=0) as customers:
        assert customers.row_counts["accounts"] == 1


def test_no_file_can_be_read_through_the_connection_afterwards(open_company: OpenCompany) -> None:
    with pytest.raises(Exception, match="disabled"):
        rows(open_company(), "SELECT * FROM read_csv('/etc/passwd')")

"""What `kizuna data map` finds out by itself: encodings, separators, columns, codes, local times."""

import gzip
import json
import sqlite3
from pathlib import Path

import pytest
from kizuna.customers.contract.model import Source, contract
from kizuna.customers.packaged import read_packaged
from kizuna.customers.sources.proposing import Proposal, Sureness, Why, plain, propose, propose_entity
from kizuna.customers.sources.sampling import Sample, encoding_of, sample_file, sample_table, separator_of
from kizuna.customers.sources.value_kinds import Kind, look_at
from kizuna.domain.sources import Database

MEMBERS = """会員番号,氏名,フリガナ,メールアドレス,電話番号,生年月日,性別,登録日,退会日
10001,山田 花子,ヤマダ ハナコ,hanako@tsubaki.example,090-1234-5678,1980/4/1,女,2020/1/5,
10002,佐藤 太郎,サトウ タロウ,taro@tsubaki.example,03-1234-5678,昭和55年4月1日,男,2021/1/5,2025/3/1
"""
SALES = """伝票番号,会員番号,購入日時,売上区分,税込金額,数量,店舗
1,10001,2026/1/5 10:20,売上,"1,200",1,銀座
2,10001,2026/1/6 10:20,返品,"1,200",2,銀座
3,10002,2026/1/6 10:20,贈与,300,1,銀座
"""


def entity(name: str, unit: str = "person") -> Source:
    return next(source for source in contract(unit) if source.name == name)  # type: ignore[arg-type]


def sampled(tmp_path: Path, content: str, encoding: str = "utf-8", name: str = "f.csv") -> Sample:
    (tmp_path / name).write_bytes(content.encode(encoding))
    return sample_file(tmp_path / name)


def columns(proposal: Proposal) -> dict[str, str]:
    return {match.column: match.header for match in proposal.matches}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc-jp", "utf-16"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    sample = sampled(tmp_path, MEMBERS, encoding)
    assert sample.encoding == encoding.removesuffix("-sig")
    assert sample.header[0] == "会員番号"
    assert sample.rows[0][1] == "山田 花子"


def test_half_width_kana_do_not_make_cp932_look_like_euc_jp() -> None:
    text = "会員番号,ｶﾅ氏名\n" + "1,ﾔﾏﾀﾞ ﾊﾅｺ 東京都港区\n" * 20
    assert encoding_of(text.encode("cp932")) == "cp932"
    assert encoding_of("会員番号,氏名\n1,山田花子\n".encode("euc-jp")) == "euc-jp"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_whatever_stands_in_quotes(separator: str) -> None:
    others = "".join(other for other in ",;\t|" if other != separator)
    assert (
        separator_of(separator.join("abc") + "\n" + f'1{separator}"x{others}{separator}"{separator}3\n' * 5)
        == separator
    )


def test_columns_set_apart_by_blanks_are_found() -> None:
    assert separator_of(" customer_id  date  value\n 00001 19970101  1.00\n 00002 19970112 12.00\n") == "spaces"


def test_japanese_members_are_proposed_surely(tmp_path: Path) -> None:
    proposal = propose(sampled(tmp_path, MEMBERS, "cp932"), entity("persons"))
    assert columns(proposal) == {
        "person_id": "会員番号", "full_name": "氏名", "full_name_kana": "フリガナ", "email": "メールアドレス",
        "phone": "電話番号", "birth_date": "生年月日", "created_on": "登録日",
    }  # fmt: skip
    assert {match.sureness for match in proposal.matches} == {Sureness.SURE}
    assert proposal.constants == {"language": "ja"}
    assert proposal.unused == ("性別", "退会日")
    assert proposal.open_columns == ()


def test_japanese_sales_are_proposed_with_codes_and_local_times(tmp_path: Path) -> None:
    proposal = propose(sampled(tmp_path, SALES), entity("orders"))
    assert columns(proposal) == {
        "order_id": "伝票番号", "person_id": "会員番号", "ordered_at": "購入日時", "kind": "売上区分",
        "amount_jpy": "税込金額",
    }  # fmt: skip
    assert proposal.values == {"kind": {"売上": "purchase", "返品": "refund"}}
    assert proposal.open_values == {"kind": ["贈与"]}
    assert proposal.time_zone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("header", "column", "name"),
    [
        ("受注日", "ordered_at", "orders"),
        ("Order Date", "ordered_at", "orders"),
        ("CustomerID", "person_id", "orders"),
        ("KAIIN_NO", "person_id", "orders"),
        ("顧客コード（新）", "person_id", "orders"),
        ("ご購入金額", "amount_jpy", "orders"),
        ("JANコード", "product_id", "order_lines"),
        ("個数", "quantity", "order_lines"),
        ("来店日時", "visited_at", "store_visits"),
        ("お問い合わせ内容", "text", "tickets"),
        ("メルマガ購読", "state", "consents"),
        ("自由記述", "comment", "survey_answers"),
        ("ＴＥＬ", "phone", "persons"),
        ("e-mail", "email", "persons"),
        ("date_of_birth", "birth_date", "persons"),
        ("クッキーID", "visitor_id", "web_events"),
        ("Cookie ID", "visitor_id", "intents"),
        ("client_id", "visitor_id", "web_events"),
        ("device_id", "visitor_id", "app_events"),
        ("訪問者ID", "visitor_id", "web_events"),
    ],
)
def test_names_are_known_in_many_spellings(header: str, column: str, name: str) -> None:
    assert columns(propose(Sample((header, "zzz"), ()), entity(name))) == {column: header}


def test_a_name_against_its_cells_is_not_sure() -> None:
    sample = Sample(("登録日", "メール"), (("東京", "a@b.example"), ("大阪", "c@d.example")))
    found = {match.column: match for match in propose(sample, entity("persons")).matches}
    assert found["created_on"].why is Why.NAME_AGAINST_CELLS
    assert found["created_on"].sureness is not Sureness.SURE
    assert found["email"].sureness is Sureness.SURE


def test_mail_addresses_are_known_by_their_looks() -> None:
    sample = Sample(("会員番号", "項目7"), (("1", "a@b.example"), ("2", "c@d.example")))
    match = next(match for match in propose(sample, entity("persons")).matches if match.column == "email")
    assert (match.header, match.why, match.sureness) == ("項目7", Why.CELLS, Sureness.GUESS)


def test_visits_name_a_customer_or_a_visitor() -> None:
    log = propose(
        Sample(("client_id", "user_id", "event_time"), (("c1", "", "2026-01-01T00:00:00Z"),)), entity("web_events")
    )
    assert {"visitor_id": "client_id", "person_id": "user_id"}.items() <= columns(log).items()
    assert "person_id" not in propose(Sample(("client_id",), (("c1",),)), entity("web_events")).open_columns
    assert "person_id" in propose(Sample(("event_time",), ()), entity("web_events")).open_columns


def test_each_column_is_used_once() -> None:
    proposal = propose(Sample(("date", "id", "customer id"), (("2026-01-01", "1", "2"),)), entity("orders"))
    assert columns(proposal) == {"order_id": "id", "person_id": "customer id", "ordered_at": "date"}


@pytest.mark.parametrize(
    ("content", "name", "best"),
    [
        (MEMBERS, "export.csv", "persons"),
        (SALES, "export.csv", "orders"),
        ("問い合わせ番号,会員番号,受付日時,件名,本文\n1,2,2026-01-01 10:00,返品,とても\n", "x.csv", "tickets"),
        ("商品コード,商品名,カテゴリ,価格\nA,緑茶,茶,500\n", "x.csv", "products"),
        ("注文番号,商品コード,数量,単価\n1,A,2,500\n", "x.csv", "order_lines"),
        ("member_id,channel,opt_in,updated_at\n1,email,yes,2026-01-01T00:00:00Z\n", "consents.csv", "consents"),
        ("回答ID,会員番号,アンケート名,回答日時,回答,自由記述\n1,2,nps,2026-01-01,9,よい\n", "x.csv", "survey_answers"),
    ],
)
def test_the_entity_is_proposed(tmp_path: Path, content: str, name: str, best: str) -> None:
    proposals = propose_entity(sampled(tmp_path, content, name=name), contract("person"), name)
    assert proposals[0].source.name == best
    assert proposals[0].fit > proposals[1].fit


def test_customers_within_a_list_of_sales_are_one_row_each(tmp_path: Path) -> None:
    content = "customer_id,date\n" + "1,2026-01-01\n2,2026-01-02\n1,2026-01-03\n" * 5
    sample = sampled(tmp_path, content)
    assert propose(sample, entity("persons")).one_per == "person_id"
    assert propose(sample, entity("orders")).row_id == "order_id"
    assert propose(sample, entity("orders")).one_per is None


def test_local_times_of_an_english_file_stay_open(tmp_path: Path) -> None:
    sample = sampled(tmp_path, "order id,customer id,order date\n1,2,2026-01-01 10:00:00\n")
    proposal = propose(sample, entity("orders"))
    assert (proposal.time_zone, proposal.open_zone) == (None, True)
    sample = sampled(tmp_path, "order id,customer id,order date\n1,2,2026-01-01T10:00:00+09:00\n")
    assert not propose(sample, entity("orders")).open_zone


def test_json_parquet_gzip_and_tables_are_sampled(tmp_path: Path) -> None:
    rows = [{"会員番号": "1", "連絡先": {"メール": "a@b.example"}}, {"会員番号": "2"}]
    (tmp_path / "m.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    assert sample_file(tmp_path / "m.json").header == ("会員番号", "連絡先.メール")
    (tmp_path / "m.csv.gz").write_bytes(gzip.compress(MEMBERS.encode("cp932")))
    assert sample_file(tmp_path / "m.csv.gz").header[1] == "氏名"
    with sqlite3.connect(tmp_path / "m.db") as connection:
        connection.execute("CREATE TABLE members (会員番号 INTEGER, 登録日 DATE)")
        connection.execute("INSERT INTO members VALUES (1, '2026-01-01')")
    connection.close()
    sample = sample_table(Database(file="m.db"), tmp_path, table="members")
    assert (sample.header, sample.rows) == (("会員番号", "登録日"), (("1", "2026-01-01"),))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["2026-01-31T09:30:00Z", "2026-02-01T09:30:00+09:00"], Kind.MOMENT),
        (["2026/1/31 9:30", "2026年1月31日 9時30分"], Kind.MOMENT),
        (["2026/1/31", "令和8年1月31日", "R8.1.31", "20260131"], Kind.DATE),
        (["2026-01", "202601"], Kind.MONTH),
        (["090-1234-5678", "03(1234)5678", "+81 90 1234 5678", "０９０１２３４５６７８"], Kind.PHONE),
        (["¥1,200", "１２００円", "-3.5", "▲500"], Kind.NUMBER),
        (["ヤマダ　ハナコ", "ﾔﾏﾀﾞ ﾊﾅｺ"], Kind.KANA),
        (["a@b.example"], Kind.EMAIL),
        (["山田", "1"], Kind.TEXT),
        ([], Kind.EMPTY),
    ],
)
def test_cells_are_known_by_their_looks(cells: list[str], kind: Kind) -> None:
    assert look_at(cells).kind is kind


def test_the_synonyms_know_every_column_entity_and_code_of_the_contract() -> None:
    known = read_packaged("sources/synonyms.yaml")
    units = [source for unit in ("person", "account") for source in contract(unit)]  # type: ignore[arg-type]
    named = {key.rpartition(".")[2] for key in known["columns"]}
    assert {column.header for source in units for column in source.columns} == named
    assert {source.name for source in units} == set(known["entities"])
    for source in units:
        for column in source.columns:
            if column.allowed:
                listed = known["values"].get(f"{source.name}.{column.header}") or known["values"][column.header]
                assert set(column.allowed) <= set(listed), f"{source.name}.{column.header}"


def test_no_code_means_two_things() -> None:
    for column, meanings in read_packaged("sources/synonyms.yaml")["values"].items():
        assert all(isinstance(name, str) for names in meanings.values() for name in names), column
        written = [{plain(name) or name for name in names} for names in meanings.values()]
        assert sum(map(len, written)) == len(set().union(*written)), column

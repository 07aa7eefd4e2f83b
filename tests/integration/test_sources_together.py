"""A shop as the docs have it: a register's files in cp932, an online shop's database, a list of members."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from kizuna.customers.opening import Customers, open_sources
from kizuna.domain.sources import Database, Feed

MEMBERS = {
    "person_id": "会員番号", "full_name": "氏名", "full_name_kana": "フリガナ", "email": "メールアドレス",
    "birth_date": "生年月日", "created_on": "登録日",
}  # fmt: skip
SALES = {
    "order_id": "伝票番号",
    "person_id": "会員番号",
    "ordered_at": "購入日時",
    "kind": "区分",
    "amount_jpy": "税込金額",
}
POS = Feed(
    file="pos/*.csv", encoding="cp932", separator="\t", time_zone="Asia/Tokyo", columns=SALES,
    values={"kind": {"売上": "purchase", "返品": "refund"}}, constants={"channel": "store"}, ids="crm",
)  # fmt: skip
CRM = Feed(file="crm/members.csv", encoding="cp932", columns=MEMBERS, constants={"language": "ja"}, ids="crm")
EC = Database(file="ec.db")
FEEDS: dict[str, tuple[Feed, ...]] = {
    "persons": (
        CRM,
        Feed(
            database=EC, table="customers", ids="ec", constants={"language": "ja"}, time_zone="Asia/Tokyo",
            columns={"person_id": "id", "full_name": "name", "created_on": "registered_on"},
        ),
    ),
    "orders": (
        POS,
        Feed(
            database=EC, query="SELECT id, customer_id, ordered_at, total FROM orders WHERE status = 'paid'",
            columns={"order_id": "id", "person_id": "customer_id", "amount_jpy": "total"}, time_zone="Asia/Tokyo",
            constants={"kind": "purchase", "channel": "online"}, ids="ec", watermark="ordered_at",
        ),
    ),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "crm").mkdir()
    (tmp_path / "pos").mkdir()
    header = "会員番号,氏名,フリガナ,メールアドレス,生年月日,登録日\n"
    rows = "10001,髙橋 花子,タカハシ ハナコ,hanako@tsubaki.example,昭和55年4月1日,2020/1/5\n"
    rows += "10002,表 太郎,,,,令和3年1月5日\n"
    (tmp_path / "crm" / "members.csv").write_bytes((header + rows).encode("cp932"))
    day(tmp_path, "2026-01-05", "1\t10001\t2026/1/5 10:20\t売上\t￥1,200\n".encode("cp932"))
    day(tmp_path, "2026-01-06", "2\t10002\t2026/1/6 8:05\t返品\t１，２００円\n".encode("cp932"))
    with sqlite3.connect(tmp_path / "ec.db") as shop:
        shop.execute("CREATE TABLE customers (id INTEGER, name TEXT, email TEXT, registered_on DATE)")
        shop.execute("INSERT INTO customers VALUES (1, '髙橋花子', 'hanako@tsubaki.example', '2025-12-31')")
        shop.execute(
            "CREATE TABLE orders (id INTEGER, customer_id INTEGER, ordered_at TIMESTAMP, total INT, status TEXT)"
        )
        shop.execute("INSERT INTO orders VALUES (1, 1, '2026-01-07 00:30:00', 3000, 'paid')")
        shop.execute("INSERT INTO orders VALUES (2, 1, '2026-01-07 00:31:00', 3000, 'cancelled')")
    shop.close()
    return tmp_path


def day(folder: Path, name: str, rows: bytes) -> None:
    header = "伝票番号\t会員番号\t購入日時\t区分\t税込金額\n".encode("cp932")
    (folder / "pos" / f"{name}.csv").write_bytes(header + rows)


def opened(folder: Path, allowed: float = 0.0) -> Customers:
    return open_sources(folder, unit="person", model="transactions", faulty_rows_allowed=allowed, feeds=FEEDS)


def rows(customers: Customers, query: str) -> list[tuple[Any, ...]]:
    return customers.cursor().execute(query).fetchall()


def test_rows_of_all_three_systems_stand_in_one_table(folder: Path) -> None:
    with opened(folder) as customers:
        assert rows(customers, "SELECT person_id, full_name, birth_date::VARCHAR FROM persons ORDER BY ALL") == [
            ("crm:10001", "髙橋 花子", "1980-04-01"),
            ("crm:10002", "表 太郎", None),
            ("ec:1", "髙橋花子", None),
        ]
        assert rows(
            customers,
            "SELECT order_id, account_id, ordered_at::VARCHAR, kind, amount_jpy, channel FROM orders ORDER BY 3",
        ) == [
            ("crm:1", "crm:10001", "2026-01-05 01:20:00", "purchase", 1200.0, "store"),
            ("crm:2", "crm:10002", "2026-01-05 23:05:00", "refund", 1200.0, "store"),
            ("ec:1", "ec:1", "2026-01-06 15:30:00", "purchase", 3000.0, "online"),
        ]


def test_faults_name_the_file_the_line_and_the_encoding(folder: Path) -> None:
    good = "7\t10001\t2026/1/7 10:20\t売上\t100\n".encode("cp932")
    day(
        folder,
        "2026-01-07",
        good + b"8\t10001\x81\t2026/1/7 10:20\t\x94\x84\x8f\xe3\t100\n" + good.replace(b"100\n", b"?\n"),
    )
    with opened(folder, allowed=0.9) as customers:
        assert customers.row_counts["orders"] == 4
        assert sorted((fault.file, fault.line, fault.rule) for fault in customers.faults) == [
            ("pos/2026-01-07.csv", 3, "wrong_encoding CP932"),
            ("pos/2026-01-07.csv", 4, "not_number"),
        ]

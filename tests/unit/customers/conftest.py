"""A handful of source rows, written by name; a test says only what it is about."""

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from kizuna.customers.contract.model import Model, Source, contract
from kizuna.customers.opening import Customers, open_sources

Row = dict[str, object]
DEFAULTS: dict[str, Row] = {
    "reps": {
        "rep_id": "R01", "full_name": "森田 彩", "email": "aya@nagare.example", "language": "ja",
        "works_from": "09:00", "works_until": "18:00", "time_zone": "Asia/Tokyo",
    },
    "accounts": {
        "account_id": "A1", "company_name": "株式会社ミナト設計", "created_on": "2025-01-10", "rep_id": "R01",
        "language": "ja", "industry": "architecture",
    },
    "contacts": {
        "contact_id": "C1", "account_id": "A1", "full_name": "山田 花子", "email": "hanako@minato.example",
        "is_primary": "true", "language": "ja", "created_on": "2025-01-10",
    },
    "subscriptions": {
        "subscription_id": "S1", "account_id": "A1", "plan": "team", "seats": 12, "monthly_price_jpy": 32000,
        "started_on": "2025-01-10", "renews_on": "2027-01-10",
    },
    "orders": {"account_id": "A1", "ordered_at": "2026-11-01T01:00:00Z", "kind": "subscription", "amount_jpy": 32000},
    "app_events": {"account_id": "A1", "contact_id": "C1", "feature": "login", "happened_at": "2026-11-19T01:00:00Z"},
    "mail_events": {"contact_id": "C1", "kind": "sent", "happened_at": "2026-11-01T01:00:00Z"},
    "tickets": {"account_id": "A1", "opened_at": "2026-11-01T01:00:00Z", "topic": "bug", "mood": "unhappy"},
    "usage": {"account_id": "A1", "month": "2026-11-01", "metric": "reports", "used": 480, "quota": 500},
    "consents": {
        "contact_id": "C1", "channel": "email", "purpose": "marketing", "state": "granted",
        "recorded_at": "2025-01-10T00:00:00Z", "evidence": "signup-form v3 2025-04-02",
    },
    "survey_answers": {
        "contact_id": "C1", "survey": "yearly", "answered_at": "2026-10-01T00:00:00Z", "answer": "fine",
    },
}  # fmt: skip
ALWAYS = ("reps", "accounts", "contacts", "subscriptions")
NUMBERED = {
    "orders": "order_id", "app_events": "event_id", "mail_events": "event_id", "tickets": "ticket_id",
    "survey_answers": "answer_id", "web_events": "event_id", "staff_contacts": "contact_log_id",
    "store_visits": "visit_id", "points": "entry_id", "prepaid": "entry_id", "boxes": "box_id",
    "referrals": "referral_id",
}  # fmt: skip


def write_sources(folder: Path, **rows: list[Row]) -> Path:
    """The SaaS's source files; what is not given is one account with one contact, and nothing that happened."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in contract():
        if source.name in DEFAULTS or source.name in rows:
            given = rows.get(source.name, [{}] if source.name in ALWAYS else [])
            write_file(folder, source, given, DEFAULTS.get(source.name, {}))
    return folder


def write_file(folder: Path, source: Source, given: list[Row], defaults: Row) -> None:
    """One source file. A column that may be missing is missing, unless a row or the defaults name it."""
    named = set(defaults).union(*given)
    headers = dict.fromkeys(c.header for c in source.columns if not c.optional or c.header in named)
    with (folder / source.file).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(headers), restval="")
        writer.writeheader()
        for number, row in enumerate(given, 1):
            number_column = {NUMBERED[source.name]: f"x{number}"} if source.name in NUMBERED else {}
            writer.writerow({**defaults, **number_column, **row})


@pytest.fixture
def open_company(tmp_path: Path) -> Iterator[Callable[..., Customers]]:
    """Opens a company of the given rows; closed after the test."""
    with ExitStack() as stack:

        def opened(*, faulty_rows_allowed: float = 0.0, **rows: list[Row]) -> Customers:
            folder = write_sources(tmp_path / "data", **rows)
            return stack.enter_context(open_sources(folder, faulty_rows_allowed=faulty_rows_allowed))

        yield opened


PERSON: dict[str, Row] = {
    "reps": DEFAULTS["reps"],
    "persons": {
        "person_id": "P1", "full_name": "木下 結", "email": "yui@mail.example", "postal_address": "東京都架空区1-2-3",
        "language": "ja", "created_on": "2025-01-10", "rep_id": "R01",
    },
    "products": {"product_id": "cup", "name_ja": "湯呑み", "name_en": "Cup", "category": "table", "price_jpy": 2000},
    "subscriptions": {
        "subscription_id": "S1", "person_id": "P1", "plan": "seasonal", "monthly_price_jpy": 3200,
        "started_on": "2025-01-10", "renews_on": "2027-01-10",
    },
    "orders": {"person_id": "P1", "ordered_at": "2026-11-01T01:00:00Z", "kind": "purchase", "amount_jpy": 4000},
    "order_lines": {"order_id": "x1", "product_id": "cup", "quantity": 2, "unit_price_jpy": 2000},
    "app_events": {"person_id": "P1", "feature": "login", "happened_at": "2026-11-19T01:00:00Z"},
    "web_events": {"person_id": "P1", "kind": "view", "product_id": "cup", "happened_at": "2026-11-10T01:00:00Z"},
    "mail_events": {"person_id": "P1", "kind": "sent", "happened_at": "2026-11-01T01:00:00Z"},
    "tickets": {"person_id": "P1", "opened_at": "2026-11-01T01:00:00Z", "topic": "delivery", "mood": "unhappy"},
    "staff_contacts": {
        "person_id": "P1", "happened_at": "2026-11-02T01:00:00Z", "channel": "phone", "direction": "in",
        "topic": "delivery", "mood": "unhappy", "staff_id": "R01",
    },
    "store_visits": {"person_id": "P1", "store_id": "umeda", "visited_at": "2026-11-03T01:00:00Z"},
    "usage": {"person_id": "P1", "month": "2026-11-01", "metric": "visits", "used": 3, "quota": 8},
    "points": {"person_id": "P1", "recorded_at": "2026-10-01T01:00:00Z", "kind": "earned", "points": 500},
    "prepaid": {"person_id": "P1", "recorded_at": "2026-10-01T01:00:00Z", "kind": "charged", "amount_jpy": 10000},
    "boxes": {"person_id": "P1", "happened_at": "2026-10-10T01:00:00Z", "kind": "shipped"},
    "referrals": {"person_id": "P1", "referred_person_id": "P2", "referred_at": "2026-06-01T01:00:00Z"},
    "consents": {
        "person_id": "P1", "channel": "letter", "purpose": "marketing", "state": "granted",
        "recorded_at": "2025-01-10T00:00:00Z", "evidence": "signup-form v3 2025-01-10",
    },
    "survey_answers": {"person_id": "P1", "survey": "nps", "answered_at": "2026-10-01T00:00:00Z", "answer": "9"},
}  # fmt: skip


def write_persons(folder: Path, **rows: list[Row]) -> Path:
    """The files of a company of persons that are given, besides one person; a file that is not given is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in contract("person"):
        if source.name in rows or source.name == "persons":
            write_file(folder, source, rows.get(source.name, [{}]), PERSON.get(source.name, {}))
    return folder


@pytest.fixture
def open_persons(tmp_path: Path) -> Iterator[Callable[..., Customers]]:
    """Opens a company of persons; `orders` make it one of transactions unless `model` says otherwise."""
    with ExitStack() as stack:
        number = count()

        def opened(*, model: Model = "transactions", faulty_rows_allowed: float = 0.0, **rows: list[Row]) -> Customers:
            needed: dict[str, list[Row]] = {"orders": []} if model == "transactions" else {"subscriptions": [{}]}
            folder = write_persons(tmp_path / f"persons{next(number)}", reps=[{}], **{**needed, **rows})
            allowed = faulty_rows_allowed
            return stack.enter_context(open_sources(folder, unit="person", model=model, faulty_rows_allowed=allowed))

        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The source files of one account, to be spoilt by a test."""
    return write_sources(tmp_path / "data")

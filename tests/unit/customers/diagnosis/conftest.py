"""A small shop that is sound in every respect, to be spoilt in one by a test; and its diagnosis."""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from kizuna.customers.contract.model import Model, UnitKind
from kizuna.customers.diagnosis.costs import Wishes
from kizuna.customers.diagnosis.diagnose import diagnose
from kizuna.customers.diagnosis.reading import read_what_there_is
from kizuna.customers.eligibility import check_rule
from kizuna.customers.features.catalogue import catalogue
from kizuna.domain.diagnosis import Diagnosis
from kizuna.playbooks.loader import load_playbooks

TODAY = date(2026, 11, 21)
PEOPLE = 60
ACTIONS = ("replenish_reminder", "upgrade_interest", "apology_care", "standard_digest")
Row = dict[str, object]
Tables = dict[str, list[Row]]
Diagnose = Callable[..., Diagnosis]


def moment(days_ago: int, minute: int = 0) -> str:
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    return (noon - timedelta(days=days_ago) + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")


def person(number: int) -> str:
    return f"P{number % PEOPLE:03}"


def sound_shop() -> Tables:
    """Sixty people; something happens on every day of the last 200, and everything names what is there."""
    days = range(1, 201)
    orders: list[Row] = [
        {"order_id": f"O{day}", "person_id": person(day), "ordered_at": moment(day), "kind": "purchase",
         "amount_jpy": 3000, "channel": "online" if day % 2 else "store"}
        for day in days
    ]  # fmt: skip
    return {
        "reps": [
            {"rep_id": "R1", "full_name": "森 彩", "email": "aya@shop.example", "language": "ja", "works_from": "09:00",
             "works_until": "18:00", "time_zone": "Asia/Tokyo"}
        ],
        "persons": [
            {"person_id": person(n), "full_name": f"架空 {n}", "email": f"p{n}@mail.example",
             "postal_address": f"架空区{n}", "language": "ja", "created_on": "2026-01-10"}
            for n in range(PEOPLE)
        ],
        "products": [
            {"product_id": "soap", "name_ja": "石けん", "name_en": "Soap", "category": "bath", "price_jpy": 1000,
             "replenish_days": 30},
            {"product_id": "vase", "name_ja": "花器", "name_en": "Vase", "category": "table", "price_jpy": 9000},
        ],
        "orders": orders,
        "order_lines": [
            {"order_id": f"O{day}", "product_id": "soap", "quantity": 3, "unit_price_jpy": 1000} for day in days
        ],
        "web_events": [
            {"event_id": f"W{day}-{n}", "person_id": person(day + n), "kind": "view", "product_id": "vase",
             "happened_at": moment(day, -60 - n)}
            for day in days for n in range(3)
        ],
        "mail_events": [
            {"event_id": f"M{day}", "person_id": person(day + 1), "kind": "sent", "happened_at": moment(day, -70),
             "message_id": f"<{day}@shop.example>"}
            for day in days
        ],
        "tickets": [
            {"ticket_id": f"T{day}", "person_id": person(day), "opened_at": moment(day, 30),
             "closed_at": moment(day, 90), "topic": "delivery", "mood": ("happy", "neutral", "unhappy")[day % 3],
             "channel": "mail", "text": "架空の問い合わせ"}
            for day in days if day < 120
        ],
        "staff_contacts": [
            {"contact_log_id": f"C{day}", "person_id": person(day), "happened_at": moment(day, 40), "channel": "phone",
             "direction": "in", "topic": "delivery", "mood": ("neutral", "unhappy")[day % 2], "staff_id": "R1",
             "note": "架空のメモ"}
            for day in days if day < 110
        ],
        "store_visits": [
            {"visit_id": f"V{day}", "person_id": person(day), "store_id": "umeda", "visited_at": moment(day, -10)}
            for day in days if day % 2 == 0
        ],
        "consents": [
            {"person_id": person(n), "channel": "email", "purpose": "marketing", "state": "granted",
             "recorded_at": "2026-01-10T00:00:00Z", "evidence": "form"}
            for n in range(PEOPLE)
        ],
    }  # fmt: skip


def write(folder: Path, tables: Tables) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)), restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def wishes(actions: tuple[str, ...] = ACTIONS, segment: str = "is_active") -> Wishes:
    names = [feature.name for feature in catalogue()]
    return Wishes(tuple(load_playbooks(actions, None, lambda rule: check_rule(rule, names)).values()), segment)


def diagnosis_of(
    folder: Path,
    *,
    unit: UnitKind = "person",
    model: Model = "transactions",
    today: date = TODAY,
    wanted: Wishes | None = None,
    allowed: float = 0.02,
    overdue: dict[str, int] | None = None,
) -> Diagnosis:
    read = read_what_there_is(folder, unit=unit, model=model)
    with read.customers:
        return diagnose(read, as_of=today, wishes=wanted or wishes(), faulty_rows_allowed=allowed, overdue=overdue)


@pytest.fixture
def diagnosed(tmp_path: Path) -> Diagnose:
    """The diagnosis of the sound shop after `spoil` changed its tables."""

    def of(spoil: Callable[[Tables], object] = lambda tables: None, **wanted: object) -> Diagnosis:
        tables = sound_shop()
        spoil(tables)
        return diagnosis_of(write(tmp_path / "data", tables), **wanted)  # type: ignore[arg-type]

    return of

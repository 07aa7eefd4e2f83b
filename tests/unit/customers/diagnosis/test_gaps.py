"""Each kind of gap by itself, with the figure of a hand count. What is planted together stands in test_planted.py."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from kizuna.domain.diagnosis import Diagnosis, Gap

from .conftest import PEOPLE, Diagnose, Tables, diagnosis_of, moment, sound_shop, wishes, write

Spoil = Callable[[Tables], object]
pytestmark = pytest.mark.slow


def only(diagnosis: Diagnosis, kind: str, entity: str = "") -> Gap:
    found = [gap for gap in diagnosis.gaps if gap.kind == kind and entity in ("", gap.entity)]
    assert len(found) == 1, [(gap.kind, gap.entity, gap.column) for gap in diagnosis.gaps]
    return found[0]


def test_visits_of_nobody_known_are_counted_with_the_strangers_and_those_that_identifiers_tie(
    diagnosed: Diagnose,
) -> None:
    def spoil(tables: Tables) -> None:
        for number, row in enumerate(tables["web_events"]):
            if number % 5 == 0:
                row["person_id"] = f"cookie-{number % 40}" if number % 10 else ""
        tables["identifiers"] = [
            {
                "identifier_id": "I1",
                "person_id": "P001",
                "kind": "cookie",
                "value": "cookie-5",
                "recorded_at": moment(9),
            }
        ]

    diagnosis = diagnosed(spoil)
    gap = only(diagnosis, "no_customer", "web_events")
    assert (gap.rows, gap.of, gap.severity) == (120, 600, "broken")
    # 5, 15, 25 and 35 are left of 40 where the number does not end in 0
    assert (gap.details["strangers"], gap.details["tied"]) == (4, 1)
    assert gap.examples[0].origin == "web_events.csv"
    found = [found for found in diagnosis.breaks if found.kind == "no_customer"]
    assert [(found[0].at, found[0].count, found[0].of)] == [("web", 120, 600)]
    web = next(figures for figures in diagnosis.entities if figures.entity == "web_events")
    assert web.match_rate == 0.8


def _anonymous(tables: Tables) -> None:
    """Four visits of five name one of 16 cookies alone: 480 of 600."""
    for number, row in enumerate(tables["web_events"]):
        row["visitor_id"] = f"cookie-{number % 16}"
        if number % 5:
            row["person_id"] = ""


def test_anonymous_visits_are_no_alarm_and_a_hint_where_nothing_can_tie_them(diagnosed: Diagnose) -> None:
    diagnosis = diagnosed(_anonymous)
    gap = only(diagnosis, "anonymous", "web_events")
    assert (gap.rows, gap.of, gap.severity) == (480, 600, "note")
    assert {gap.severity for gap in diagnosis.gaps} == {"note"} and not diagnosis.breaks
    web = next(figures for figures in diagnosis.entities if figures.entity == "web_events")
    assert (web.rows, web.refused, web.anonymous, web.anonymous_tied, web.match_rate) == (600, 0, 480, 0, 0.2)


def test_identifiers_tie_anonymous_visits_and_the_rest_is_counted(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        _anonymous(tables)
        tables["identifiers"] = [
            {
                "identifier_id": "I1",
                "person_id": "P001",
                "kind": "cookie",
                "value": "cookie-3",
                "recorded_at": moment(9),
            }
        ]

    diagnosis = diagnosed(spoil)
    assert not [gap for gap in diagnosis.gaps if gap.kind == "anonymous"]
    web = next(figures for figures in diagnosis.entities if figures.entity == "web_events")
    assert (web.anonymous + web.anonymous_tied, web.anonymous_tied) == (480, 30)
    assert (web.anonymous_share, web.match_rate) == (450 / 600, 150 / 600)


def test_an_action_that_needs_visits_reaches_nobody_where_all_are_anonymous(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        for row in tables["web_events"]:
            row["visitor_id"], row["person_id"] = row["person_id"], ""

    gap = only(diagnosed(spoil), "anonymous", "web_events")
    assert gap.severity == "costly" and "upgrade_interest" in gap.cost.actions


def _lines_of_no_product(tables: Tables) -> None:
    for row in tables["order_lines"][:7]:
        row["product_id"] = "ghost"


def test_a_broken_link_concerns_those_whose_rows_they_are(diagnosed: Diagnose) -> None:
    gap = only(diagnosed(_lines_of_no_product), "no_such", "order_lines")
    assert (gap.rows, gap.of, gap.severity, gap.is_estimate) == (7, 200, "costly", False)
    assert (gap.customers, gap.yearly_jpy) == (7, 7 * 4 * 3000 - 0)  # days 1 to 7 are P001 to P007: 4 orders each
    assert "replenish_reminder" in gap.cost.weakened


def test_a_link_that_stays_broken_stops_a_run(diagnosed: Diagnose) -> None:
    assert only(diagnosed(_lines_of_no_product, overdue={"order_lines": 7}), "no_such").severity == "broken"
    assert only(diagnosed(_lines_of_no_product, overdue={"order_lines": 3}), "no_such").severity == "costly"


def test_rows_of_which_not_one_names_anybody_known_stop_a_run(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        for row in tables["web_events"]:
            row["person_id"] = f"web-{row['person_id']}"

    assert only(diagnosed(spoil), "no_customer", "web_events").severity == "broken"


def test_views_of_unknown_products(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        for row in tables["web_events"][:60]:
            row["product_id"] = "gone"

    diagnosis = diagnosed(spoil)
    gap = only(diagnosis, "dangling", "web_events")
    assert (gap.rows, gap.of, gap.details["to"], gap.details["examples"]) == (60, 600, "products", "gone")
    assert [found.kind for found in diagnosis.breaks] == ["no_product"]


def test_cells_that_cannot_be_read(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        for row in tables["orders"][10:12]:
            row["amount_jpy"] = "three thousand"
        tables["orders"][20]["kind"] = "gift"

    gap = only(diagnosed(spoil), "refused", "orders")
    assert (gap.rows, gap.customers, gap.severity) == (3, 3, "costly")
    assert {example.value for example in gap.examples} == {"three thousand", "gift"}
    assert {example.line for example in gap.examples} == {12, 13, 22}


def test_the_same_key_with_another_content(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        tables["orders"].append({**tables["orders"][0], "amount_jpy": 1})

    diagnosis = diagnosed(spoil)
    assert only(diagnosis, "repeated_key", "orders").rows == 1


def test_the_same_row_twice_counts_once_and_is_no_gap(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        tables["orders"].append(dict(tables["orders"][0]))

    diagnosis = diagnosed(spoil)
    orders = next(figures for figures in diagnosis.entities if figures.entity == "orders")
    assert (orders.rows, orders.told_twice, orders.refused) == (200, 1, 0)


def test_the_same_event_under_another_id(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        again = [{**row, "order_id": f"again-{row['order_id']}"} for row in tables["orders"][:8]]
        tables["orders"] += again
        tables["order_lines"] += [{**row, "order_id": f"again-{row['order_id']}"} for row in tables["order_lines"][:8]]

    gap = only(diagnosed(spoil), "repeats", "orders")
    assert (gap.rows, gap.of, gap.customers) == (8, 208, 8)


@pytest.mark.parametrize(
    ("name", "column"), [("web_events", "happened_at"), ("mail_events", "happened_at"), ("orders", "ordered_at")]
)
def test_a_source_that_fell_silent(diagnosed: Diagnose, name: str, column: str) -> None:
    def spoil(tables: Tables) -> None:
        tables[name] = [row for row in tables[name] if str(row[column]) < moment(12)]
        kept = {row["order_id"] for row in tables["orders"]}
        tables["order_lines"] = [row for row in tables["order_lines"] if row["order_id"] in kept]

    gap = only(diagnosed(spoil), "stale")
    assert gap.entity == name
    assert gap.details["days"] in (12, 13)


def test_an_old_export_is_one_gap_and_not_ten(diagnosed: Diagnose) -> None:
    gap = only(diagnosed(today=date(2027, 2, 1)), "stale")
    assert (gap.entity, gap.details["days"], gap.customers) == ("", 73, PEOPLE)


def test_days_that_are_missing(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        tables["web_events"] = [
            row for row in tables["web_events"] if not moment(90) <= str(row["happened_at"]) < moment(60)
        ]

    gap = only(diagnosed(spoil), "hole", "web_events")
    assert gap.details["days"] in (29, 30)


def test_rows_of_the_future(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        for row in tables["mail_events"][:6]:
            row["happened_at"] = moment(-30)

    gap = only(diagnosed(spoil), "future", "mail_events")
    assert (gap.rows, gap.of) == (6, 200)


def test_an_address_that_is_missing_concerns_those_without(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        for row in tables["persons"][:6]:
            row["email"] = " " if row["person_id"] == "P000" else ""

    gap = only(diagnosed(spoil), "unreachable", "persons")
    assert (gap.column, gap.rows, gap.of) == ("email", 6, 60)
    assert gap.yearly_jpy == 3000 * (3 + 5 * 4)  # P000 ordered on days 60, 120, 180; P001 to P005 four times


def test_nobody_has_an_address(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        for row in tables["persons"]:
            row["email"] = ""

    assert "replenish_reminder" in only(diagnosed(spoil), "unreachable").cost.actions


def test_customers_with_one_mail_address(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        for number, row in enumerate(tables["persons"][:8]):
            row["email"] = ("One@mail.example", "one@mail.example ", "two@mail.example")[number % 3]

    gap = only(diagnosed(spoil), "same_person")
    assert (gap.customers, gap.details["people"], gap.rows) == (8, 2, 6)


def test_a_shared_mailbox_is_nobody(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        for row in tables["persons"][:40]:
            row["email"] = "info@mail.example"

    assert not any(gap.kind == "same_person" for gap in diagnosed(spoil).gaps)


def test_orders_without_lines(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        tables["order_lines"] = tables["order_lines"][20:]

    gap = only(diagnosed(spoil), "no_lines")
    assert (gap.rows, gap.of) == (20, 200)


def test_a_source_that_an_action_cannot_do_without(diagnosed: Diagnose) -> None:
    gap = only(diagnosed(lambda tables: tables.pop("order_lines")), "no_source", "order_lines")
    assert gap.severity == "costly"
    assert set(gap.cost.actions) >= {"replenish_reminder"}
    assert "replenish_due_days" in gap.cost.features
    assert gap.customers == PEOPLE


def test_a_source_that_only_makes_decisions_blind_is_a_note(diagnosed: Diagnose) -> None:
    gap = only(diagnosed(lambda tables: tables.pop("staff_contacts")), "no_source", "staff_contacts")
    assert gap.severity == "note"
    assert "standard_digest" in gap.cost.weakened
    assert gap.cost.actions == ()


def test_a_segment_that_fits_nobody_without_a_source(diagnosed: Diagnose) -> None:
    gap = only(diagnosed(wanted=wishes(segment="points_balance >= 100")), "no_source", "points")
    assert (gap.severity, gap.cost.segment) == ("costly", True)


def test_a_column_that_nobody_ever_filled(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        for row in tables["tickets"]:
            row["mood"] = ""

    gap = only(diagnosed(spoil), "never_filled", "tickets")
    assert (gap.column, gap.rows) == ("mood", 119)
    assert "open_unhappy_tickets" in gap.cost.features


def test_no_customers_at_all(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        tables["persons"] = [{**tables["persons"][0], "language": "xx"}]

    diagnosis = diagnosed(spoil)
    assert only(diagnosis, "no_customers").severity == "broken"
    assert diagnosis.customers == 0


@pytest.mark.parametrize(
    ("spoil", "kind", "entity"),
    [
        (lambda tables: tables.pop("orders"), "no_file", "orders"),
        (lambda tables: [row.pop("amount_jpy") for row in tables["orders"]], "no_column", "orders"),
        (
            lambda tables: [row.update(amount_jpi=row.pop("amount_jpy")) for row in tables["orders"]],
            "misnamed",
            "orders",
        ),
    ],
)
def test_a_file_or_column_that_a_run_needs(diagnosed: Diagnose, spoil: Spoil, kind: str, entity: str) -> None:
    diagnosis = diagnosed(spoil)
    assert only(diagnosis, kind, entity).severity == "broken"
    web = next(figures for figures in diagnosis.entities if figures.entity == "web_events")
    assert web.rows == 600  # the rest is diagnosed all the same


def test_a_file_that_is_no_text_at_all(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", sound_shop())
    (folder / "tickets.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe" * 50)
    diagnosis = diagnosis_of(folder)
    assert diagnosis.must_mend >= 1
    assert {gap.entity for gap in diagnosis.gaps if gap.severity == "broken"} == {"tickets"}


def test_what_stops_a_run_comes_first_then_what_brings_most(diagnosed: Diagnose) -> None:
    def spoil(tables: Tables) -> None:
        _lines_of_no_product(tables)
        tables["persons"][0]["email"] = tables["persons"][1]["email"] = ""
        tables["web_events"] = [row for row in tables["web_events"] if str(row["happened_at"]) < moment(12)]

    order = [
        (gap.severity, gap.kind) for gap in diagnosed(spoil, overdue={"order_lines": 7}).gaps if gap.severity != "note"
    ]
    assert order[0] == ("broken", "no_such")
    assert [kind for _, kind in order].index("stale") < [kind for _, kind in order].index("unreachable")


def test_accounts_without_anybody_to_write_to(tmp_path: Path) -> None:
    accounts = [
        {"account_id": f"A{n}", "company_name": f"架空{n}社", "industry": "", "employees": "", "country": "",
         "created_on": "2026-01-10", "acquisition_source": "", "rep_id": "R1", "language": "ja"}
        for n in range(20)
    ]  # fmt: skip
    contacts = [
        {"contact_id": f"C{n}", "account_id": f"A{n}", "full_name": "架空", "email": f"c{n}@mail.example",
         "job_title": "", "is_primary": "true", "language": "ja", "created_on": "2026-01-10"}
        for n in range(15)
    ]  # fmt: skip
    subscriptions = [
        {"subscription_id": f"S{n}", "account_id": f"A{n}", "plan": "team", "monthly_price_jpy": 1000,
         "started_on": "2026-01-10", "renews_on": "2027-01-10", "cancelled_on": ""}
        for n in range(20)
    ]  # fmt: skip
    tables: Tables = {
        "reps": sound_shop()["reps"], "accounts": [*accounts], "contacts": [*contacts],
        "subscriptions": [*subscriptions],
    }  # fmt: skip
    diagnosis = diagnosis_of(write(tmp_path / "data", tables), unit="account", model="subscription")
    gap = only(diagnosis, "nobody_to_write_to")
    assert (gap.rows, gap.of, gap.yearly_jpy) == (5, 20, 5 * 12 * 1000)
    assert diagnosis.yearly_jpy == 20 * 12 * 1000


def test_nothing_is_written_beside_the_sources(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", {**sound_shop(), "orders": []})
    (folder / "orders.csv").unlink()
    before = sorted(path.name for path in folder.iterdir())
    diagnosis = diagnosis_of(folder)
    assert sorted(path.name for path in folder.iterdir()) == before
    assert [(each.kind, each.entity) for each in diagnosis.gaps if each.severity == "broken"] == [("no_file", "orders")]

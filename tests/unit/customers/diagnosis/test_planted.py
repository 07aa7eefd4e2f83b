"""A sound company has no false alarm; one that was spoilt in many ways at once has each of them, with its figure."""

import pytest
from kizuna.domain.diagnosis import Diagnosis, Gap

from .conftest import Tables, diagnosis_of, moment, sound_shop, write


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Diagnosis:
    return diagnosis_of(write(tmp_path_factory.mktemp("sound") / "data", sound_shop()))


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Diagnosis:
    return diagnosis_of(write(tmp_path_factory.mktemp("spoilt") / "data", spoilt_shop()))


def spoilt_shop() -> Tables:
    tables = sound_shop()
    for number, row in enumerate(tables["web_events"]):
        if number % 5 == 0:
            row["person_id"] = f"cookie-{number % 40}" if number % 10 else ""
    tables["identifiers"] = [
        {"identifier_id": "I1", "person_id": "P001", "kind": "cookie", "value": "cookie-5", "recorded_at": moment(9)}
    ]
    for row in tables["order_lines"][:7]:
        row["product_id"] = "ghost"
    tables["orders"][30]["amount_jpy"] = "three thousand"
    tables["orders"] += [{**row, "order_id": f"again-{row['order_id']}"} for row in tables["orders"][:8]]
    again = [row["order_id"] for row in tables["orders"][-8:]]
    tables["order_lines"] += [
        {"order_id": order, "product_id": "soap", "quantity": 3, "unit_price_jpy": 1000} for order in again
    ]
    tables["mail_events"] = [row for row in tables["mail_events"] if str(row["happened_at"]) < moment(12)]
    tables["store_visits"] = [
        row for row in tables["store_visits"] if not moment(90) <= str(row["visited_at"]) < moment(60)
    ]
    for row in tables["persons"][:6]:
        row["email"] = ""
    for row in tables["tickets"]:
        row["mood"] = ""
    for row in tables["staff_contacts"][:6]:
        row["happened_at"] = moment(-30)
    return tables


def gap(diagnosis: Diagnosis, kind: str, entity: str, to: str = "") -> Gap:
    found = [
        each
        for each in diagnosis.gaps
        if (each.kind, each.entity) == (kind, entity) and to in ("", each.details.get("to"))
    ]
    assert len(found) == 1, [(each.kind, each.entity, each.column) for each in diagnosis.gaps]
    return found[0]


def test_a_sound_company_has_no_false_alarm(sound: Diagnosis) -> None:
    assert [gap for gap in sound.gaps if gap.severity != "note"] == []
    assert sound.breaks == ()
    assert sound.must_mend == 0


def test_the_figures_of_a_sound_company_equal_a_hand_count(sound: Diagnosis) -> None:
    assert (sound.customers, sound.yearly_jpy) == (60, 200 * 3000)
    entities = {figures.entity: figures for figures in sound.entities}
    web, orders = entities["web_events"], entities["orders"]
    assert (web.rows, web.customers, web.customer_share, web.match_rate) == (600, 60, 1.0, 1.0)
    assert orders.freshness is not None
    assert (orders.freshness.days_since, orders.freshness.usual_gap_days) == (1, 1)
    channels = {channel.channel: channel for channel in sound.channels}
    assert (channels["store"].customers, channels["store"].rows) == (30, 200)
    assert (channels["mail"].reachable, channels["letter"].reachable, channels["phone"].reachable) == (60, 60, 0)
    steps = {(step.before, step.after): step for step in sound.steps}
    assert (steps["web", "store"].both, steps["store", "order"].both, steps["store", "order"].known) == (30, 30, 0.5)


@pytest.mark.parametrize(
    ("kind", "entity", "to", "rows", "of"),
    [
        ("no_customer", "web_events", "", 120, 600),
        ("no_such", "order_lines", "products", 7, 208),
        ("no_such", "order_lines", "orders", 1, 208),  # of the order that can't be read
        ("refused", "orders", "", 1, 208),
        ("repeats", "orders", "", 8, 207),
        ("stale", "mail_events", "", 0, 0),
        ("hole", "store_visits", "", 0, 0),
        ("unreachable", "persons", "", 6, 60),
        ("never_filled", "tickets", "", 119, 119),
        ("future", "staff_contacts", "", 6, 109),
    ],
)
def test_each_planted_gap_is_found_with_its_figure(
    spoilt: Diagnosis, kind: str, entity: str, to: str, rows: int, of: int
) -> None:
    found = gap(spoilt, kind, entity, to)
    assert (found.rows, found.of) == (rows, of)


def test_strangers_and_those_that_identifiers_tie(spoilt: Diagnosis) -> None:
    found = gap(spoilt, "no_customer", "web_events")
    assert (found.details["strangers"], found.details["tied"]) == (4, 1)  # cookie-5, -15, -25 and -35
    assert [(each.kind, each.at, each.count) for each in spoilt.breaks if each.at == "web"] == [
        ("no_customer", "web", 120)
    ]


def test_what_stops_a_run_stands_first_and_is_counted(spoilt: Diagnosis) -> None:
    severities = [each.severity for each in spoilt.gaps]
    assert severities == sorted(severities, key=["broken", "costly", "note"].index)
    assert spoilt.must_mend == severities.count("broken") == 1


def test_a_broken_link_concerns_those_whose_rows_they_are(spoilt: Diagnosis) -> None:
    found = gap(spoilt, "no_such", "order_lines", "products")
    assert (found.customers, found.is_estimate) == (7, False)
    assert found.yearly_jpy == (7 * 4 + 7) * 3000  # each ordered four times in a year, and one order is told twice
    assert "replenish_reminder" in found.cost.weakened

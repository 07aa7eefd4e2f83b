from collections.abc import Callable
from datetime import UTC, date, datetime

import numpy as np
import pytest
from kizuna.customers import outcomes
from kizuna.customers.ingest import Customers
from kizuna.customers.people import Unit, read_people

OpenCompany = Callable[..., Customers]
START, END = date(2026, 8, 1), datetime(2026, 11, 1, tzinfo=UTC)
NAN = float("nan")


def accounts(**subscription: dict[str, object]) -> dict[str, list[dict[str, object]]]:
    return {
        "accounts": [{"account_id": unit} for unit in subscription],
        "contacts": [{"contact_id": f"C-{unit}", "account_id": unit} for unit in subscription],
        "subscriptions": [
            {"subscription_id": f"S-{unit}", "account_id": unit, **terms} for unit, terms in subscription.items()
        ],
    }


@pytest.fixture
def company(open_company: OpenCompany) -> Customers:
    return open_company(
        **accounts(
            stays={},
            left={"cancelled_on": "2026-09-15"},
            leaves_later={"cancelled_on": "2026-11-01"},
            left_before={"cancelled_on": "2026-07-31"},
            new={"started_on": "2026-09-01"},
        ),
        orders=[
            {"account_id": "stays", "ordered_at": "2026-08-01T00:00:00Z", "amount_jpy": 1000},
            {"account_id": "stays", "ordered_at": "2026-10-31T23:59:59Z", "amount_jpy": 200, "kind": "upgrade"},
            {"account_id": "stays", "ordered_at": "2026-11-01T00:00:00Z", "amount_jpy": 30, "kind": "upgrade"},
        ],
        mail_events=[
            {"contact_id": "C-stays", "kind": "sent", "happened_at": "2026-09-01T00:00:00Z"},
            {"contact_id": "C-stays", "kind": "sent", "happened_at": "2026-09-02T00:00:00Z"},
            {"contact_id": "C-stays", "kind": "opened", "happened_at": "2026-09-02T01:00:00Z", "message_id": "m2"},
        ],
        survey_answers=[{"contact_id": "C-left", "answer": "no_time", "comment": "後で"}],
    )


UNITS = ["new", "stays", "nobody", "left_before", "left", "leaves_later"]


def test_retained_is_told_only_of_those_who_were_there(company: Customers) -> None:
    value = outcomes.retained(company, UNITS, START, END)
    np.testing.assert_array_equal(value, [NAN, 1, NAN, NAN, 0, 1])


def test_upgrades_of_the_period_count(company: Customers) -> None:
    np.testing.assert_array_equal(outcomes.upgraded(company, UNITS, START, END), [NAN, 1, NAN, NAN, 0, 0])


def test_margin_of_the_period_has_its_start_and_not_its_end(company: Customers) -> None:
    received = outcomes.margin_received(company, UNITS, START, END, 0.5)
    np.testing.assert_array_equal(received, [0, 600, 0, 0, 0, 0])


def test_price_and_life_at_a_moment(company: Customers) -> None:
    price, alive = outcomes.price_and_alive(company, UNITS, END)
    np.testing.assert_array_equal(price, [32000, 31970, NAN, 32000, 32000, 32000])
    np.testing.assert_array_equal(alive, [1, 1, NAN, 0, 0, 1])


def test_opens_per_mail(company: Customers) -> None:
    np.testing.assert_array_equal(outcomes.opened_share(company, UNITS, START, END), [NAN, 0.5, NAN, NAN, NAN, NAN])


def test_no_units_give_no_values(company: Customers) -> None:
    assert outcomes.retained(company, [], START, END).shape == (0,)


def test_what_happened_is_read_with_its_moment_and_unit(company: Customers) -> None:
    happened = outcomes.read_outcomes(company, START, END)
    assert happened.cancelled_on == {"left": date(2026, 9, 15)}
    assert [(order.unit_id, order.amount_jpy) for order in happened.orders] == [("stays", 1000), ("stays", 200)]
    answer, opened = happened.answers[0], happened.mail_events[-1]
    assert (answer.unit_id, answer.answer, answer.comment) == ("left", "no_time", "後で")
    assert answer.answered_at == datetime(2026, 10, 1, tzinfo=UTC)
    assert (opened.unit_id, opened.kind, opened.message_id) == ("stays", "opened", "m2")
    assert outcomes.read_answers(company, since=END) == []


def test_a_moment_without_a_time_zone_is_refused(company: Customers) -> None:
    with pytest.raises(ValueError, match="time zone"):
        outcomes.read_orders(company, datetime(2026, 1, 1))  # noqa: DTZ001


def test_people_are_read_whole_or_in_chunks(company: Customers) -> None:
    people = read_people(company)
    assert Unit("left", "株式会社ミナト設計", "R01", "ja", active=False) in people.units
    assert [unit.unit_id for unit in people.units if unit.active] == ["new", "stays"]
    assert [len(chunk) for chunk in people.contact_chunks(2)] == [2, 2, 1]
    chunks = people.unit_chunks(1)
    next(chunks)
    assert people.reps[0].works_from == "09:00" and len(people.contacts) == 5
    chunks.close()  # type: ignore[attr-defined]


def test_who_is_active_can_be_told_for_a_day(company: Customers) -> None:
    active = {unit.unit_id for unit in read_people(company, date(2026, 8, 1)).units if unit.active}
    assert active == {"stays", "left", "leaves_later"}


def test_consents_come_by_time(open_company: OpenCompany) -> None:
    rows = [{"state": "withdrawn", "recorded_at": "2026-01-01T00:00:00Z"}, {}]
    consents = read_people(open_company(consents=rows)).consents
    assert [consent.state for consent in consents] == ["granted", "withdrawn"]
    assert consents[0].recorded_at == datetime(2025, 1, 10, tzinfo=UTC)

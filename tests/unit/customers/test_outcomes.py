from collections.abc import Callable
from datetime import UTC, date, datetime

import numpy as np
import pytest
from kizuna.customers import outcomes
from kizuna.customers.news import read_news
from kizuna.customers.opening import Customers
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


def test_without_contracts_retained_is_who_orders_in_the_period(open_persons: OpenCompany) -> None:
    customers = open_persons(
        persons=[{"person_id": unit} for unit in ("again", "lapsed", "never", "quiet")],
        orders=[
            {"person_id": unit, "ordered_at": moment}
            for unit, moment in [
                ("again", "2026-07-31T00:00:00Z"),
                ("again", "2026-10-31T23:59:59Z"),
                ("quiet", "2025-08-01T00:00:00Z"),
                ("lapsed", "2025-07-31T23:59:59Z"),
                ("lapsed", "2026-09-01T00:00:00Z"),
            ]
        ],
    )
    value = outcomes.retained(customers, ["again", "lapsed", "never", "quiet", "nobody"], START, END)
    np.testing.assert_array_equal(value, [1, NAN, NAN, 0, NAN])


def test_an_order_is_what_somebody_chose_to_pay_and_no_running_invoice(open_persons: OpenCompany) -> None:
    units = ["adds", "back", "invoiced", "refunded", "early"]
    customers = open_persons(
        model="subscription",
        persons=[{"person_id": unit} for unit in units],
        subscriptions=[
            {
                "subscription_id": f"S-{unit}",
                "person_id": unit,
                **({"started_on": "2026-09-01"} if unit == "back" else {}),
            }
            for unit in units
        ],
        orders=[
            {"person_id": "adds", "kind": "add_on", "ordered_at": "2026-08-01T00:00:00Z"},
            {"person_id": "back", "kind": "subscription", "ordered_at": "2026-09-01T00:00:00Z"},
            {"person_id": "invoiced", "kind": "subscription", "ordered_at": "2026-09-01T00:00:00Z"},
            {"person_id": "refunded", "kind": "refund", "ordered_at": "2026-09-01T00:00:00Z"},
            {"person_id": "early", "kind": "add_on", "ordered_at": "2026-11-01T00:00:00Z"},
        ],
    )
    np.testing.assert_array_equal(outcomes.ordered(customers, [*units, "nobody"], START, END), [1, 1, 0, 0, 0, NAN])
    assert outcomes.orders_made(customers, ["invoiced", "refunded"], START, END).tolist() == [1, 0]


@pytest.fixture
def recommended(open_persons: OpenCompany) -> Customers:
    """ann recommended bob in the period and cat before it; dan recommended bob too, later."""
    return open_persons(
        persons=[{"person_id": unit} for unit in ("ann", "bob", "cat", "dan")],
        referrals=[
            {"person_id": "ann", "referred_person_id": "bob", "referred_at": "2026-08-10T00:00:00Z"},
            {"person_id": "ann", "referred_person_id": "cat", "referred_at": "2026-07-01T00:00:00Z"},
            {"person_id": "dan", "referred_person_id": "bob", "referred_at": "2026-08-20T00:00:00Z"},
            {"person_id": "dan", "referred_person_id": "dan", "referred_at": "2026-08-21T00:00:00Z"},
        ],
        orders=[
            {"person_id": "ann", "ordered_at": "2026-08-05T00:00:00Z", "amount_jpy": 100},
            {"person_id": "bob", "ordered_at": "2026-08-09T00:00:00Z", "amount_jpy": 1},
            {"person_id": "bob", "ordered_at": "2026-08-11T00:00:00Z", "amount_jpy": 1000},
            {"person_id": "bob", "ordered_at": "2026-09-11T00:00:00Z", "amount_jpy": 300, "kind": "refund"},
            {"person_id": "bob", "ordered_at": "2027-08-11T00:00:00Z", "amount_jpy": 7},
            {"person_id": "cat", "ordered_at": "2026-08-11T00:00:00Z", "amount_jpy": 50},
        ],
    )


def test_who_recommended_us_in_the_period(recommended: Customers) -> None:
    value = outcomes.referred(recommended, ["ann", "bob", "dan", "nobody"], date(2026, 8, 1), date(2026, 8, 15))
    np.testing.assert_array_equal(value, [1, 0, 0, NAN])


def test_the_first_years_margin_of_who_was_recommended_counts_for_who_did_it_first(recommended: Customers) -> None:
    units = ["ann", "bob", "cat", "dan"]
    received = outcomes.margin_received(recommended, units, START, END, 0.5)
    assert received.tolist() == [50 + 350, 350.5, 25, 0]
    later = outcomes.margin_received(recommended, units, START, date(2028, 1, 1), 0.5)
    assert later.tolist() == [50 + 350, 354, 25, 0]


def test_news_of_orders_visits_and_contacts_come_once_each(open_persons: OpenCompany) -> None:
    customers = open_persons(
        model="subscription",
        subscriptions=[{"started_on": "2026-09-01"}],
        orders=[
            {"kind": "subscription", "ordered_at": "2026-09-01T01:00:00Z"},
            {"kind": "subscription", "ordered_at": "2026-10-01T01:00:00Z"},
            {"kind": "add_on", "ordered_at": "2026-10-05T01:00:00Z"},
            {"kind": "add_on", "ordered_at": "2026-07-05T01:00:00Z"},
        ],
        web_events=[{"happened_at": f"2026-10-02T{clock}Z"} for clock in ("09:10:00", "09:50:00", "11:00:00")],
        app_events=[{"happened_at": "2026-10-02T09:05:00Z"}],
        store_visits=[{"visited_at": "2026-10-03T09:05:00Z"}],
        staff_contacts=[{}],
        tickets=[{"channel": "chat"}],
    )
    since = datetime(2026, 8, 1, tzinfo=UTC)
    news = read_news(customers, {"visited", "ordered", "contacted"}, since)
    assert [(n.kind, n.value, n.happened_at.strftime("%m-%d %H:%M")) for n in news] == [
        ("contacted", "chat", "11-01 01:00"),
        ("contacted", "phone", "11-02 01:00"),
        ("ordered", "subscription", "09-01 01:00"),
        ("ordered", "add_on", "10-05 01:00"),
        ("visited", "app", "10-02 09:05"),
        ("visited", "web", "10-02 11:00"),
        ("visited", "store", "10-03 09:05"),
    ]
    assert len({n.news_id for n in news}) == len(news) and {n.contact_id for n in news} == {"P1"}
    assert read_news(customers, [], since) == []


def test_news_of_an_account_reach_its_main_contact(open_company: OpenCompany) -> None:
    contacts = [{"is_primary": "false"}, {"contact_id": "C2"}, {"contact_id": "C3"}]
    customers = open_company(contacts=contacts, orders=[{"kind": "add_on"}])
    assert [n.contact_id for n in read_news(customers, ["ordered"], datetime(2026, 1, 1, tzinfo=UTC))] == ["C2"]

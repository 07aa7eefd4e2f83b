"""What the models of value read: purchases, contract months, and who was won at what cost."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from kizuna.customers.acquired import read_acquired
from kizuna.customers.buying import read_buying
from kizuna.customers.contracts import first_start, read_contract_months
from kizuna.customers.opening import Customers

OpenCompany = Callable[..., Customers]
NOW, BEFORE = date(2026, 11, 1), date(2026, 8, 3)


def order(unit: str, day: str, amount: int, kind: str = "purchase") -> dict[str, object]:
    return {"account_id": unit, "ordered_at": f"{day}T03:00:00Z", "amount_jpy": amount, "kind": kind}


def accounts(**terms: dict[str, object]) -> dict[str, list[dict[str, object]]]:
    """Accounts with a contact and a subscription each; `source` and `since` are the account's own."""
    return {
        "accounts": [
            {"account_id": u, "acquisition_source": t.pop("source", ""), "created_on": t.pop("since", "2025-01-10")}
            for u, t in terms.items()
        ],
        "contacts": [{"contact_id": f"C-{u}", "account_id": u} for u in terms],
        "subscriptions": [{"subscription_id": f"S-{u}", "account_id": u, **t} for u, t in terms.items()],
    }


def test_purchases_are_told_as_they_were_known_on_each_day(open_company: OpenCompany) -> None:
    customers = open_company(
        **accounts(often={}, once={}, later={}, never={}),
        orders=[
            order("often", "2026-07-04", 1000),
            order("often", "2026-07-24", 3000),
            order("often", "2026-07-24", 1000),  # the same day: one purchase
            order("often", "2026-08-03", 500),  # on the day itself: not known yet
            order("often", "2026-08-20", 300, "refund"),
            order("once", "2026-06-01", 700),
            order("later", "2026-10-01", 900),
        ],
    )
    buying = read_buying(customers, [NOW, BEFORE], 90)
    assert buying.unit_ids == ["later", "often", "once"] and buying.days == (NOW, BEFORE)
    assert buying.first_day == date(2026, 6, 1)
    assert buying.orders_per_purchase == pytest.approx(6 / 5)
    assert buying.kept_share == pytest.approx(1 - 300 / 7100)
    then, now = buying.at[1], buying.at[0]
    assert then.purchases.tolist() == [0, 2, 1]
    assert np.isnan(then.age[0]) and then.age[1:].tolist() == [30, 63]
    assert then.last.tolist() == [0, 20, 0] and then.mean_paid[1] == 2500
    assert then.later_purchases.tolist() == [1, 1, 0] and then.later_paid.tolist() == [900, 200, 0]
    assert now.purchases.tolist() == [1, 3, 1] and now.later_purchases.tolist() == [0, 0, 0]


def test_who_only_sent_something_back_never_bought(open_company: OpenCompany) -> None:
    customers = open_company(**accounts(odd={}), orders=[order("odd", "2026-07-04", 100, "refund")])
    buying = read_buying(customers, [NOW], 90)
    assert buying.unit_ids == [] and buying.first_day is None and buying.kept_share == 1.0


def test_each_month_of_a_contract_is_counted_once_in_the_stretch_that_holds_it(open_company: OpenCompany) -> None:
    """Months of 30 days: `stays` lives through them all, `goes` leaves in its third."""
    customers = open_company(
        **accounts(stays={"started_on": "2026-01-01"}, goes={"started_on": "2026-01-01", "cancelled_on": "2026-03-15"})
    )
    months = read_contract_months(customers, date(2026, 1, 1), [date(2026, 4, 1), date(2026, 6, 30)], 30.0)
    found = list(zip(months.stretch, months.month, months.began, months.left, strict=True))
    assert found == [(0, 1, 2, 0), (0, 2, 2, 0), (0, 3, 2, 1), (1, 4, 1, 0), (1, 5, 1, 0), (1, 6, 1, 0)]
    assert first_start(customers) == date(2026, 1, 1)


def test_a_month_counts_by_when_it_would_have_ended(open_company: OpenCompany) -> None:
    """Who leaves early in a month that no stretch holds whole is not counted, as those who stay are not."""
    customers = open_company(**accounts(goes={"started_on": "2026-01-20", "cancelled_on": "2026-03-25"}))
    months = read_contract_months(customers, date(2026, 1, 1), [date(2026, 4, 1), date(2026, 6, 30)], 30.0)
    assert list(zip(months.month, months.began, months.left, strict=True)) == [(1, 1, 0), (2, 1, 0)]


def test_the_hazard_of_simulated_contracts_is_found_in_the_counts(open_company: OpenCompany) -> None:
    rng = np.random.default_rng(2)
    lives = rng.geometric(0.1, 400)
    start = date(2024, 1, 1)
    terms = {
        f"a{n}": {"started_on": start, "cancelled_on": date.fromordinal(start.toordinal() + int(30 * life) - 10)}
        for n, life in enumerate(lives)
    }
    customers = open_company(**accounts(**terms))
    months = read_contract_months(customers, start, [date(2025, 1, 1), date(2026, 1, 1)], 30.0)
    assert months.left.sum() / months.began.sum() == pytest.approx(0.1, abs=0.015)
    assert months.began[months.month == 1].sum() == 400


def test_a_source_is_who_it_won_in_the_months_whose_cost_is_known(open_company: OpenCompany) -> None:
    customers = open_company(
        **accounts(
            early={"source": "ads", "since": "2026-07-31"},
            won={"source": "ads", "since": "2026-08-05"},
            friend={"source": "friends", "since": "2026-08-05"},
        ),
        acquisition_costs=[
            {"acquisition_source": "ads", "month": "2026-08-01", "cost_jpy": 5000},
            {"acquisition_source": "ads", "month": "2026-09-01", "cost_jpy": 3000},
            {"acquisition_source": "ads", "month": "2026-11-01", "cost_jpy": 9000},  # not over yet
            {"acquisition_source": "tv", "month": "2026-08-01", "cost_jpy": 100},
        ],
    )
    ads, tv = read_acquired(customers, date(2026, 11, 15))
    assert (ads.source, ads.unit_ids, ads.months, ads.cost_jpy) == ("ads", ["won"], 2, 8000)
    assert (tv.source, tv.unit_ids, tv.cost_jpy) == ("tv", [], 100)

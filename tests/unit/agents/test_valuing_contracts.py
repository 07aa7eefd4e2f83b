"""Contracts whose risk falls with tenure: the company's own months say so, and their value follows."""

import json
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from kizuna.agents.valuing_contracts import Staying, contract_values, fit_staying, staying_of
from kizuna.customers.opening import Customers, open_sources
from kizuna.customers.table import FeatureTable
from kizuna.decisioning.value.survival import model_from
from kizuna.domain.brief import Business

from ..customers.conftest import write_sources

AS_OF = date(2026, 11, 1)
BUSINESS = Business(model="subscription", margin="50 %", churn_window="30d", annual_discount="0 %")


def workspace(*protected: str) -> Any:
    return SimpleNamespace(brief=SimpleNamespace(business=BUSINESS), protected=frozenset(protected))


def falling(folder: Path) -> Customers:
    """1,500 contracts begun over three years; each leaves with a monthly chance of its own, Beta(0.6, 3)."""
    rng = np.random.default_rng(6)
    chance = rng.beta(0.6, 3.0, 1500)
    began = [AS_OF - timedelta(days=int(d)) for d in rng.uniform(0, 1090, 1500)]
    ends = [b + timedelta(days=int(30.4 * min(rng.geometric(c), 100)) - 5) for b, c in zip(began, chance, strict=True)]
    units = [f"a{n}" for n in range(1500)]
    write_sources(
        folder,
        accounts=[
            {"account_id": u, "acquisition_source": ("web", "shop")[n % 2], "created_on": began[n]}
            for n, u in enumerate(units)
        ],
        contacts=[{"contact_id": f"C{u}", "account_id": u} for u in units],
        subscriptions=[
            {
                "subscription_id": f"S{u}", "account_id": u, "started_on": began[n], "renews_on": "2027-01-01",
                "cancelled_on": ends[n] if ends[n] < AS_OF else "",
            }
            for n, u in enumerate(units)
        ],
    )  # fmt: skip
    return open_sources(folder, faulty_rows_allowed=0.0)


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with falling(tmp_path_factory.mktemp("falling")) as opened:
        yield opened


def two_contracts() -> FeatureTable:
    """A new one and one of two years, of the same price and the same risk; and one that has ended."""
    return FeatureTable(
        ["new", "old", "gone"],
        {
            "is_active": np.array([1.0, 1.0, 0.0]),
            "monthly_price_jpy": np.array([1000.0, 1000.0, 1000.0]),
            "tenure_days": np.array([0.0, 730.0, 400.0]),
            "acquisition_source": np.array(["web", "web", None], dtype=object),
            "industry": np.array([None, None, None], dtype=object),
        },
    )


def test_the_falling_risk_is_found_checked_and_used(customers: Customers) -> None:
    staying = fit_staying(workspace(), customers, AS_OF)
    record = staying.record
    assert record["why"] == "chosen" and record["model"] in ("sbg", "by_tenure")
    assert abs(record["check"]["total_error"]) < 0.25
    assert record["check"]["deviance"] < record["fallback_check"]["deviance"]
    hazards = [at["hazard"] for at in record["hazard"]]
    assert hazards == sorted(hazards, reverse=True) and hazards[0] > 2 * hazards[-1]
    assert model_from(record["parameters"]) == staying.model
    kept = staying_of(json.loads(json.dumps(record)))
    assert kept.model == staying.model and set(kept.columns) <= set(staying.columns)
    assert staying_of({}).model is None is staying_of(record | {"model": "constant"}).model
    risk = np.array([0.1, 0.1, 0.1])
    told = contract_values(workspace(), two_contracts(), risk, staying, tells=True)
    plain = contract_values(workspace(), two_contracts(), risk, Staying(None, (), {}), tells=True)
    assert np.isnan(told[2]) and np.isnan(plain[2]) and plain[0] == plain[1]
    assert told[0] > 1.1 * plain[0] and plain[1] < told[1] < told[0]
    by_tenure = contract_values(workspace(), two_contracts(), risk, staying, tells=False)
    assert by_tenure[1] > 1.2 * by_tenure[0]


def test_a_protected_feature_stays_out(customers: Customers) -> None:
    assert any(
        column.startswith("acquisition_source=") for column in fit_staying(workspace(), customers, AS_OF).columns
    )
    assert fit_staying(workspace("acquisition_source", "industry"), customers, AS_OF).columns == ()

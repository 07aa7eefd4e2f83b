"""Scores of a shop's customers against a simulated population whose rates are known."""

import csv
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from kizuna.agents.predicting import ORDER_FEATURES, telling_features
from kizuna.agents.scoring import open_customers, score_units
from kizuna.agents.workspace import open_workspace
from kizuna.agents.worth import chance_of_loss
from kizuna.customers.outcomes import orders_made
from kizuna.customers.people import read_people
from kizuna.customers.table import FeatureTable

AS_OF = date(2026, 1, 1)
WINDOW = 90
DAYS = 1100
PEOPLE = 3000


def simulate(rng: np.random.Generator) -> list[tuple[int, float, float]]:
    """(person, day, amount): Poisson orders at gamma rates until a random end, from a first order on."""
    orders: list[tuple[int, float, float]] = []
    for person in range(PEOPLE):
        rate, usual = rng.gamma(1.3, 1 / 60), rng.lognormal(8.3, 0.4)
        at = rng.uniform(0, DAYS - 30)
        end = min(at + rng.exponential(500), DAYS + WINDOW)
        while at < end:
            orders.append((person, at, usual * rng.lognormal(0, 0.3)))
            at += rng.exponential(1 / rate)
    return orders


def write_shop(folder: Path, orders: list[tuple[int, float, float]]) -> None:
    first = datetime.combine(AS_OF, datetime.min.time(), UTC) - timedelta(days=DAYS)
    joined = {person: first + timedelta(days=day) for person, day, _ in reversed(orders)}
    (folder / "data").mkdir()
    with (folder / "data/persons.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["person_id", "full_name", "email", "language", "created_on"])
        writer.writerows([f"P{p:05}", f"客{p}", "", "ja", at.date()] for p, at in sorted(joined.items()))
    with (folder / "data/orders.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["order_id", "person_id", "ordered_at", "kind", "amount_jpy"])
        for number, (person, day, amount) in enumerate(orders):
            at = first + timedelta(days=day)
            writer.writerow([number, f"P{person:05}", at.strftime("%Y-%m-%dT%H:%M:%SZ"), "purchase", round(amount)])


def write_brief(folder: Path) -> Path:
    brief = yaml.safe_load(files("kizuna.examples.saas").joinpath("brief.yaml").read_text("utf-8"))
    business = {"model": "transactions", "margin": "40 %", "churn_window": f"{WINDOW}d", "ltv_months": 24}
    brief |= {"unit": "person", "segment": "is_active", "business": business, "playbooks": ["usage_digest"]}
    path = folder / "brief.yaml"
    path.write_text(yaml.safe_dump(brief, allow_unicode=True), "utf-8")
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("shop")
    write_shop(folder, simulate(np.random.default_rng(5)))
    workspace = open_workspace(write_brief(folder))
    with open_customers(workspace) as customers:
        scored = score_units(workspace, customers, AS_OF)
        made = orders_made(customers, scored.table.unit_ids, AS_OF, AS_OF + timedelta(days=WINDOW))
        active = [unit.active for unit in read_people(customers, AS_OF).units]
        telling = telling_features(customers, scored.table)
    workspace.store.close()
    return {
        "table": scored.table, "model": scored.model, "made": made, "workspace": workspace, "active": active,
        "telling": telling,
    }  # fmt: skip


def column(shop: dict[str, Any], name: str) -> np.ndarray:
    table: FeatureTable = shop["table"]
    return table.columns[name]


def test_the_orders_expected_of_all_are_about_those_that_come(shop: dict[str, Any]) -> None:
    expected, made = column(shop, "expected_orders"), shop["made"]
    assert expected.sum() == pytest.approx(made.sum(), rel=0.15)
    lapsed = column(shop, "is_active") == 0
    assert lapsed.sum() > 300
    assert expected[lapsed].sum() == pytest.approx(made[lapsed].sum(), rel=0.5)


def test_each_fifth_by_expected_orders_orders_about_so_much(shop: dict[str, Any]) -> None:
    expected, made = column(shop, "expected_orders"), shop["made"]
    for rows in np.array_split(np.argsort(expected), 5)[1:]:
        assert expected[rows].mean() == pytest.approx(made[rows].mean(), rel=0.35, abs=0.05)


def test_the_risk_is_not_to_order_in_the_window_and_known_of_active_ones_only(shop: dict[str, Any]) -> None:
    active, risk = column(shop, "is_active") == 1, column(shop, "churn_risk")
    assert not shop["model"]["is_fallback"] and shop["model"]["auc"] > 0.7
    assert risk[active].mean() == pytest.approx((shop["made"][active] == 0).mean(), abs=0.05)
    assert np.isnan(risk[~active]).all()
    assert set(shop["telling"]) < set(ORDER_FEATURES) and "views_30d" not in shop["telling"]


def test_who_lapsed_is_worth_a_little_and_who_orders_most_is_worth_most(shop: dict[str, Any]) -> None:
    active, value, ranks = column(shop, "is_active") == 1, column(shop, "ltv_jpy"), column(shop, "ltv_rank")
    assert (value[~active] > 0).all() and value[~active].mean() < 0.3 * value[active].mean()
    assert set(ranks[~active]) == {"standard"} and "high" in set(ranks[active])
    assert value[ranks == "high"].min() >= value[active & (ranks != "high")].max()
    assert np.corrcoef(value, shop["made"])[0, 1] > 0.5


def test_active_means_the_same_to_features_and_to_people(shop: dict[str, Any]) -> None:
    assert (column(shop, "is_active") == 1).tolist() == shop["active"]


def test_a_shorter_time_without_an_order_is_likelier_and_a_shorter_time_to_leave_is_less_likely(
    shop: dict[str, Any],
) -> None:
    risk = np.array([0.0, 0.25, 1.0])
    assert chance_of_loss(shop["workspace"], risk, WINDOW).tolist() == risk.tolist()
    assert chance_of_loss(shop["workspace"], risk, WINDOW // 2).tolist() == [0.0, 0.5, 1.0]

"""Scores of a shop's customers against a simulated population whose rates are known."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from kizuna.agents.indicators import leading_indicators
from kizuna.agents.levers import find_levers, segment_drivers
from kizuna.agents.measure import ltv_since_enrolment
from kizuna.agents.predicting import ORDER_FEATURES, telling_features
from kizuna.agents.reading import open_customers
from kizuna.agents.scoring import score_units
from kizuna.agents.workspace import open_workspace
from kizuna.agents.worth import chance_of_loss
from kizuna.customers.outcomes import margin_received, orders_made
from kizuna.customers.people import read_people
from kizuna.customers.table import FeatureTable
from kizuna.decisioning.learning.uplift import Belief
from kizuna.decisioning.value.tree import metric_value
from kizuna.domain.brief import Metric
from kizuna.inbox.value import print_value
from kizuna.service.valuing import value_view
from kizuna.service.worth import RANKS
from kizuna.store.tables import UnitGroupRow
from rich.console import Console

AS_OF = date(2026, 1, 1)
WINDOW = 90
DAYS = 1100
PEOPLE = 3000
SOURCES = ("friends", "ads")
COSTS = {"ads": 1_200_000, "friends": 40_000}  #: JPY a month


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
        writer.writerow(["person_id", "full_name", "email", "language", "created_on", "acquisition_source"])
        writer.writerows(
            [f"P{p:05}", f"客{p}", "", "ja", at.date(), SOURCES[p % 2]] for p, at in sorted(joined.items())
        )
    with (folder / "data/acquisition_costs.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["acquisition_source", "month", "cost_jpy"])
        months = [f"{2023 + m // 12}-{m % 12 + 1:02}-01" for m in range(36)]
        writer.writerows([source, month, cost] for source, cost in COSTS.items() for month in months)
    with (folder / "data/orders.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["order_id", "person_id", "ordered_at", "kind", "amount_jpy"])
        for number, (person, day, amount) in enumerate(orders):
            at = first + timedelta(days=day)
            writer.writerow([number, f"P{person:05}", at.strftime("%Y-%m-%dT%H:%M:%SZ"), "purchase", round(amount)])


def write_brief(folder: Path) -> Path:
    brief = yaml.safe_load(files("kizuna.examples.saas").joinpath("brief.yaml").read_text("utf-8"))
    business = {"model": "transactions", "margin": "40 %", "churn_window": f"{WINDOW}d", "ltv_months": 24}
    brief |= {"unit": "person", "segment": "is_active", "business": business, "playbooks": ["buy_more", "come_again"]}
    brief["playbook_folder"] = "playbooks"
    (folder / "playbooks").mkdir()
    digest = yaml.safe_load(files("kizuna.playbooks").joinpath("usage_digest.yaml").read_text("utf-8"))
    for name, lever in (("buy_more", "order_value"), ("come_again", "frequency")):
        value = {**digest["value"], "outcome": "ordered_30d"}
        own = {**digest, "action": name, "lever": lever, "value": value, "when": "is_active and orders_total >= 2"}
        (folder / f"playbooks/{name}.yaml").write_text(yaml.safe_dump(own, allow_unicode=True), "utf-8")
    path = folder / "brief.yaml"
    path.write_text(yaml.safe_dump(brief, allow_unicode=True), "utf-8")
    return path


def enrolled(unit_ids: list[str]) -> dict[str, UnitGroupRow]:
    at = datetime.combine(AS_OF, datetime.min.time(), UTC)
    row = {"campaign": "x", "group": "policy", "enrolled_at": at, "cycle": 1}
    return {u: UnitGroupRow(**row, unit_id=u, baseline_ltv_jpy=0.0, baseline_churn_risk=0.0) for u in unit_ids}


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
        unit_ids = scored.table.unit_ids[::7]
        until = datetime(2026, 2, 1, tzinfo=UTC)
        lived = ltv_since_enrolment(workspace, customers, scored.table, enrolled(unit_ids), unit_ids, until)
        received = margin_received(customers, unit_ids, AS_OF, until, 0.4)
    view = value_view(workspace)
    workspace.store.close()
    return {
        "table": scored.table, "model": scored.model, "made": made, "workspace": workspace, "active": active,
        "telling": telling, "lived": lived, "received": received, "view": view,
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
        assert expected[rows].mean() == pytest.approx(made[rows].mean(), rel=0.35, abs=0.08)


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


def test_the_value_since_enrolment_is_what_came_in_and_what_is_expected(shop: dict[str, Any]) -> None:
    rest = column(shop, "ltv_jpy")[::7]
    assert shop["received"].sum() > 0
    assert shop["lived"] == pytest.approx(shop["received"] + rest)


def test_the_average_customer_of_a_shop_is_told_by_orders(shop: dict[str, Any]) -> None:
    drivers = segment_drivers(shop["workspace"], shop["table"], column(shop, "is_active") == 1)
    assert 3000 < drivers.order_value_jpy < 6000 and drivers.upgrade_value_jpy == 0
    in_a_month = column(shop, "expected_orders")[column(shop, "is_active") == 1].mean() * 30.4 / WINDOW
    assert drivers.orders_per_month == pytest.approx(in_a_month) and 0.9 < drivers.monthly_retention < 1.0
    mean_ltv = column(shop, "ltv_jpy")[column(shop, "is_active") == 1].mean()
    assert metric_value(Metric.LTV, drivers) == pytest.approx(mean_ltv, rel=1e-6)


def test_an_action_that_makes_orders_moves_its_lever_in_its_own_unit(shop: dict[str, Any]) -> None:
    table, everybody = shop["table"], column(shop, "is_active") == 1
    beliefs = {name: Belief(0.03, 0.01) for name in ("buy_more", "come_again")}
    potentials, counting = find_levers(shop["workspace"], table, everybody, beliefs)
    change = {potential.lever.value: potential.reachable_change for potential in potentials}
    reached = (column(shop, "orders_total")[everybody] >= 2).mean()
    usual = segment_drivers(shop["workspace"], table, everybody).order_value_jpy
    assert change["frequency"] == pytest.approx(0.03 * reached * 30.4 / 30)
    assert change["order_value"] == pytest.approx(change["frequency"] * usual)
    assert counting == {"frequency", "order_value"} and all(potential.gain > 0 for potential in potentials)


def test_a_shop_shows_orders_and_nothing_of_an_app(shop: dict[str, Any]) -> None:
    table = shop["table"]
    policy = np.arange(len(table)) % 2 == 0
    found = leading_indicators(table, table.unit_ids, policy, by_orders=True)
    assert [indicator["name"] for indicator in found] == ["still_active", "unhappy_ticket_open", "ordered_in_30_days"]
    lately = column(shop, "days_since_last_order") <= 30
    assert found[-1]["policy"] == pytest.approx(lately[policy].mean())
    assert found[0]["difference"]["low"] < found[0]["difference"]["high"]


def test_the_model_of_buying_is_used_because_it_foresaw_the_last_window_better(shop: dict[str, Any]) -> None:
    value = shop["model"]["value"]
    assert (value["why"], value["origins"], value["buyers"]) == ("chosen", 3, PEOPLE)
    assert value["model"] in ("bg", "mbg") and value["family"] == value["model"]
    assert value["check"]["deviance"] < value["fallback_check"]["deviance"]
    assert abs(value["check"]["total_error"]) < 0.1 and abs(value["money_check"]["total_error"]) < 0.15
    deviances = [tried["deviance"] for tried in value["tried"]]
    assert len(deviances) == 4 and deviances == sorted(deviances)


def test_cost_shows_which_source_pays_and_how_much_to_move(shop: dict[str, Any]) -> None:
    ads, friends = shop["model"]["value"]["acquisition"]["sources"]
    shift = shop["model"]["value"]["acquisition"]["shift"]
    assert (ads["source"], friends["source"]) == SOURCES[::-1]
    assert ads["customers"] + friends["customers"] == pytest.approx(PEOPLE, rel=0.05)  # all but the youngest month's
    assert ads["cac_jpy"] == pytest.approx(ads["months"] * COSTS["ads"] / ads["customers"])
    assert ads["ltv_jpy"] == pytest.approx(friends["ltv_jpy"], rel=0.15)
    assert ads["ratio"] < 2 < friends["ratio"] and friends["payback_months"] < 2
    assert (shift["from_source"], shift["to_source"]) == ("ads", "friends") and shift["share"] <= 0.2


def test_the_view_says_ranks_levers_and_the_formula(shop: dict[str, Any]) -> None:
    view = shop["view"]
    ranked = shop["table"].columns["ltv_rank"]
    assert {rank.rank: rank.units for rank in view.ranks} == {name: int((ranked == name).sum()) for name in RANKS}
    assert view.metric_goal == pytest.approx(view.metric_now * 1.1) and view.moves == ()
    levers = {need.lever: need for need in view.levers}
    assert levers["order_value"].needed / levers["order_value"].now == pytest.approx(1.1, rel=0.01)
    assert levers["cost_to_serve"].needed is None and levers["retention"].needed > levers["retention"].now
    simple = view.simple
    by_hand = simple.order_value_jpy * simple.margin * simple.purchases_per_year * simple.years
    assert simple.gross_jpy == pytest.approx(by_hand)
    assert simple.net_jpy == pytest.approx(by_hand - simple.acquisition_cost_jpy - simple.retention_cost_jpy)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("What customers are worth", "NBD", "Recommended: move")), ("ja", ("お客様の価値", "NBD", "提案：ads"))],
)
def test_the_page_is_told_in_both_languages(shop: dict[str, Any], language: Any, words: tuple[str, ...]) -> None:
    console = Console(width=100, record=True, file=io.StringIO())
    print_value(shop["view"], language, console)
    page = console.export_text()
    assert all(word in page for word in words)
    assert "None" not in page and "nan" not in page

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizuna.decisioning.value.drivers import (
    Drivers,
    Lever,
    Metric,
    better_is_higher,
    lever_potentials,
    metric_value,
    pull,
)
from kizuna.decisioning.value.ltv import subscription_ltv

SAAS = Drivers(
    order_value_jpy=30_000.0,
    orders_per_month=1.0,
    monthly_retention=0.96,
    margin=0.8,
    monthly_cost_to_serve_jpy=3_000.0,
    horizon_months=24,
    annual_discount=0.1,
    upgrade_rate_monthly=0.01,
    upgrade_value_jpy=20_000.0,
)
SHOP = Drivers(5_000.0, 0.3, 0.93, 0.35, 50.0, horizon_months=12, annual_discount=0.1)
REACHABLE = {
    Lever.ORDER_VALUE: 1_500.0,
    Lever.FREQUENCY: 0.03,
    Lever.RETENTION: 0.01,
    Lever.COST_TO_SERVE: 200.0,
    Lever.LOYALTY: 0.01,
    Lever.REFERRAL: 0.002,
}


def test_without_upgrades_and_referrals_the_tree_is_the_subscription_ltv() -> None:
    margin = 5_000.0 * 0.3 * 0.35 - 50.0
    expected = subscription_ltv(margin, 0.07, horizon_months=12, annual_discount=0.1)
    assert metric_value(Metric.LTV, SHOP) == pytest.approx(float(expected))


def test_upgrades_and_referrals_match_a_month_by_month_walk() -> None:
    d = replace(SAAS, referrals_per_month=0.02, upgraded_share=0.1)
    monthly = 1.1 ** (-1 / 12)

    def walk(months: int, upgraded: float, referring: bool) -> float:
        total, there = 0.0, 1.0
        for t in range(months):
            total += there * ((30_000 + upgraded * 20_000) * 0.8 - 3_000)
            if referring:
                total += there * 0.02 * monthly * walk(months - t - 1, 0.0, False)
            upgraded += (1 - upgraded) * 0.01
            there *= 0.96 * monthly
        return total

    assert metric_value(Metric.LTV, d) == pytest.approx(walk(24, 0.1, True))


def test_best_lever_for_the_same_metric_depends_on_the_figures() -> None:
    loyal = replace(SAAS, monthly_retention=0.995)
    leaky = replace(SAAS, monthly_retention=0.90)
    reachable = {Lever.ORDER_VALUE: 1_500.0, Lever.RETENTION: 0.01, Lever.COST_TO_SERVE: 1_000.0}
    expensive = replace(loyal, margin=0.2)

    def best(drivers: Drivers) -> Lever:
        return lever_potentials(Metric.LTV, drivers, {**reachable, Lever.RETENTION: 0.004}, 1e9)[0].lever

    def best_for(drivers: Drivers, points: float) -> Lever:
        return lever_potentials(Metric.LTV, drivers, {**reachable, Lever.RETENTION: points}, 1e9)[0].lever

    assert best(loyal) is Lever.ORDER_VALUE
    assert best_for(leaky, 0.03) is Lever.RETENTION
    assert best(expensive) is Lever.COST_TO_SERVE


def test_potentials_are_sorted_and_signed_toward_the_goal() -> None:
    potentials = lever_potentials(Metric.CHURN_RATE, SAAS, REACHABLE, 0.035)
    gains = [p.gain for p in potentials]
    assert gains == sorted(gains, reverse=True) and gains[0] > 0
    assert {p.lever for p in potentials if p.gain > 0} == {Lever.RETENTION, Lever.LOYALTY}
    assert not better_is_higher(Metric.CHURN_RATE)
    retention = next(p for p in potentials if p.lever is Lever.RETENTION)
    assert retention.metric_after < retention.metric_before
    assert retention.needed_change == pytest.approx(0.005)


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("drivers", [SAAS, SHOP])
def test_needed_change_reaches_the_target_and_hardly_less_does(metric: Metric, drivers: Drivers) -> None:
    before = metric_value(metric, drivers)
    target = before * (1.05 if better_is_higher(metric) else 0.95)
    sign = 1.0 if better_is_higher(metric) else -1.0
    for potential in lever_potentials(metric, drivers, REACHABLE, target):
        if potential.needed_change:
            at = metric_value(metric, pull(potential.lever, potential.needed_change, drivers))
            below = metric_value(metric, pull(potential.lever, potential.needed_change * 0.99, drivers))
            assert sign * (at - target) >= 0 > sign * (below - target)


def test_a_lever_that_cannot_reach_the_target_says_so() -> None:
    potentials = {p.lever: p for p in lever_potentials(Metric.LTV, SHOP, REACHABLE, 100_000.0)}
    assert potentials[Lever.COST_TO_SERVE].needed_change is None
    assert potentials[Lever.ORDER_VALUE].needed_change is not None
    churn = lever_potentials(Metric.CHURN_RATE, SHOP, {Lever.ORDER_VALUE: 100.0}, 0.05)
    assert churn[0].gain == 0 and churn[0].needed_change is None


def test_selling_more_is_no_help_where_each_order_loses_money() -> None:
    losing = replace(SHOP, margin=-0.1)
    (potential,) = lever_potentials(Metric.LTV, losing, {Lever.FREQUENCY: 0.1}, 0.0)
    assert potential.gain < 0 and potential.needed_change is None


def test_a_goal_already_met_needs_no_change() -> None:
    (potential,) = lever_potentials(Metric.LTV, SHOP, {Lever.RETENTION: 0.01}, 0.0)
    assert potential.needed_change == 0.0


@given(change=st.floats(0.0, 0.3))
def test_loyalty_moves_the_repeat_rate_by_what_was_asked(change: float) -> None:
    for drivers in (SHOP, SAAS):
        room = 1.0 - metric_value(Metric.REPEAT_RATE, drivers)
        moved = pull(Lever.LOYALTY, min(change, room * 0.99), drivers)
        gained = metric_value(Metric.REPEAT_RATE, moved) - metric_value(Metric.REPEAT_RATE, drivers)
        assert gained == pytest.approx(min(change, room * 0.99), abs=1e-9)
        assert moved.monthly_retention >= drivers.monthly_retention


def test_a_subscriber_grows_loyal_by_staying_not_by_ordering_twice() -> None:
    moved = pull(Lever.LOYALTY, 0.01, SAAS)
    assert moved.orders_per_month == 1.0 and moved.monthly_retention == pytest.approx(0.97)


def test_upgrade_revenue_shows_in_the_upgrades_metric_and_in_revenue_per_order() -> None:
    moved = pull(Lever.ORDER_VALUE, 1_000.0, SAAS)
    assert moved.upgraded_share == pytest.approx(0.05)
    assert metric_value(Metric.UPGRADES, moved) > metric_value(Metric.UPGRADES, SAAS) + 0.03
    assert metric_value(Metric.ORDER_VALUE, moved) == pytest.approx(31_000.0)


@given(lever=st.sampled_from(list(Lever)), change=st.floats(-1e6, 1e6))
def test_no_pull_leaves_the_possible(lever: Lever, change: float) -> None:
    moved = pull(lever, change, SHOP)
    assert 0.0 <= moved.monthly_retention <= 1.0 and moved.orders_per_month >= 0.0
    assert moved.monthly_cost_to_serve_jpy >= 0.0 and moved.referrals_per_month >= 0.0

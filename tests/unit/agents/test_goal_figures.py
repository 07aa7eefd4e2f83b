"""The forecast rests on the goal's own metric: its mean, its spread, and what actions change of it."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from kizuna.agents.goal_figures import GoalFigures, goal_figures
from kizuna.agents.weighing import Weighed
from kizuna.customers.table import FeatureTable
from kizuna.domain.brief import Metric
from kizuna.domain.playbook import Lever

RISK = np.array([0.5, 0.1, 0.1, 0.1, 0.0])
ACTIVE = [True, True, True, True, False]


def workspace(metric: Metric, model: str = "subscription", days: int = 60, lift: float = 0.1) -> Any:
    business = SimpleNamespace(model=model, churn_window=timedelta(days=60), margin=0.5, ltv_months=24)
    goal = SimpleNamespace(metric=metric, horizon=timedelta(days=days), relative_lift=lift)
    return SimpleNamespace(brief=SimpleNamespace(business=business, goal=goal, cycles=2))


def weighed(*kinds: str, uplift: float = 0.04, lever: Lever = Lever.RETENTION) -> Weighed:
    shape = (5, len(kinds))
    actions: Any = [SimpleNamespace(value=SimpleNamespace(kind=kind, within_days=30), lever=lever) for kind in kinds]
    value = np.full(shape, 1000.0)
    return Weighed(
        unit_ids=[f"u{i}" for i in range(5)],
        contacts=[None] * 5,
        reps=[None] * 5,
        actions=actions,
        channels=np.full(shape, None),
        eligible=np.ones(shape, dtype=bool),
        why_not=np.full(shape, ""),
        uplift=np.full(shape, uplift),
        value=value - 100.0,
        low=value - 600.0,
        high=value + 400.0,
        cost=np.full(shape, 100.0),
        ltv_jpy=np.array([100.0, 200.0, 300.0, 400.0, 50.0]),
        churn_risk=RISK,
        ranks=[None] * 5,
        active=ACTIVE,
    )


def figures(metric: Metric, found: Weighed, rate: float = 0.05, **terms: Any) -> GoalFigures:
    potentials: Any = [SimpleNamespace(metric_before=rate)]
    return goal_figures(workspace(metric, **terms), 1, found, potentials)


def test_of_lifetime_value_nothing_changed() -> None:
    found = weighed("retained")
    got = figures(Metric.LTV, found)
    assert got.mean == found.ltv_jpy.mean() and got.sd == pytest.approx(found.ltv_jpy.std(ddof=1))
    assert got.gain is found.value and got.counted.all()


def test_churn_is_a_share_of_those_who_can_still_leave() -> None:
    got = figures(Metric.CHURN_RATE, weighed("retained", "upgraded"))
    assert got.counted.tolist() == ACTIVE and got.base[4] == 0.0
    assert got.mean == pytest.approx(0.2) and got.sd == pytest.approx(0.4)
    assert got.variance_explained == pytest.approx(np.var(RISK[:4]) / 0.16)
    assert (got.gain[:4, 0] > 0).all() and got.gain[4, 0] == 0.0 and not got.gain[:, 1].any()
    assert got.most == 1.0, "churn can't fall below nothing"


def test_who_is_kept_may_leave_later() -> None:
    stays = 1 - (1 - (1 - RISK[:4]) ** (30 / 60))  # chance to stay the second thirty days
    assert figures(Metric.CHURN_RATE, weighed("retained")).gain[:4, 0] == pytest.approx(0.04 * stays)
    assert figures(Metric.CHURN_RATE, weighed("retained"), days=30).gain[:4, 0] == pytest.approx(np.full(4, 0.04))


def test_an_interval_of_a_gain_is_as_wide_as_the_belief() -> None:
    got = figures(Metric.UPGRADES, weighed("upgraded"))
    assert got.mean == pytest.approx(0.05)
    assert (got.gain[:4] == 0.04).all()
    assert got.low[0, 0] == pytest.approx(0.04 - 0.04 * 500 / 1000)
    assert got.high[0, 0] == pytest.approx(0.04 + 0.04 * 500 / 1000)


def test_an_order_that_would_have_come_anyway_is_no_gain() -> None:
    soon = figures(Metric.REPEAT_RATE, weighed("ordered"), model="transactions", days=30).gain[:4, 0]
    later = figures(Metric.REPEAT_RATE, weighed("ordered"), model="transactions", days=90).gain[:4, 0]
    assert soon == pytest.approx(np.full(4, 0.04))
    assert later == pytest.approx(0.04 * RISK[:4] ** ((90 - 30) / 60))


def test_the_lapsed_order_as_much_less_as_they_are_worth_less() -> None:
    got = figures(Metric.REPEAT_RATE, weighed("ordered"), model="transactions")
    assert got.counted.all()
    assert got.base[4] == pytest.approx((1 - RISK[:4]).mean() * 50 / 250)


@pytest.mark.parametrize(("lever", "gain"), [(Lever.ORDER_VALUE, 2000.0), (Lever.FREQUENCY, 2000.0 - 0.04 * 5000.0)])
def test_more_orders_raise_their_mean_only_by_what_they_are_dearer(lever: Lever, gain: float) -> None:
    found = weighed("ordered", lever=lever)
    columns = {
        "orders_365d": np.array([1.0, 3.0, 0.0, 0.0, 0.0]),
        "mean_order_value_jpy": [8000.0, 4000.0] + [np.nan] * 3,
    }
    table = FeatureTable(found.unit_ids, {name: np.array(values, dtype=float) for name, values in columns.items()})
    brief = workspace(Metric.ORDER_VALUE, model="transactions", days=73)
    got = goal_figures(brief, 1, found, [], table)
    assert got.mean == pytest.approx(5000.0)
    assert got.base.sum() == pytest.approx(20_000 * 73 / 365)
    assert got.gain[:, 0] == pytest.approx(np.full(5, gain))
    assert got.sd == pytest.approx(np.std([8000 - 5000, 3 * (4000 - 5000), 0, 0, 0], ddof=1) / 0.8 / np.sqrt(0.2))

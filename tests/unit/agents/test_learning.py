"""What is learned when, and from whom."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from kizuna.agents import effects_seen, learning
from kizuna.customers.table import FeatureTable
from kizuna.decisioning.learning import uplift
from kizuna.domain.decision import Group
from kizuna.store.tables import CycleRow, DecisionRow

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
EFFECT = 0.1


def action_with(days: int) -> Any:
    value = SimpleNamespace(kind="ordered", within_days=days, prior_uplift=uplift.Belief(0.02, 0.5))
    return SimpleNamespace(action="call", value=value)


def cycles(n: int) -> list[CycleRow]:
    month = timedelta(days=30)
    return [
        CycleRow(campaign="c", number=i + 1, starts_at=BEGAN + i * month, ends_at=BEGAN + (i + 1) * month, snapshot="s")
        for i in range(n)
    ]


@cache
def decided(n: int) -> tuple[list[DecisionRow], np.ndarray]:
    """The policy calls those who would order anyway, but for one in five whom chance decides; and their outcomes."""
    rng = np.random.default_rng(0)
    eager = rng.random(n) < 0.5
    p_call = np.where(eager, 0.9, 0.1)
    held = rng.random(n) < 0.2
    called = (rng.random(n) < p_call) & ~held
    rows = [
        DecisionRow(
            id=f"d{i}",
            campaign="c",
            cycle=1,
            unit_id=f"u{i}",
            group=Group.HOLDOUT if held[i] else Group.POLICY,
            action="call" if called[i] else None,
            planned_action="call" if called[i] else None,
            probability=1.0 if held[i] else float(p_call[i] if called[i] else 1.0 - p_call[i]),
            explored=False,
            value_jpy=0.0,
            cost_jpy=0.0,
            candidates=[{"action": "call", "eligible": True, "probability": 0.0 if held[i] else float(p_call[i])}],
        )
        for i in range(n)
    ]
    # Everybody but the holdout is contacted again in the next cycle, which adds as much again.
    chance = 0.1 + 0.4 * eager + EFFECT * called + 0.2 * ~held
    return rows, (rng.random(n) < chance).astype(float)


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A campaign with one action, of which the first cycle's decisions and outcomes are known."""
    made, outcome = decided(4_000)
    units = [row.unit_id for row in made]
    table = FeatureTable(
        units, {"churn_risk": np.full(len(units), 0.3), "days_since_last_order": np.full(len(units), 9.0)}
    )
    by_unit = dict(zip(units, outcome, strict=True))
    told: list[str] = []

    def log(_workspace: Any, cycle: CycleRow, _table: Any) -> Any:
        rows = made if cycle.number == 1 else []
        return learning._Log(cycle, table, rows, frozenset(row.id for row in rows if row.action))  # type: ignore[arg-type]

    def ordered(_customers: Any, unit_ids: list[str], *_: Any) -> Any:
        return np.array([by_unit[unit] for unit in unit_ids])

    monkeypatch.setattr(learning, "_log", log)
    monkeypatch.setitem(learning.HAPPENED, "ordered", ordered)
    monkeypatch.setattr(learning, "load_snapshot", lambda *_: table)
    monkeypatch.setattr(effects_seen, "stake", lambda _w, _t, where, _a: (np.ones(len(where)), np.ones(len(where))))
    monkeypatch.setattr(learning.campaigns, "beliefs", lambda *_: [])
    monkeypatch.setattr(learning.campaigns, "cycles", lambda *_: cycles(4))

    def learn(days: int, cycle: int) -> dict[str, Any]:
        workspace = SimpleNamespace(
            brief=SimpleNamespace(name="c", business=SimpleNamespace(model="subscription")),
            protected=frozenset(),
            actions={"call": action_with(days)},
            store=SimpleNamespace(read=lambda: _Nothing()),
            tell=lambda event, **_: told.append(event),
        )
        return learning.learn(workspace, None, cycles(4)[cycle - 1], table)[0]  # type: ignore[arg-type]

    return learn


class _Nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@pytest.mark.parametrize(("days", "learned_after"), [(30, 1), (45, 2), (60, 2), (90, 3)])
def test_an_outcome_is_learned_from_once_as_soon_as_its_window_is_over(
    company: Any, days: int, learned_after: int
) -> None:
    assert [cycle for cycle in (1, 2, 3, 4) if company(days, cycle)["treated"] > 0] == [learned_after]


def test_a_long_outcome_is_compared_with_what_chance_left_alone(company: Any) -> None:
    """The holdout misses the later contacts, and the policy called those who would order anyway."""
    found = company(60, 2)
    assert found["estimate"] == pytest.approx(EFFECT, abs=3 * found["se"])
    assert found["se"] < 0.05
    assert found["mean"] == pytest.approx(EFFECT, abs=0.08)


def test_what_nobody_could_have_missed_says_nothing(company: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a chance of being left alone there is no comparison, and the belief stays."""
    real = learning._log

    def certain(*args: Any) -> Any:
        log = real(*args)
        sure = [{"action": "call", "eligible": True, "probability": 1.0}]
        made = [SimpleNamespace(**{**row.model_dump(), "candidates": sure}) for row in log.made]
        return replace(log, made=made)

    monkeypatch.setattr(learning, "_log", certain)
    found = company(60, 2)
    assert (found["mean"], found["sd"], found["estimate"]) == (0.02, 0.5, None)

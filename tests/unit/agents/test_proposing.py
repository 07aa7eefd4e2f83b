"""A proposed plan is taken only where the same engine forecasts no less."""

from typing import Any

import pytest
from kizuna.agents.proposing import is_not_worse


def summary(mean: float, contacts: int = 50, short: int = 40, long: int = 10, floor: float = 0.2) -> dict[str, Any]:
    return {
        "expected_value_jpy": {"mean": mean, "low": 0.0, "high": 2 * mean},
        "contacts": contacts,
        "balance": {"short": short, "long": long, "floor": floor, "forgone_jpy": 0.0},
    }


@pytest.mark.parametrize(
    ("proposed", "taken", "why"),
    [
        (summary(1_000), True, "not_worse"),
        (summary(1_200), True, "not_worse"),
        (summary(999.5), True, "not_worse"),
        (summary(998), False, "worse"),
        (summary(5_000, contacts=0), False, "reaches_nobody"),
        (summary(1_200, short=50, long=0), False, "too_short_sighted"),
        (summary(1_200, short=20, long=30), True, "not_worse"),
    ],
)
def test_a_proposed_plan_is_compared(proposed: dict[str, Any], taken: bool, why: str) -> None:
    found = is_not_worse(summary(1_000), proposed)
    assert (found.taken, found.why) == (taken, why)


def test_the_floor_is_what_the_engine_itself_could_reach() -> None:
    rules = summary(1_000, short=45, long=5)
    assert is_not_worse(rules, summary(1_000, short=45, long=5)).taken
    assert not is_not_worse(rules, summary(1_000, short=48, long=2)).taken


def test_two_plans_that_reach_nobody_are_the_same() -> None:
    nothing = summary(0, contacts=0, short=0, long=0)
    assert is_not_worse(nothing, nothing).taken

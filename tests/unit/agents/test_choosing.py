"""The whole way to a choice: random control, allocation under limits that bind, chance, the bound between groups."""

from collections.abc import Iterable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from kizuna.agents.choosing import Chosen, choose
from kizuna.agents.weighing import Weighed
from kizuna.decisioning.fairness import Grouping
from kizuna.domain.brief import Fairness
from kizuna.domain.decision import Group, Reason
from kizuna.domain.playbook import Channel, Term

UNITS, CONTROL = 60, 15
RNG = np.random.default_rng(11)
VALUE = RNG.lognormal(5.0, 1.0, (UNITS, 3))
ELIGIBLE = RNG.random((UNITS, 3)) < 0.8
PARTS = np.arange(UNITS) % 2


def workspace(name: str, *, fairness: Fairness, exploration: float = 0.2) -> Any:
    """Mails, letters and drafts, all of them short."""
    brief = SimpleNamespace(
        name=name,
        pilot=None,
        exploration=exploration,
        cycles=1,
        cycle=timedelta(days=7),
        budget=SimpleNamespace(total=1500.0),
        capacity=SimpleNamespace(email_per_week=28, letters_per_week=9, drafts_per_rep_per_week=4),
        long_term=0.0,
        fairness=fairness,
    )
    return SimpleNamespace(brief=brief)


def weighed(value: np.ndarray = VALUE) -> Weighed:
    kinds = [Channel.EMAIL, Channel.LETTER, Channel.REP_DRAFT]
    actions: Any = [
        SimpleNamespace(action=channel.value, channels=(channel,), term=Term.SHORT, offer=None) for channel in kinds
    ]
    channels = np.empty((UNITS, 3), dtype=object)
    channels[:] = kinds
    zeros = np.zeros(UNITS)
    return Weighed(
        unit_ids=[f"u{i}" for i in range(UNITS)],
        contacts=[None] * UNITS,
        reps=["ann" if i % 3 else "bob" for i in range(UNITS)],
        actions=actions,
        channels=channels,
        eligible=ELIGIBLE,
        why_not=np.full((UNITS, 3), "", dtype=object),
        uplift=value,
        value=value,
        low=value,
        high=value,
        cost=np.tile([3.0, 120.0, 0.0], (UNITS, 1)),
        ltv_jpy=zeros,
        churn_risk=zeros,
        ranks=[None] * UNITS,
        active=[True] * UNITS,
        groupings=(Grouping("part", ("even", "odd"), PARTS),),
    )


def chosen(name: str, value: np.ndarray = VALUE, fairness: Fairness | None = None, exploration: float = 0.2) -> Chosen:
    groups: Any = {
        f"u{i}": SimpleNamespace(group=Group.RANDOM_CONTROL if i < CONTROL else Group.POLICY, in_pilot=True)
        for i in range(UNITS)
    }
    world = workspace(name, fairness=fairness or Fairness(), exploration=exploration)
    return choose(world, 1, 0, weighed(value), groups, fewer=1.0, spent_jpy=0.0)


def frequencies(seeds: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
    """How often each choice came over the seeds, and the probability that was logged with it."""
    seen, logged, runs = np.zeros((UNITS, 4)), np.full((UNITS, 4), np.nan), 0
    rows = np.arange(UNITS)
    for seed in seeds:
        got = chosen(f"seed-{seed}")
        assert got.binding, "the limits bind, so that what random control draws would matter"
        seen[rows, got.choice] += 1
        assert (np.isnan(logged[rows, got.choice]) | np.isclose(logged[rows, got.choice], got.probability)).all()
        logged[rows, got.choice] = got.probability
        runs += 1
    return seen / runs, logged


def test_whatever_chance_draws_the_plan_and_its_probabilities_stay_the_same() -> None:
    first, *others = [chosen(f"seed-{seed}") for seed in range(12)]
    assert len({tuple(other.choice[:CONTROL]) for other in others}) > 1, "random control draws anew"
    assert all(np.allclose(other.probabilities, first.probabilities) for other in others)


@pytest.mark.slow
def test_a_thousand_seeds_find_the_logged_frequencies_on_the_full_path() -> None:
    seen, logged = frequencies(range(1_000))
    came = seen > 0
    spread = np.sqrt(np.maximum(logged * (1 - logged), 0.0025) / 1_000)
    assert (np.abs(seen - logged)[came] < 4.5 * spread[came]).all()
    assert np.nansum(logged, axis=1) == pytest.approx(1.0, abs=0.02)


def test_a_bound_brings_the_groups_together_says_its_price_and_names_who_gave_way() -> None:
    unequal = VALUE * np.where(PARTS == 0, 5.0, 0.2)[:, None]
    bound = Fairness.model_validate({"groups": ("part",), "max_gap": 0.15, "smallest_group": 10})
    free, fair = chosen("one", unequal), chosen("one", unequal, bound)
    assert _gap(free) > 0.15 and free.fairness_gaps == ()
    assert max(fair.fairness_gaps) <= 0.15 + 1e-9
    assert _gap(fair) == pytest.approx(fair.fairness_gaps[0])
    assert fair.fairness_forgone_jpy > 0
    gave_way = fair.reason == Reason.FAIRNESS
    assert gave_way.any() and (PARTS[gave_way] == 0).all()


def test_a_bound_that_holds_anyway_costs_nothing() -> None:
    loose = Fairness.model_validate({"groups": ("part",), "max_gap": 1.0, "smallest_group": 10})
    free, fair = chosen("one"), chosen("one", fairness=loose)
    assert (free.choice == fair.choice).all() and fair.fairness_forgone_jpy == 0.0
    assert not (fair.reason == Reason.FAIRNESS).any()


def _gap(got: Chosen) -> float:
    """Between the groups' mean probabilities to be treated, of eligible policy units."""
    policy = np.arange(UNITS) >= CONTROL
    some = policy & ELIGIBLE.any(axis=1)
    treated = 1.0 - got.probabilities[:, 0]
    return float(abs(treated[some & (PARTS == 0)].mean() - treated[some & (PARTS == 1)].mean()))

"""Who gets what, and how likely that was."""

import numpy as np
import pytest
from kizuna.decisioning.learning.choice import Drawn, Stake, Trials, decide, decide_unlogged, draw, plan_trials
from kizuna.decisioning.learning.posterior import Outcomes, Posterior, learn, start
from kizuna.decisioning.learning.priors import FORMS, Prior


def stake_of(rng: np.random.Generator, n: int, k: int) -> Stake:
    features = np.column_stack([np.ones(n), rng.standard_normal((n, 2))])
    base = rng.gamma(0.5, 0.3, n)
    scales = [form.scale(base, np.ones(n), np.zeros(n)) for form in FORMS]
    return Stake(features, scales, rng.gamma(2.0, 5.0, (n, k)), np.full((n, k), 0.2), rng.random((n, k)) < 0.7)


def belief_of(k: int) -> Posterior:
    return start(Prior((0.3,) * k, (0.3,) * k), 3, len(FORMS))


@pytest.mark.parametrize("floor", [0.0, 0.2])
@pytest.mark.parametrize("share", [0.0, 0.4])
def test_a_thousand_seeds_find_the_logged_frequencies(floor: float, share: float) -> None:
    rng = np.random.default_rng(0)
    stake = stake_of(rng, 60, 4)
    first = np.where(stake.eligible.any(axis=1), stake.eligible.argmax(axis=1) + 1, 0)
    trials = Trials(np.where(np.arange(60) % 2 == 0, first, 0), share) if share else None
    drawn = draw(belief_of(4), rng, draws=16)
    counts, logged = np.zeros((60, 5)), np.full((60, 5), np.nan)
    here = np.arange(60)
    for seed in range(1_000):
        choice, probability = decide(drawn, stake, np.random.default_rng(seed).random(60), floor, trials)
        counts[here, choice] += 1
        logged[here, choice] = probability
    said = np.nan_to_num(logged)
    assert said.sum(axis=1) == pytest.approx(1.0, abs=1e-6 if floor == 0 else 0.02)
    noise = np.sqrt(np.maximum(said * (1 - said), 1e-4) / 1_000)
    assert np.abs(counts / 1_000 - said).max() < 5 * noise.max()
    assert (np.abs(counts / 1_000 - said) < 4 * noise + 1e-9).mean() > 0.99


def test_every_ticket_gives_probabilities_that_sum_to_one() -> None:
    rng = np.random.default_rng(1)
    stake, drawn = stake_of(rng, 40, 3), draw(belief_of(3), rng, draws=8)
    logged = np.zeros((40, 4))
    for ticket in (np.arange(400) + 0.5) / 400:
        choice, probability = decide(drawn, stake, np.full(40, ticket), floor=0.1)
        logged[np.arange(40), choice] = probability
    assert logged.sum(axis=1) == pytest.approx(1.0, abs=1e-9)


def test_logging_does_not_change_the_choice() -> None:
    rng = np.random.default_rng(2)
    stake, tickets = stake_of(rng, 5_000, 6), rng.random(5_000)
    drawn = draw(belief_of(6), rng)
    logged, _ = decide(drawn, stake, tickets)
    assert (logged == decide_unlogged(drawn, stake, tickets)).mean() > 0.999  # single precision may turn a tie


def test_what_is_not_eligible_is_never_chosen_and_a_loss_neither() -> None:
    rng = np.random.default_rng(3)
    stake = stake_of(rng, 3_000, 3)
    drawn = draw(belief_of(3), rng)
    choice, _ = decide(drawn, stake, rng.random(3_000), floor=0.3)
    taken = np.flatnonzero(choice)
    assert stake.eligible[taken, choice[taken] - 1].all()
    dear = Stake(stake.features, stake.scales, stake.worth, np.full((3_000, 3), 1e6), stake.eligible)
    choice, probability = decide(drawn, dear, rng.random(3_000))
    assert not choice.any() and (probability == 1.0).all()


def test_a_new_action_is_tried_at_the_floor_whatever_is_believed_of_it() -> None:
    rng = np.random.default_rng(4)
    stake = stake_of(rng, 20_000, 2)
    stake = Stake(stake.features, stake.scales, stake.worth, stake.cost, np.ones((20_000, 2), dtype=bool))
    parameters = np.tile(np.array([[5.0, 0.0, 0.0], [-5.0, 0.0, 0.0]]), (4, 1, 1))
    choice, probability = decide(Drawn(parameters, np.zeros(4, dtype=np.int64)), stake, rng.random(20_000), floor=0.06)
    assert (choice == 2).mean() == pytest.approx(0.02, abs=0.004)
    assert probability[choice == 2] == pytest.approx(0.02)


def test_a_dear_action_is_tried_on_those_with_most_at_stake() -> None:
    """Two actions of which the same is expected: the dear one would never be chosen, and so never learned."""
    rng = np.random.default_rng(7)
    n = 1_000
    worth = rng.gamma(1.0, 1.0, n)[:, None] * np.ones(2)
    cost, eligible = np.tile([0.01, 1.0], (n, 1)), np.ones((n, 2), dtype=bool)
    eligible[np.argmax(worth[:, 0]), 1] = False
    trials = plan_trials(0.5 * worth, 0.6 * worth, cost, eligible, wanted=0.05, share=0.5)
    on_trial = np.flatnonzero(trials.action)
    assert (trials.action[on_trial] == 2).all()
    assert on_trial.size == 100  # half of them take it
    assert set(on_trial) == set(np.argsort(-worth[:, 0])[1:101])  # without the one for whom it is not open


def test_nothing_is_tried_that_could_not_win_and_nothing_that_is_chosen_anyway() -> None:
    n, ones = 500, np.ones((500, 2))
    cost = np.tile([0.1, 5.0], (n, 1))
    trials = plan_trials(ones, 0.5 * ones, cost, ones > 0, wanted=0.05, share=0.5)
    assert not trials.action.any()
    with pytest.raises(ValueError, match="share"):
        plan_trials(ones, ones, cost, ones > 0, wanted=0.05, share=0.0)


def test_sleeping_dogs_are_left_alone() -> None:
    """Contact brings some closer and puts others off; a figure that is seen tells which."""
    rng = np.random.default_rng(5)
    belief = belief_of(1)
    for _ in range(6):
        n = 5_000
        kind = rng.standard_normal(n)
        features = np.column_stack([np.ones(n), kind, rng.standard_normal(n)])
        base, action = rng.gamma(2.0, 0.1, n) + 0.02, rng.integers(0, 2, n)
        rate = base * (1.0 + action * (0.2 + 0.5 * kind))
        bought = rng.poisson(np.maximum(rate, 0.0)).astype(float)
        scales = [form.scale(base, np.ones(n), np.zeros(n)) for form in FORMS]
        belief = learn(
            belief,
            Outcomes(bought, base, base * 1.2, action, features, base[:, None], np.array([0.3]), scales),
        )
    stake = Stake(features, scales, np.full((n, 1), 10.0), np.full((n, 1), 0.01), np.ones((n, 1), dtype=bool))
    choice, _ = decide(draw(belief, rng), stake, rng.random(n))
    assert choice[kind < -1.0].mean() < 0.02
    assert choice[kind > 0.5].mean() > 0.98


def test_a_floor_of_one_is_refused() -> None:
    rng = np.random.default_rng(6)
    with pytest.raises(ValueError, match="floor"):
        decide(draw(belief_of(2), rng), stake_of(rng, 3, 2), np.zeros(3), floor=1.0)

"""How many customers are scored and decided a second, with the exact probability of each choice and without it.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m kizuna.benchmarks.throughput [--customers 200000] [--actions 12]

The same learner both times, from features to choices: expected effects and their spread per customer and action, then
a choice by the customer's own draw of the shared ones. Logging adds the share of draws that agree. Beside it the way
that is usual: a Monte-Carlo estimate from draws of each customer's own (on a tenth of the customers).
"""

import argparse
import os
import time
from collections.abc import Callable

import numpy as np

from ..decisioning.learning import choice, posterior
from ..decisioning.learning.priors import FORMS, Prior

FEATURES, MONTE_CARLO_DRAWS = 8, 200


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--actions", type=int, default=12)
    given = parser.parse_args()
    n, rng = given.customers, np.random.default_rng(1)
    belief = posterior.start(Prior((0.3,) * given.actions, (0.3,) * given.actions), FEATURES, len(FORMS))
    stake = make_stake(n, given.actions, rng)
    drawn, tickets = choice.draw(belief, rng), rng.random(n)
    few = n // 10
    print(
        f"{n:,} customers x {given.actions} actions, {len(FORMS)} forms, load {os.getloadavg()[0]:.1f}; CPU, best of 3"
    )
    part = take(stake, few)
    scoring = 1.0 / _rate(n, lambda: score(belief, stake))
    seconds = {
        "without probabilities": 1.0 / _rate(n, lambda: choice.decide_unlogged(drawn, stake, tickets)),
        f"with exact ones ({choice.DRAWS} shared draws)": 1.0 / _rate(n, lambda: choice.decide(drawn, stake, tickets)),
        f"with estimated ones ({MONTE_CARLO_DRAWS} draws)": 1.0
        / _rate(few, lambda: by_monte_carlo(belief, part, rng), times=1),
    }
    plain = next(iter(seconds.values()))
    print(f"{'':<36}{'scored and decided/s':>22}{'ratio':>8}{'decided/s':>14}{'ratio':>8}")
    for name, alone in seconds.items():
        both, share = 1.0 / (scoring + alone), (scoring + plain) / (scoring + alone)
        print(f"{name:<36}{both:>22,.0f}{share:>8.3f}{1.0 / alone:>14,.0f}{plain / alone:>8.3f}")


def make_stake(n: int, k: int, rng: np.random.Generator) -> choice.Stake:
    """Customers of a usual spread."""
    features = np.column_stack([np.ones(n), rng.standard_normal((n, FEATURES - 1))])
    base, contacts = rng.gamma(0.5, 0.2, n), rng.poisson(1.0, n).astype(float)
    scales = [form.scale(base, np.ones(n), contacts) for form in FORMS]
    worth, cost = rng.gamma(3.0, 5.0, (n, k)), np.tile(np.linspace(0.01, 1.0, k), (n, 1))
    return choice.Stake(features, scales, worth, cost, rng.random((n, k)) < 0.8)


def take(stake: choice.Stake, n: int) -> choice.Stake:
    """The first `n` customers."""
    scales = [scale[:n] for scale in stake.scales]
    return choice.Stake(stake.features[:n], scales, stake.worth[:n], stake.cost[:n], stake.eligible[:n])


def score(belief: posterior.Posterior, stake: choice.Stake) -> tuple[np.ndarray, np.ndarray]:
    """What is shown for each customer and action: the value expected, and how uncertain it is."""
    value = posterior.effects(belief, stake.features, stake.scales) * stake.worth - stake.cost
    return value, posterior.spread(belief, stake.features, stake.scales) * stake.worth


def by_monte_carlo(belief: posterior.Posterior, stake: choice.Stake, rng: np.random.Generator) -> np.ndarray:
    """How often each choice is the best over draws from the belief: an estimate, with noise of its own."""
    n, k = stake.cost.shape
    counts, here = np.zeros((n, k + 1)), np.arange(n)
    for _ in range(MONTE_CARLO_DRAWS):
        counts[here, choice.decide_unlogged(choice.draw(belief, rng, 1), stake, np.zeros(n))] += 1.0
    return counts / MONTE_CARLO_DRAWS


def _rate(n: int, run: Callable[[], object], times: int = 3) -> float:
    """Customers per CPU second."""
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        run()
        best = min(best, time.process_time() - began)
    return n / best


if __name__ == "__main__":
    main()

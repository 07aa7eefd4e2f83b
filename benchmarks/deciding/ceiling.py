"""How much observable features allow: a policy learned from the hidden values of a million and a half decisions.

    OMP_NUM_THREADS=1 python -m kizuna.benchmarks.deciding.ceiling [CUSTOMERS ...]    (needs scikit-learn)

No learner on a campaign's own outcomes can pass it by more than chance, so learners are measured as a share of it.
Frozen, with the world, before any learner was tuned.
"""

import sys
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from .playing import Actions, Decide, Played, always, at_random, oracle, play, world_of
from .world import ACTIONS, CYCLES, Array, Twin

TWINS: tuple[Twin, ...] = ("multiplicative", "additive")
ROUNDS, CUSTOMERS = 3, 50_000  #: each round plays all ten cycles: 1.5 million decisions
_TRAINING_SEED = 9_000


def features(seen: dict[str, Array], cycle: int) -> Array:
    """What is observed, as columns; ratios that are plain to see are made plain."""
    mails, repeats = np.maximum(seen["mails"], 1.0), seen["repeats"]
    columns = [
        repeats, seen["last"], seen["age"], seen["age"] - seen["last"], seen["mean_spend"], seen["opens"] / mails,
        seen["mails"], seen["contacts_recently"], seen["bought_a"] / (repeats + 1.0),
        seen["with_discount"] / (repeats + 1.0), seen["recent_purchases"], seen["subscribed"],
        (repeats + R_PRIOR) / (seen["age"] + AGE_PRIOR), np.full(repeats.size, float(cycle)),
    ]  # fmt: skip
    return np.column_stack(columns)


R_PRIOR, AGE_PRIOR = 0.25, 4.8


@dataclass(frozen=True)
class Greedy:
    """The action whose predicted gain is the largest; a plain object, so that a fit can be kept."""

    models: list[HistGradientBoostingRegressor]

    def __call__(self, seen: dict[str, Array], cycle: int, _rng: np.random.Generator) -> Actions:
        """One action per customer."""
        x = features(seen, cycle)
        gain = np.column_stack([np.zeros(x.shape[0]), *(model.predict(x) for model in self.models)])
        return np.asarray(np.argmax(gain, axis=1))


def fit_ceiling(twin: Twin) -> Decide:
    """Learn what each action adds to doing nothing, first from random play, then where the policy itself leads."""
    decide: Decide = at_random
    rows: list[Array] = []
    gains: list[Array] = []
    for number in range(ROUNDS):
        x, y = _collect(decide, twin, _TRAINING_SEED + number)
        rows.append(x)
        gains.append(y)
        decide = _greedy(np.vstack(rows), np.vstack(gains))
    return decide


def _collect(decide: Decide, twin: Twin, seed: int) -> tuple[Array, Array]:
    world = world_of(CUSTOMERS, twin, seed)
    rows, gains = [], []
    for cycle in range(CYCLES):
        rng = np.random.default_rng((seed, 3, cycle))
        seen, values = world.observed(), world.values()
        known = world.subscribed
        rows.append(features(seen, cycle)[known])
        gains.append((values[:, 1:] - values[:, :1])[known])
        actions = decide(seen, cycle, rng)
        stray = rng.random(CUSTOMERS) < 0.2
        world.step(np.where(stray, rng.integers(0, len(ACTIONS), CUSTOMERS), actions), rng)
    return np.vstack(rows), np.vstack(gains)


def _greedy(rows: Array, gains: Array) -> Decide:
    models = [
        HistGradientBoostingRegressor(max_iter=200, learning_rate=0.08, max_leaf_nodes=31, random_state=1).fit(
            rows, gain
        )
        for gain in gains.T
    ]
    return Greedy(models)


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [5_000, 20_000]
    for twin in TWINS:
        ceiling = fit_ceiling(twin)
        for size in sizes:
            print(f"{twin}, {size:,} customers, seeds 1-3: gain over doing nothing")
            fixed = [(f"always {ACTIONS[k]}", always(k), False) for k in range(1, len(ACTIONS))]
            for name, policy, sees_all in [
                ("random", at_random, False),
                *fixed,
                ("ceiling", ceiling, False),
                ("oracle", oracle, True),
            ]:
                gains, last = _gains(policy, size, twin, sees_all)
                shares = " ".join(f"{ACTIONS[k]} {share:.0%}" for k, share in enumerate(last.shares))
                print(f"  {name:<14} {np.mean(gains):+7.1%} +-{np.std(gains, ddof=1):.1%}   {shares}")


def _gains(policy: Decide, size: int, twin: Twin, sees_all: bool) -> tuple[list[float], Played]:
    gains = []
    for seed in (1, 2, 3):
        nothing = play(always(0), customers=size, twin=twin, seed=seed)
        played = play(policy, customers=size, twin=twin, seed=seed, sees_all=sees_all)
        gains.append(played.margin / nothing.margin - 1.0)
    return gains, played


if __name__ == "__main__":
    main()

"""Who should get which mail, on a real randomised campaign: does choosing by customer pay, and does it do no harm?

    python benchmarks/hillstrom.py PATH/hillstrom_half.csv.gz [--splits 20] [--first-seed 0]

Kevin Hillstrom's e-mail challenge (MineThatData, 2008): customers drawn to men's mail, women's mail or none, a
third each. Every policy learns on a random half of the file and is valued on the other by the doubly robust estimator.
Seeds 0 to 19 are the report; whoever tunes uses seeds from 1000 on. T-HGB needs scikit-learn, and is left out without.

Value: a visit, a conversion or a dollar spent. With cost, a mail costs $0.50; a visit is then worth $10 and a
conversion $113 (both make the men's mail worth what it brings in spend). Planted copies thin out what followed the
wrong mail, so that choosing must pay: by what was bought before (where the plain rule is right), or by newcomer (where
it is wrong).
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import duckdb
import numpy as np
from kizuna.decisioning.evaluation.off_policy import Estimate, Log, compare, evaluate, fixed
from kizuna.decisioning.evaluation.rewards import cross_fitted, fit_ridge
from kizuna.decisioning.learning.responding import fit_gated, fit_responses
from numpy.typing import NDArray

try:
    from sklearn.ensemble import HistGradientBoostingRegressor as Boosting
except ImportError:
    Boosting = None

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Predict = Callable[[Array], Array]
NONE, WOMENS, MENS = 0, 1, 2
WORTH = {"visit": 10.0, "conversion": 113.0, "spend": 1.0}
MAIL_DOLLARS = 0.50
#: What is left of what followed the wrong mail, in a planted copy.
KEPT = 0.4
FIXED = "best fixed (learned)"
RULE = "rule: what they bought"
OURS = "ours: Bayesian, gated"


@dataclass(frozen=True)
class Mailing:
    """Customers, what they were sent, and what they did in two weeks."""

    features: Array
    mens: NDArray[np.bool_]
    womens: NDArray[np.bool_]
    newcomer: NDArray[np.bool_]
    sent: Indices
    outcomes: dict[str, Array]


def read(path: Path) -> Mailing:
    """The file as published, gzipped or not."""
    columns: dict[str, Any] = duckdb.read_csv(str(path)).fetchnumpy()
    text = {key: np.asarray(columns[key]).astype(str) for key in ("zip_code", "channel", "segment")}
    mens, womens, newcomer = (np.asarray(columns[key], dtype=bool) for key in ("mens", "womens", "newbie"))
    groups = [text["zip_code"] == "Rural", text["zip_code"] == "Urban", text["channel"] == "Web"]
    groups += [text["channel"] == "Multichannel", mens, womens, newcomer]
    numbers = [np.asarray(columns["recency"], dtype=float), np.log(np.asarray(columns["history"], dtype=float))]
    sent = np.select([text["segment"] == "Womens E-Mail", text["segment"] == "Mens E-Mail"], [WOMENS, MENS], NONE)
    outcomes = {key: np.asarray(columns[key], dtype=float) for key in WORTH}
    return Mailing(np.column_stack([*numbers, *groups]).astype(float), mens, womens, newcomer, sent, outcomes)


def planted(mailing: Mailing, by: str) -> Mailing:
    """A copy in which the wrong mail does harm: visits after it, and what came of them, are thinned out."""
    only_mens, only_womens = mailing.mens & ~mailing.womens, mailing.womens & ~mailing.mens
    wrong_for_mens, wrong_for_womens = (
        (only_womens, only_mens) if by == "category" else (mailing.newcomer, ~mailing.newcomer)
    )
    wrong = ((mailing.sent == MENS) & wrong_for_mens) | ((mailing.sent == WOMENS) & wrong_for_womens)
    gone = wrong & (np.random.default_rng(2008).random(wrong.size) >= KEPT)
    outcomes = {key: np.where(gone, 0.0, values) for key, values in mailing.outcomes.items()}
    return Mailing(mailing.features, mailing.mens, mailing.womens, mailing.newcomer, mailing.sent, outcomes)


def boosted(features: Array, sent: Indices, reward: Array) -> Predict:
    """One gradient boosting per option."""
    settings = {"learning_rate": 0.05, "max_leaf_nodes": 8, "max_iter": 100, "min_samples_leaf": 50}
    fits = [Boosting(**settings, random_state=0).fit(features[sent == j], reward[sent == j]) for j in range(3)]
    return lambda rows: np.column_stack([fit.predict(rows) for fit in fits])


def t_ridge(features: Array, sent: Indices, reward: Array) -> Predict:
    """One ridge per option, nothing shared."""
    fits = [fit_ridge(features[sent == j], np.zeros((sent == j).sum(), int), reward[sent == j], 1) for j in range(3)]
    return lambda rows: np.column_stack([fit.predict(rows)[:, 0] for fit in fits])


def dr_learner(features: Array, sent: Indices, reward: Array, rng: np.random.Generator) -> Predict:
    """Doubly robust pseudo-outcomes of each option, regressed on the features (Kennedy 2023)."""
    told = cross_fitted(features, sent, reward, 3, rng)
    rows, pseudo = np.arange(sent.size), told.copy()
    pseudo[rows, sent] += 3.0 * (reward - told[rows, sent])
    fits = [fit_ridge(features, np.zeros(sent.size, int), pseudo[:, j], 1) for j in range(3)]
    return lambda other: np.column_stack([fit.predict(other)[:, 0] for fit in fits])


def policies(
    mailing: Mailing, learn: NDArray[np.bool_], reward: Array, prices: dict[str, Array], seed: int
) -> Iterator[tuple[str, str, Array]]:
    """For each price list: the policies' probabilities on the half that they have not seen."""
    features, sent = mailing.features[learn], mailing.sent[learn]
    there = mailing.features[~learn]
    n = len(there)
    rng = np.random.default_rng([seed, 1])
    predicts = {"T-ridge": t_ridge(features, sent, reward[learn])}
    if Boosting is not None:
        predicts["T-HGB"] = boosted(features, sent, reward[learn])
    predicts["DR-learner"] = dr_learner(features, sent, reward[learn], rng)
    rule = np.where(mailing.mens, MENS, WOMENS)[~learn]
    for name, cost in prices.items():
        for label, option in (("none", NONE), ("all womens", WOMENS), ("all mens", MENS)):
            yield name, label, fixed(np.full(n, option), 3)
        yield name, "random", np.full((n, 3), 1.0 / 3.0)
        yield name, RULE, fixed(rule, 3)
        for label, predict in predicts.items():
            yield name, label, fixed(np.argmax(predict(there) - cost, axis=1), 3)
        log = Log(sent, np.full(sent.size, 1.0 / 3.0), reward[learn])
        gated = fit_gated(features, log, 3, cost, np.random.default_rng([seed, 2]))
        yield name, FIXED, fixed(np.full(n, gated.option), 3)
        yield name, OURS, fixed(gated.choose(there, cost), 3)
        yield name, "ours, without the gate", fixed(_ungated(features, sent, reward[learn], cost, there), 3)


def _ungated(features: Array, sent: Indices, reward: Array, cost: Array, there: Array) -> Indices:
    effects = fit_responses(features, sent, reward, 3).effects(there)
    return np.asarray(np.argmax(effects - cost, axis=1), dtype=np.int64)


#: Price list -> policy -> per split: value and se, gain over the learned best fixed and se, over the plain rule and se.
Found = dict[str, dict[str, list[tuple[float, ...]]]]


def run(mailing: Mailing, outcome: str, seeds: range) -> Found:
    """Value every policy on every split's second half, by predictions made on the first."""
    reward = mailing.outcomes[outcome]
    cost = np.array([0.0, 1.0, 1.0]) * MAIL_DOLLARS / WORTH[outcome]
    prices = {outcome: np.zeros(3), f"{outcome}, $0.50 a mail": cost}
    found: Found = {name: {} for name in prices}
    for seed in seeds:
        learn = np.random.default_rng([seed, 0]).permutation(reward.size) < reward.size // 2
        made = list(policies(mailing, learn, reward, prices, seed))
        fit = fit_ridge(mailing.features[learn], mailing.sent[learn], reward[learn], 3)
        told, sent = fit.predict(mailing.features[~learn]), mailing.sent[~learn]
        held = {(name, label): policy for name, label, policy in made}
        for name, label, policy in made:
            net = Log(sent, np.full(sent.size, 1.0 / 3.0), reward[~learn] - prices[name][sent])
            priced = told - prices[name]
            judged = [evaluate(net, policy, predicted=priced)]
            for other in (FIXED, RULE):
                judged.append(compare(net, policy, held[name, other], predicted=priced, minimum_ess=1.0))
            known = [(one.value, one.se) if isinstance(one, Estimate) else (np.nan, np.nan) for one in judged]
            found[name].setdefault(label, []).append(tuple(figure for pair in known for figure in pair))
    return found


def show(found: Found) -> None:
    """Means over the splits; the se is that of one split's half, since the splits share customers."""
    for name, rows in found.items():
        mean = {label: np.nanmean(np.array(row), axis=0) for label, row in rows.items()}
        none, best = mean["none"][0], mean[FIXED][0]
        header = (
            f"{'value':>9}{'se':>8}{'lift':>9}{'of fixed':>10}{'over fixed':>12}{'se':>8}{'over rule':>11}{'se':>8}"
        )
        print(f"\n{name:<28}{header}")
        for label, (value, se, gain, gain_se, over, over_se) in mean.items():
            share = (value - none) / (best - none) if best > none else float("nan")
            lift = value / none - 1.0 if none > 0 else float("nan")
            line = f"{label:<28}{value:>9.4f}{se:>8.4f}{lift:>+9.1%}{share:>10.3f}{gain:>+12.4f}{gain_se:>8.4f}"
            print(f"{line}{over:>+11.4f}{over_se:>8.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    given = parser.parse_args()
    mailing, seeds = read(given.path), range(given.first_seed, given.first_seed + given.splits)
    load = os.getloadavg()[0]
    print(f"{mailing.sent.size:,} customers, {given.splits} splits from seed {given.first_seed}, load {load:.1f}")
    for by in (None, "category", "newcomer"):
        started = time.process_time()
        copy = mailing if by is None else planted(mailing, by)
        print(f"\n=== {'as it was' if by is None else f'planted: the wrong mail does harm, by {by}'}")
        for outcome in WORTH:
            show(run(copy, outcome, seeds))
        print(f"\n{time.process_time() - started:.0f} CPU s")


if __name__ == "__main__":
    main()

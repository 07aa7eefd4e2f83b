"""What learners earn in ten cycles, as a share of what observable features allow, beside the usual ways to decide.

    OMP_NUM_THREADS=1 python -m kizuna.benchmarks.deciding.compare [--customers 5000 20000] [--seeds 30] [--peers 3]
        [--twins multiplicative additive] [--keep FILE]                                  (needs scikit-learn)

The learner plays seeds 1 to --seeds, the peers the first --peers of them (growing trees is slow). Its settings were
chosen on seeds from 1000 on. `--keep` holds what was computed, the fitted ceiling too, so that a run can be
continued; it is a pickle: use only a file that you made yourself.
"""

import argparse
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .ceiling import TWINS, fit_ceiling
from .company import Company
from .peers import SegmentThompson, TreesPerAction, informed_rules, rules_of_thumb
from .playing import Decide, Learn, always, at_random, oracle, play
from .world import ACTIONS, Twin

Make = Callable[[], tuple[Decide, Learn | None]]


def _with_memory(make: Callable[[], SegmentThompson | TreesPerAction]) -> Make:
    def start() -> tuple[Decide, Learn | None]:
        one = make()
        return one.decide, one.learn

    return start


PEERS: dict[str, Make] = {
    "random": lambda: (at_random, None),
    "usual rules of thumb": lambda: (rules_of_thumb, None),
    "rules that know the world": lambda: (informed_rules, None),
    "trees per action": _with_memory(TreesPerAction),
    "segment Thompson": _with_memory(lambda: SegmentThompson(9)),
    "global Thompson": _with_memory(lambda: SegmentThompson(1)),
}
LEARNER = "kizuna"


class Kept:
    """Margins by twin, size, seed and policy, computed once."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.margins: dict[tuple[str, int, int, str], float] = {}
        self.ceilings: dict[str, Decide] = {}
        if file is not None and file.exists():
            self.margins, self.ceilings = pickle.loads(file.read_bytes())  # noqa: S301  # a file of one's own

    def gain(self, twin: Twin, customers: int, seed: int, policy: str) -> float:
        """What the policy earns above doing nothing, in dollars."""
        return self._margin(twin, customers, seed, policy) - self._margin(twin, customers, seed, "nothing")

    def _margin(self, twin: Twin, customers: int, seed: int, policy: str) -> float:
        key = (twin, customers, seed, policy)
        if key not in self.margins:
            self.margins[key] = self._play(twin, customers, seed, policy)
            self._write()
        return self.margins[key]

    def _play(self, twin: Twin, customers: int, seed: int, policy: str) -> float:
        if policy == "best fixed in hindsight":
            return max(self._margin(twin, customers, seed, action) for action in ACTIONS[1:])
        decide, learn = self._policy(twin, policy)
        sees_all = policy == "oracle"
        return play(decide, customers=customers, twin=twin, seed=seed, learn=learn, sees_all=sees_all).margin

    def _policy(self, twin: Twin, policy: str) -> tuple[Decide, Learn | None]:
        if policy == "ceiling":
            if twin not in self.ceilings:
                self.ceilings[twin] = fit_ceiling(twin)
                self._write()
            return self.ceilings[twin], None
        if policy in PEERS:
            return PEERS[policy]()
        fixed = {"nothing": always(0), "oracle": oracle, **{name: always(k) for k, name in enumerate(ACTIONS)}}
        return (Company().decide if policy == LEARNER else fixed[policy]), None

    def _write(self) -> None:
        if self.file is not None:
            fresh = self.file.with_suffix(".new")
            fresh.write_bytes(pickle.dumps((self.margins, self.ceilings)))
            fresh.replace(self.file)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[5_000, 20_000])
    parser.add_argument("--twins", nargs="+", choices=TWINS, default=list(TWINS))
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--peers", type=int, default=3, help="How many of the seeds the peers play.")
    parser.add_argument("--keep", type=Path, help="A file that holds what was computed.")
    given = parser.parse_args()
    kept = Kept(given.keep)
    for twin in given.twins:
        for customers in given.customers:
            _table(kept, twin, customers, given.seeds, min(given.peers, given.seeds))


def _table(kept: Kept, twin: Twin, customers: int, n_seeds: int, n_peers: int) -> None:
    load = os.getloadavg()[0]
    print(f"\n{twin}, {customers:,} customers, ten cycles; load {load:.1f}")
    print(f"{'':<27}{'seeds':>6}{'gain':>8}{'of ceiling':>20}{'of oracle':>11}{'5th percentile':>16}", flush=True)
    for policy in [*(PEERS if n_peers else ()), "best fixed in hindsight", LEARNER, "ceiling", "oracle"]:
        seeds = range(1, (n_peers if policy in PEERS else n_seeds) + 1)
        gain = np.array([kept.gain(twin, customers, seed, policy) for seed in seeds])
        top = np.array([kept.gain(twin, customers, seed, "ceiling") for seed in seeds])
        best = np.array([kept.gain(twin, customers, seed, "oracle") for seed in seeds])
        nothing = np.array([kept.margins[twin, customers, seed, "nothing"] for seed in seeds])
        share, error = gain.sum() / top.sum(), _error_of_ratio(gain, top)
        print(
            f"{policy:<27}{gain.size:>6}{gain.sum() / nothing.sum():>+8.1%}{share:>11.3f} +-{1.96 * error:<6.3f}"
            f"{gain.sum() / best.sum():>11.3f}{np.quantile(gain / nothing, 0.05):>+16.1%}",
            flush=True,
        )


def _error_of_ratio(part: np.ndarray, whole: np.ndarray) -> float:
    """Standard error of a ratio of sums over seeds (linearised, Cochran 1977, ch. 6)."""
    if part.size < 2:
        return float("nan")
    left = part - part.sum() / whole.sum() * whole
    return float(left.std(ddof=1) / np.sqrt(part.size) / whole.mean())


if __name__ == "__main__":
    main()

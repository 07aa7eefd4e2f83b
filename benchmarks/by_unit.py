"""What it brings that effects may differ from customer to customer: paired campaigns on the twin of an example.

    OMP_NUM_THREADS=1 python -m kizuna.benchmarks.by_unit [--customers 2000 8000] [--runs 120] [--example saas]

The campaigns of a pair have the same customers, truth and luck. In one, beliefs are one number per action and scale
(the peer); in the others they may differ along a few figures, with priors of several widths. In truth effects differ
not at all, by a quarter of their size per standard deviation of each figure, or by half. Simulated: nothing here says
how much real effects differ.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..agents.simulating import Decided, decide, simulate
from ..agents.twin import Twin
from ..agents.twin_living import Lives
from ..agents.twin_making import make_twin
from ..agents.twin_truth import Effects, draw_effects
from ..agents.twin_ways import History, Standing, read_standing
from ..decisioning.learning import differing
from ..decisioning.simulation.worlds import World
from ..service.trying_out import workspace_to_try

#: Name -> the prior sd of a slope, common and own, in shares of the effect's size.
PRIORS = {"alike (peer)": (1e-6, 1e-6), "as it is": (differing.COMMON_SLOPE, differing.OWN_SLOPE), "wide": (0.15, 0.2)}
#: Name -> the true slopes' sd, in the same shares.
TRUTHS = {"alike": 0.0, "a quarter": 0.25, "half": 0.5}
MOST_UNITS = 1_000_000


@dataclass(frozen=True)
class _Stage:
    twin: Twin
    standing: Standing
    first: Decided

    def net_jpy(self, effects: Effects, prior: tuple[float, float], run: int) -> float:
        """Incremental LTV less cost, a customer, of one campaign."""
        differing.COMMON_SLOPE, differing.OWN_SLOPE = prior
        played = simulate(self.twin, self.standing, self.first, effects, [5, run])
        return (played.gained_jpy - sum(cycle.cost_jpy for cycle in played.cycles)) / len(self.twin.unit_ids)

    def truth(self, sd: float, run: int) -> Effects:
        """Drawn from the beliefs; slopes with this standard deviation, in shares of the effect's size."""
        differing.COMMON_SLOPE, differing.OWN_SLOPE = 0.0, sd
        return draw_effects(self.twin, World.STATED, None, [5, run])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[2_000, 8_000])
    parser.add_argument("--runs", type=int, default=120)
    parser.add_argument("--example", default="saas")
    given = parser.parse_args()
    print(f"Incremental LTV less cost, JPY a customer, whole campaign; load {os.getloadavg()[0]:.1f}")
    print(f"{'customers':>9}  {'effects differ by':<18} {'alike (peer)':>12}   difference of the others, +- 2 se")
    for customers in given.customers:
        with tempfile.TemporaryDirectory() as folder:
            brief = _company(Path(folder), given.example, customers)
            with workspace_to_try(brief, lambda _event, _values: None) as workspace:
                twin = make_twin(workspace, MOST_UNITS)
                standing = read_standing(twin)
                first = decide(twin, standing, History(twin), Lives.of(twin), 1, {}, dict(twin.beliefs))
                _compare(_Stage(twin, standing, first), given.runs)


def _compare(stage: _Stage, runs: int) -> None:
    for truth, sd in TRUTHS.items():
        drawn = [stage.truth(sd, run) for run in range(runs)]
        net = np.array([[stage.net_jpy(drawn[run], prior, run) for prior in PRIORS.values()] for run in range(runs)])
        gain = net[:, 1:] - net[:, :1]
        half = 2.0 * gain.std(axis=0, ddof=1) / runs**0.5
        others = zip(list(PRIORS)[1:], gain.mean(axis=0), half, strict=True)
        told = "   ".join(f"{name}: {mean:+.0f} +-{width:.0f}" for name, mean, width in others)
        print(f"{len(stage.twin.unit_ids):>9,}  {truth:<18} {net[:, 0].mean():>12,.0f}   {told}", flush=True)


def _company(folder: Path, example: str, customers: int) -> Path:
    command = [sys.executable, "-c", "from kizuna.cli.app import main; main()", "init", "--example", example]
    command += ["--customers", str(customers), str(folder / "company")]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # our own program
    return folder / "company" / "brief.yaml"


if __name__ == "__main__":
    main()
